import {
  DECISION,
  DECISION_OFFERS,
  DECISION_SHARES,
  DECISION_SHIPPING_COUNT,
  type Decided,
  NONE,
  OFFER_PROMOTION,
  OFFER_REASON,
  OFFER_STRIDE,
  OFFER_TARGET,
  readI64,
  SHARE_AMOUNT,
  SHARE_OFFER,
  SHARE_STRIDE,
  SHARE_TARGET,
  SHARE_UNITS,
  TARGET_SHIPPING,
} from "@haggle/abi";
import type { DecidedLineJson, Discount } from "./decision-json.ts";
import type { Names } from "./naming.ts";
import type { Run } from "./sandbox.ts";

/** The discounts of one entry, by its position in whatever list it is read from; undefined where there are none. */
export type FindDiscounts = (position: number) => Discount[] | undefined;

/** What the cart says of a line that pricing rules may have given another price. */
export type Listed = { unitPrice: number; quantity: number };

/** A line or a shipping entry. Who took what off it is looked up when `discounts` is first read. */
export class DecidedLine implements DecidedLineJson {
  readonly id: string;
  declare readonly listPrice?: number;
  declare readonly unitPrice?: number;
  readonly discount: number;
  readonly total: number;
  declare readonly tax?: number;
  readonly #find: FindDiscounts;
  readonly #position: number;

  constructor(
    id: string,
    decided: Decided,
    isTaxed: boolean,
    find: FindDiscounts,
    position: number,
    listed?: Listed,
  ) {
    this.id = id;
    if (listed !== undefined) {
      const unitPrice = (decided.discount + decided.total) / listed.quantity;
      if (unitPrice !== listed.unitPrice) {
        this.listPrice = listed.unitPrice;
        this.unitPrice = unitPrice;
      }
    }
    this.discount = decided.discount;
    this.total = decided.total;
    if (isTaxed) this.tax = decided.tax;
    this.#find = find;
    this.#position = position;
  }

  get discounts(): Discount[] {
    return this.#find(this.#position) ?? [];
  }

  toJSON(): DecidedLineJson {
    const { id, listPrice, unitPrice, discount, total, tax, discounts } = this;
    const prices = unitPrice !== undefined && { listPrice: listPrice!, unitPrice };
    return { id, ...prices, discount, total, ...(tax !== undefined && { tax }), discounts };
  }
}

/**
 * Reads all shares in one pass, for lines first and for shipping behind them. Most of a decision's records are shares,
 * and an object for each would cost more than the rules.
 */
export function readDiscounts(
  { decision: words, encoded }: Run,
  { id, text }: Names,
): (Discount[] | undefined)[] {
  const lines = encoded.records;
  const indexOf = (field: number) => (words[field >> 2]! - DECISION) >> 2;
  const offers = indexOf(DECISION_OFFERS);
  const lists = new Array<Discount[] | undefined>(lines + words[DECISION_SHIPPING_COUNT >> 2]!).fill(
    undefined,
  );
  let last = NONE;
  let base = 0;
  let promotion = "";
  let reason = "";
  for (let at = indexOf(DECISION_SHARES); at < offers; at += SHARE_STRIDE >> 2) {
    const offer = words[at + (SHARE_OFFER >> 2)]!;
    if (offer !== last) {
      // The shares of one offer lie side by side.
      const offerAt = offers + offer * (OFFER_STRIDE >> 2);
      base = words[offerAt + (OFFER_TARGET >> 2)] === TARGET_SHIPPING ? lines : 0;
      promotion = id(words[offerAt + (OFFER_PROMOTION >> 2)]!);
      reason = text(words[offerAt + (OFFER_REASON >> 2)]!);
      last = offer;
    }
    const amount = readI64(words, (at << 2) + SHARE_AMOUNT);
    const units = words[at + (SHARE_UNITS >> 2)]!;
    const discount = units === 0 ? { promotion, amount, reason } : { promotion, amount, reason, units };
    const position = base + words[at + (SHARE_TARGET >> 2)]!;
    // Engines have several kinds of arrays, and an empty one is of another kind than one of objects: pushing to it
    // threw away optimized code again and again.
    const list = lists[position];
    if (list === undefined) lists[position] = [discount];
    else list.push(discount);
  }
  return lists;
}
