import { regionsAround } from "../../platform/region.ts";
import type { MethodBody, Shipment } from "./schema.ts";

/**
 * What a shipment costs by a method, in minor units of its currency. Undefined where the method does not go there, has no
 * price in the currency, or does not take so much.
 */
export function findPrice(
  { regions, stepsBy, prices }: Pick<MethodBody, "regions" | "stepsBy" | "prices">,
  { region, currency, weightGrams, subtotal }: Shipment,
): number | undefined {
  const around = regionsAround(region);
  if (!regions.some((one) => around.includes(one))) return undefined;
  const tiers = prices.find((price) => price.currency === currency)?.tiers ?? [];
  const size = stepsBy === "weight" ? weightGrams : subtotal;
  return tiers.find(({ upTo = Number.MAX_SAFE_INTEGER }) => size <= upTo)?.price;
}
