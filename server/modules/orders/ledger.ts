// Who gave which part of an order's price, unit by unit: frozen when it is placed, so that what comes back later is worth what
// was paid for it, whatever stays. Units of a line are alike, so what was taken off some of them is on all of them evenly.

import type { Cart, DecisionJson } from "@haggle/sdk";

export type LedgerEntry = {
  /** `order`: what is of no line, such as rounding to coins. */
  part: "line" | "shipping" | "order";
  /** The id of the line or of the way of shipping. */
  line: string;
  /** Of the units 0 .. quantity - 1 of the line: from this one on, so many. */
  firstUnit: number;
  units: number;
  /** `taxIncluded` is in the price already, and in no sum. */
  kind: "price" | "discount" | "tax" | "taxIncluded" | "rounding";
  /** Whose discount it is. */
  promotion: string | null;
  reason: string | null;
  /** Of each of these units, as whoever pays sees it: a discount is negative. Minor units. */
  amountEach: number;
};

export type OrderLine = { id: string; sku: string; quantity: number };

type Priced = Pick<DecisionJson, "lines" | "shipping" | "added" | "taxTotal" | "cashRounding" | "total">;

/** What is priced alike: a line with its units, a way of shipping, goods that a promotion put in. */
type Item = {
  part: "line" | "shipping";
  line: string;
  quantity: number;
  unitPrice: number;
  discounts: readonly { promotion: string; amount: number; reason: string | null }[];
  tax: number;
};

/** The lines of the cart, and behind them what promotions put in, under ids that no line of it has. */
export function listLines(cart: Pick<Cart, "lines">, { added }: Pick<Priced, "added">): OrderLine[] {
  const lines = cart.lines.map(({ id, sku, quantity }) => ({ id, sku, quantity }));
  const taken = new Set(lines.map(({ id }) => id));
  let number = 0;
  for (const { sku, quantity } of added) {
    do number += 1;
    while (taken.has(`+${number}`));
    lines.push({ id: `+${number}`, sku, quantity });
  }
  return lines;
}

/**
 * @param lines those of `listLines` of the same decision
 * @throws Error where the parts do not come to the total: then something is wrong with the decision, and nobody may buy by it
 */
export function makeLedger(
  decision: Priced,
  cart: Pick<Cart, "lines">,
  lines: readonly OrderLine[],
): LedgerEntry[] {
  const { shipping, taxTotal = 0, cashRounding = 0, total } = decision;
  const items = [...listGoods(decision, cart, lines), ...shipping.map(toShipped)];
  const goods = items.reduce((sum, item) => sum + priceOf(item), 0);
  // Of gross prices the tax is a part, on top of net ones it comes.
  const taxKind = goods + cashRounding === total ? "taxIncluded" : "tax";
  const entries = items.flatMap((item) => toEntries(item, taxKind));
  if (cashRounding !== 0) {
    const one = { firstUnit: 0, units: 1, promotion: null, reason: null };
    entries.push({ ...one, part: "order", line: "", kind: "rounding", amountEach: cashRounding });
  }
  if (sumOf(entries) !== total) {
    throw new Error(`the ledger comes to ${sumOf(entries)}, the total is ${total}, the tax ${taxTotal}`);
  }
  return entries;
}

/** What all entries come to. */
export function sumOf(entries: readonly LedgerEntry[]): number {
  return entries.reduce(
    (sum, { kind, units, amountEach }) => (kind === "taxIncluded" ? sum : sum + units * amountEach),
    0,
  );
}

function listGoods(
  { lines: decided, added }: Priced,
  cart: Pick<Cart, "lines">,
  lines: readonly OrderLine[],
): Item[] {
  const bought = decided.map(({ id, unitPrice, discounts, tax = 0 }, i): Item => {
    const { quantity, unitPrice: listPrice } = cart.lines[i]!;
    return { part: "line", line: id, quantity, unitPrice: unitPrice ?? listPrice, discounts, tax };
  });
  const given = added.map(({ quantity, unitPrice, discount, promotion }, i): Item => {
    const { id } = lines[decided.length + i]!;
    const discounts = discount === 0 ? [] : [{ promotion, amount: discount, reason: null }];
    return { part: "line", line: id, quantity, unitPrice, discounts, tax: 0 };
  });
  return [...bought, ...given];
}

function toShipped({ id, total, discount, discounts, tax = 0 }: Priced["shipping"][number]): Item {
  return { part: "shipping", line: id, quantity: 1, unitPrice: total + discount, discounts, tax };
}

function priceOf({ unitPrice, quantity, discounts }: Item): number {
  return unitPrice * quantity - discounts.reduce((sum, { amount }) => sum + amount, 0);
}

function toEntries(
  { part, line, quantity, unitPrice, discounts, tax }: Item,
  taxKind: "tax" | "taxIncluded",
): LedgerEntry[] {
  const own = { part, line, promotion: null, reason: null };
  const entries: LedgerEntry[] = [
    { ...own, firstUnit: 0, units: quantity, kind: "price", amountEach: unitPrice },
  ];
  // Odd minor units go on where those of the one before ended: so no unit has two more than another, and none costs less
  // than nothing. Those of the tax begin where most is left to pay.
  let odd = 0;
  for (const { promotion, amount, reason } of discounts) {
    for (const run of spread(amount, quantity, odd)) {
      entries.push({ ...own, ...run, kind: "discount", promotion, reason, amountEach: -run.amountEach });
    }
    odd = (odd + (amount % quantity)) % quantity;
  }
  for (const run of spread(tax, quantity, odd)) entries.push({ ...own, ...run, kind: taxKind });
  return entries;
}

type Run = Pick<LedgerEntry, "firstUnit" | "units" | "amountEach">;

/** Evenly over the units, what is odd to those from `odd` on, round and round; units with the same amount together. */
function spread(amount: number, quantity: number, odd: number): Run[] {
  const least = Math.floor(amount / quantity);
  const end = odd + (amount % quantity);
  const cuts = end <= quantity ? [0, odd, end, quantity] : [0, end - quantity, odd, quantity];
  const isMore = end <= quantity ? [false, true, false] : [true, false, true];
  return isMore
    .map((more, i) => ({
      firstUnit: cuts[i]!,
      units: cuts[i + 1]! - cuts[i]!,
      amountEach: least + (more ? 1 : 0),
    }))
    .filter(({ units, amountEach }) => units > 0 && amountEach > 0);
}
