import { parseFilter, parseOneMatch } from "./filter-parse.ts";
import { MAX_LINES, MAX_QUANTITY } from "./layout.ts";
import type { Condition } from "./promotion.ts";
import { bad, integer, list, literal, matching, name, object, optional, type Read } from "./shape.ts";

/** The condition whose kinds include `Kind`. */
type Of<Kind, T = Condition> = T extends { kind: infer Kinds } ? (Kind extends Kinds ? T : never) : never;

const not = optional(literal(true, false));
const operator = optional(literal("atLeast", "atMost", "equal", "moreThan", "lessThan"));
const base = optional(literal("initial", "current", "after"));
const tax = optional(literal("gross", "net"));
const filter = optional(parseFilter);
const amount = integer(0);
const count = integer(0, MAX_QUANTITY * MAX_LINES);
const time = matching(/^([01]\d|2[0-3]):[0-5]\d$/);

const goodsMoney = object<Of<"goodsTotal">>({
  kind: literal("goodsTotal", "cheapest", "dearest"),
  filter,
  operator,
  value: amount,
  base,
  tax,
  not,
});
const goodsCount = object<Of<"quantity">>({
  kind: literal("quantity", "lines", "lineQuantity"),
  filter,
  operator,
  value: count,
  not,
});
const orderMoney = object<Of<"orderTotal">>({
  kind: literal("orderTotal", "shippingTotal"),
  operator,
  value: amount,
  base,
  tax,
  not,
});
const texts = object<Of<"segments">>({
  kind: literal("segments", "tier", "channel", "market", "paymentMethod", "shippingMethod", "coupons"),
  match: parseOneMatch,
  not,
});

const READERS: { readonly [Kind in Condition["kind"]]: Read<Condition> } = {
  goodsTotal: goodsMoney,
  cheapest: goodsMoney,
  dearest: goodsMoney,
  quantity: goodsCount,
  lines: goodsCount,
  lineQuantity: goodsCount,
  orderTotal: orderMoney,
  shippingTotal: orderMoney,
  segments: texts,
  tier: texts,
  channel: texts,
  market: texts,
  paymentMethod: texts,
  shippingMethod: texts,
  coupons: texts,
  loggedIn: object<Of<"loggedIn">>({ kind: literal("loggedIn"), not }),
  orders: object<Of<"orders">>({ kind: literal("orders"), operator, value: count, not }),
  counter: object<Of<"counter">>({
    kind: literal("counter"),
    key: name,
    operator,
    value: integer(Number.MIN_SAFE_INTEGER),
    not,
  }),
  customer: object<Of<"customer">>({ kind: literal("customer"), key: name, match: parseOneMatch, not }),
  timeOfDay: object<Of<"timeOfDay">>({ kind: literal("timeOfDay"), from: time, until: time, not }),
  weekday: object<Of<"weekday">>({ kind: literal("weekday"), days: list(integer(1, 7), 7, 1), not }),
  period: object<Of<"period">>({
    kind: literal("period"),
    from: optional(amount),
    until: optional(amount),
    not,
  }),
};

/** Reads one condition. Throws DOCUMENT_* with the place and the value. */
export const parseCondition: Read<Condition> = (value, at) => {
  const kind = (value as Partial<Condition> | null)?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(READERS, kind)) throw bad(`${at}.kind`, kind);
  return READERS[kind](value, at);
};
