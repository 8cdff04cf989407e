// A decision in bytes: the records that the engine leaves in memory, as hosts read them.
// A module is trusted with prices, not with addresses: every count and address is checked before it is used.

import { type Code, type HaggleError, refuse } from "./errors.ts";
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

/** How many records of each kind the cart and the candidates ask for. */
export type DecisionCounts = { lines: number; shipping: number; promotions: number };

const TWO_32 = 4294967296;

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

/** The header, which everything else is read by. Throws ENGINE_DECISION_INVALID. */
export function checkDecision(words: Int32Array, counts: DecisionCounts): void {
  expect(words, L.DECISION_MAGIC, L.ABI_MAGIC);
  expect(words, L.DECISION_VERSION, L.ABI_VERSION);
  expect(words, L.DECISION_LENGTH, words.byteLength);
  expect(words, L.DECISION_LINE_COUNT, counts.lines);
  expect(words, L.DECISION_SHIPPING_COUNT, counts.shipping);
  expect(words, L.DECISION_PROMOTION_COUNT, counts.promotions);
}

/** What became of each candidate. Throws ENGINE_DECISION_INVALID. */
export function readOutcomes(words: Int32Array, { promotions }: DecisionCounts): Outcome[] {
  let at = arrayAt(words, L.DECISION_PROMOTIONS, promotions, L.OUTCOME_STRIDE);
  const outcomes = new Array<Outcome>(promotions);
  for (let i = 0; i < promotions; i++, at += L.OUTCOME_STRIDE) {
    const status = index(words, at + L.OUTCOME_STATUS, STATUSES.length);
    const outcome: Outcome = {
      status: STATUSES[status]!,
      wanted: readI64(words, at + L.OUTCOME_WANTED),
      granted: readI64(words, at + L.OUTCOME_GRANTED),
    };
    readDetail(words, at + L.OUTCOME_DETAIL, status, promotions, outcome);
    outcomes[i] = outcome;
  }
  return outcomes;
}

/** What the detail means depends on the status. */
function readDetail(words: Int32Array, at: number, status: number, promotions: number, outcome: Outcome) {
  const detail = word(words, at);
  if (status === L.STATUS_FAILED) outcome.error = faultCode(detail);
  else if (detail === L.NONE) return;
  else if (status === L.STATUS_NOT_ELIGIBLE) outcome.condition = index(words, at, L.MAX_CONDITIONS);
  else if (status === L.STATUS_LOST || status === L.STATUS_STOPPED) {
    outcome.lostTo = index(words, at, promotions);
  }
}

/** The effects of the candidates, in the order in which they were resolved. Throws ENGINE_DECISION_INVALID. */
export function readOffers(words: Int32Array, { promotions }: DecisionCounts): Offer[] {
  const count = word(words, L.DECISION_OFFER_COUNT);
  let at = arrayAt(words, L.DECISION_OFFERS, count, L.OFFER_STRIDE);
  const offers = new Array<Offer>(count);
  for (let i = 0; i < count; i++, at += L.OFFER_STRIDE) {
    offers[i] = {
      promotion: index(words, at + L.OFFER_PROMOTION, promotions),
      target: word(words, at + L.OFFER_TARGET),
      type: word(words, at + L.OFFER_TYPE),
      reason: word(words, at + L.OFFER_REASON),
      wanted: readI64(words, at + L.OFFER_WANTED),
      granted: readI64(words, at + L.OFFER_GRANTED),
    };
  }
  return offers;
}

/** Where the shares lie, in words; `offers` is where the offers begin that they name. */
export type ShareSpan = { start: number; end: number; offers: number };

/**
 * Checks every share and every offer, so that a loop over the span may read their words as they are: most of a
 * decision's records are shares, and an object for each would cost more than the rules. Throws
 * ENGINE_DECISION_INVALID.
 */
export function checkShares(words: Int32Array, counts: DecisionCounts): ShareSpan {
  const offerCount = word(words, L.DECISION_OFFER_COUNT);
  const shareCount = word(words, L.DECISION_SHARE_COUNT);
  const offers = arrayAt(words, L.DECISION_OFFERS, offerCount, L.OFFER_STRIDE);
  const start = arrayAt(words, L.DECISION_SHARES, shareCount, L.SHARE_STRIDE);
  for (let i = 0, at = offers; i < offerCount; i++, at += L.OFFER_STRIDE) {
    index(words, at + L.OFFER_PROMOTION, counts.promotions);
  }
  for (let i = 0, at = start; i < shareCount; i++, at += L.SHARE_STRIDE) {
    const offer = index(words, at + L.SHARE_OFFER, offerCount);
    const target = word(words, offers + offer * L.OFFER_STRIDE + L.OFFER_TARGET);
    index(words, at + L.SHARE_TARGET, target === L.TARGET_SHIPPING ? counts.shipping : counts.lines);
  }
  return { start: start >> 2, end: (start + shareCount * L.SHARE_STRIDE) >> 2, offers: offers >> 2 };
}

/** Every share with the line record or shipping entry that it is on. Throws ENGINE_DECISION_INVALID. */
export function readShares(words: Int32Array, counts: DecisionCounts): (Share & { record: number })[] {
  const { start, end } = checkShares(words, counts);
  return Array.from({ length: (end - start) / (L.SHARE_STRIDE >> 2) }, (_, i) => {
    const at = (start << 2) + i * L.SHARE_STRIDE;
    return {
      offer: word(words, at + L.SHARE_OFFER),
      record: word(words, at + L.SHARE_TARGET),
      amount: readI64(words, at + L.SHARE_AMOUNT),
      units: word(words, at + L.SHARE_UNITS),
      first: word(words, at + L.SHARE_FIRST),
    };
  });
}

/** The lines that the engine added. Throws ENGINE_DECISION_INVALID. */
export function readAdded(words: Int32Array): AddedRecord[] {
  const count = word(words, L.DECISION_ADDED_COUNT);
  const offers = word(words, L.DECISION_OFFER_COUNT);
  let at = arrayAt(words, L.DECISION_ADDED, count, L.ADDED_STRIDE);
  const added = new Array<AddedRecord>(count);
  for (let i = 0; i < count; i++, at += L.ADDED_STRIDE) {
    added[i] = {
      offer: index(words, at + L.ADDED_OFFER, offers),
      sku: word(words, at + L.ADDED_SKU),
      product: word(words, at + L.ADDED_PRODUCT),
      quantity: word(words, at + L.ADDED_QUANTITY),
      unitPrice: readI64(words, at + L.ADDED_UNIT_PRICE),
      discount: readI64(words, at + L.ADDED_DISCOUNT),
    };
  }
  return added;
}

/** What was drawn from allowances. Throws ENGINE_DECISION_INVALID. */
export function readClaims(words: Int32Array, { promotions }: DecisionCounts): ClaimRecord[] {
  const count = word(words, L.DECISION_CLAIM_COUNT);
  let at = arrayAt(words, L.DECISION_CLAIMS, count, L.CLAIM_STRIDE);
  const claims = new Array<ClaimRecord>(count);
  for (let i = 0; i < count; i++, at += L.CLAIM_STRIDE) {
    claims[i] = {
      promotion: index(words, at + L.CLAIM_PROMOTION, promotions),
      allowance: word(words, at + L.CLAIM_ALLOWANCE),
      amount: readI64(words, at + L.CLAIM_AMOUNT),
    };
  }
  return claims;
}

/** The records of lines (`field` is DECISION_LINES) or shipping. Throws ENGINE_DECISION_INVALID. */
export function readDecided(words: Int32Array, field: number, count: number): Decided[] {
  let at = arrayAt(words, field, count, L.DECIDED_STRIDE);
  const decided = new Array<Decided>(count);
  for (let i = 0; i < count; i++, at += L.DECIDED_STRIDE) {
    decided[i] = {
      discount: readI64(words, at + L.DECIDED_DISCOUNT),
      total: readI64(words, at + L.DECIDED_TOTAL),
      tax: readI64(words, at + L.DECIDED_TAX),
    };
  }
  return decided;
}

/** An i64 within +-2^53 at a byte offset. */
export function readI64(words: Int32Array, offset: number): number {
  const low = words[offset >> 2]!;
  const high = words[(offset >> 2) + 1]!;
  // Most amounts are small, and a small integer costs an engine no allocation.
  return high === 0 && low >= 0 ? low : high * TWO_32 + (low >>> 0);
}

/** Where the records begin whose address stands in `field`, after checking that all of them lie in the decision. */
function arrayAt(words: Int32Array, field: number, count: number, stride: number): number {
  const start = word(words, field) - L.DECISION;
  if (start < 0 || start % 8 !== 0 || count < 0 || start + count * stride > words.byteLength) {
    throw invalid(field, start);
  }
  return start;
}

function word(words: Int32Array, offset: number): number {
  return words[offset >> 2]!;
}

function index(words: Int32Array, offset: number, limit: number): number {
  const value = word(words, offset);
  if (value < 0 || value >= limit) throw invalid(offset, value);
  return value;
}

function expect(words: Int32Array, field: number, value: number): void {
  if (word(words, field) !== value) throw invalid(field, word(words, field));
}

function invalid(at: number, value: number): HaggleError {
  return refuse("ENGINE_DECISION_INVALID", at, value);
}
