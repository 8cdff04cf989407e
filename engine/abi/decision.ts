// A decision in bytes: the records that the engine leaves in memory, as hosts read them once ./decision-check.ts has
// been over all of them.

import type { Code } from "./errors.ts";
import * as L from "./layout.ts";

export type PromotionStatus =
  | "notEligible"
  | "applied"
  | "capped"
  | "lost"
  | "failed"
  | "inactive"
  | "stopped"
  | "exhausted";

/** What is taken off one line record or shipping entry, what is left of it, and the tax on that. Minor units. */
export type Decided = { discount: number; total: number; tax: number };

/**
 * What became of one candidate. `error` says why a `failed` one stopped, `condition` which condition a `notEligible`
 * one did not meet, `lostTo` which candidate a `lost` or `stopped` one gave way to.
 */
export type Outcome = {
  status: PromotionStatus;
  wanted: number;
  granted: number;
  error?: Code;
  condition?: number;
  lostTo?: number;
};

/** One effect: `promotion` is a position among the candidates, `target` a TARGET_*, `reason` a symbol. */
export type Offer = {
  promotion: number;
  target: number;
  type: number;
  reason: number;
  wanted: number;
  granted: number;
};

/** What one offer took off one record: off `units` units of the line, from unit `first` on. */
export type Share = { offer: number; amount: number; units: number; first: number };

/** A line that an offer added; sku and product are symbols. */
export type AddedRecord = {
  offer: number;
  sku: number;
  product: number;
  quantity: number;
  unitPrice: number;
  discount: number;
};

/** What a candidate drew from an allowance, which is a symbol. */
export type ClaimRecord = { promotion: number; allowance: number; amount: number };

/** How many records of each kind the cart and the candidates ask for, and how many symbols there are. */
export type DecisionCounts = { lines: number; shipping: number; promotions: number; symbols: number };

/** By STATUS_*. */
export const STATUSES: readonly PromotionStatus[] = [
  "notEligible",
  "applied",
  "capped",
  "lost",
  "failed",
  "inactive",
  "stopped",
  "exhausted",
];

/** By FAULT_*; a fault that is none of these reads as a trap. */
export const FAULT_CODES: readonly Code[] = [
  "ENGINE_RULE_TRAP",
  "ENGINE_RULE_FUEL",
  "ENGINE_RULE_TRAP",
  "ENGINE_RULE_STACK",
  "ENGINE_RULE_MONEY",
  "ENGINE_RULE_EFFECTS",
];

/** The code of a rule that stopped for a FAULT_*. */
export function faultCode(fault: number): Code {
  return FAULT_CODES[fault] ?? "ENGINE_RULE_TRAP";
}

/** What became of each candidate. */
export function readOutcomes(words: Int32Array): Outcome[] {
  return readList(words, L.DECISION_PROMOTION_COUNT, L.OUTCOME_STRIDE, (at) => {
    const status = word(words, at + L.OUTCOME_STATUS);
    const detail = word(words, at + L.OUTCOME_DETAIL);
    const outcome: Outcome = {
      status: STATUSES[status]!,
      wanted: readI64(words, at + L.OUTCOME_WANTED),
      granted: readI64(words, at + L.OUTCOME_GRANTED),
    };
    // What the detail means depends on the status.
    if (status === L.STATUS_FAILED) outcome.error = faultCode(detail);
    else if (detail === L.NONE) return outcome;
    else if (status === L.STATUS_NOT_ELIGIBLE) outcome.condition = detail;
    else if (status === L.STATUS_LOST || status === L.STATUS_STOPPED) outcome.lostTo = detail;
    return outcome;
  });
}

/** The effects of the candidates, in the order in which they were resolved. */
export function readOffers(words: Int32Array): Offer[] {
  return readList(words, L.DECISION_OFFER_COUNT, L.OFFER_STRIDE, (at) => ({
    promotion: word(words, at + L.OFFER_PROMOTION),
    target: word(words, at + L.OFFER_TARGET),
    type: word(words, at + L.OFFER_TYPE),
    reason: word(words, at + L.OFFER_REASON),
    wanted: readI64(words, at + L.OFFER_WANTED),
    granted: readI64(words, at + L.OFFER_GRANTED),
  }));
}

/** Every share with the line record or shipping entry that it is on. */
export function readShares(words: Int32Array): (Share & { record: number })[] {
  return readList(words, L.DECISION_SHARE_COUNT, L.SHARE_STRIDE, (at) => ({
    offer: word(words, at + L.SHARE_OFFER),
    record: word(words, at + L.SHARE_TARGET),
    amount: readI64(words, at + L.SHARE_AMOUNT),
    units: word(words, at + L.SHARE_UNITS),
    first: word(words, at + L.SHARE_FIRST),
  }));
}

/** The lines that the engine added. */
export function readAdded(words: Int32Array): AddedRecord[] {
  return readList(words, L.DECISION_ADDED_COUNT, L.ADDED_STRIDE, (at) => ({
    offer: word(words, at + L.ADDED_OFFER),
    sku: word(words, at + L.ADDED_SKU),
    product: word(words, at + L.ADDED_PRODUCT),
    quantity: word(words, at + L.ADDED_QUANTITY),
    unitPrice: readI64(words, at + L.ADDED_UNIT_PRICE),
    discount: readI64(words, at + L.ADDED_DISCOUNT),
  }));
}

/** What was drawn from allowances. */
export function readClaims(words: Int32Array): ClaimRecord[] {
  return readList(words, L.DECISION_CLAIM_COUNT, L.CLAIM_STRIDE, (at) => ({
    promotion: word(words, at + L.CLAIM_PROMOTION),
    allowance: word(words, at + L.CLAIM_ALLOWANCE),
    amount: readI64(words, at + L.CLAIM_AMOUNT),
  }));
}

/** The records of lines (`field` is DECISION_LINE_COUNT) or shipping. */
export function readDecided(words: Int32Array, field: number): Decided[] {
  return readList(words, field, L.DECIDED_STRIDE, (at) => decidedAt(words, at));
}

/** One of them, at a byte offset. */
export function decidedAt(words: Int32Array, at: number): Decided {
  return {
    discount: readI64(words, at + L.DECIDED_DISCOUNT),
    total: readI64(words, at + L.DECIDED_TOTAL),
    tax: readI64(words, at + L.DECIDED_TAX),
  };
}

/** An i64 within +-2^53 at a byte offset. */
export function readI64(words: Int32Array, offset: number): number {
  const low = words[offset >> 2]!;
  const high = words[(offset >> 2) + 1]!;
  // Most amounts are small, and a small integer costs an engine no allocation.
  return high === 0 && low >= 0 ? low : high * L.TWO_32 + (low >>> 0);
}

/** A list of the header: its count stands in `field`, its address behind that. */
function readList<T>(words: Int32Array, field: number, stride: number, read: (at: number) => T): T[] {
  const start = word(words, field + 4) - L.DECISION;
  const list = new Array<T>(word(words, field));
  for (let i = 0; i < list.length; i++) list[i] = read(start + i * stride);
  return list;
}

function word(words: Int32Array, offset: number): number {
  return words[offset >> 2]!;
}
