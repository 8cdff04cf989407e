import type { Schema } from "@haggle/abi";
import { type Static, Type } from "typebox";
import { LimitSchema } from "../../platform/page.ts";

const strict = { additionalProperties: false };
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** Well-formed text that a database and a cart can hold. */
const TEXT = "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$";
/** As much as a path can name. */
const MAX_ID_CHARACTERS = 100;
const MAX_TEXT_CHARACTERS = 256;
const MAX_CATEGORIES = 100;
const MAX_ATTRIBUTES = 64;
const MAX_CURRENCIES = 50;

const text = (maxLength: number): Schema & { type: "string" } => ({
  type: "string",
  minLength: 1,
  maxLength,
  pattern: TEXT,
  description: `Text of 1 to ${maxLength} characters`,
});

const id = text(MAX_ID_CHARACTERS);
const name = text(MAX_TEXT_CHARACTERS);
const amount: Schema = { type: "integer", minimum: 0, maximum: MAX_SAFE, description: "Minor units" };
const attributes: Schema = {
  type: "object",
  propertyNames: name,
  maxProperties: MAX_ATTRIBUTES,
  additionalProperties: {
    oneOf: [
      {
        type: "string",
        maxLength: MAX_TEXT_CHARACTERS,
        pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$",
      },
      { type: "integer", minimum: -MAX_SAFE, maximum: MAX_SAFE },
      { type: "boolean" },
    ],
  },
};
const currency: Schema = { type: "string", pattern: "^[A-Z]{3}$", description: "A currency such as EUR" };
const price: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["currency", "unitPrice"],
  properties: { currency, unitPrice: amount, unitCost: amount, minUnitPrice: amount },
};

const product: Record<string, Schema> = {
  name,
  categories: { type: "array", items: name, maxItems: MAX_CATEGORIES, uniqueItems: true },
  attributes,
  taxClass: name,
};
const variant: Record<string, Schema> = {
  productId: id,
  name,
  attributes,
  weightGrams: { type: "integer", minimum: 0, maximum: MAX_SAFE, description: "Grams" },
  taxClass: name,
  prices: { type: "array", items: price, maxItems: MAX_CURRENCIES },
};

const PRODUCT: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: product,
};
const VARIANT: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["productId"],
  properties: variant,
};

/** One row of a file: a variant, and what it says of its product, if anything. */
export const ROW_SCHEMA: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["sku", "productId"],
  properties: { sku: id, ...variant, product: PRODUCT },
};

export type Attributes = Record<string, string | number | boolean>;
export type Price = { currency: string; unitPrice: number; unitCost?: number; minUnitPrice?: number };
export type ProductFields = {
  name: string;
  categories?: string[];
  attributes?: Attributes;
  taxClass?: string;
};
export type VariantFields = {
  productId: string;
  name?: string;
  attributes?: Attributes;
  weightGrams?: number;
  taxClass?: string;
  prices?: Price[];
};
export type Row = VariantFields & { sku: string; product?: ProductFields };

export const ProductBody = Type.Unsafe<ProductFields>(PRODUCT);
export const VariantBody = Type.Unsafe<VariantFields>(VARIANT);

const Id = Type.Unsafe<string>(id);
const Currency = Type.Unsafe<string>(currency);
export const ProductParams = Type.Object({ id: Id }, strict);
export const VariantParams = Type.Object({ sku: Id }, strict);
export const ProductsQuery = Type.Object({ after: Type.Optional(Id), limit: LimitSchema }, strict);
export const VariantsQuery = Type.Object(
  {
    ...ProductsQuery.properties,
    product: Type.Optional(Type.Unsafe<string>({ ...id, description: "Only the variants of this product." })),
    costs: Type.Optional(
      Type.Literal("true", { description: "With costs and floors or not at all; needs catalog:read." }),
    ),
  },
  strict,
);
export const PricesQuery = Type.Object(
  {
    skus: Type.String({
      minLength: 1,
      maxLength: 10_200,
      description: "With commas between them; at most 100.",
    }),
    currency: Currency,
  },
  strict,
);

const AttributesView = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Integer(), Type.Boolean()]),
);
const Amount = Type.Integer({ description: "Minor units" });
const Time = Type.Integer({ description: "Epoch ms" });
const stamps = { revision: Type.Integer(), createdAt: Time, updatedAt: Time };

export const ProductView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    categories: Type.Array(Type.String()),
    attributes: AttributesView,
    taxClass: Type.Optional(Type.String()),
    ...stamps,
  },
  strict,
);
export const ProductsView = Type.Object(
  { products: Type.Array(ProductView), next: Type.Optional(Type.String()) },
  strict,
);

export const VariantView = Type.Object(
  {
    sku: Type.String(),
    productId: Type.String(),
    name: Type.Optional(Type.String({ description: "The product's when left out." })),
    attributes: AttributesView,
    weightGrams: Type.Optional(Type.Integer()),
    taxClass: Type.Optional(Type.String({ description: "The product's when left out." })),
    prices: Type.Array(
      Type.Object(
        {
          currency: Type.String(),
          unitPrice: Amount,
          unitCost: Type.Optional(Amount),
          minUnitPrice: Type.Optional(Amount),
        },
        strict,
      ),
      { description: "Costs and lowest prices are for those who may read the catalog, not for shoppers." },
    ),
    ...stamps,
  },
  strict,
);
export const VariantsView = Type.Object(
  { variants: Type.Array(VariantView), next: Type.Optional(Type.String()) },
  strict,
);

export const PricesView = Type.Object(
  {
    currency: Type.String(),
    prices: Type.Array(Type.Object({ sku: Type.String(), unitPrice: Amount }, strict)),
    unknown: Type.Array(Type.String(), { description: "Skus without a price in this currency." }),
  },
  strict,
);

export const ImportParams = Type.Object(
  { id: Type.String({ pattern: "^[0-9a-f-]{36}$", maxLength: 36 }) },
  strict,
);
export const ImportQuery = Type.Object(
  {
    mode: Type.Optional(
      Type.Union([Type.Literal("all-or-nothing"), Type.Literal("valid-rows")], {
        description: "Whether one bad row refuses them all; it does when left out.",
      }),
    ),
    dryRun: Type.Optional(
      Type.Union([Type.Literal("true"), Type.Literal("false")], {
        description: "Only says what would become of it.",
      }),
    ),
  },
  strict,
);

export const RowFault = Type.Object(
  {
    line: Type.Integer({ description: "Where its row begins, from 1." }),
    column: Type.Optional(Type.Integer({ description: "Of a CSV file: the number of the field, from 1." })),
    field: Type.Optional(Type.String({ description: "Such as prices[0].unitPrice, or the column's name." })),
    code: Type.String(),
    value: Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    message: Type.String(),
  },
  strict,
);

export const ImportView = Type.Object(
  {
    id: Type.String(),
    format: Type.String(),
    mode: Type.String(),
    dryRun: Type.Boolean(),
    state: Type.String({ description: "reading, writing, done, refused or interrupted" }),
    rows: Type.Object(
      {
        read: Type.Integer(),
        written: Type.Integer(),
        unchanged: Type.Integer(),
        refused: Type.Integer(),
      },
      strict,
    ),
    errors: Type.Array(RowFault, { description: "The first hundred." }),
    startedAt: Time,
    endedAt: Type.Optional(Time),
  },
  strict,
);

export type ProductView = Static<typeof ProductView>;
export type VariantView = Static<typeof VariantView>;
export type RowFault = Static<typeof RowFault>;
export type ImportView = Static<typeof ImportView>;
