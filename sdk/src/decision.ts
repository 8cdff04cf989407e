// What a cart costs and why. The engine's records are decoded when asked for: a storefront that shows a total pays
// for the total.

import {
  type Cart,
  DECIDED_STRIDE,
  DECISION_CASH,
  DECISION_CURRENCY,
  DECISION_DISCOUNT_TOTAL,
  DECISION_FLAGS,
  DECISION_GREEDY,
  DECISION_HEADER,
  DECISION_LINE_COUNT,
  DECISION_MARGIN,
  DECISION_PRICED,
  DECISION_SHIPPING_COUNT,
  DECISION_SHIPPING_TOTAL,
  DECISION_SUBTOTAL,
  DECISION_TAX_TOTAL,
  DECISION_TOTAL,
  decidedAt,
  type Offer,
  type Outcome,
  type Policy,
  type Promotion,
  readAdded,
  readDecided,
  readI64,
  readOffers,
  readOutcomes,
  readShareLists,
  type ShareLists,
  type Symbols,
  unpackCurrency,
} from "@haggle/abi";
import { DecidedLine, type Listed } from "./decided-line.ts";
import type {
  AddedLine,
  Claim,
  CouponOutcome,
  DecisionJson,
  Discount,
  Grant,
  Message,
  PromotionOutcome,
} from "./decision-json.ts";
import { digestDecision } from "./digest.ts";
import { type Names, nameAdded, nameClaims, nameGrants, nameMessages } from "./naming.ts";
import type { RefusedDecision } from "./refused-decision.ts";
import type { Run } from "./sandbox.ts";
import { findSingleRecord, readUnitShares, spreadOverUnits, tellApart } from "./shares.ts";

export type Decision = PricedDecision | RefusedDecision;

/** What all decisions of one engine share. */
export type DecisionContext = {
  release: string;
  bundle: string;
  promotions: readonly Promotion[];
  policy: Pick<Policy, "name" | "lines" | "tax" | "cash">;
  symbols: Symbols;
  /** Somebody has read discounts since the last evaluation: the next one lists them while it checks them. */
  wantsLists: boolean;
};

/** Lists for the shares of a run of these candidates over so many records. */
export function createLists(
  { promotions, symbols }: DecisionContext,
  candidates: readonly number[],
  records: number,
): ShareLists {
  return {
    byRecord: new Array(records).fill(undefined),
    id: (candidate) => promotions[candidates[candidate]!]!.id,
    text: symbols.text,
  };
}

/** A priced cart. Every field is computed when first read, then kept. */
export class PricedDecision {
  readonly ok = true;
  readonly fuelUsed: number;
  readonly #context: DecisionContext;
  readonly #run: Run;
  readonly #cart: Cart;
  readonly #coupons: readonly string[];
  readonly #shippingIds: readonly string[];
  /** What the cart said of its lines, where pricing rules made other prices; undefined where none did. */
  readonly #listed: readonly Listed[] | undefined;
  #lines: DecidedLine[] | undefined;
  #shipping: DecidedLine[] | undefined;
  #lists: ShareLists | undefined;
  #outcomes: Outcome[] | undefined;
  #offers: Offer[] | undefined;
  #digest: string | null | undefined;

  /** The sandbox was over the records: nothing here can find them wrong. */
  constructor(context: DecisionContext, run: Run, cart: Cart) {
    this.#context = context;
    this.#run = run;
    this.#lists = run.lists;
    this.#cart = cart;
    this.#coupons = cart.coupons.length === 0 ? NO_TEXTS : cart.coupons.slice();
    this.#shippingIds = cart.shipping.length === 0 ? NO_TEXTS : cart.shipping.map((entry) => entry.id);
    this.#listed =
      (run.decision[DECISION_FLAGS >> 2]! & DECISION_PRICED) === 0
        ? undefined
        : cart.lines.map(({ unitPrice, quantity }) => ({ unitPrice, quantity }));
    this.fuelUsed = run.fuelUsed;
  }

  get currency(): string {
    return unpackCurrency(this.#run.decision[DECISION_CURRENCY >> 2]!);
  }

  get subtotal(): number {
    return readI64(this.#run.decision, DECISION_SUBTOTAL);
  }

  get discountTotal(): number {
    return readI64(this.#run.decision, DECISION_DISCOUNT_TOTAL);
  }

  get shippingTotal(): number {
    return readI64(this.#run.decision, DECISION_SHIPPING_TOTAL);
  }

  get total(): number {
    return readI64(this.#run.decision, DECISION_TOTAL);
  }

  /** Undefined, like the totals without and with it, when the policy computes no tax. */
  get taxTotal(): number | undefined {
    return this.#isTaxed ? readI64(this.#run.decision, DECISION_TAX_TOTAL) : undefined;
  }

  /** To be paid, without tax, before cash rounding. */
  get totalNet(): number | undefined {
    return this.#isTaxed ? this.totalGross! - this.taxTotal! : undefined;
  }

  /** To be paid, with tax, before cash rounding. */
  get totalGross(): number | undefined {
    return this.#isTaxed ? this.total - (this.cashRounding ?? 0) : undefined;
  }

  /** What rounding to coins added to the total, or took; undefined when the policy does not round to coins. */
  get cashRounding(): number | undefined {
    return this.#context.policy.cash ? readI64(this.#run.decision, DECISION_CASH) : undefined;
  }

  /** A `best` group was too large to search exactly. */
  get greedy(): boolean {
    return (this.#run.decision[DECISION_FLAGS >> 2]! & DECISION_GREEDY) !== 0;
  }

  /** The margin floor held something back. */
  get marginHeld(): boolean {
    return (this.#run.decision[DECISION_FLAGS >> 2]! & DECISION_MARGIN) !== 0;
  }

  /** The name of the policy. */
  get policy(): string {
    return this.#context.policy.name;
  }

  get release(): string {
    return this.#context.release;
  }

  get bundle(): string {
    return this.#context.bundle;
  }

  /** The engine's own records, little endian: equal bytes in every host for equal carts. */
  get bytes(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.#run.decision;
    return new Uint8Array(buffer, byteOffset, byteLength).slice();
  }

  /** In the order of the cart that was given. */
  get lines(): DecidedLine[] {
    this.#lines ??= this.#nameLines();
    return this.#lines;
  }

  get shipping(): DecidedLine[] {
    this.#shipping ??= this.#nameShipping();
    return this.#shipping;
  }

  /**
   * What is off each unit of the line with this id: the amounts add up to its discount. Null when there is no such
   * line, or the cart object was changed meanwhile. Lines that were priced as one share evenly.
   */
  unitDiscounts(id: string): number[] | null {
    const { decision, encoded } = this.#run;
    const position = encoded.ids.indexOf(id);
    if (position < 0 || !this.#isSameCart()) return null;
    const { quantity, unitPrice } = this.#cart.lines[position]!;
    const record = findSingleRecord(encoded, position);
    const shares =
      record === undefined
        ? [{ amount: this.lines[position]!.discount, units: quantity, first: 0 }]
        : readUnitShares(decision, record);
    return spreadOverUnits(shares, quantity, this.lines[position]!.unitPrice ?? unitPrice);
  }

  /** The goods that promotions put into the order. */
  get added(): AddedLine[] {
    return nameAdded(this.#run.decision, this.#decidedOffers, this.#names);
  }

  /** The candidates, in the order in which they ran: promotions that something in the cart concerns. */
  get promotions(): PromotionOutcome[] {
    return this.#decidedPromotions.map(({ lostTo, ...outcome }, i) => ({
      id: this.#promotionOf(i).id,
      ...outcome,
      ...(lostTo !== undefined && { lostTo: this.#promotionOf(lostTo).id }),
    }));
  }

  get coupons(): CouponOutcome[] {
    const { symbols } = this.#context;
    return this.#coupons.map((code) => {
      let hasGiven = false;
      const tied = this.#decidedPromotions.flatMap(({ status, granted }, i) => {
        const { id, coupon } = this.#promotionOf(i);
        if (coupon !== code) return [];
        // Points and gifts count too, though they take nothing off.
        hasGiven ||= status === "applied" || granted > 0;
        return [{ id, status }];
      });
      if (tied.length > 0) return { code, status: hasGiven ? "applied" : "notApplied", promotions: tied };
      return { code, status: symbols.find(code) === 0 ? "unknown" : "known", promotions: [] };
    });
  }

  /** What was drawn from the cart's allowances. */
  get claims(): Claim[] {
    return nameClaims(this.#run.decision, this.#names);
  }

  /** Points and money back: what promotions give that is not off this order. */
  get grants(): Grant[] {
    return nameGrants(this.#decidedOffers, this.#names);
  }

  get messages(): Message[] {
    return nameMessages(this.#decidedOffers, this.#names);
  }

  /**
   * SHA-256 over release, canonical cart (without ids of cart and lines, without `now`) and all amounts: equal
   * for equal prices of equal carts, wherever they were computed. The release holds policy and bundle.
   * Read it before changing the cart object: it is computed then, and null once the cart no longer fits the decision.
   */
  get digest(): string | null {
    if (this.#digest === undefined) {
      const { release, policy } = this.#context;
      const isSame = this.#isSameCart();
      this.#digest = isSame ? digestDecision(release, policy.lines, this.#cart, this.#run) : null;
    }
    return this.#digest;
  }

  toJSON(): DecisionJson {
    const entries = JSON_FIELDS.map((field): [string, DecisionJson[typeof field]] => [field, this[field]]);
    return Object.fromEntries(entries) as DecisionJson;
  }

  get #isTaxed(): boolean {
    return this.#context.policy.tax.prices !== "untaxed";
  }

  get #decidedPromotions(): Outcome[] {
    this.#outcomes ??= readOutcomes(this.#run.decision);
    return this.#outcomes;
  }

  get #decidedOffers(): Offer[] {
    this.#offers ??= readOffers(this.#run.decision);
    return this.#offers;
  }

  get #names(): Names {
    return createLists(this.#context, this.#run.candidates, 0);
  }

  /**
   * By record: lines first, shipping behind them. Who reads them of one decision reads them of the next, mostly, where they
   * are at hand; who does not never pays for them.
   */
  #allDiscounts(): (Discount[] | undefined)[] {
    this.#context.wantsLists = true;
    if (this.#lists === undefined) {
      const { candidates, decision, encoded } = this.#run;
      const records = encoded.records + decision[DECISION_SHIPPING_COUNT >> 2]!;
      this.#lists = createLists(this.#context, candidates, records);
      readShareLists(decision, this.#lists);
    }
    return this.#lists.byRecord;
  }

  #promotionOf(candidate: number): Promotion {
    return this.#context.promotions[this.#run.candidates[candidate]!]!;
  }

  #nameLines(): DecidedLine[] {
    const { encoded, decision } = this.#run;
    const { ends, ids, order, records } = encoded;
    const isTaxed = this.#isTaxed;
    if (ends !== undefined) {
      const decided = readDecided(decision, DECISION_LINE_COUNT);
      return tellApart(encoded, decided, this.#allDiscounts(), isTaxed, this.#listed);
    }
    const find = (record: number) => this.#allDiscounts()[record];
    const lines = new Array<DecidedLine>(records);
    for (let record = 0, at = DECISION_HEADER; record < records; record++, at += DECIDED_STRIDE) {
      const position = order[record]!;
      const listed = this.#listed?.[position];
      lines[position] = new DecidedLine(
        ids[position]!,
        decidedAt(decision, at),
        isTaxed,
        find,
        record,
        listed,
      );
    }
    return lines;
  }

  #nameShipping(): DecidedLine[] {
    const { decision, encoded } = this.#run;
    const lines = encoded.records;
    const find = (position: number) => this.#allDiscounts()[position];
    return readDecided(decision, DECISION_SHIPPING_COUNT).map(
      (entry, i) => new DecidedLine(this.#shippingIds[i]!, entry, this.#isTaxed, find, lines + i),
    );
  }

  /** As far as it shows: by the ids of its lines, and by what they cost. */
  #isSameCart(): boolean {
    const { encoded, decision } = this.#run;
    const { lines } = this.#cart;
    const sums = (list: readonly Listed[]) =>
      list.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0);
    const added = readAdded(decision);
    return (
      lines.length === encoded.ids.length &&
      lines.every((line, i) => line.id === encoded.ids[i]) &&
      sums(lines) === (this.#listed ? sums(this.#listed) : this.subtotal - sums(added))
    );
  }
}

const JSON_FIELDS = [
  "currency",
  "subtotal",
  "discountTotal",
  "shippingTotal",
  "taxTotal",
  "totalNet",
  "totalGross",
  "cashRounding",
  "total",
  "lines",
  "shipping",
  "added",
  "promotions",
  "coupons",
  "claims",
  "grants",
  "messages",
  "greedy",
  "marginHeld",
  "fuelUsed",
  "policy",
  "release",
  "bundle",
  "digest",
] as const satisfies (keyof DecisionJson)[];

const NO_TEXTS: readonly string[] = [];
