import type { Condition, Operator } from "@haggle/abi";

export type Locale = "en" | "zh-CN";

/** The comparison that has to hold, with `not` turned into its opposite. */
export type Comparison = Operator | "notEqual";

/** How strings have to match. */
export type MatchMode = "any" | "every" | "none" | "notEvery";

export type ConditionKind = Condition["kind"];

/** The sentences of one language. Amounts and lists come in spelt; sentences about a promotion follow its name. */
export type Texts = {
  quoted(name: string): string;
  /** The promotion's name and what is said of it. */
  sentence(name: string, parts: readonly string[]): string;
  /** Of a promotion that took, added and granted nothing that could be named. */
  applied: string;
  /** Of a pricing rule. */
  priced: string;
  goodsOff(amount: string, lines: number): string;
  shippingOff(amount: string): string;
  added(quantity: number, sku: string): string;
  points(amount: string): string;
  cashback(amount: string): string;
  /** What a capped promotion wanted; `nothing` when it got none of it. */
  capped(wanted: string, nothing: boolean): string;
  marginHeld: string;
  says(reason: string, amount: string): string;
  unlock(amount: string): string;
  lost(winner: string | undefined): string;
  stopped(by: string | undefined): string;
  exhausted(allowances: string | undefined): string;
  notYet(time: string): string;
  over(time: string): string;
  needsCoupon(code: string): string;
  serverOnly: string;
  inactive: string;
  failed(code: string | undefined): string;
  givesNothing: string;
  /** Before the condition that failed. */
  notEligible(condition: string): string;
  conditionNumber(position: number): string;
  off: string;
  unknownPromotion: string;
  refused(code: string): string;
  /** `actual` is undefined where it cannot be told; `gap` is by how much it misses. */
  compared(
    noun: string,
    actual: string | undefined,
    comparison: Comparison,
    value: string,
    gap: string | undefined,
  ): string;
  matched(noun: string, actual: string | undefined, needs: string): string;
  match(mode: MatchMode, values: string): string;
  loggedIn(wanted: boolean): string;
  between(noun: string, actual: string | undefined, from: string, until: string, inside: boolean): string;
  period(from: string | undefined, until: string | undefined, inside: boolean): string;
  weekdays(actual: string | undefined, days: string, wanted: boolean): string;
  /** The nouns of conditions; `key` names an attribute of the customer. */
  noun(kind: ConditionKind, key: string): string;
  /** A noun, of certain goods only. */
  ofGoods(noun: string, goods: string): string;
  /** Clauses of a filter. */
  field(name: "categories" | "products" | "skus", needs: string): string;
  attribute(key: string, needs: string): string;
  range(name: "unitPrice" | "quantity" | "number", min: string | undefined, max: string | undefined): string;
  subscription(wanted: boolean): string;
  undiscounted: string;
  nothing: string;
  headers: readonly [promotion: string, status: string, wanted: string, granted: string, why: string];
};
