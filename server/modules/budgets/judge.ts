import type { CodeRow } from "./code-store.ts";

/** A code that is part of a price. */
export type Entered = { id: string; campaign: string };

/** Why a code is not taken. */
export const REASONS = [
  "unknown",
  "off",
  "early",
  "ended",
  "usedUp",
  "foreign",
  "needsCustomer",
  "spent",
  "twice",
] as const;
export type Reason = (typeof REASONS)[number];

/** One for each that was entered: its campaign, and why it is not taken where it is not. */
export type Judged = { id: string; campaign?: string; reason?: Reason };

type For = {
  customer: string | null;
  now: number;
  /** The shop stands by it whatever the time is. */
  isQuoted?: boolean;
};

/** In the order in which they were entered. Of codes of one campaign the first that is good counts. */
export function judge(ids: readonly string[], codes: readonly CodeRow[], whom: For): Judged[] {
  const known = new Map(codes.map((code) => [code.id, code]));
  const taken = new Set<string>();
  return ids.map((id) => {
    const code = known.get(id);
    if (code === undefined) return { id, reason: "unknown" };
    const { campaign } = code;
    const reason = taken.has(campaign) ? "twice" : findReason(code, whom);
    if (reason !== undefined) return { id, campaign, reason };
    taken.add(campaign);
    return { id, campaign };
  });
}

function findReason(code: CodeRow, { customer, now, isQuoted = false }: For): Reason | undefined {
  const { isOff, from, until, isUsedUp, isPersonal, isSpent } = code;
  if (isOff) return "off";
  if (code.customer !== null && code.customer !== customer) return "foreign";
  if (!isQuoted && from !== null && from > now) return "early";
  if (!isQuoted && until !== null && until <= now) return "ended";
  if (isUsedUp) return "usedUp";
  if (isPersonal && customer === null) return "needsCustomer";
  return isSpent ? "spent" : undefined;
}
