// Whether a priced case comes to what it expects. Pricing itself never looks there.

import type { Figures } from "./figures.ts";

/** The figures that are judged, where a case states them. */
const JUDGED = [
  "total",
  "itemsDiscount",
  "orderDiscount",
  "shippingDiscount",
  "totalNet",
  "totalGross",
  "taxTotal",
] as const;

/** One line for each figure that differs; undefined when the case expects nothing that is judged. */
export function differencesOf(value: unknown, figures: Figures): string[] | undefined {
  const { expected } = value as { expected?: Readonly<Record<string, unknown>> };
  if (expected === undefined) return undefined;
  if (expected.lineDiscounts === undefined && !JUDGED.some((name) => expected[name] !== undefined))
    return undefined;
  const found: string[] = [];
  const compare = (name: string, wanted: unknown, got: unknown) => {
    if (wanted !== got) found.push(`${name}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  };
  for (const name of JUDGED) {
    if (expected[name] !== undefined) compare(name, expected[name], figureOf(name, figures, expected));
  }
  // A line that is not named has no discount.
  const { lineDiscounts } = expected as { lineDiscounts?: Readonly<Record<string, number>> };
  if (lineDiscounts !== undefined) {
    for (const id of new Set([...Object.keys(figures.lineDiscounts), ...Object.keys(lineDiscounts)])) {
      compare(`lineDiscounts.${id}`, lineDiscounts[id] ?? 0, figures.lineDiscounts[id] ?? 0);
    }
  }
  return found;
}

/** A total is the one that the case names: with tax or without. */
function figureOf(
  name: (typeof JUDGED)[number],
  figures: Figures,
  expected: Readonly<Record<string, unknown>>,
) {
  if (name !== "total" || expected.totalIs === undefined) return figures[name];
  return (expected.totalIs === "net" ? figures.totalNet : figures.totalGross) ?? figures.total;
}
