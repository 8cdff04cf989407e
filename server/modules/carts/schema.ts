import { MAX_COUPONS, MAX_LINES, MAX_QUANTITY } from "@haggle/abi";
import { type Static, Type } from "typebox";
import { type Attributes, attributes, opaqueId, word } from "../../platform/opaque.ts";
import { RegionSchema } from "../../platform/region.ts";

const strict = { additionalProperties: false };

const CartId = Type.String({ pattern: "^cart_[A-Za-z0-9_-]{24}$", maxLength: 29 });
const LineId = Type.String({
  pattern: "^[!-~]{1,100}$",
  maxLength: 100,
  description: "Of the caller's choice",
});
const Sku = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$",
});
const AttributesSchema = Type.Unsafe<Attributes>(attributes);
const Customer = Type.Unsafe<string>(opaqueId);
const Currency = Type.String({ pattern: "^[A-Z]{3}$", maxLength: 3 });
const ShippingMethod = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$", maxLength: 64 });
const Coupons = Type.Array(Type.Unsafe<string>(word), { maxItems: MAX_COUPONS, uniqueItems: true });
const Time = Type.Integer({ description: "Epoch ms" });

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()], { description: "null takes it out" }));

const Line = Type.Object(
  {
    id: LineId,
    sku: Sku,
    quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }),
    attributes: Type.Optional(AttributesSchema),
  },
  strict,
);
const LineChange = Type.Object(
  {
    id: LineId,
    sku: Type.Optional(Type.String({ ...Sku, description: "Needed where the line is a new one" })),
    quantity: Type.Integer({ minimum: 0, maximum: MAX_QUANTITY, description: "0 takes the line out" }),
    attributes: Type.Optional(AttributesSchema),
  },
  strict,
);

export const NewCart = Type.Object(
  {
    currency: Currency,
    customer: Type.Optional(Customer),
    region: Type.Optional(RegionSchema),
    shippingMethod: Type.Optional(ShippingMethod),
    coupons: Type.Optional(Coupons),
    lines: Type.Optional(Type.Array(Line, { maxItems: MAX_LINES })),
  },
  strict,
);
export const CartChange = Type.Object(
  {
    currency: Type.Optional(Currency),
    customer: orNull(Customer),
    region: orNull(RegionSchema),
    shippingMethod: orNull(ShippingMethod),
    coupons: Type.Optional(Coupons),
    lines: Type.Optional(
      Type.Array(LineChange, { maxItems: MAX_LINES, description: "Others stay as they are" }),
    ),
  },
  { ...strict, minProperties: 1 },
);
export const MergeBody = Type.Object({ from: CartId }, strict);
export const CartParams = Type.Object({ id: CartId }, strict);

export const CartView = Type.Object(
  {
    id: CartId,
    currency: Currency,
    customer: Type.Optional(Type.String()),
    region: Type.Optional(Type.String()),
    shippingMethod: Type.Optional(Type.String()),
    coupons: Type.Array(Type.String()),
    lines: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          sku: Type.String(),
          quantity: Type.Integer(),
          attributes: Type.Optional(
            Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer(), Type.Boolean()])),
          ),
        },
        strict,
      ),
    ),
    revision: Type.Integer(),
    createdAt: Time,
    updatedAt: Time,
    expiresAt: Type.Integer({ description: "Epoch ms; each change puts it off" }),
  },
  strict,
);

export type NewCart = Static<typeof NewCart>;
export type CartChange = Static<typeof CartChange>;
export type CartLine = Static<typeof Line>;
export type CartView = Static<typeof CartView>;
