// What an effect says beyond its value and its selection. A plain effect has no such record.

import { BASES, CAP_SPLITS, OVERS, PER_GROUPS, PICKS, SPLITS, TIER_BASES } from "./codes.ts";
import { effectValue } from "./effect-value.ts";
import type { Flat } from "./flat.ts";
import * as L from "./layout.ts";
import type { Effect, GiftEffect, Tiers, Units } from "./promotion.ts";
import { writeFilter } from "./table-filters.ts";
import type { TableWriter } from "./table-writer.ts";

/** The address of the record, 0 when the effect needs none. */
export function writeMore(writer: TableWriter, effect: Effect): number {
  const more = createMore(writer);
  const {
    maxAmount,
    maxPerLine,
    maxPerUnit,
    base,
    split,
    capSplit,
    units,
    tiers,
    price,
    each,
  }: Flat<Effect> = effect;
  more.i64(L.MORE_MAX_AMOUNT, maxAmount);
  more.i64(L.MORE_MAX_PER_LINE, maxPerLine);
  more.i64(L.MORE_MAX_PER_UNIT, maxPerUnit);
  more.u32(L.MORE_BASE, base && BASES[base]);
  more.u32(L.MORE_SPLIT, split && SPLITS[split]);
  more.u32(L.MORE_CAP_SPLIT, capSplit && CAP_SPLITS[capSplit]);
  if (units) writeUnits(writer, more, units);
  if (tiers) writeTiers(writer, more, tiers);
  if (typeof price === "object") more.u32(L.MORE_PRICE_OF, writeFilter(writer, price.of));
  if (effect.target === "gift") writeGift(writer, more, effect);
  more.flag(L.MORE_EACH, each);
  return more.address();
}

type More = ReturnType<typeof createMore>;

/** The record is made when the first of its fields is set; what is left out means no limit. */
function createMore(writer: TableWriter) {
  let record = 0;
  let flags = 0;
  function make(): number {
    if (record !== 0) return record;
    record = writer.reserve(L.MORE_STRIDE);
    writer.i64(record + L.MORE_MAX_AMOUNT, L.NONE);
    writer.i64(record + L.MORE_MAX_PER_LINE, L.NONE);
    writer.i64(record + L.MORE_MAX_PER_UNIT, L.NONE);
    writer.u32(record + L.MORE_MAX_UNITS, L.NONE);
    writer.u32(record + L.MORE_MAX_UNITS_PER_LINE, L.NONE);
    writer.u32(record + L.MORE_GROUPS_OF, 1);
    writer.u32(record + L.MORE_EVERY, 1);
    writer.u32(record + L.MORE_BUY_PICK, L.PICK_DEAREST);
    writer.u32(record + L.MORE_MAX_TIMES, L.NONE);
    return record;
  }
  return {
    u32(field: number, value: number | undefined): void {
      if (value !== undefined) writer.u32(make() + field, value);
    },
    i64(field: number, value: number | undefined): void {
      if (value !== undefined) writer.i64(make() + field, value);
    },
    flag(bit: number, isSet: boolean | undefined): void {
      if (!isSet) return;
      flags |= bit;
      writer.u32(make() + L.MORE_FLAGS, flags);
    },
    address: () => (record === 0 ? 0 : L.TABLE + record),
  };
}

function writeUnits(writer: TableWriter, more: More, units: Units): void {
  const { pick, bundle, buy, per, over } = units;
  more.u32(L.MORE_PICK, pick && PICKS[pick]);
  if (bundle) writeSlots(writer, more, bundle);
  if (buy) {
    more.u32(L.MORE_BUY_QUANTITY, buy.quantity);
    more.u32(L.MORE_BUY_FILTER, writeFilter(writer, buy.filter));
    more.u32(L.MORE_BUY_PICK, buy.pick && PICKS[buy.pick]);
  }
  more.u32(L.MORE_GET_QUANTITY, units.get);
  more.u32(L.MORE_MAX_TIMES, units.maxTimes);
  more.flag(L.MORE_PARTIAL, units.partial);
  more.flag(L.MORE_BUY_FIRST, units.reserve === "buy");
  more.u32(L.MORE_PER, per && PER_GROUPS[per]);
  more.u32(L.MORE_GROUPS_OF, units.groupsOf);
  more.u32(L.MORE_SKIP, units.skipFirst);
  more.u32(L.MORE_EVERY, units.every);
  more.u32(L.MORE_OVER, over && OVERS[over]);
  more.u32(L.MORE_MAX_UNITS, units.max);
  more.u32(L.MORE_MAX_UNITS_PER_LINE, units.maxPerLine);
}

function writeSlots(writer: TableWriter, more: More, slots: NonNullable<Units["bundle"]>): void {
  const start = writer.reserve(slots.length * L.SLOT_STRIDE);
  slots.forEach(({ filter, quantity }, i) => {
    writer.u32(start + i * L.SLOT_STRIDE + L.SLOT_FILTER, writeFilter(writer, filter));
    writer.u32(start + i * L.SLOT_STRIDE + L.SLOT_QUANTITY, quantity);
  });
  more.u32(L.MORE_SLOTS, L.TABLE + start);
  more.u32(L.MORE_SLOT_COUNT, slots.length);
}

function writeTiers(writer: TableWriter, more: More, { by, mode, steps }: Tiers): void {
  const start = writer.reserve(steps.length * L.TIER_STRIDE);
  steps.forEach((step, i) => {
    writer.i64(start + i * L.TIER_STRIDE + L.TIER_FROM, step.from);
    writer.i64(start + i * L.TIER_STRIDE + L.TIER_VALUE, effectValue(step)[1]);
  });
  more.u32(L.MORE_TIERS, L.TABLE + start);
  more.u32(L.MORE_TIER_COUNT, steps.length);
  more.u32(L.MORE_TIER_BY, TIER_BASES[by]);
  more.u32(L.MORE_TIER_MODE, mode === "marginal" ? L.TIER_MARGINAL : L.TIER_WHOLE);
}

function writeGift(writer: TableWriter, more: More, gift: GiftEffect): void {
  more.u32(L.MORE_GIFT_SKU, writer.symbol(gift.sku));
  more.u32(L.MORE_GIFT_PRODUCT, writer.symbol(gift.productId));
  more.u32(L.MORE_GIFT_QUANTITY, gift.quantity);
  more.i64(L.MORE_GIFT_PRICE, gift.unitPrice);
  more.flag(L.MORE_GIFT_PER_UNIT, gift.perUnit);
  more.flag(L.MORE_DISCOUNT_PRESENT, gift.discountPresent);
}
