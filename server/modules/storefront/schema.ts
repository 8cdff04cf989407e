import { type Static, Type } from "typebox";
import { type Attributes, attributes } from "../../platform/opaque.ts";

/** Amounts in minor units of the catalogue's currency. */
export const Product = Type.Object(
  {
    sku: Type.String(),
    productId: Type.String(),
    name: Type.String(),
    note: Type.String(),
    categories: Type.Array(Type.String()),
    attributes: Type.Unsafe<Attributes>(attributes),
    unitPrice: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    picture: Type.String(),
    hue: Type.Integer({ minimum: 0, maximum: 359 }),
    translations: Type.Record(
      Type.String(),
      Type.Object({ name: Type.String(), note: Type.String() }, { additionalProperties: false }),
      { description: "By language; the catalog's own name and note are in that of `locale`" },
    ),
  },
  { additionalProperties: false },
);

const ShippingMethod = Type.Object(
  {
    id: Type.String(),
    method: Type.String(),
    name: Type.String(),
    price: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { additionalProperties: false },
);

const Means = Type.Object({ token: Type.String(), name: Type.String() }, { additionalProperties: false });

export const Catalogue = Type.Object(
  {
    currency: Type.String(),
    locale: Type.String(),
    region: Type.String({ description: "Where it is sold" }),
    products: Type.Array(Product),
    shipping: Type.Array(ShippingMethod),
    segments: Type.Array(Type.String()),
    coupons: Type.Array(Type.String()),
    means: Type.Array(Means, {
      description: "Of payment, in the demo; none where nothing can be bought on the page",
    }),
  },
  { additionalProperties: false },
);

export type Product = Static<typeof Product>;
export type Means = Static<typeof Means>;
export type Catalogue = Static<typeof Catalogue>;
