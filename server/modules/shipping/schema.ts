import { type Static, Type } from "typebox";
import { RegionOrAnywhereSchema, RegionSchema } from "../../platform/region.ts";

const strict = { additionalProperties: false };
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const MAX_REGIONS = 500;
const MAX_CURRENCIES = 50;
const MAX_TIERS = 64;

const text = (maxLength: number, description: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$",
    description,
  });

const Id = Type.String({
  pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
  maxLength: 64,
  description: "Lower-case letters, digits and hyphens",
});
const Method = text(256, "What promotions call it");
const TaxClass = text(256, "As tax tables name it");
const Currency = Type.String({ pattern: "^[A-Z]{3}$", maxLength: 3 });
const Amount = Type.Integer({ minimum: 0, maximum: MAX_SAFE, description: "Minor units" });
const Grams = Type.Integer({ minimum: 0, maximum: MAX_SAFE, description: "Grams" });

const Tier = Type.Object(
  {
    upTo: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_SAFE,
        description: "Grams or minor units, itself too; without an end when left out",
      }),
    ),
    price: Amount,
  },
  strict,
);

const fields = {
  method: Method,
  regions: Type.Array(RegionOrAnywhereSchema, {
    minItems: 1,
    maxItems: MAX_REGIONS,
    uniqueItems: true,
    description: "With all that is within them",
  }),
  stepsBy: Type.Union([Type.Literal("weight"), Type.Literal("subtotal")], {
    description: "What the steps of the price are of",
  }),
  prices: Type.Array(
    Type.Object(
      { currency: Currency, tiers: Type.Array(Tier, { minItems: 1, maxItems: MAX_TIERS }) },
      strict,
    ),
    { minItems: 1, maxItems: MAX_CURRENCIES },
  ),
  taxClass: Type.Optional(TaxClass),
};

export const MethodBody = Type.Object(fields, strict);
export const MethodParams = Type.Object({ id: Id }, strict);
export const MethodView = Type.Object(
  { id: Id, ...fields, revision: Type.Integer(), updatedAt: Type.Integer({ description: "Epoch ms" }) },
  strict,
);
export const MethodsView = Type.Object({ methods: Type.Array(MethodView) }, strict);

export const ShipmentBody = Type.Object(
  {
    region: RegionSchema,
    currency: Currency,
    weightGrams: Grams,
    subtotal: Amount,
  },
  strict,
);
const Priced = Type.Object(
  { id: Type.String(), method: Type.String(), price: Amount, taxClass: Type.Optional(Type.String()) },
  strict,
);
export const PricedView = Type.Object(
  { methods: Type.Array(Priced, { description: "The cheapest first" }) },
  strict,
);

export type MethodBody = Static<typeof MethodBody>;
export type MethodView = Static<typeof MethodView>;
export type Prices = MethodBody["prices"];
export type Shipment = Static<typeof ShipmentBody>;
export type Priced = Static<typeof Priced>;
