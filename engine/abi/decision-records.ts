// A whole decision at once, read and written, for tests and tools.

import {
  type AddedRecord,
  type ClaimRecord,
  type Decided,
  type DecisionCounts,
  FAULT_CODES,
  type Offer,
  type Outcome,
  readAdded,
  readClaims,
  readDecided,
  readOffers,
  readOutcomes,
  readShares,
  type Share,
  STATUSES,
} from "./decision.ts";
import { checkDecision } from "./decision-check.ts";
import { refuse } from "./errors.ts";
import * as L from "./layout.ts";

export type DecisionRecords = {
  lines: Decided[];
  shipping: Decided[];
  outcomes: Outcome[];
  offers: Offer[];
  /** By line record, in the order of the offers. */
  lineShares: Share[][];
  shippingShares: Share[][];
  added: AddedRecord[];
  claims: ClaimRecord[];
};

export type DecisionTotals = {
  /** As `packCurrency` makes it. */
  currency: number;
  subtotal: number;
  discountTotal: number;
  shippingTotal: number;
  total: number;
  taxTotal: number;
  /** What cash rounding added to the total, or took. */
  cash: number;
  /** DECISION_* bits. */
  flags: number;
};

/**
 * Decodes the records of a decision whose first word lies at address DECISION. The totals are read one by one with
 * `readI64`. Throws ENGINE_DECISION_INVALID with the offset when the records contradict `counts` or each other.
 */
export function decodeDecision(words: Int32Array, counts: DecisionCounts): DecisionRecords {
  checkDecision(words, counts);
  const lineShares: Share[][] = Array.from({ length: counts.lines }, () => []);
  const shippingShares: Share[][] = Array.from({ length: counts.shipping }, () => []);
  const offers = readOffers(words);
  for (const { record, ...share } of readShares(words)) {
    const shares = offers[share.offer]!.target === L.TARGET_SHIPPING ? shippingShares : lineShares;
    shares[record]!.push(share);
  }
  return {
    lines: readDecided(words, L.DECISION_LINE_COUNT),
    shipping: readDecided(words, L.DECISION_SHIPPING_COUNT),
    outcomes: readOutcomes(words),
    offers,
    lineShares,
    shippingShares,
    added: readAdded(words),
    claims: readClaims(words),
  };
}

/**
 * Encodes a decision: header, lines, shipping, outcomes, shares by offer and target, offers, added lines, claims.
 * Throws ENGINE_DECISION_INVALID when it would not fit the decision's region.
 *
 * @example decodeDecision(new Int32Array(encodeDecision(totals, records).buffer), counts) // equals records
 */
export function encodeDecision(totals: DecisionTotals, records: DecisionRecords): Uint8Array<ArrayBuffer> {
  const { lines, shipping, outcomes, offers, added, claims } = records;
  const shares = [records.lineShares, records.shippingShares]
    .flatMap((list) => list.flatMap((entries, target) => entries.map((share) => ({ ...share, target }))))
    .sort((a, b) => a.offer - b.offer || a.target - b.target);
  const linesAt = L.DECISION_HEADER;
  const shippingAt = linesAt + lines.length * L.DECIDED_STRIDE;
  const outcomesAt = shippingAt + shipping.length * L.DECIDED_STRIDE;
  const sharesAt = outcomesAt + outcomes.length * L.OUTCOME_STRIDE;
  const offersAt = sharesAt + shares.length * L.SHARE_STRIDE;
  const addedAt = offersAt + offers.length * L.OFFER_STRIDE;
  const claimsAt = addedAt + added.length * L.ADDED_STRIDE;
  const length = claimsAt + claims.length * L.CLAIM_STRIDE;
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
  i64(L.DECISION_TAX_TOTAL, totals.taxTotal);
  i64(L.DECISION_CASH, totals.cash);
  u32(L.DECISION_FLAGS, totals.flags);
  list(L.DECISION_LINE_COUNT, lines.length, L.DECISION_LINES, linesAt);
  list(L.DECISION_SHIPPING_COUNT, shipping.length, L.DECISION_SHIPPING, shippingAt);
  list(L.DECISION_PROMOTION_COUNT, outcomes.length, L.DECISION_PROMOTIONS, outcomesAt);
  list(L.DECISION_SHARE_COUNT, shares.length, L.DECISION_SHARES, sharesAt);
  list(L.DECISION_OFFER_COUNT, offers.length, L.DECISION_OFFERS, offersAt);
  list(L.DECISION_ADDED_COUNT, added.length, L.DECISION_ADDED, addedAt);
  list(L.DECISION_CLAIM_COUNT, claims.length, L.DECISION_CLAIMS, claimsAt);
  // Goods and shipping have one layout and lie behind one another.
  [...lines, ...shipping].forEach(({ discount, total, tax }, i) => {
    const at = linesAt + i * L.DECIDED_STRIDE;
    i64(at + L.DECIDED_DISCOUNT, discount);
    i64(at + L.DECIDED_TOTAL, total);
    i64(at + L.DECIDED_TAX, tax);
  });
  outcomes.forEach((outcome, i) => {
    const at = outcomesAt + i * L.OUTCOME_STRIDE;
    u32(at + L.OUTCOME_STATUS, STATUSES.indexOf(outcome.status));
    u32(at + L.OUTCOME_DETAIL, detailOf(outcome));
    i64(at + L.OUTCOME_WANTED, outcome.wanted);
    i64(at + L.OUTCOME_GRANTED, outcome.granted);
  });
  shares.forEach(({ offer, target, amount, units, first }, i) => {
    const at = sharesAt + i * L.SHARE_STRIDE;
    u32(at + L.SHARE_OFFER, offer);
    u32(at + L.SHARE_TARGET, target);
    i64(at + L.SHARE_AMOUNT, amount);
    u32(at + L.SHARE_UNITS, units);
    u32(at + L.SHARE_FIRST, first);
  });
  offers.forEach((offer, i) => {
    const at = offersAt + i * L.OFFER_STRIDE;
    u32(at + L.OFFER_PROMOTION, offer.promotion);
    u32(at + L.OFFER_TARGET, offer.target);
    u32(at + L.OFFER_REASON, offer.reason);
    u32(at + L.OFFER_TYPE, offer.type);
    i64(at + L.OFFER_WANTED, offer.wanted);
    i64(at + L.OFFER_GRANTED, offer.granted);
  });
  added.forEach((line, i) => {
    const at = addedAt + i * L.ADDED_STRIDE;
    u32(at + L.ADDED_OFFER, line.offer);
    u32(at + L.ADDED_SKU, line.sku);
    u32(at + L.ADDED_PRODUCT, line.product);
    u32(at + L.ADDED_QUANTITY, line.quantity);
    i64(at + L.ADDED_UNIT_PRICE, line.unitPrice);
    i64(at + L.ADDED_DISCOUNT, line.discount);
  });
  claims.forEach(({ promotion, allowance, amount }, i) => {
    const at = claimsAt + i * L.CLAIM_STRIDE;
    u32(at + L.CLAIM_PROMOTION, promotion);
    u32(at + L.CLAIM_ALLOWANCE, allowance);
    i64(at + L.CLAIM_AMOUNT, amount);
  });
  return new Uint8Array(view.buffer);
}

function detailOf({ error, condition, lostTo }: Outcome): number {
  if (error !== undefined) return FAULT_CODES.lastIndexOf(error);
  return condition ?? lostTo ?? L.NONE;
}
