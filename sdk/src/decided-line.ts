import type { Decided } from "@haggle/abi";
import type { DecidedLineJson, Discount } from "./decision-json.ts";

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
