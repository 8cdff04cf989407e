// What a return comes to: the units' own shares, what is kept back because of what stays, and what is left to give back.

import { refuse } from "@haggle/abi";
import type { LedgerEntry, OrderLine } from "../orders/service.ts";
import { clawBack } from "./clawback.ts";
import { type PaidShare, shareOf, shippingPaid, type UnitRange } from "./share.ts";

/** What earlier returns of the order came to. */
export type Before = {
  /** How many there were. */
  number: number;
  refunded: number;
  keptBack: number;
  /** Units, by line. */
  returned: ReadonlyMap<string, number>;
};

export type SettledLine = UnitRange & PaidShare & { sku: string };

/** Amounts in minor units; what is paid back is never more than what the order cost. */
export type Settlement = {
  lines: SettledLine[];
  /** What the units were paid with. */
  goods: number;
  /** With the last goods of an order its shipping comes back, too, and what rounding to coins made of it. */
  shipping: number;
  rounding: number;
  /** Below zero where an earlier return kept back more than is owed now. */
  keptBack: number;
  /** What was paid back of it already: by a favour, or as coins that the order had been rounded down by. */
  paidBefore: number;
  refund: number;
};

/** So many units of each line that are with the customer, those with the lowest numbers. */
export function chooseUnits(
  lines: readonly OrderLine[],
  returned: ReadonlyMap<string, number>,
  asked: readonly { line: string; units: number }[],
): UnitRange[] {
  const known = new Map(lines.map((line) => [line.id, line.quantity]));
  const chosen = new Set<string>();
  return asked.map(({ line, units }, i) => {
    const quantity = known.get(line);
    if (quantity === undefined) throw refuse("RETURN_UNKNOWN_LINE", `lines[${i}].line`, line);
    if (chosen.has(line)) throw refuse("SERVER_BAD_REQUEST", `lines[${i}].line`, line);
    chosen.add(line);
    const firstUnit = returned.get(line) ?? 0;
    if (units > quantity - firstUnit)
      throw refuse("RETURN_TOO_MANY", `lines[${i}].units`, quantity - firstUnit);
    return { line, firstUnit, units };
  });
}

/** How many units of each line stay when these are back, too. */
export function countKept(
  lines: readonly OrderLine[],
  returned: ReadonlyMap<string, number>,
  ranges: readonly UnitRange[],
): Map<string, number> {
  const back = new Map(ranges.map(({ line, units }) => [line, units]));
  return new Map(
    lines.map(({ id, quantity }) => [id, quantity - (returned.get(id) ?? 0) - (back.get(id) ?? 0)]),
  );
}

/** What was paid for what stays of these lines, with shipping. */
export function paidForRest(
  ledger: readonly LedgerEntry[],
  lines: readonly OrderLine[],
  kept: ReadonlyMap<string, number>,
): number {
  return lines.reduce(
    (paid, { id, quantity }) => paid + shareOf(ledger, lastUnits(id, quantity, kept)).paid,
    shippingPaid(ledger),
  );
}

/** Those with the highest numbers stay. */
export function lastUnits(line: string, quantity: number, kept: ReadonlyMap<string, number>): UnitRange {
  const units = kept.get(line) ?? 0;
  return { line, firstUnit: quantity - units, units };
}

type Order = { lines: readonly OrderLine[]; ledger: readonly LedgerEntry[] };

/** What stays: what it was paid with, and what it would have cost by itself. */
export type Rest = { paid: number; worth: number };

type Terms = {
  /** What the order cost, without all that is paid back of it already. */
  left: number;
  /** Nothing stays. */
  isWhole: boolean;
  /** Shipping does not come back with the last goods. */
  keepsShipping: boolean;
  /** Undefined where nothing is kept back for it. */
  rest: Rest | undefined;
};

/** All returns of an order together pay back what it cost, however they are cut, unless something is kept. */
export function settle(
  { lines, ledger }: Order,
  before: Pick<Before, "keptBack">,
  ranges: readonly UnitRange[],
  { left, isWhole, keepsShipping, rest }: Terms,
): Settlement {
  const skus = new Map(lines.map(({ id, sku }) => [id, sku]));
  const settled = ranges.map((range) => ({
    ...range,
    sku: skus.get(range.line)!,
    ...shareOf(ledger, range),
  }));
  const goods = settled.reduce((sum, { paid }) => sum + paid, 0);
  const shipped = shippingPaid(ledger);
  const shipping = isWhole && !keepsShipping ? shipped : 0;
  const rounding = isWhole ? roundingOf(ledger) : 0;
  const keptBack = keepBack(goods, before.keptBack, isWhole ? NOTHING : rest);
  const due = goods + shipping + rounding - keptBack;
  const refund = Math.max(0, Math.min(due, isWhole && keepsShipping ? left - shipped : left));
  return { lines: settled, goods, shipping, rounding, keptBack, paidBefore: due - refund, refund };
}

/** Of nothing nothing is owed. */
const NOTHING: Rest = { paid: 0, worth: 0 };

function keepBack(own: number, earlier: number, rest: Rest | undefined): number {
  return rest === undefined ? 0 : clawBack({ own, earlier, ...rest });
}

function roundingOf(ledger: readonly LedgerEntry[]): number {
  return ledger.reduce((sum, entry) => (entry.kind === "rounding" ? sum + entry.amountEach : sum), 0);
}
