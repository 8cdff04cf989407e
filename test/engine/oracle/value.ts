import type { EffectValue, Filter, Rounding, Tiers } from "@haggle/abi";
import { divide, least, most, PPM, parsePpm } from "./exact.ts";

// Section 5: what a value makes of a base.

export type Value = { percent: bigint } | { amount: bigint } | { price: bigint };
type Step = Tiers["steps"][number];

/** Undefined: a price of goods that are not there. */
export function readValue(
  value: EffectValue | Step,
  lowestOf: (filter: Filter) => bigint | undefined,
): Value | undefined {
  if ("percent" in value) return { percent: parsePpm(value.percent) };
  if ("amount" in value) return { amount: BigInt(value.amount) };
  const price = typeof value.price === "number" ? BigInt(value.price) : lowestOf(value.price.of);
  return price === undefined ? undefined : { price };
}

/** The step of the highest tier that is reached. */
export function findStep({ steps }: Tiers, basis: bigint): Step | undefined {
  return steps.findLast(({ from }) => basis >= from);
}

/** Each tier's percent of what lies in it, rounded once. */
export function marginalOf({ steps }: Tiers, base: bigint, rounding: Rounding): bigint {
  let parts = 0n;
  for (const [i, step] of steps.entries()) {
    const next = steps[i + 1];
    const upper = next ? least(base, BigInt(next.from)) : base;
    const within = most(0n, upper - BigInt(step.from));
    if ("percent" in step) parts += within * parsePpm(step.percent);
  }
  return divide(parts, PPM, rounding);
}

/** What a value takes off a base, never more than all of it. */
export function takeOff(base: bigint, value: Value, rounding: Rounding, times = 1n): bigint {
  if ("percent" in value) return divide(base * value.percent, PPM, rounding);
  if ("amount" in value) return least(base, value.amount * times);
  return most(0n, base - value.price * times);
}
