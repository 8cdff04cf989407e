import type { Comparison, ConditionKind, MatchMode, Texts } from "./texts.ts";

const NOUNS: { readonly [Kind in ConditionKind]: string } = {
  goodsTotal: "goods total",
  quantity: "number of pieces",
  lines: "number of lines",
  lineQuantity: "largest quantity of one line",
  orderTotal: "order total",
  shippingTotal: "shipping total",
  cheapest: "lowest unit price",
  dearest: "highest unit price",
  segments: "customer segments",
  tier: "customer tier",
  loggedIn: "login",
  orders: "number of earlier orders",
  counter: "customer's",
  customer: "customer's",
  channel: "channel",
  market: "market",
  paymentMethod: "payment method",
  shippingMethod: "shipping method",
  coupons: "coupons",
  timeOfDay: "local time",
  weekday: "weekday",
  period: "time",
};

const COMPARISONS: { readonly [Name in Comparison]: string } = {
  atLeast: "at least",
  atMost: "at most",
  equal: "exactly",
  notEqual: "other than",
  moreThan: "more than",
  lessThan: "less than",
};

const MODES: { readonly [Mode in MatchMode]: string } = {
  any: "",
  every: "all of ",
  none: "none of ",
  notEvery: "not all of ",
};

const FIELDS = { categories: "category", products: "product", skus: "sku" };
const RANGES = { unitPrice: "unit price ", quantity: "quantity ", number: "" };

export const EN: Texts = {
  quoted: (name) => `'${name}'`,
  sentence: (name, parts) => `'${name}' ${parts.join("; ")}.`,
  applied: "applied",
  priced: "set unit prices",
  goodsOff: (amount, lines) => `took ${amount} off ${lines} ${lines === 1 ? "line" : "lines"}`,
  shippingOff: (amount) => `took ${amount} off shipping`,
  added: (quantity, sku) => `added ${quantity} × ${sku}`,
  points: (amount) => `gave ${amount} points`,
  cashback: (amount) => `gives ${amount} back later`,
  capped: (wanted, nothing) =>
    nothing
      ? `wanted ${wanted}, but nothing could be taken off`
      : `wanted ${wanted}, but no more could be taken off`,
  marginHeld: "the margin floor held discounts back",
  says: (reason, amount) => `says ${reason} (${amount})`,
  unlock: (amount) => `is ${amount} away`,
  lost: (winner) => (winner === undefined ? "lost to another promotion" : `lost to ${winner}`),
  stopped: (by) => `did not run: ${by ?? "an earlier promotion"} lets nothing follow`,
  exhausted: (allowances) =>
    allowances === undefined
      ? "did not apply: an allowance is used up"
      : `did not apply: too little is left of ${allowances}`,
  notYet: (time) => `did not run: it starts at ${time}`,
  over: (time) => `did not run: it ended at ${time}`,
  needsCoupon: (code) => `did not run: it needs the coupon ${code}`,
  serverOnly: "did not run: it runs on the server only",
  inactive: "did not run: it is not active",
  failed: (code) => `failed and was left out${code === undefined ? "" : ` (${code})`}`,
  givesNothing: "did not apply: it gives this cart nothing",
  notEligible: (condition) => `did not apply: ${condition}`,
  conditionNumber: (position) => `its condition ${position} does not hold`,
  off: "did not run: the channel switches it off",
  unknownPromotion: "is not in this release",
  refused: (code) => `could not be looked at: the cart has no price (${code})`,
  compared: (noun, actual, comparison, value, gap) => {
    const needs = `needs ${COMPARISONS[comparison]} ${value}`;
    const missing = comparison === "atLeast" || comparison === "moreThan" ? "more" : "too much";
    return `${noun}${actual === undefined ? "" : ` ${actual}`}, ${needs}${gap === undefined ? "" : ` (${gap} ${missing})`}`;
  },
  matched: (noun, actual, needs) => `${noun}${actual === undefined ? "" : ` ${actual}`}, needs ${needs}`,
  match: (mode, values) => `${MODES[mode]}${values}`,
  loggedIn: (wanted) => (wanted ? "the customer is not logged in" : "the customer is logged in"),
  between: (noun, actual, from, until, inside) =>
    `${noun}${actual === undefined ? "" : ` ${actual}`}, needs ${inside ? "" : "not "}from ${from} until ${until}`,
  period: (from, until, inside) => {
    const span = [from === undefined ? "" : `from ${from}`, until === undefined ? "" : `until ${until}`];
    return `holds ${inside ? "" : "not "}${span.filter((part) => part !== "").join(" ")}`;
  },
  weekdays: (actual, days, wanted) =>
    `${actual === undefined ? "weekday" : `today is ${actual}`}, needs ${wanted ? "" : "not "}${days}`,
  noun: (kind, key) => (key === "" ? NOUNS[kind] : `${NOUNS[kind]} '${key}'`),
  ofGoods: (noun, goods) => `${noun} (${goods})`,
  field: (name, needs) => `${FIELDS[name]} ${needs}`,
  attribute: (key, needs) => `${key} ${needs}`,
  range: (name, min, max) =>
    RANGES[name] +
    (min === undefined ? `up to ${max}` : max === undefined ? `from ${min}` : `from ${min} to ${max}`),
  subscription: (wanted) => (wanted ? "with subscription" : "without subscription"),
  undiscounted: "not yet discounted",
  nothing: "none",
  headers: ["Promotion", "Status", "Wanted", "Granted", "Why"],
};
