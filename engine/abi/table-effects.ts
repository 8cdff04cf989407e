import { TARGETS } from "./codes.ts";
import { effectValue } from "./effect-value.ts";
import type { Flat } from "./flat.ts";
import * as L from "./layout.ts";
import type { Effect } from "./promotion.ts";
import { writeFilter } from "./table-filters.ts";
import { writeMore } from "./table-more.ts";
import type { TableWriter } from "./table-writer.ts";

/** The address of the effects, 0 when there are none. */
export function writeEffects(writer: TableWriter, effects: readonly Effect[]): number {
  if (effects.length === 0) return 0;
  const start = writer.reserve(effects.length * L.EFFECT_STRIDE);
  effects.forEach((effect, i) => {
    writeEffect(writer, start + i * L.EFFECT_STRIDE, effect);
  });
  return L.TABLE + start;
}

function writeEffect(writer: TableWriter, record: number, effect: Effect): void {
  const { target, reason, filter, methods }: Flat<Effect> = effect;
  const [type, value] = typeAndValue(effect);
  const selects = methods ? L.SELECTS_METHODS : filter ? L.SELECTS_FILTER : L.SELECTS_ALL;
  writer.i64(record + L.EFFECT_VALUE, value);
  writer.u32(record + L.EFFECT_TARGET, TARGETS[target!]);
  writer.u32(record + L.EFFECT_TYPE, type);
  writer.u32(record + L.EFFECT_REASON, writer.symbol(reason));
  writer.u32(record + L.EFFECT_SELECTS, selects);
  writer.u32(record + L.EFFECT_SELECTION, methods ? writer.tags(methods) : writeFilter(writer, filter));
  writer.u32(record + L.EFFECT_MORE, writeMore(writer, effect));
}

function typeAndValue(effect: Effect): [type: number, value: number] {
  const { tiers, ...stated }: Flat<Effect> = effect;
  if (tiers) return [effectValue(tiers.steps[0]!)[0], 0];
  return effectValue(effect.target === "gift" ? { percent: effect.percent ?? "100" } : stated);
}
