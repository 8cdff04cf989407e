// A decision in bytes: the records that the engine leaves in memory, read by hosts and written by tools.
// A module is trusted with prices, not with addresses: every count and address is checked before it is used.

import { type Code, type HaggleError, refuse } from "./errors.ts";
import * as L from "./layout.ts";

export type PromotionStatus = "notEligible" | "applied" | "capped" | "lost" | "failed" | "inactive";

/** What is taken off one line record or shipping entry, and what is left of it. Minor units. */
export type Decided = { discount: number; total: number };

/** What became of one promotion; `error` says why a `failed` one stopped. */
export type Outcome = { status: PromotionStatus; wanted: number; granted: number; error?: Code };

/** One effect that a rule returned: `kind` is a KIND_*, `target` a line record or NONE, `reason` a symbol. */
export type Offer = {
  promotion: number;
  kind: number;
  target: number;
  reason: number;
  wanted: number;
  granted: number;
};

/** What one offer took off one record. */
export type Share = { offer: number; amount: number };

export type DecisionRecords = {
  lines: Decided[];
  shipping: Decided[];
  outcomes: Outcome[];
  offers: Offer[];
  /** By line record, in the order of the offers. */
  lineShares: Share[][];
  shippingShares: Share[][];
};

export type DecisionTotals = {
  /** As `packCurrency` makes it. */
  currency: number;
  subtotal: number;
  discountTotal: number;
  shippingTotal: number;
  total: number;
};

/** How many records of each kind the cart and the table ask for. */
export type DecisionCounts = { lines: number; shipping: number; promotions: number };

const TWO_32 = 4294967296;

/** By STATUS_*. */
const STATUSES: readonly PromotionStatus[] = [
  "notEligible",
  "applied",
  "capped",
  "lost",
  "failed",
  "inactive",
];

/** By FAULT_*; a fault that is none of these reads as a trap. */
const FAULT_CODES: readonly Code[] = [
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

/**
 * Decodes the records of a decision whose first word lies at address DECISION. The totals are read one by one with
 * `readI64`. Throws ENGINE_DECISION_INVALID with the offset when the records contradict `counts` or each other.
 */
export function decodeDecision(words: Int32Array, counts: DecisionCounts): DecisionRecords {
  checkDecision(words, counts);
  const lineShares: Share[][] = Array.from({ length: counts.lines }, () => []);
  const shippingShares: Share[][] = Array.from({ length: counts.shipping }, () => []);
  const { start, end, offers } = checkShares(words, counts);
  for (let at = start; at < end; at += L.SHARE_STRIDE >> 2) {
    const offer = words[at + (L.SHARE_OFFER >> 2)]!;
    const kind = words[offers + offer * (L.OFFER_STRIDE >> 2) + (L.OFFER_KIND >> 2)]!;
    const shares = isShippingKind(kind) ? shippingShares : lineShares;
    shares[words[at + (L.SHARE_TARGET >> 2)]!]!.push({
      offer,
      amount: readI64(words, (at << 2) + L.SHARE_AMOUNT),
    });
  }
  return {
    lines: readDecided(words, L.DECISION_LINES, counts.lines),
    shipping: readDecided(words, L.DECISION_SHIPPING, counts.shipping),
    outcomes: readOutcomes(words, counts),
    offers: readOffers(words, counts),
    lineShares,
    shippingShares,
  };
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

/** What became of each promotion. Throws ENGINE_DECISION_INVALID. */
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
    if (status === L.STATUS_FAILED) outcome.error = faultCode(word(words, at + L.OUTCOME_FAULT));
    outcomes[i] = outcome;
  }
  return outcomes;
}

/** The effects that the rules returned, in the order in which they were resolved. Throws ENGINE_DECISION_INVALID. */
export function readOffers(words: Int32Array, { promotions }: DecisionCounts): Offer[] {
  const count = word(words, L.DECISION_OFFER_COUNT);
  let at = arrayAt(words, L.DECISION_OFFERS, count, L.OFFER_STRIDE);
  const offers = new Array<Offer>(count);
  for (let i = 0; i < count; i++, at += L.OFFER_STRIDE) {
    offers[i] = {
      promotion: index(words, at + L.OFFER_PROMOTION, promotions),
      kind: word(words, at + L.OFFER_KIND),
      target: word(words, at + L.OFFER_TARGET),
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
    const onShipping = isShippingKind(word(words, offers + offer * L.OFFER_STRIDE + L.OFFER_KIND));
    index(words, at + L.SHARE_TARGET, onShipping ? counts.shipping : counts.lines);
  }
  return { start: start >> 2, end: (start + shareCount * L.SHARE_STRIDE) >> 2, offers: offers >> 2 };
}

/** The records of lines (`field` is DECISION_LINES) or shipping. Throws ENGINE_DECISION_INVALID. */
export function readDecided(words: Int32Array, field: number, count: number): Decided[] {
  let at = arrayAt(words, field, count, L.DECIDED_STRIDE);
  const decided = new Array<Decided>(count);
  for (let i = 0; i < count; i++, at += L.DECIDED_STRIDE) {
    decided[i] = {
      discount: readI64(words, at + L.DECIDED_DISCOUNT),
      total: readI64(words, at + L.DECIDED_TOTAL),
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

/** Whether an offer of this KIND_* takes something off shipping. */
export function isShippingKind(kind: number): boolean {
  return kind === L.KIND_SHIPPING_AMOUNT || kind === L.KIND_SHIPPING_PERCENT;
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

/**
 * Encodes a decision as the engine does: header, lines, shipping, outcomes, shares by offer and target, offers.
 * Throws ENGINE_DECISION_INVALID when it would not fit the decision's region.
 *
 * @example decodeDecision(new Int32Array(encodeDecision(totals, records).buffer), counts) // equals records
 */
export function encodeDecision(totals: DecisionTotals, records: DecisionRecords): Uint8Array<ArrayBuffer> {
  const { lines, shipping, outcomes, offers } = records;
  const shares = [records.lineShares, records.shippingShares]
    .flatMap((list) => list.flatMap((entries, target) => entries.map((share) => ({ ...share, target }))))
    .sort((a, b) => a.offer - b.offer || a.target - b.target);
  const linesAt = L.DECISION_HEADER;
  const shippingAt = linesAt + lines.length * L.DECIDED_STRIDE;
  const outcomesAt = shippingAt + shipping.length * L.DECIDED_STRIDE;
  const sharesAt = outcomesAt + outcomes.length * L.OUTCOME_STRIDE;
  const offersAt = sharesAt + shares.length * L.SHARE_STRIDE;
  const length = offersAt + offers.length * L.OFFER_STRIDE;
  if (length > L.DECISION_CAPACITY) {
    throw refuse("ENGINE_DECISION_INVALID", "decision", length);
  }
  const view = new DataView(new ArrayBuffer(length));
  const u32 = (at: number, value: number) => view.setInt32(at, value, true);
  const i64 = (at: number, value: number) => view.setBigInt64(at, BigInt(value), true);
  const list = (countAt: number, count: number, addressAt: number, start: number) => {
    u32(countAt, count);
    u32(addressAt, L.DECISION + start);
  };
  u32(L.DECISION_MAGIC, L.ABI_MAGIC);
  u32(L.DECISION_VERSION, L.ABI_VERSION);
  u32(L.DECISION_LENGTH, length);
  u32(L.DECISION_CURRENCY, totals.currency);
  i64(L.DECISION_SUBTOTAL, totals.subtotal);
  i64(L.DECISION_DISCOUNT_TOTAL, totals.discountTotal);
  i64(L.DECISION_SHIPPING_TOTAL, totals.shippingTotal);
  i64(L.DECISION_TOTAL, totals.total);
  list(L.DECISION_LINE_COUNT, lines.length, L.DECISION_LINES, linesAt);
  list(L.DECISION_SHIPPING_COUNT, shipping.length, L.DECISION_SHIPPING, shippingAt);
  list(L.DECISION_PROMOTION_COUNT, outcomes.length, L.DECISION_PROMOTIONS, outcomesAt);
  list(L.DECISION_SHARE_COUNT, shares.length, L.DECISION_SHARES, sharesAt);
  list(L.DECISION_OFFER_COUNT, offers.length, L.DECISION_OFFERS, offersAt);
  // Goods and shipping have one layout and lie behind one another.
  [...lines, ...shipping].forEach(({ discount, total }, i) => {
    i64(linesAt + i * L.DECIDED_STRIDE + L.DECIDED_DISCOUNT, discount);
    i64(linesAt + i * L.DECIDED_STRIDE + L.DECIDED_TOTAL, total);
  });
  outcomes.forEach(({ status, wanted, granted, error }, i) => {
    const at = outcomesAt + i * L.OUTCOME_STRIDE;
    u32(at + L.OUTCOME_STATUS, STATUSES.indexOf(status));
    u32(at + L.OUTCOME_FAULT, error === undefined ? L.FAULT_NONE : FAULT_CODES.lastIndexOf(error));
    i64(at + L.OUTCOME_WANTED, wanted);
    i64(at + L.OUTCOME_GRANTED, granted);
  });
  shares.forEach(({ offer, target, amount }, i) => {
    const at = sharesAt + i * L.SHARE_STRIDE;
    u32(at + L.SHARE_OFFER, offer);
    u32(at + L.SHARE_TARGET, target);
    i64(at + L.SHARE_AMOUNT, amount);
  });
  offers.forEach((offer, i) => {
    const at = offersAt + i * L.OFFER_STRIDE;
    u32(at + L.OFFER_PROMOTION, offer.promotion);
    u32(at + L.OFFER_KIND, offer.kind);
    u32(at + L.OFFER_REASON, offer.reason);
    u32(at + L.OFFER_TARGET, offer.target);
    i64(at + L.OFFER_WANTED, offer.wanted);
    i64(at + L.OFFER_GRANTED, offer.granted);
  });
  return new Uint8Array(view.buffer);
}
