import type { Limit, Promotion } from "@haggle/abi";
import { least, most } from "./exact.ts";
import type { State } from "./state.ts";

// Section 8: what is left of the allowances that a promotion draws on, and what it draws.

/** What a promotion was granted so far. */
export type Drawn = { money: bigint; units: bigint };

export function isUsedUp({ limits = [] }: Promotion, { allowances }: State): boolean {
  return limits.some(({ allowance, counts }) => counts === "uses" && (allowances.get(allowance) ?? 1n) < 1n);
}

/** What the limits of one kind leave to a promotion; undefined when none of them ends. */
export function remainderOf(
  counts: "money" | "units",
  { limits = [] }: Promotion,
  { allowances }: State,
  drawn: Drawn,
): bigint | undefined {
  const open = limits
    .filter((limit) => limit.counts === counts)
    .map(({ allowance }) => allowances.get(allowance))
    .filter((remaining) => remaining !== undefined)
    .map((remaining) => most(0n, remaining - drawn[counts]));
  return open.length === 0 ? undefined : least(...open);
}

export function isTooMuch(promotion: Promotion, state: State, drawn: Drawn): boolean {
  const none = { money: 0n, units: 0n };
  return (["money", "units"] as const).some((counts) => {
    const open = remainderOf(counts, promotion, state, none);
    return open !== undefined && drawn[counts] > open;
  });
}

/** Draws on every allowance, also on those that the cart does not state. */
export function draw({ id, limits = [] }: Promotion, state: State, drawn: Drawn): void {
  for (const { allowance, counts } of limits) {
    const amount = amountOf(counts, drawn);
    if (amount === 0n) continue;
    state.claims.push({ promotion: id, allowance, amount });
    const remaining = state.allowances.get(allowance);
    if (remaining !== undefined) state.allowances.set(allowance, remaining - amount);
  }
}

function amountOf(counts: Limit["counts"], drawn: Drawn): bigint {
  return counts === "uses" ? 1n : drawn[counts];
}
