import { type Static, Type } from "typebox";
import { RegionOrAnywhereSchema, RegionSchema } from "../../platform/region.ts";

const strict = { additionalProperties: false };
const MAX_RATES = 1_000;
const MAX_CLASSES = 100;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** As the catalog names it. */
const TaxClass = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$",
});
const Rate = Type.String({ maxLength: 8, description: 'Percent, as a decimal string: "19", "7.7"' });
const Time = Type.Integer({ minimum: 0, maximum: MAX_SAFE, description: "Epoch ms" });

const TaxRate = Type.Object(
  {
    taxClass: TaxClass,
    rate: Rate,
    from: Type.Optional(Type.Integer({ ...Time, description: "Epoch ms; it was always so when left out" })),
    until: Type.Optional(
      Type.Integer({ ...Time, description: "Epoch ms, not itself; without an end when left out" }),
    ),
  },
  strict,
);

export const TaxTableBody = Type.Object({ rates: Type.Array(TaxRate, { maxItems: MAX_RATES }) }, strict);
export const TaxParams = Type.Object({ region: RegionOrAnywhereSchema }, strict);
export const TaxTableView = Type.Object(
  {
    region: Type.String(),
    rates: Type.Array(TaxRate),
    revision: Type.Integer(),
    updatedAt: Time,
  },
  strict,
);
export const TaxTablesView = Type.Object({ tables: Type.Array(TaxTableView) }, strict);

export const ResolveBody = Type.Object(
  {
    classes: Type.Array(TaxClass, { maxItems: MAX_CLASSES }),
    region: RegionSchema,
    at: Type.Optional(Type.Integer({ ...Time, description: "Epoch ms; now when left out" })),
  },
  strict,
);
export const ResolvedView = Type.Object(
  {
    region: Type.String(),
    at: Time,
    rates: Type.Array(Type.Object({ taxClass: Type.String(), rate: Rate }, strict)),
  },
  strict,
);

export type TaxRate = Static<typeof TaxRate>;
export type TaxTableView = Static<typeof TaxTableView>;
