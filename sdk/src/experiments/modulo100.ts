import { refuse } from "@haggle/abi";

/** Up to which bucket, and without it, each variant goes. */
export const MODULO_100 = [
  { key: "control", weight: 0.4, below: 40 },
  { key: "variant_a", weight: 0.3, below: 70 },
  { key: "variant_b", weight: 0.3, below: 100 },
] as const;

const INTEGER = /^(?:0|[1-9][0-9]*)$/;

/**
 * The bucket, 0 to 99, of a numbered sku: its last two digits. It has no seed, so that every experiment of this kind has
 * the same skus in its variants.
 *
 * @throws HaggleError EXPERIMENT_BAD_UNIT for what is no integer of 0 or more
 */
export function modulo100(unit: string | number): number {
  const bucket = findModulo100(String(unit));
  if (bucket === undefined) throw refuse("EXPERIMENT_BAD_UNIT", "unit", unit);
  return bucket;
}

/** The same, and undefined for other units. Digits beyond what a number holds count too. */
export function findModulo100(unit: string): number | undefined {
  return INTEGER.test(unit) ? Number(unit.slice(-2)) : undefined;
}
