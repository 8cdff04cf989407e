// Decisions in words, for people who ask where each minor unit went. An entry of its own: pricing works without.

import type { Cart, Policy, Promotion, PromotionStatus } from "@haggle/abi";
import type { DecisionJson, PromotionOutcome } from "./decision-json.ts";
import type { Engine } from "./engine.ts";
import { describeCondition, isMoney } from "./explain/condition.ts";
import type { Facts } from "./explain/figures.ts";
import { createSpelling, type Spelling } from "./explain/spelling.ts";
import { alignTable } from "./explain/table.ts";
import type { Locale } from "./explain/texts.ts";
import { UNLOCK } from "./explain/unlocks.ts";

export type { Locale } from "./explain/texts.ts";
export { nearestUnlocks, type Unlock } from "./explain/unlocks.ts";

/** A decision, as an engine returns it or as JSON. */
export type Explainable = Pick<
  DecisionJson,
  "currency" | "lines" | "shipping" | "added" | "promotions" | "grants" | "messages" | "marginHeld"
>;

export type ExplainOptions = {
  /** Those of the release: `engine.promotions`. */
  promotions: readonly Promotion[];
  /** `engine.policy`; left out, thresholds count as measured on the initial totals. */
  policy?: Policy;
  /** The cart of the decision. With it, sentences tell what a condition found and how much is missing. */
  cart?: Cart;
  /** Default "en". */
  locale?: Locale;
};

/** What became of one promotion. Without a status it was not looked at. */
export type Explanation = { promotion: string; status?: PromotionStatus; text: string };

/**
 * A sentence for each candidate of a decision, in the order in which they ran.
 *
 * @example
 * const { promotions, policy } = engine;
 * for (const { text } of explain(decision, { promotions, policy, cart })) print(text);
 * // 'shoes' took €12.50 off 3 lines.
 * // 'spend-and-save' did not apply: goods total €45.00, needs at least €50.00 (€5.00 more).
 */
export function explain(decision: Explainable, options: ExplainOptions): Explanation[] {
  const spelling = createSpelling(options.locale ?? "en", decision.currency);
  return decision.promotions.map((outcome) => ({
    promotion: outcome.id,
    status: outcome.status,
    text: spelling.texts.sentence(outcome.id, describeOutcome(outcome, decision, options, spelling)),
  }));
}

/** The same as a table with aligned columns, for terminals and logs. */
export function explainTable(decision: Explainable, options: ExplainOptions): string {
  const { texts, money } = createSpelling(options.locale ?? "en", decision.currency);
  const sentences = explain(decision, options);
  const rows = decision.promotions.map(({ id, status, wanted, granted }, i) => [
    id,
    status,
    money(wanted),
    money(granted),
    sentences[i]!.text,
  ]);
  return alignTable([[...texts.headers], ...rows], ["left", "left", "right", "right", "left"]);
}

/**
 * What became, or would have become, of any promotion of the engine's release: the cart is priced again with that
 * promotion looked at, whether or not something in the cart concerns it. Never throws.
 */
export function explainPromotion(engine: Engine, cart: Cart, id: string, locale: Locale = "en"): Explanation {
  const { promotions, policy } = engine;
  const decision = engine.evaluate(cart, { candidates: [id] });
  const { texts } = createSpelling(locale, decision.ok ? decision.currency : "EUR");
  const say = (text: string): Explanation => ({ promotion: id, text: texts.sentence(id, [text]) });
  if (!decision.ok) return say(texts.refused(decision.error.code));
  if (!promotions.some((promotion) => promotion.id === id)) return say(texts.unknownPromotion);
  const found = explain(decision, { promotions, policy, cart, locale });
  return found.find(({ promotion }) => promotion === id) ?? say(texts.off);
}

function describeOutcome(
  outcome: PromotionOutcome,
  decision: Explainable,
  options: ExplainOptions,
  spelling: Spelling,
): string[] {
  const { texts } = spelling;
  const promotion = options.promotions.find(({ id }) => id === outcome.id);
  const named = (id: string | undefined) => (id === undefined ? undefined : texts.quoted(id));
  const said = describeMessages(outcome, decision, promotion, spelling);
  switch (outcome.status) {
    case "applied": {
      const given = describeGifts(outcome, decision, spelling);
      const plain = promotion?.phase === "pricing" ? texts.priced : texts.applied;
      return [...(given.length === 0 ? [plain] : given), ...said];
    }
    case "capped": {
      const capped = texts.capped(spelling.money(outcome.wanted), outcome.granted === 0);
      const held = decision.marginHeld ? [texts.marginHeld] : [];
      return [...describeGifts(outcome, decision, spelling), capped, ...held, ...said];
    }
    case "lost":
      return [texts.lost(named(outcome.lostTo)), ...said];
    case "stopped":
      return [texts.stopped(named(outcome.lostTo))];
    case "exhausted": {
      const names = promotion?.limits?.map(({ allowance }) => texts.quoted(allowance)) ?? [];
      return [texts.exhausted(names.length === 0 ? undefined : spelling.either(names))];
    }
    case "failed":
      return [texts.failed(outcome.error)];
    case "inactive":
      return [describeInactive(promotion, options.cart, spelling)];
    case "notEligible":
      return [describeNotEligible(outcome, decision, promotion, options, spelling), ...said];
  }
}

/** What it took, added and granted. */
function describeGifts({ id }: PromotionOutcome, decision: Explainable, spelling: Spelling): string[] {
  const { texts, money, number } = spelling;
  const parts: string[] = [];
  const amountsOf = (entries: DecisionJson["lines"]) =>
    entries
      .map(({ discounts }) =>
        discounts.filter(({ promotion }) => promotion === id).map(({ amount }) => amount),
      )
      .filter((amounts) => amounts.length > 0);
  const total = (amounts: number[][]) => amounts.flat().reduce((sum, amount) => sum + amount, 0);
  const goods = amountsOf(decision.lines);
  const shipping = amountsOf(decision.shipping);
  if (goods.length > 0) parts.push(texts.goodsOff(money(total(goods)), goods.length));
  if (shipping.length > 0) parts.push(texts.shippingOff(money(total(shipping))));
  for (const { promotion, quantity, sku } of decision.added) {
    if (promotion === id) parts.push(texts.added(quantity, sku));
  }
  for (const { promotion, kind, amount } of decision.grants) {
    if (promotion !== id) continue;
    parts.push(kind === "points" ? texts.points(number(amount)) : texts.cashback(money(amount)));
  }
  return parts;
}

function describeMessages(
  { id, condition }: PromotionOutcome,
  decision: Explainable,
  promotion: Promotion | undefined,
  { texts, money, number }: Spelling,
): string[] {
  const failed = condition === undefined ? undefined : promotion?.conditions?.[condition];
  return decision.messages
    .filter((message) => message.promotion === id)
    .map(({ reason, amount }) => {
      if (reason !== UNLOCK) return texts.says(reason, money(amount));
      return texts.unlock(failed === undefined || isMoney(failed) ? money(amount) : number(amount));
    });
}

function describeInactive(
  promotion: Promotion | undefined,
  cart: Cart | undefined,
  spelling: Spelling,
): string {
  const { texts, time } = spelling;
  const { window = {}, coupon, serverOnly } = promotion ?? {};
  if (cart !== undefined) {
    if (window.from !== undefined && cart.now < window.from) return texts.notYet(time(window.from));
    if (window.until !== undefined && cart.now >= window.until) return texts.over(time(window.until));
  }
  if (coupon !== undefined && !cart?.coupons.includes(coupon)) return texts.needsCoupon(coupon);
  return serverOnly ? texts.serverOnly : texts.inactive;
}

function describeNotEligible(
  { condition: position }: PromotionOutcome,
  { lines }: Explainable,
  promotion: Promotion | undefined,
  { cart, policy, promotions }: ExplainOptions,
  spelling: Spelling,
): string {
  const { texts } = spelling;
  if (position === undefined) return texts.givesNothing;
  const condition = promotion?.conditions?.[position];
  if (condition === undefined) return texts.notEligible(texts.conditionNumber(position + 1));
  // Entry by entry, prices were others than those that the decision tells of.
  const isUnknown = promotion?.phase === "pricing" && lines.some(({ listPrice }) => listPrice !== undefined);
  const facts: Facts | undefined = isUnknown ? undefined : cart && { cart, lines, promotions, policy };
  return texts.notEligible(describeCondition(condition, spelling, facts));
}
