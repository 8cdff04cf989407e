import type { Flat } from "./flat.ts";
import { TYPE_AMOUNT, TYPE_PERCENT, TYPE_PRICE } from "./layout.ts";
import { parsePercent } from "./money.ts";
import type { Effect } from "./promotion.ts";

/** What an effect, or a step of its tiers, is worth: TYPE_* and minor units or ppm. */
export function effectValue(
  stated: Pick<Flat<Effect>, "percent" | "amount" | "price">,
): [type: number, value: number] {
  const { percent, amount, price } = stated;
  if (percent !== undefined) return [TYPE_PERCENT, parsePercent(percent, "percent", "DOCUMENT_BAD_FIELD")];
  if (amount !== undefined) return [TYPE_AMOUNT, amount];
  // The unit price of other goods is found when the effect is resolved.
  return [TYPE_PRICE, typeof price === "number" ? price : 0];
}
