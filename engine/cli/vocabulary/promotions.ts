// The promotions of a case, as its product places them: in lanes and groups, in the order in which it applies them.

import type { Condition, Limit, Promotion, PromotionWindow } from "@haggle/abi";
import { condition } from "./conditions.ts";
import { effectOf, type PlacedEffect } from "./effects.ts";
import { type Allowances, type EarlierOrder, limitsOf } from "./limits.ts";
import type { Place, Preset } from "./presets.ts";
import {
  type Fields,
  flag,
  integer,
  list,
  NotExpressible,
  object,
  oneOf,
  type Read,
  stated,
  text,
} from "./read.ts";
import { sharedWindow, windowAt } from "./windows.ts";

/** What a promotion depends on beside itself. Allowances are filled by it. */
export type Context = {
  preset: Preset;
  lanes: readonly string[];
  now: number;
  orders: readonly EarlierOrder[];
  allowances: Allowances;
};

/** A promotion as the case states it. */
type Stated = {
  id: string;
  title: string;
  order: number;
  priority: number;
  lane: string | undefined;
  coupon: string | undefined;
  window: PromotionWindow | undefined;
  conditions: Condition[];
  effects: PlacedEffect[];
  exclusive: true | undefined;
  undiscounted: true | undefined;
  limits: (part: string, promotion: string) => Limit[];
};

/** A promotion of the engine, and which one of the case it is, or is a part of. */
export type PlacedPromotion = { promotion: Promotion; of: { id: string; title: string } };

export function promotionsOf(context: Context): Read<PlacedPromotion[]> {
  const read = list(object((fields) => statedPromotion(fields, context)));
  return (value, at) => {
    const { preset } = context;
    const sorted = read(value, at).sort(
      (a, b) =>
        Number(preset.couponsFirst === true && b.coupon !== undefined) -
          Number(preset.couponsFirst === true && a.coupon !== undefined) ||
        b.priority - a.priority ||
        a.order - b.order,
    );
    return sorted.flatMap((given, index) => place(given, sorted.length - index, preset));
  };
}

function statedPromotion(fields: Fields, { preset, lanes, now, orders, allowances }: Context): Stated {
  const { coupon } = fields.need("trigger", trigger);
  const channels = fields.take("channels", list(text));
  const isCatalog = fields.take("level", oneOf({ catalog: true })) ?? false;
  const id = fields.need("id", text);
  return {
    id,
    title: fields.take("title", text) ?? id,
    order: fields.take("order", integer) ?? 0,
    priority: fields.take("priority", integer) ?? 0,
    lane: fields.take("lane", oneOf(Object.fromEntries(lanes.map((lane) => [lane, lane])))) ?? preset.lane,
    coupon,
    window: sharedWindow(fields.take("window", windowAt(now)), fields.take("couponWindow", windowAt(now))),
    conditions: [
      ...(channels === undefined ? [] : [{ kind: "channel" as const, match: channels }]),
      ...(fields.take("conditions", list(condition)) ?? []),
    ],
    effects: fields
      .need("effects", list(effectOf(preset)))
      .map((placed) => (isCatalog ? { ...placed, kind: "catalog" } : placed)),
    exclusive: fields.take("exclusive", flag) ? true : undefined,
    undiscounted: fields.take("appliesToAlreadyDiscountedLines", flag) === false ? true : undefined,
    limits: limitsOf(fields, coupon, orders, allowances),
  };
}

const trigger: Read<{ coupon: string | undefined }> = object((fields) => {
  const isCoupon = fields.need("kind", oneOf({ automatic: false, coupon: true }));
  return { coupon: isCoupon ? fields.need("code", text) : undefined };
});

/** One promotion, or one for each part that its product applies apart. */
function place(given: Stated, priority: number, preset: Preset): PlacedPromotion[] {
  const parts = split(given.effects, preset);
  if (given.exclusive && parts.filter(([first]) => first!.kind !== "catalog").length > 1) {
    throw new NotExpressible(
      "an exclusive promotion whose parts are applied apart",
      `promotions.${given.id}.exclusive`,
    );
  }
  return parts.map((effects, index) => {
    const id = parts.length === 1 ? given.id : `${given.id}/${index + 1}`;
    const limits = given.limits(id, given.id);
    const { kind } = effects[0]!;
    const group = preset.group?.({ kind, coupon: given.coupon !== undefined, lane: given.lane ?? "" });
    const promotion = stated({
      id,
      effects: effects.map(({ effect }) => effect),
      conditions: given.conditions.length > 0 ? given.conditions : undefined,
      phase: kind === "catalog" ? ("catalog" as const) : undefined,
      lane: given.lane,
      priority,
      group,
      exclusive: given.exclusive,
      window: given.window,
      coupon: given.coupon,
      limits: limits.length > 0 ? limits : undefined,
      unitsOnce: preset.buyGet?.unitsOnce === true && effects.some(isOffer) ? true : undefined,
      undiscounted: given.undiscounted,
    });
    return { promotion, of: { id: given.id, title: given.title } };
  });
}

/** Catalog effects always stand apart: their phase comes before all others. */
function split(effects: readonly PlacedEffect[], preset: Preset): PlacedEffect[][] {
  if (preset.split === "effects") return effects.map((effect) => [effect]);
  const parts = new Map<string, PlacedEffect[]>();
  for (const effect of effects) {
    const part = preset.split === "phases" ? phaseOf(effect) : effect.kind === "catalog" ? "catalog" : "cart";
    parts.set(part, [...(parts.get(part) ?? []), effect]);
  }
  return [...parts.values()];
}

function phaseOf({ kind, effect }: PlacedEffect): Place["kind"] | "order" {
  return kind === "goods" && effect.target === "order" ? "order" : kind;
}

function isOffer({ effect }: PlacedEffect): boolean {
  return "units" in effect && effect.units?.buy !== undefined;
}
