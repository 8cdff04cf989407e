import type { Cart } from "@haggle/abi";
import { shareLargest } from "./split.ts";
import { compare } from "./state.ts";

// Section 1: what merged lines get is told apart again.

/** What was decided for lines that differ in nothing but id and quantity. */
export type Decided = { positions: readonly number[]; discount: bigint; total: bigint; tax: bigint };
export type OwnLine = { id: string; discount: bigint; total: bigint; tax: bigint };

/** The cart's own lines, in the cart's order. */
export function spread(cart: Cart, records: readonly Decided[]): OwnLine[] {
  const own = new Array<OwnLine>(cart.lines.length);
  for (const record of records) {
    const positions = record.positions.toSorted((a, b) => compare(cart.lines[a]!.id, cart.lines[b]!.id));
    const members = positions.map((position) => cart.lines[position]!);
    const discounts = shareLargest(
      record.discount,
      members.map(({ quantity }) => BigInt(quantity)),
    );
    const totals = members.map(
      ({ unitPrice, quantity }, i) => BigInt(unitPrice) * BigInt(quantity) - discounts[i]!,
    );
    const taxes = shareLargest(record.tax, totals);
    for (const [i, position] of positions.entries()) {
      own[position] = { id: members[i]!.id, discount: discounts[i]!, total: totals[i]!, tax: taxes[i]! };
    }
  }
  return own;
}
