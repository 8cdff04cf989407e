// Promotions: the data of a release that says which rules and effects run, with what, in what order.
// What each field does to a price is told in engine/cli/PRICING.md.

/** The value a promotion gives for a parameter of its rule, as in JSON. */
export type ParameterValue = number | string | boolean | readonly string[] | null;

/** Conditions + (rule + parameters | effects) + place in the order: data that needs no recompile. */
export type Promotion = {
  id: string;
  /** The name of a rule of the bundle; a promotion has either a rule or effects. */
  rule?: string;
  /** Amounts in minor units, percentages as decimal strings; what is left out keeps the rule's default. */
  parameters?: Readonly<Record<string, ParameterValue>>;
  effects?: readonly Effect[];
  /** All must hold. */
  conditions?: readonly Condition[];
  /** All effects that move money, or none. */
  linked?: boolean;
  /** A pricing rule has to state `pricing`; no other promotion may. */
  phase?: Phase;
  /** The lines that a pricing rule prices; all when left out. */
  filter?: Filter;
  /** One of the policy's lanes. */
  lane?: string;
  /** Higher runs first; equal priorities run by id. */
  priority: number;
  group?: string;
  /** Applies alone. */
  exclusive?: boolean;
  /** Nothing behind it applies. */
  stopAfter?: boolean;
  window?: PromotionWindow;
  /** The campaign symbol that the cart's coupons must hold. */
  coupon?: string;
  /** The allowances of the cart that this promotion draws on. */
  limits?: readonly Limit[];
  /** Units that it discounts, or counts as bought, serve no later promotion that says so too. */
  unitsOnce?: boolean;
  /** Sees only lines that nothing was taken off yet. */
  undiscounted?: boolean;
  /** Tells what is missing when only a threshold fails. */
  unlock?: boolean;
  /** Reads what only the server knows: never runs in a preview. */
  serverOnly?: boolean;
};

export type Phase = "pricing" | "catalog" | "line" | "order" | "shipping";

/** Epoch ms: from inclusive, until exclusive. */
export type PromotionWindow = { from?: number; until?: number };

/** What a promotion draws from the allowance of this name. */
export type Limit = { allowance: string; counts: "uses" | "money" | "units" };

/** Strings to compare with: any of them (also written as a bare list), every one, or none. */
export type Match =
  | readonly string[]
  | { any?: readonly string[]; every?: readonly string[]; none?: readonly string[] };

/** Bounds, both inclusive. */
export type Range = { min?: number; max?: number };

/** Which lines. All that is stated must hold, or one of it with `match: "any"`. */
export type Filter = {
  match?: "all" | "any";
  categories?: Match;
  products?: Match;
  skus?: Match;
  /** By attribute: strings to compare a text with, or bounds of an integer. */
  attributes?: Readonly<Record<string, Match | Range>>;
  unitPrice?: Range;
  quantity?: Range;
  subscription?: boolean;
  /** Nothing taken off yet, in the catalog phase or behind it. */
  undiscounted?: true;
};

export type Operator = "atLeast" | "atMost" | "equal" | "moreThan" | "lessThan";
export type ThresholdBase = "initial" | "current" | "after";

/** One thing that must hold for a promotion to apply. */
export type Condition = (
  | ({ kind: "goodsTotal" | "cheapest" | "dearest"; filter?: Filter } & MoneyTest)
  | ({ kind: "quantity" | "lines" | "lineQuantity"; filter?: Filter } & NumberTest)
  | ({ kind: "orderTotal" | "shippingTotal" } & MoneyTest)
  | {
      kind: "segments" | "tier" | "channel" | "market" | "paymentMethod" | "shippingMethod" | "coupons";
      match: Match;
    }
  | { kind: "loggedIn" }
  /** Orders completed so far: the nth order has n - 1. */
  | ({ kind: "orders" } & NumberTest)
  /** An integer attribute of the customer. */
  | ({ kind: "counter"; key: string } & NumberTest)
  /** A text attribute of the customer. */
  | { kind: "customer"; key: string; match: Match }
  /** Local time of day, "HH:MM"; over midnight when `until` is not behind `from`. */
  | { kind: "timeOfDay"; from: string; until: string }
  /** Local days of the week, 1 is Monday. */
  | { kind: "weekday"; days: readonly number[] }
  | { kind: "period"; from?: number; until?: number }
) & { not?: boolean };

type NumberTest = { operator?: Operator; value: number };
type MoneyTest = NumberTest & { base?: ThresholdBase; tax?: "gross" | "net" };

/** What is taken off: a percentage ("12.5"), an amount in minor units, or what shall remain to be paid. */
export type EffectValue = { percent: string } | { amount: number } | { price: number | { of: Filter } };

/** One thing that a promotion does. */
export type Effect = GoodsEffect | ShippingEffect | GiftEffect | SideEffect;

export type GoodsEffect = {
  /** Each unit; each line once; several lines or all goods together, one amount split over them. */
  target: "unit" | "line" | "lines" | "order";
  filter?: Filter;
  units?: Units;
  tiers?: Tiers;
  base?: "initial" | "current";
  split?: "proportional" | "quantity" | "even";
  maxAmount?: number;
  maxPerLine?: number;
  maxPerUnit?: number;
  capSplit?: "wanted" | "totals" | "order";
  reason?: string;
} & (EffectValue | { tiers: Tiers });

export type ShippingEffect = {
  target: "shipping";
  /** Shipping methods; all when left out. */
  methods?: readonly string[];
  /** An amount off each entry instead of one amount split over them. */
  each?: boolean;
  base?: "initial" | "current";
  maxAmount?: number;
  reason?: string;
} & ({ percent: string } | { amount: number } | { price: number });

export type GiftEffect = {
  target: "gift";
  sku: string;
  productId: string;
  unitPrice: number;
  quantity: number;
  /** So many pieces for each unit of the filter's lines. */
  perUnit?: boolean;
  filter?: Filter;
  /** "100" when left out. */
  percent?: string;
  /** Pieces that are in the cart already are discounted there first. */
  discountPresent?: boolean;
  reason?: string;
};

/** No money off this order: points, money back later, a message with an amount. */
export type SideEffect = {
  target: "points" | "cashback" | "message";
  filter?: Filter;
  reason?: string;
} & ({ percent: string } | { amount: number });

export type Pick = "cheapest" | "dearest" | "given" | "largest";

/** Which units of the filter's lines an effect takes, in the order in which it says so. */
export type Units = {
  pick?: Pick;
  /** Goods that are bought together, each slot so many units. */
  bundle?: readonly { filter: Filter; quantity: number }[];
  /** Units to be bought before `get` units count. */
  buy?: { quantity: number; filter?: Filter; pick?: Pick };
  get?: number;
  maxTimes?: number;
  /** Fewer than `get` will do. */
  partial?: boolean;
  /** Which units are set aside first: the free ones (default) or the bought ones. */
  reserve?: "get" | "buy";
  /** Counts apart for each product, sku or line. */
  per?: "product" | "sku" | "line";
  groupsOf?: number;
  skipFirst?: number;
  every?: number;
  over?: "units" | "lines";
  max?: number;
  maxPerLine?: number;
};

/** Values by what is reached. `from` in minor units or pieces, ascending. */
export type Tiers = {
  by: "goods" | "total" | "quantity" | "lineTotal" | "lineQuantity";
  mode?: "whole" | "marginal";
  steps: readonly ({ from: number } & ({ percent: string } | { amount: number } | { price: number }))[];
};
