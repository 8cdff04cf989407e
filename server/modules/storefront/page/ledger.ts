import type { OrderShown } from "../till-schema.ts";

/** Units of a line that cost the same: numbers from 1 on, both included. */
export type Run = {
  first: number;
  last: number;
  price: number;
  discounts: { promotion: string; reason: string | undefined; amount: number }[];
  tax: number;
  cost: number;
  isBack: boolean;
};

type Entry = OrderShown["entries"][number];

/** A line of an order as its ledger has it, units that are alike together. `back`: so many, from the lowest number on, came back. */
export function listRuns(entries: readonly Entry[], quantity: number, back: number): Run[] {
  const cuts = new Set([0, back, quantity]);
  for (const { firstUnit, units } of entries) cuts.add(firstUnit).add(firstUnit + units);
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => {
    const start = sorted[i]!;
    const own = entries.filter(({ firstUnit, units }) => firstUnit <= start && start < firstUnit + units);
    const sumOf = (...kinds: Entry["kind"][]): number =>
      own.reduce((sum, { kind, amountEach }) => (kinds.includes(kind) ? sum + amountEach : sum), 0);
    return {
      first: start + 1,
      last: end,
      price: sumOf("price"),
      discounts: own
        .filter(({ kind }) => kind === "discount")
        .map(({ promotion = "", reason, amountEach }) => ({ promotion, reason, amount: -amountEach })),
      tax: sumOf("tax"),
      cost: sumOf("price", "discount", "tax", "rounding"),
      isBack: end <= back,
    };
  });
}

/** How many of each line came back. */
export function countBack(returns: OrderShown["returns"]): Map<string, number> {
  const back = new Map<string, number>();
  for (const { line, units } of returns.flatMap(({ lines }) => lines))
    back.set(line, (back.get(line) ?? 0) + units);
  return back;
}
