// Effects read back, each in its one normal form: defaults left out.

import { BASES, CAP_SPLITS, OVERS, PER_GROUPS, PICKS, SPLITS, TARGETS, TIER_BASES } from "./codes.ts";
import type { Flat } from "./flat.ts";
import * as L from "./layout.ts";
import { formatPercent } from "./money.ts";
import type { Effect, GoodsEffect, Tiers, Units } from "./promotion.ts";
import { decodeFilter } from "./table-decode-conditions.ts";
import type { TableReader } from "./table-reader.ts";

const SELECTING = { all: L.SELECTS_ALL, filter: L.SELECTS_FILTER, methods: L.SELECTS_METHODS } as const;

export function decodeEffect(read: TableReader, record: number): Effect {
  const target = read.word(TARGETS, record + L.EFFECT_TARGET);
  const type = read.index(record + L.EFFECT_TYPE, L.TYPE_PRICE + 1);
  const reason = read.text(record + L.EFFECT_REASON);
  const selects = read.word(SELECTING, record + L.EFFECT_SELECTS);
  const selection = record + L.EFFECT_SELECTION;
  const hasMore = read.u32(record + L.EFFECT_MORE) !== 0;
  const more = hasMore ? read.address(record + L.EFFECT_MORE, L.MORE_STRIDE) : undefined;
  const effect: Flat<Effect> = {
    target,
    ...(reason !== "" && { reason }),
    ...(selects === "filter" && defined({ filter: decodeFilter(read, selection) })),
    ...(selects === "methods" && { methods: read.tags(selection) ?? [] }),
    ...statedValue(type, read.i64(record + L.EFFECT_VALUE)),
  };
  if (more === undefined) return effect as Effect;
  const flags = read.u32(more + L.MORE_FLAGS);
  if (target === "gift") Object.assign(effect, decodeGift(read, more, flags));
  const tiers = decodeTiers(read, more, type);
  const of = decodeFilter(read, more + L.MORE_PRICE_OF);
  // Where tiers or other goods say what the effect is worth, its own value means nothing.
  if (tiers) {
    for (const key of ["percent", "amount", "price"] as const) delete effect[key];
    effect.tiers = tiers;
  }
  if (of) effect.price = { of };
  const units = decodeUnits(read, more, flags);
  return {
    ...effect,
    ...(Object.keys(units).length > 0 && { units }),
    ...limit("maxAmount", read.i64(more + L.MORE_MAX_AMOUNT)),
    ...limit("maxPerLine", read.i64(more + L.MORE_MAX_PER_LINE)),
    ...limit("maxPerUnit", read.i64(more + L.MORE_MAX_PER_UNIT)),
    ...wordUnless(read, "base", BASES, more + L.MORE_BASE, L.BASE_POLICY),
    ...wordUnless(read, "split", SPLITS, more + L.MORE_SPLIT, L.SPLIT_POLICY),
    ...wordUnless(read, "capSplit", CAP_SPLITS, more + L.MORE_CAP_SPLIT, L.CAP_WANTED),
    ...(flags & L.MORE_EACH && { each: true }),
  } as Effect;
}

function decodeUnits(read: TableReader, more: number, flags: number): Units {
  const at = (field: number) => read.i32(more + field);
  const bought = at(L.MORE_BUY_QUANTITY);
  const slots = read.index(more + L.MORE_SLOT_COUNT, L.MAX_SLOTS + 1);
  const bundle = read.records(slots, more + L.MORE_SLOTS, L.SLOT_STRIDE).map((slot) => ({
    filter: decodeFilter(read, slot + L.SLOT_FILTER) ?? {},
    quantity: read.u32(slot + L.SLOT_QUANTITY),
  }));
  return {
    ...wordUnless(read, "pick", PICKS, more + L.MORE_PICK, L.PICK_CHEAPEST),
    ...(slots > 0 && { bundle }),
    ...(bought > 0 && {
      buy: {
        quantity: bought,
        ...defined({ filter: decodeFilter(read, more + L.MORE_BUY_FILTER) }),
        ...wordUnless(read, "pick", PICKS, more + L.MORE_BUY_PICK, L.PICK_DEAREST),
      },
      get: at(L.MORE_GET_QUANTITY),
    }),
    ...limit("maxTimes", at(L.MORE_MAX_TIMES)),
    ...(flags & L.MORE_PARTIAL && { partial: true }),
    ...(flags & L.MORE_BUY_FIRST && { reserve: "buy" as const }),
    ...wordUnless(read, "per", PER_GROUPS, more + L.MORE_PER, L.PER_GROUP_ALL),
    ...(at(L.MORE_GROUPS_OF) > 1 && { groupsOf: at(L.MORE_GROUPS_OF) }),
    ...(at(L.MORE_SKIP) > 0 && { skipFirst: at(L.MORE_SKIP) }),
    ...(at(L.MORE_EVERY) > 1 && { every: at(L.MORE_EVERY) }),
    ...wordUnless(read, "over", OVERS, more + L.MORE_OVER, L.OVER_UNITS),
    ...limit("max", at(L.MORE_MAX_UNITS)),
    ...limit("maxPerLine", at(L.MORE_MAX_UNITS_PER_LINE)),
  } as Units;
}

function decodeTiers(read: TableReader, more: number, type: number): Tiers | undefined {
  const count = read.index(more + L.MORE_TIER_COUNT, L.MAX_TIERS + 1);
  if (count === 0) return undefined;
  const steps = read.records(count, more + L.MORE_TIERS, L.TIER_STRIDE).map((step) => ({
    from: read.i64(step + L.TIER_FROM),
    ...statedValue(type, read.i64(step + L.TIER_VALUE)),
  }));
  const mode = read.index(more + L.MORE_TIER_MODE, 2);
  return {
    by: read.word(TIER_BASES, more + L.MORE_TIER_BY),
    ...(mode === L.TIER_MARGINAL && { mode: "marginal" as const }),
    steps: steps as Tiers["steps"],
  };
}

function decodeGift(read: TableReader, more: number, flags: number): Flat<Effect> {
  return {
    sku: read.text(more + L.MORE_GIFT_SKU),
    productId: read.text(more + L.MORE_GIFT_PRODUCT),
    quantity: read.i32(more + L.MORE_GIFT_QUANTITY),
    unitPrice: read.i64(more + L.MORE_GIFT_PRICE),
    ...(flags & L.MORE_GIFT_PER_UNIT && { perUnit: true }),
    ...(flags & L.MORE_DISCOUNT_PRESENT && { discountPresent: true }),
  };
}

function statedValue(type: number, value: number): Pick<Flat<GoodsEffect>, "percent" | "amount" | "price"> {
  if (type === L.TYPE_PERCENT) return { percent: formatPercent(value) };
  return type === L.TYPE_AMOUNT ? { amount: value } : { price: value };
}

function limit(name: string, value: number): object {
  return value === L.NONE ? {} : { [name]: value };
}

function wordUnless<Word extends string>(
  read: TableReader,
  name: string,
  codes: Readonly<Record<Word, number>>,
  at: number,
  standard: number,
): object {
  return read.u32(at) === standard ? {} : { [name]: read.word(codes, at) };
}

function defined<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
