// Which units of the goods an effect takes.

import type { Pick, Units } from "@haggle/abi";
import { goodsFilter } from "./filters.ts";
import type { Preset } from "./presets.ts";
import { type Fields, flag, NotExpressible, object, oneOf, type Read, stated, whole } from "./read.ts";

const PICKS: Readonly<Record<string, Pick>> = {
  "cheapest unit first": "cheapest",
  "most expensive unit first": "dearest",
  "cart order": "given",
  "lines by descending quantity, then cart order": "largest",
};

const SORTS: Readonly<Record<string, Pick>> = {
  "unit price ascending": "cheapest",
  "unit price descending": "dearest",
  "cart order": "given",
};

/** Undefined when the effect takes all units. */
export function units(fields: Fields): Units | undefined {
  const pick = fields.take("pick", oneOf(PICKS));
  const sequence = fields.take("sequence", sequenceOf);
  if (pick !== undefined && sequence !== undefined && pick !== sequence.pick) {
    throw new NotExpressible("units in two orders", `${fields.at}.pick`);
  }
  const chosen = stated({
    pick,
    groupsOf: fields.take("onlyFullGroupsOf", whole),
    ...sequence,
    maxPerLine: fields.take("maxUnits", whole),
    max: fields.take("maxUnitsTotal", whole),
  });
  return Object.keys(chosen).length === 0 ? undefined : chosen;
}

/** An effect on no units at all: so many may be taken, be free, or have to be bought for it. */
export function takesNothing(chosen: Units | undefined): boolean {
  const { buy, get, max, maxPerLine, maxTimes } = chosen ?? {};
  return [buy?.quantity, get, max, maxPerLine, maxTimes].includes(0);
}

/** Every so many units or lines, in an order of their own. */
const sequenceOf: Read<Units> = object((fields) =>
  stated({
    over: fields.need("over", oneOf({ lines: "lines", units: "units" } as const)),
    pick: fields.take("sort", oneOf(SORTS)) ?? "given",
    skipFirst: fields.take("skipFirst", whole),
    every: fields.take("every", whole),
  }),
);

/** The order of free units, or which units stand back first; `once` where a unit is said to serve one offer only. */
const OFFER_PICKS: Readonly<Record<string, { pick?: Pick; reserve?: "buy"; once?: true }>> = {
  "buy units are reserved first from the most expensive line; a unit never serves both roles nor two promotions":
    { reserve: "buy", once: true },
  ...Object.fromEntries(Object.entries(PICKS).map(([words, pick]) => [words, { pick }])),
};

/** Units that are free, or go for less, for each so many bought. */
export function buyGet(fields: Fields, { buyGet: preset }: Preset): Units {
  const said = fields.take("pick", oneOf(OFFER_PICKS));
  // Promotions use a unit once by their product's preset.
  if (said?.once && !preset?.unitsOnce)
    throw new NotExpressible("units that serve one offer only", `${fields.at}.pick`);
  const once = fields.take("repeat", flag) === false;
  const maxTimes = fields.take("maxTimes", whole);
  return stated({
    pick: said?.pick ?? preset?.pick,
    buy: stated({
      quantity: fields.need("buyQuantity", whole),
      filter: fields.take("buyFilter", goodsFilter),
    }),
    get: fields.need("getQuantity", whole),
    maxTimes: once ? Math.min(maxTimes ?? 1, 1) : maxTimes,
    partial: preset?.partial,
    reserve: said?.reserve,
    max: fields.take("maxFreeUnits", whole),
  });
}

/** The units behind the bought ones, as many as there are; goods of one kind. */
export function extraUnits(fields: Fields): Units {
  return stated({
    pick: fields.take("pick", oneOf(PICKS)),
    buy: { quantity: fields.need("buyQuantity", whole) },
    get: fields.need("freeQuantity", whole),
    maxTimes: fields.take("repeat", flag) === true ? undefined : 1,
    partial: true,
    reserve: "buy" as const,
    per: fields.take("per", oneOf(PER)),
  });
}

const PER = {
  "product (lines of one product are added together)": "product",
  product: "product",
  variant: "sku",
  line: "line",
} as const;
