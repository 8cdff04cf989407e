import type { Tiers } from "@haggle/abi";
import { type Fields, list, NotExpressible, object, percent, type Read, whole } from "./read.ts";

/** What a tier's threshold may be of, by the name of its field. */
const THRESHOLDS = {
  minItemsTotal: "goods",
  minQuantity: "quantity",
  minMatchingQuantity: "quantity",
  minEligibleQuantity: "quantity",
  minLineTotal: "lineTotal",
  minLineQuantity: "lineQuantity",
} as const;

type Step = { by: Tiers["by"]; from: number; value: { percent: string } | { amount: number } };

export const percentTiers: Read<Tiers> = tiersOf((fields) => ({ percent: fields.need("percent", percent) }));
export const amountTiers: Read<Tiers> = tiersOf((fields) => ({ amount: fields.need("amount", whole) }));

/** The highest tier reached holds for all of it. */
function tiersOf(value: (fields: Fields) => Step["value"]): Read<Tiers> {
  const steps = list(object((fields) => ({ ...threshold(fields), value: value(fields) })));
  return (given, at) => {
    const found = steps(given, at);
    const [first] = found;
    if (first === undefined) throw new NotExpressible("tiers without a tier", at);
    if (found.some(({ by }) => by !== first.by)) throw new NotExpressible("tiers of several measures", at);
    return {
      by: first.by,
      steps: found.sort((a, b) => a.from - b.from).map(({ from, value: worth }) => ({ from, ...worth })),
    };
  };
}

function threshold(fields: Fields): Pick<Step, "by" | "from"> {
  for (const [field, by] of Object.entries(THRESHOLDS)) {
    const from = fields.take(field, whole);
    if (from !== undefined) return { by, from };
  }
  throw new NotExpressible("no mechanism for this measure of a tier", fields.at);
}
