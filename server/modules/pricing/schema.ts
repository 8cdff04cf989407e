import type { Schema } from "@haggle/abi";
import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** Well-formed text that a database and a cart can hold. */
const TEXT = "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$";
const MAX_CATEGORIES = 100;
const MAX_ATTRIBUTES = 64;

const Name = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: TEXT,
  description: "Text of 1 to 256 characters",
});
const Amount = Type.Integer({ minimum: 0, maximum: MAX_SAFE, description: "Minor units" });
const Stock = Type.Integer({ minimum: 0, maximum: MAX_SAFE, description: "Pieces left" });

/** One sku as a shop gives it. Rows are checked one by one, so that all that is wrong with a file is told at once. */
export const SKU_SCHEMA: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["sku", "currency", "listPrice"],
  properties: {
    sku: Name,
    productId: Name,
    name: { type: "string", maxLength: 256 },
    categories: { type: "array", items: Name, maxItems: MAX_CATEGORIES, uniqueItems: true },
    currency: { type: "string", pattern: "^[A-Z]{3}$", description: "A currency such as EUR" },
    listPrice: Amount,
    unitCost: Amount,
    minUnitPrice: Amount,
    stock: Stock,
    attributes: {
      type: "object",
      propertyNames: Name,
      maxProperties: MAX_ATTRIBUTES,
      additionalProperties: {
        oneOf: [
          { type: "string", maxLength: 256 },
          { type: "integer", minimum: -MAX_SAFE, maximum: MAX_SAFE },
          { type: "boolean" },
        ],
      },
    },
  },
};

export type SkuFields = {
  sku: string;
  productId?: string;
  name?: string;
  categories?: string[];
  currency: string;
  listPrice: number;
  unitCost?: number;
  minUnitPrice?: number;
  stock?: number;
  attributes?: Record<string, string | number | boolean>;
};

export const SkuParams = Type.Object({ sku: Name }, strict);

export const StockBody = Type.Object(
  { stock: Type.Union([Stock, Type.Null()], { description: "Pieces left; null where nobody counts them." }) },
  strict,
);

export const ListQuery = Type.Object(
  {
    after: Type.Optional(Name),
    limit: Type.Optional(
      Type.String({ pattern: "^[1-9]\\d{0,3}$", description: "At most 1,000; 100 when left out." }),
    ),
  },
  strict,
);

export const PricesQuery = Type.Object({ ...ListQuery.properties, tier: Type.Optional(Name) }, strict);
export const PriceQuery = Type.Object({ tier: Type.Optional(Name) }, strict);

const Channel = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$", maxLength: 64 });
export const ChannelParams = Type.Object({ channel: Channel }, strict);
export const PriceParams = Type.Object({ channel: Channel, sku: Name }, strict);

export const PutView = Type.Object({ skus: Type.Integer(), revision: Type.Integer() }, strict);

export const SkuView = Type.Object(
  {
    sku: Type.String(),
    productId: Type.String(),
    name: Type.String(),
    categories: Type.Array(Type.String()),
    currency: Type.String(),
    listPrice: Amount,
    unitCost: Type.Optional(Amount),
    minUnitPrice: Type.Optional(Amount),
    stock: Type.Optional(Stock),
    attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer(), Type.Boolean()])),
    updatedAt: Type.Integer(),
  },
  strict,
);

export const SkusView = Type.Object(
  { skus: Type.Array(SkuView), next: Type.Optional(Type.String()) },
  strict,
);

export const PriceView = Type.Object(
  {
    sku: Type.String(),
    currency: Type.String(),
    listPrice: Amount,
    unitPrice: Amount,
    tier: Type.Optional(Type.String({ description: "Of whom the price is; everybody's when left out." })),
    strategy: Type.Optional(
      Type.Object(
        {
          version: Type.String({ description: "Of the set of strategies that gave the price." }),
          number: Type.Integer(),
          id: Type.Optional(Type.String({ description: "Absent on the way back to the list price." })),
          rule: Type.Optional(Type.String()),
          variant: Type.Optional(Type.String()),
        },
        strict,
      ),
    ),
    wanted: Type.Optional(
      Type.Integer({ description: "What the strategy gave, where that is another price." }),
    ),
    cut: Type.Optional(Type.String({ description: "Why: min, max, floor, change, unbound or faulty." })),
  },
  strict,
);

export const PricesView = Type.Object(
  {
    channel: Type.String(),
    state: Type.String({ description: "signed, or noKey: then all prices are list prices." }),
    version: Type.Optional(Type.Integer({ description: "Of the signed prices document." })),
    prices: Type.Array(PriceView),
    next: Type.Optional(Type.String()),
  },
  strict,
);

export type PriceView = Static<typeof PriceView>;
export type SkuView = Static<typeof SkuView>;
