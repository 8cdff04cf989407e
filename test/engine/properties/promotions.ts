import type { Policy, Promotion } from "@haggle/abi";
import fc from "fast-check";
import { catalogEffects, effects } from "./effects.ts";
import { conditions } from "./filters.ts";
import { ALLOWANCES, COUPONS, NOW, sometimes, stated } from "./vocabulary.ts";

const flag = (cases: number) => sometimes(fc.constant(true), cases);
const minutes = fc.nat(7 * 24 * 60).map((minute) => NOW + minute * 60_000);

/** One kind of limit for each allowance, so that they mean what their names say. */
const limits = fc
  .subarray(
    [
      { allowance: "budget", counts: "money" },
      { allowance: "stock", counts: "units" },
      { allowance: "once", counts: "uses" },
    ] as const,
    { minLength: 1 },
  )
  .filter((list) => list.every(({ allowance }) => ALLOWANCES.includes(allowance)));

type Fields = Omit<Promotion, "id" | "effects">;

const fields = fc
  .record({
    conditions: sometimes(fc.array(conditions, { minLength: 1, maxLength: 2 }), 3),
    linked: flag(6),
    phase: sometimes(fc.constantFrom("line", "order", "shipping"), 6),
    lane: sometimes(fc.constantFrom("pre", "post"), 4),
    priority: fc.integer({ min: -2, max: 2 }),
    group: sometimes(fc.constantFrom("outer", "middle", "inner", "other", "unnamed"), 2),
    exclusive: flag(10),
    stopAfter: flag(12),
    window: sometimes(
      fc.record({ from: sometimes(minutes, 2), until: sometimes(minutes, 2) }).map(stated),
      12,
    ),
    coupon: sometimes(fc.constantFrom(...COUPONS), 8),
    limits: sometimes(limits, 4),
    unitsOnce: flag(4),
    undiscounted: flag(8),
    unlock: flag(8),
    serverOnly: flag(12),
  })
  .map((all) => stated(all) as Fields);

const plain = fc
  .tuple(fields, fc.array(effects, { minLength: 1, maxLength: 3 }))
  .map(([rest, list]) => ({ ...rest, effects: list }));

/** Limits of units would cut lines, which have one price only. */
const catalog = fc
  .tuple(
    fields,
    fc.array(catalogEffects, { minLength: 1, maxLength: 2 }),
    sometimes(fc.constant("prices"), 2),
  )
  .map(([{ group: _, unitsOnce: __, limits: drawn, ...rest }, list, group]) => ({
    ...rest,
    phase: "catalog" as const,
    effects: list,
    ...stated({ group, limits: drawn?.filter(({ counts }) => counts !== "units") }),
  }));

const one = fc.oneof({ weight: 6, arbitrary: plain }, { weight: 1, arbitrary: catalog });

/** Promotions of which some share a priority, in an order of their own. */
export function promotionsOf(maxLength = 8): fc.Arbitrary<Promotion[]> {
  return fc
    .array(one, { minLength: 1, maxLength })
    .map((list) => list.map((promotion, i) => ({ id: `p${(i * 5) % 11}`, ...promotion }) as Promotion));
}

/** Lanes are those of the policy. */
export function fitLanes(promotions: readonly Promotion[], { lanes }: Policy): Promotion[] {
  return promotions.map(({ lane, ...rest }) => ({
    ...rest,
    ...(lane !== undefined && lanes.includes(lane) && { lane }),
  }));
}
