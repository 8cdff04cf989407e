// The engine's records as numbers. A module is trusted with prices, not with addresses: every one is checked.

import {
  ABI_MAGIC,
  ABI_VERSION,
  type Code,
  DECIDED_DISCOUNT,
  DECIDED_STRIDE,
  DECIDED_TOTAL,
  DECISION,
  DECISION_LINE_COUNT,
  DECISION_LINES,
  DECISION_MAGIC,
  DECISION_OFFER_COUNT,
  DECISION_OFFERS,
  DECISION_PROMOTION_COUNT,
  DECISION_PROMOTIONS,
  DECISION_SHARE_COUNT,
  DECISION_SHARES,
  DECISION_SHIPPING,
  DECISION_SHIPPING_COUNT,
  DECISION_VERSION,
  FAULT_FUEL,
  FAULT_MONEY,
  FAULT_STACK,
  HaggleError,
  KIND_MESSAGE,
  KIND_SHIPPING_AMOUNT,
  KIND_SHIPPING_PERCENT,
  OFFER_KIND,
  OFFER_PROMOTION,
  OFFER_REASON,
  OFFER_STRIDE,
  OFFER_WANTED,
  OUTCOME_FAULT,
  OUTCOME_GRANTED,
  OUTCOME_STATUS,
  OUTCOME_STRIDE,
  OUTCOME_WANTED,
  SHARE_AMOUNT,
  SHARE_OFFER,
  SHARE_STRIDE,
  SHARE_TARGET,
  STATUS_FAILED,
} from "@haggle/abi";
import type { PromotionStatus } from "./decision.ts";
import type { Run } from "./sandbox.ts";

/** What one offer took off one record. */
export type Share = { offer: number; amount: number };

export type DecisionRecords = {
  lines: { discount: number; total: number }[];
  shipping: { discount: number; total: number }[];
  outcomes: { status: PromotionStatus; wanted: number; granted: number; error?: Code }[];
  offers: { promotion: number; isMessage: boolean; reason: number; wanted: number }[];
  /** By line record, in the order of the promotions; holes where nothing was taken off. */
  lineShares: Share[][];
  shippingShares: Share[][];
};

/** By STATUS_*. */
const STATUSES: readonly PromotionStatus[] = [
  "notEligible",
  "applied",
  "capped",
  "lost",
  "failed",
  "inactive",
];

/**
 * Decodes a decision. `promotions` and `shipping` are how many there must be.
 * Throws ENGINE_DECISION_INVALID with the offset when the records contradict the cart or each other.
 */
export function readRecords(run: Run, promotions: number, shipping: number): DecisionRecords {
  const { decision: words, encoded } = run;
  expect(words, DECISION_MAGIC, ABI_MAGIC);
  expect(words, DECISION_VERSION, ABI_VERSION);
  expect(words, DECISION_LINE_COUNT, encoded.records);
  expect(words, DECISION_SHIPPING_COUNT, shipping);
  expect(words, DECISION_PROMOTION_COUNT, promotions);
  const offers = readArray(words, DECISION_OFFERS, word(words, DECISION_OFFER_COUNT), OFFER_STRIDE, (at) => ({
    promotion: index(words, at + OFFER_PROMOTION, promotions),
    kind: word(words, at + OFFER_KIND),
    isMessage: word(words, at + OFFER_KIND) === KIND_MESSAGE,
    reason: word(words, at + OFFER_REASON),
    wanted: readI64(words, at + OFFER_WANTED),
  }));
  const lineShares: Share[][] = Array.from({ length: encoded.records }, () => []);
  const shippingShares: Share[][] = Array.from({ length: shipping }, () => []);
  readArray(words, DECISION_SHARES, word(words, DECISION_SHARE_COUNT), SHARE_STRIDE, (at) => {
    const offer = index(words, at + SHARE_OFFER, offers.length);
    const { kind } = offers[offer]!;
    const isShipping = kind === KIND_SHIPPING_AMOUNT || kind === KIND_SHIPPING_PERCENT;
    const shares = isShipping ? shippingShares : lineShares;
    const target = index(words, at + SHARE_TARGET, shares.length);
    shares[target]!.push({ offer, amount: readI64(words, at + SHARE_AMOUNT) });
  });
  return {
    lines: readDecided(words, DECISION_LINES, encoded.records),
    shipping: readDecided(words, DECISION_SHIPPING, shipping),
    outcomes: readArray(words, DECISION_PROMOTIONS, promotions, OUTCOME_STRIDE, (at) => {
      const status = index(words, at + OUTCOME_STATUS, STATUSES.length);
      return {
        status: STATUSES[status]!,
        wanted: readI64(words, at + OUTCOME_WANTED),
        granted: readI64(words, at + OUTCOME_GRANTED),
        ...(status === STATUS_FAILED ? { error: faultCode(word(words, at + OUTCOME_FAULT)) } : {}),
      };
    }),
    offers,
    lineShares,
    shippingShares,
  };
}

/** An i64 within +-2^53 at a byte offset of the decision. */
export function readI64(words: Int32Array, offset: number): number {
  return words[(offset >> 2) + 1]! * 4294967296 + (words[offset >> 2]! >>> 0);
}

function readDecided(words: Int32Array, field: number, count: number): { discount: number; total: number }[] {
  return readArray(words, field, count, DECIDED_STRIDE, (at) => ({
    discount: readI64(words, at + DECIDED_DISCOUNT),
    total: readI64(words, at + DECIDED_TOTAL),
  }));
}

/** Reads `count` records at the address that stands in `field`, after checking that they lie in the decision. */
function readArray<T>(
  words: Int32Array,
  field: number,
  count: number,
  stride: number,
  read: (at: number) => T,
): T[] {
  const start = word(words, field) - DECISION;
  if (start < 0 || start % 8 !== 0 || count < 0 || start + count * stride > words.byteLength) {
    throw invalid(field, start);
  }
  const records = new Array<T>(count);
  for (let i = 0; i < count; i++) records[i] = read(start + i * stride);
  return records;
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
  return new HaggleError(
    "ENGINE_DECISION_INVALID",
    "The engine's records contradict the cart or each other",
    {
      at,
      value,
    },
  );
}

function faultCode(fault: number): Code {
  if (fault === FAULT_FUEL) return "ENGINE_RULE_FUEL";
  if (fault === FAULT_STACK) return "ENGINE_RULE_STACK";
  return fault === FAULT_MONEY ? "ENGINE_RULE_MONEY" : "ENGINE_RULE_TRAP";
}
