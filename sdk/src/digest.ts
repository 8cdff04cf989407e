import {
  type Cart,
  canonicalCart,
  DECISION_CASH,
  DECISION_DISCOUNT_TOTAL,
  DECISION_LINE_COUNT,
  DECISION_SHIPPING_COUNT,
  DECISION_SHIPPING_TOTAL,
  DECISION_SUBTOTAL,
  DECISION_TAX_TOTAL,
  DECISION_TOTAL,
  type Policy,
  readAdded,
  readClaims,
  readDecided,
  readI64,
  readOffers,
  readOutcomes,
  readShares,
  TARGET_CASHBACK,
  TARGET_POINTS,
} from "@haggle/abi";
import { sha256Text } from "#host";
import type { Run } from "./sandbox.ts";

/**
 * SHA-256 over release, canonical cart and all amounts. Promotions stand with their place in the release and only when
 * they did something, so that it is no matter which others were looked at.
 */
export function digestDecision(
  release: string,
  lines: Policy["lines"],
  cart: Cart,
  { decision, candidates }: Run,
): string {
  const offers = readOffers(decision);
  const amountsOf = (field: number) =>
    readDecided(decision, field).map(({ discount, total, tax }) => [discount, total, tax]);
  return sha256Text(
    JSON.stringify([
      "haggle decision 0",
      release,
      canonicalCart(cart, lines),
      TOTALS.map((field) => readI64(decision, field)),
      amountsOf(DECISION_LINE_COUNT),
      amountsOf(DECISION_SHIPPING_COUNT),
      readShares(decision).map(({ offer, ...share }) => {
        const { promotion, target } = offers[offer]!;
        return [candidates[promotion], target, ...Object.values(share)];
      }),
      readAdded(decision).map(({ offer, ...added }) => [
        candidates[offers[offer]!.promotion],
        ...Object.values(added),
      ]),
      offers
        .filter(({ target }) => target === TARGET_POINTS || target === TARGET_CASHBACK)
        .map(({ promotion, target, granted }) => [candidates[promotion], target, granted]),
      readClaims(decision).map(({ promotion, allowance, amount }) => [
        candidates[promotion],
        allowance,
        amount,
      ]),
      readOutcomes(decision).flatMap(({ wanted, granted }, i) =>
        wanted === 0 && granted === 0 ? [] : [[candidates[i], wanted, granted]],
      ),
    ]),
  );
}

const TOTALS = [
  DECISION_SUBTOTAL,
  DECISION_DISCOUNT_TOTAL,
  DECISION_SHIPPING_TOTAL,
  DECISION_TOTAL,
  DECISION_TAX_TOTAL,
  DECISION_CASH,
];
