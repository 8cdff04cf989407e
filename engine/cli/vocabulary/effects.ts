// The effects of the vocabulary, each as one effect of the engine.

import type { Effect, GoodsEffect } from "@haggle/abi";
import { goodsFilter, shippingFilter } from "./filters.ts";
import type { Place, Preset } from "./presets.ts";
import {
  type Fields,
  NotExpressible,
  natural,
  object,
  oneOf,
  percent,
  type Read,
  stated,
  text,
  whole,
} from "./read.ts";
import { amountTiers, percentTiers } from "./tiers.ts";
import { buyGet, extraUnits, takesNothing, units } from "./units.ts";

/** An effect, and what it acts on. */
export type PlacedEffect = { kind: Place["kind"]; effect: Effect };

/** Reads one effect; exactly the fields of its kind. */
export function effectOf(preset: Preset): Read<PlacedEffect> {
  return object((fields) => {
    const kind = fields.need("kind", text);
    if (!Object.hasOwn(EFFECTS, kind)) {
      throw new NotExpressible(`no mechanism for effect "${kind}"`, `${fields.at}.kind`);
    }
    return EFFECTS[kind]!(fields, preset);
  });
}

const EFFECTS: Readonly<Record<string, (fields: Fields, preset: Preset) => PlacedEffect>> = {
  catalogPercentOff: (fields) => ({ kind: "catalog", effect: goods(fields, "unit", percentOff(fields)) }),
  catalogAmountOff: (fields) => ({ kind: "catalog", effect: goods(fields, "unit", amountOff(fields)) }),
  unitPercentOff: (fields) => ({ kind: "goods", effect: goods(fields, "unit", percentOff(fields)) }),
  unitAmountOff: (fields) => ({ kind: "goods", effect: goods(fields, "unit", amountOff(fields)) }),
  unitFixedPrice: (fields) => ({ kind: "goods", effect: goods(fields, "unit", price(fields)) }),
  linePercentOff: (fields) => ({ kind: "goods", effect: goods(fields, "line", percentOff(fields)) }),
  lineAmountOff: (fields) => ({ kind: "goods", effect: goods(fields, "line", amountOff(fields)) }),
  linesAmountOffSplit: (fields) => ({
    kind: "goods",
    effect: { ...goods(fields, "lines", amountOff(fields)), split: fields.need("by", oneOf(SPLITS)) },
  }),
  orderPercentOff: (fields, preset) => ({ kind: "goods", effect: order(fields, percentOff(fields), preset) }),
  orderAmountOff: (fields, preset) => ({ kind: "goods", effect: order(fields, amountOff(fields), preset) }),
  orderFixedPrice: (fields, preset) => ({ kind: "goods", effect: order(fields, price(fields), preset) }),
  shippingPercentOff: (fields) => ({
    kind: "shipping",
    effect: shipping(fields, { percent: fields.need("percent", percent) }),
  }),
  shippingAmountOff: (fields) => ({
    kind: "shipping",
    effect: shipping(fields, { amount: fields.need("amount", whole) }),
  }),
  buyXGetYFree: (fields, preset) => ({
    kind: "goods",
    effect: stated({ ...offer(fields, buyGet(fields, preset), "getFilter"), base: preset.buyGet?.base }),
  }),
  extraUnitsFree: (fields) => ({ kind: "goods", effect: offer(fields, extraUnits(fields), "filter") }),
  addFreeItem: (fields) => ({ kind: "gift", effect: gift(fields) }),
};

type Value =
  | { percent: string }
  | { amount: number }
  | { price: number }
  | { tiers: NonNullable<GoodsEffect["tiers"]> };

function percentOff(fields: Fields): Value {
  const tiers = fields.take("percentTiers", percentTiers);
  return tiers === undefined ? { percent: fields.need("percent", percent) } : { tiers };
}

function amountOff(fields: Fields): Value {
  const tiers = fields.take("amountTiers", amountTiers);
  return tiers === undefined ? { amount: fields.need("amount", whole) } : { tiers };
}

function price(fields: Fields): Value {
  return { price: fields.need("price", whole) };
}

/** The engine knows no effect on no units; this one is said to take nothing off. */
const NOTHING = { percent: "0" };

const SPLITS = { amount: "proportional", quantity: "quantity" } as const;
const BASES = { running: "current", current: "current", initial: "initial" } as const;

function goods(fields: Fields, target: GoodsEffect["target"], value: Value): GoodsEffect {
  const chosen = units(fields);
  return stated({
    target,
    ...(takesNothing(chosen) ? NOTHING : { ...value, units: chosen }),
    filter: fields.take("filter", goodsFilter),
    base: fields.take("base", oneOf(BASES)),
    maxAmount: fields.take("maxAmountTotal", whole),
    maxPerLine: fields.take("maxAmountPerLine", whole),
    capSplit: fields.take("capSplit", oneOf(CAP_SPLITS)),
  }) as GoodsEffect;
}

const CAP_SPLITS = { "by line total": "totals" } as const;

/** The reason of effects on the whole order, by which their part of a discount is found. */
export const ORDER_LEVEL = "order";

function order(fields: Fields, value: Value, { orderBase }: Preset): GoodsEffect {
  const effect = { ...goods(fields, "order", value), reason: ORDER_LEVEL };
  return orderBase === undefined || effect.base !== undefined ? effect : { ...effect, base: orderBase };
}

/** `allocation` says for an amount whether each method gets it or all of them together. */
function shipping(fields: Fields, value: { percent: string } | { amount: number }): Effect {
  const each = fields.take("allocation", oneOf(ALLOCATIONS));
  if (each === false && "percent" in value) {
    throw new NotExpressible("one percentage of all methods together, split", `${fields.at}.allocation`);
  }
  return stated({
    target: "shipping" as const,
    ...value,
    methods: fields.take("filter", shippingFilter),
    each: each === true && "amount" in value ? true : undefined,
    base: fields.take("base", oneOf(BASES)),
    maxAmount: fields.take("maxAmountTotal", whole),
  });
}

const ALLOCATIONS = { "each method": true, "split over methods by price": false };

/** Units that go for less once others are bought. */
function offer(
  fields: Fields,
  chosen: GoodsEffect["units"],
  goodsField: "getFilter" | "filter",
): GoodsEffect {
  const value = offPrice(fields);
  return stated({
    target: "unit" as const,
    ...(takesNothing(chosen) ? NOTHING : { ...value, units: chosen }),
    filter: fields.take(goodsField, goodsFilter),
  }) as GoodsEffect;
}

/** Free, unless the offer says how much is off each unit. */
function offPrice(fields: Fields): Value {
  const amount = fields.take("amountOff", whole);
  return amount === undefined ? { percent: fields.take("percentOff", percent) ?? "100" } : { amount };
}

function gift(fields: Fields): Effect {
  const product = fields.need("product", text);
  const quantity = fields.take("quantity", piecesOf) ?? { pieces: 1, perUnit: false };
  return stated({
    target: "gift" as const,
    sku: fields.take("variant", text) ?? product,
    productId: product,
    unitPrice: fields.need("unitPrice", natural),
    quantity: quantity.pieces,
    perUnit: quantity.perUnit ? true : undefined,
    filter: fields.take("matching", goodsFilter),
    percent: fields.take("percentOff", percent),
  });
}

const piecesOf: Read<{ pieces: number; perUnit: boolean }> = (value, at) =>
  typeof value === "number"
    ? { pieces: whole(value, at), perUnit: false }
    : { pieces: 1, perUnit: onePerUnit(value, at) };

const onePerUnit = oneOf({ "one per matching unit": true });
