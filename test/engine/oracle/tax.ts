import type { Policy } from "@haggle/abi";
import { divide, PPM, sum } from "./exact.ts";
import { shareLargest } from "./split.ts";

// Section 9.

/** The tax on an amount, or in it. */
function taxOf(amount: bigint, ratePpm: bigint, { tax, rounding }: Policy): bigint {
  if (tax.prices === "untaxed") return 0n;
  const whole = tax.prices === "net" ? PPM : PPM + ratePpm;
  return divide(amount * ratePpm, whole, rounding.tax);
}

export function grossOf(amount: bigint, ratePpm: bigint, policy: Policy): bigint {
  return policy.tax.prices === "net" ? amount + taxOf(amount, ratePpm, policy) : amount;
}

export function netOf(amount: bigint, ratePpm: bigint, policy: Policy): bigint {
  return policy.tax.prices === "gross" ? amount - taxOf(amount, ratePpm, policy) : amount;
}

/** What is paid for so many units of one rate. */
export type Taxed = { after: bigint; quantity: number; ratePpm: bigint };

/** The tax of each, goods first and shipping entries behind them. */
export function taxesOf(taxed: readonly Taxed[], policy: Policy): bigint[] {
  if (policy.tax.per === "line") return taxed.map(({ after, ratePpm }) => taxOf(after, ratePpm, policy));
  if (policy.tax.per === "unit") return taxed.map((each) => unitTaxesOf(each, policy));
  const taxes = taxed.map(() => 0n);
  for (const rate of new Set(taxed.map(({ ratePpm }) => ratePpm))) {
    const weights = taxed.map(({ after, ratePpm }) => (ratePpm === rate ? after : 0n));
    const shares = shareLargest(taxOf(sum(weights), rate, policy), weights);
    for (const [i, share] of shares.entries()) taxes[i]! += share;
  }
  return taxes;
}

/** Each unit has its whole part of the amount, the odd minor units lie on some of them. */
function unitTaxesOf({ after, quantity, ratePpm }: Taxed, policy: Policy): bigint {
  const units = BigInt(quantity);
  const odd = after % units;
  const low = after / units;
  return odd * taxOf(low + 1n, ratePpm, policy) + (units - odd) * taxOf(low, ratePpm, policy);
}
