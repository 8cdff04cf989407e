// The words of promotions and policies beside their numbers in the table.

import * as L from "./layout.ts";
import type { GroupPolicy, Policy, Rounding } from "./policy.ts";
import type {
  Condition,
  Effect,
  GoodsEffect,
  Limit,
  Operator,
  Phase,
  Pick,
  ThresholdBase,
  Tiers,
  Units,
} from "./promotion.ts";

type Codes<Word extends string> = Readonly<Record<Word, number>>;

/** The word of a number; undefined for a number that none has. */
export function wordOf<Word extends string>(codes: Codes<Word>, code: number): Word | undefined {
  return (Object.keys(codes) as Word[]).find((word) => codes[word] === code);
}

export const PHASES: Codes<Phase> = {
  pricing: L.PHASE_PRICING,
  catalog: L.PHASE_CATALOG,
  line: L.PHASE_LINE,
  order: L.PHASE_ORDER,
  shipping: L.PHASE_SHIPPING,
};

export const GROUP_MODES: Codes<GroupPolicy["mode"]> = {
  stack: L.GROUP_STACK,
  first: L.GROUP_FIRST,
  highest: L.GROUP_HIGHEST,
  lowest: L.GROUP_LOWEST,
  best: L.GROUP_BEST,
};

export const COUNTS: Codes<Limit["counts"]> = {
  uses: L.COUNTS_USES,
  money: L.COUNTS_MONEY,
  units: L.COUNTS_UNITS,
};

export const CONDITIONS: Codes<Condition["kind"]> = {
  goodsTotal: L.CONDITION_GOODS_TOTAL,
  quantity: L.CONDITION_QUANTITY,
  lines: L.CONDITION_LINES,
  lineQuantity: L.CONDITION_LINE_QUANTITY,
  orderTotal: L.CONDITION_ORDER_TOTAL,
  shippingTotal: L.CONDITION_SHIPPING_TOTAL,
  cheapest: L.CONDITION_CHEAPEST,
  dearest: L.CONDITION_DEAREST,
  segments: L.CONDITION_SEGMENTS,
  tier: L.CONDITION_TIER,
  loggedIn: L.CONDITION_LOGGED_IN,
  orders: L.CONDITION_ORDERS,
  counter: L.CONDITION_COUNTER,
  customer: L.CONDITION_CUSTOMER,
  channel: L.CONDITION_CHANNEL,
  market: L.CONDITION_MARKET,
  paymentMethod: L.CONDITION_PAYMENT,
  shippingMethod: L.CONDITION_SHIPPING_METHOD,
  coupons: L.CONDITION_COUPON,
  timeOfDay: L.CONDITION_TIME_OF_DAY,
  weekday: L.CONDITION_WEEKDAY,
  period: L.CONDITION_PERIOD,
};

export const OPERATORS: Codes<Operator> = {
  atLeast: L.AT_LEAST,
  atMost: L.AT_MOST,
  equal: L.EQUAL_TO,
  moreThan: L.MORE_THAN,
  lessThan: L.LESS_THAN,
};

export const BASES: Codes<ThresholdBase> = {
  initial: L.BASE_INITIAL,
  current: L.BASE_CURRENT,
  after: L.BASE_AFTER,
};

export const TARGETS: Codes<Effect["target"]> = {
  unit: L.TARGET_UNIT,
  line: L.TARGET_LINE,
  lines: L.TARGET_LINES,
  order: L.TARGET_ORDER,
  shipping: L.TARGET_SHIPPING,
  gift: L.TARGET_GIFT,
  points: L.TARGET_POINTS,
  cashback: L.TARGET_CASHBACK,
  message: L.TARGET_MESSAGE,
};

export const PICKS: Codes<Pick> = {
  cheapest: L.PICK_CHEAPEST,
  dearest: L.PICK_DEAREST,
  given: L.PICK_GIVEN,
  largest: L.PICK_LARGEST,
};

export const OVERS: Codes<NonNullable<Units["over"]>> = { units: L.OVER_UNITS, lines: L.OVER_LINES };

export const PER_GROUPS: Codes<NonNullable<Units["per"]>> = {
  product: L.PER_GROUP_PRODUCT,
  sku: L.PER_GROUP_SKU,
  line: L.PER_GROUP_LINE,
};

export const SPLITS: Codes<Policy["split"]> = {
  proportional: L.SPLIT_PROPORTIONAL,
  quantity: L.SPLIT_QUANTITY,
  even: L.SPLIT_EVEN,
};

export const CAP_SPLITS: Codes<NonNullable<GoodsEffect["capSplit"]>> = {
  wanted: L.CAP_WANTED,
  totals: L.CAP_TOTALS,
  order: L.CAP_ORDER,
};

export const TIER_BASES: Codes<Tiers["by"]> = {
  goods: L.TIER_BY_GOODS,
  total: L.TIER_BY_TOTAL,
  quantity: L.TIER_BY_QUANTITY,
  lineTotal: L.TIER_BY_LINE_TOTAL,
  lineQuantity: L.TIER_BY_LINE_QUANTITY,
};

/** In the order of `Rounding` in engine/runtime/haggle/money.ts. */
export const ROUNDINGS: Codes<Rounding> = { halfUp: 0, halfEven: 1, halfDown: 2, down: 3, up: 4 };

export const REMAINDERS: Codes<Policy["remainder"]> = {
  largestFraction: L.REMAINDER_LARGEST,
  first: L.REMAINDER_FIRST,
  last: L.REMAINDER_LAST,
  none: L.REMAINDER_NONE,
};

export const PRICES: Codes<Policy["tax"]["prices"]> = {
  untaxed: L.PRICES_UNTAXED,
  net: L.PRICES_NET,
  gross: L.PRICES_GROSS,
};

export const TAX_PERS: Codes<Policy["tax"]["per"]> = {
  line: L.TAX_PER_LINE,
  unit: L.TAX_PER_UNIT,
  rate: L.TAX_PER_RATE,
};

export const SHORTS: Codes<Policy["short"]> = {
  partial: L.SHORT_PARTIAL,
  drop: L.SHORT_DROP,
  dropShare: L.SHORT_DROP_SHARE,
};

export const UNKNOWN_COSTS: Codes<NonNullable<Policy["marginFloor"]>["unknownCost"]> = {
  refuse: L.COST_REFUSE,
  ignoreLine: L.COST_IGNORE_LINE,
};
