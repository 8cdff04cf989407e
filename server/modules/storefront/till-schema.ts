import { MAX_LINES, MAX_QUANTITY } from "@haggle/abi";
import { type Static, Type } from "typebox";

// What the demo's page and its till say to each other. Of what services tell, the rest is left out.

const strict = { additionalProperties: false };
const Sku = Type.String({ pattern: "^[!-~]{1,100}$", maxLength: 100 });
const OrderId = Type.String({ pattern: "^order_[A-Za-z0-9_-]{24}$", maxLength: 30 });
const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const OrderParams = Type.Object({ id: OrderId }, strict);
export const CartBody = Type.Object(
  {
    lines: Type.Array(
      Type.Object({ sku: Sku, quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }) }, strict),
      { minItems: 1, maxItems: MAX_LINES },
    ),
    shippingMethod: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$", maxLength: 64 }),
    segment: Type.Optional(Type.Enum(["vip"] as const)),
    coupon: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  strict,
);
export const PlaceBody = Type.Object(
  { quote: Type.String({ pattern: "^quote_[A-Za-z0-9_-]{24}$", maxLength: 30 }) },
  strict,
);
export const PayBody = Type.Object(
  { token: Type.Enum(["tok_ok", "tok_declined", "tok_timeout"] as const) },
  strict,
);
export const ShopperBody = Type.Object({ arm: Type.Enum(["stable", "canary"] as const) }, strict);
export const UnitsBody = Type.Object(
  {
    lines: Type.Array(
      Type.Object({ line: Sku, units: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }) }, strict),
      { minItems: 1, maxItems: MAX_LINES },
    ),
    /** As the preview told it. */
    refund: Type.Optional(Amount),
  },
  strict,
);

export const ShopperShown = Type.Object({ unit: Type.String() });

export const QuoteShown = Type.Object({
  quote: Type.String(),
  total: Amount,
  receipt: Type.String(),
  coupons: Type.Array(Type.Object({ state: Type.String() })),
});

const Entry = Type.Object({
  part: Type.Enum(["line", "shipping", "order"] as const),
  line: Type.String(),
  firstUnit: Type.Integer(),
  units: Type.Integer(),
  kind: Type.Enum(["price", "discount", "tax", "taxIncluded", "rounding"] as const),
  promotion: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  amountEach: Type.Integer(),
});
export const OrderShown = Type.Object({
  order: Type.Object({
    id: OrderId,
    state: Type.String(),
    total: Amount,
    captured: Amount,
    refunded: Amount,
  }),
  lines: Type.Array(Type.Object({ id: Type.String(), sku: Type.String(), quantity: Type.Integer() })),
  history: Type.Array(Type.Object({ to: Type.String(), cause: Type.String(), at: Type.Integer() })),
  entries: Type.Array(Entry),
  returns: Type.Array(
    Type.Object({
      number: Type.Integer(),
      refund: Amount,
      lines: Type.Array(Type.Object({ line: Type.String(), units: Type.Integer() })),
    }),
  ),
});
export const ReturnShown = Type.Object({
  lines: Type.Array(
    Type.Object({
      line: Type.String(),
      firstUnit: Type.Integer(),
      units: Type.Integer(),
      paid: Type.Integer(),
    }),
  ),
  shipping: Type.Integer(),
  refund: Amount,
});

export type CartBody = Static<typeof CartBody>;
export type ShopperBody = Static<typeof ShopperBody>;
export type UnitsBody = Static<typeof UnitsBody>;
export type QuoteShown = Static<typeof QuoteShown>;
export type OrderShown = Static<typeof OrderShown>;
export type ReturnShown = Static<typeof ReturnShown>;
