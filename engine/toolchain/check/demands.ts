// What a promotion asks of a cart, and the ways in which a cart can fail it.

import type { Condition, Effect, Filter, GoodsEffect, Policy, Promotion, Tiers } from "@haggle/abi";
import { ALWAYS, type Atom, all, both, type Choices, NEVER, negate, negateAtom } from "./atoms.ts";
import { filterChoices, matchClauses } from "./filters.ts";
import { segmentClauses } from "./variants.ts";

export type Demand = {
  /** What every cart must be like to which the promotion gives something. */
  needs: Choices;
  /** Each way in which a cart makes it give nothing; together they are all there are when `isExact`. */
  failures: Choices;
  /** What the atoms say is all that the promotion asks. Rules and bases that move ask more. */
  isExact: boolean;
};

/** The needs of a promotion; its own rule, if it has one, may ask for more. */
export function demandOf(promotion: Promotion, policy: Policy): Demand {
  const { conditions = [], effects, window, coupon, linked, limits = [] } = promotion;
  const { unitsOnce, undiscounted } = promotion;
  const parts: Part[] = conditions.map((condition) => conditionPart(condition, promotion, policy));
  if (window !== undefined) parts.push(partOf([[periodAtom(window)]]));
  if (coupon !== undefined) parts.push(partOf([[{ on: "texts", field: "coupons", any: [coupon] }]]));
  if (effects !== undefined) {
    const giving = effects.filter(({ target }) => target !== "message");
    // Points and cashback do not count among what is linked.
    const moving = giving.filter(({ target }) => target !== "points" && target !== "cashback");
    // Nothing but messages: they ask for nothing of their own.
    if (linked && moving.length > 0) parts.push(partOf(all(moving.map(effectNeeds))));
    else if (giving.length > 0) parts.push(partOf(giving.flatMap(effectNeeds)));
  }
  // Of a rule in code nothing is known, but that free goods are not what promotions are for.
  if (effects === undefined) parts.push(partOf([[atLeast("goodsTotal", undefined, 1)]]));
  for (const { allowance } of limits) parts.push(partOf([[atLeast(`allowance ${allowance}`, undefined, 1)]]));
  // What does not fit a short allowance may be given in part, or not at all.
  const isWhole = policy.short === "partial" || limits.every(({ counts }) => counts === "uses");
  const isPlain = effects?.every((effect) => isPlainEffect(effect, policy)) ?? false;
  return {
    needs: all(parts.map(({ holds }) => holds)),
    failures: parts.flatMap(({ fails }) => fails),
    isExact: isPlain && isWhole && !unitsOnce && !undiscounted && parts.every(({ isExact }) => isExact),
  };
}

type Part = { holds: Choices; fails: Choices; isExact: boolean };

function partOf(holds: Choices, fails = negate(holds), isExact = true): Part {
  return { holds, fails, isExact };
}

function conditionPart(condition: Condition, promotion: Promotion, policy: Policy): Part {
  const base = baseOf(condition, promotion, policy);
  const atoms = conditionAtoms(condition);
  const asked = condition.not && !isLocal(condition) ? negate(atoms) : atoms;
  if (isLocal(condition)) {
    // In an unknown zone it fails, whichever way it is asked.
    const known: Atom = { on: "time", kind: "zone", not: false };
    const holds = both(condition.not ? negate(atoms) : atoms, [[known]]);
    return partOf(holds, [...(condition.not ? atoms : negate(atoms)), ...negateAtom(known)]);
  }
  if (condition.kind === "cheapest" || condition.kind === "dearest") {
    const some: Atom = atLeast("lines", condition.filter, 1);
    return partOf(both(asked, [[some]]), [...negate(asked), ...negateAtom(some)], base === "initial");
  }
  if (base === "initial") return partOf(asked);
  // What is left never exceeds what there was: of a bound from below that much is certain.
  return partOf(lowerBounds(asked), negate(asked), false);
}

function isLocal({ kind }: Condition): boolean {
  return kind === "timeOfDay" || kind === "weekday";
}

/** Whether the atoms say what the condition measures: the same amounts, before anything was taken off. */
function baseOf(condition: Condition, promotion: Promotion, policy: Policy): "initial" | "other" {
  if (!("value" in condition)) return "initial";
  // Unit prices, `cheapest` and `dearest`, have no base.
  const isTotal = condition.kind.endsWith("Total");
  const isTaxed = "tax" in condition && condition.tax !== undefined && policy.tax.prices !== "untaxed";
  if (isTaxed) return "other";
  if (!isTotal) return "initial";
  const base = ("base" in condition ? condition.base : undefined) ?? policy.thresholdBase;
  return base === "initial" && promotion.phase !== "catalog" ? "initial" : "other";
}

function lowerBounds(choices: Choices): Choices {
  return choices.map((atoms) =>
    atoms.map((atom) => (atom.on === "number" ? { ...atom, max: Infinity } : atom)),
  );
}

/** The condition as it would be without `not`. */
function conditionAtoms(condition: Condition): Choices {
  switch (condition.kind) {
    case "loggedIn":
      return [[{ on: "flag", field: "loggedIn", value: true }]];
    case "timeOfDay": {
      const { from, until } = condition;
      return [
        [{ on: "time", kind: "timeOfDay", from: toMinutes(from), until: toMinutes(until), not: false }],
      ];
    }
    case "weekday":
      return [[{ on: "time", kind: "weekday", days: condition.days, not: false }]];
    case "period":
      return [[periodAtom(condition)]];
    case "customer":
      return all(matchClauses(`customer ${condition.key}`, condition.match));
    case "counter":
      return comparison(`counter ${condition.key}`, undefined, condition);
    default:
      if (condition.kind === "segments") return all(segmentClauses(condition.match));
      if ("match" in condition) return all(matchClauses(condition.kind, condition.match));
      return comparison(condition.kind, "filter" in condition ? condition.filter : undefined, condition);
  }
}

type Compared = { operator?: string; value: number };

function comparison(field: string, filter: Filter | undefined, { operator, value }: Compared): Choices {
  const atom = (min: number, max: number): Atom => ({ on: "number", field, filter, min, max });
  switch (operator) {
    case "atMost":
      return [[atom(-Infinity, value)]];
    case "equal":
      return [[atom(value, value)]];
    case "moreThan":
      return [[atom(value + 1, Infinity)]];
    case "lessThan":
      return [[atom(-Infinity, value - 1)]];
    default:
      return [[atom(value, Infinity)]];
  }
}

function periodAtom({ from = -Infinity, until = Infinity }: { from?: number; until?: number }): Atom {
  return { on: "time", kind: "period", from, until, not: false };
}

function toMinutes(time: string): number {
  const [hours, minutes] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

export function atLeast(field: string, filter: Filter | undefined, min: number): Atom {
  return { on: "number", field, filter, min, max: Infinity };
}

/** What must be in the cart for an effect to give anything; none at all when its figures give nothing. */
function effectNeeds(effect: Effect): Choices {
  switch (effect.target) {
    case "shipping": {
      if (givesNothing(effect)) return NEVER;
      const { methods } = effect;
      const least = "price" in effect ? effect.price + 1 : 1;
      const entry: Atom = { on: "number", field: "shippingTotal", min: least, max: Infinity };
      return [[entry, ...(methods ? [{ on: "texts", field: "shippingMethod", any: methods } as Atom] : [])]];
    }
    case "gift":
      return effect.filter !== undefined || effect.perUnit
        ? [[atLeast("quantity", effect.filter, 1)]]
        : ALWAYS;
    case "points":
    case "cashback":
      if (givesNothing(effect)) return NEVER;
      return "percent" in effect ? [[atLeast("goodsTotal", effect.filter, 1)]] : ALWAYS;
    case "message":
      return ALWAYS;
    default:
      return goodsNeeds(effect);
  }
}

function givesNothing(effect: { percent?: string; amount?: number; maxAmount?: number }): boolean {
  const { percent, amount, maxAmount } = effect;
  return (percent !== undefined && Number(percent) === 0) || amount === 0 || maxAmount === 0;
}

function goodsNeeds(effect: GoodsEffect): Choices {
  const { filter, units, tiers } = effect;
  // Amounts of several lines together know no caps for each.
  const isEach = effect.target === "unit" || effect.target === "line";
  const isCapped = isEach && (effect.maxPerLine === 0 || effect.maxPerUnit === 0);
  if (givesNothing(effect) || isCapped) return NEVER;
  const parts: Choices[] = [unitNeeds(effect), worthNeeds(effect)];
  if (tiers !== undefined) parts.push(tierNeeds(tiers, filter));
  if (units?.bundle !== undefined) {
    parts.push([units.bundle.map((slot) => atLeast("quantity", slot.filter, slot.quantity))]);
  }
  return all(parts);
}

/** Whether what an effect needs is also all it needs. */
function isPlainEffect(effect: Effect, policy: Policy): boolean {
  if ("filter" in effect && effect.filter?.undiscounted) return false;
  if (effect.target === "gift" && effect.discountPresent) return false;
  if ("price" in effect && typeof effect.price === "object") return false;
  const { units, tiers } = effect as Partial<GoodsEffect>;
  const isCounted = units?.bundle ?? units?.buy?.filter ?? units?.per ?? units?.over;
  if (isCounted !== undefined) return false;
  if (tiers !== undefined && (tiers.by !== "goods" || policy.thresholdBase !== "initial")) return false;
  return effect.target !== "line" || !("price" in effect);
}

/** Enough units of the filter's lines for one round. */
function unitNeeds({ filter, units = {} }: GoodsEffect): Choices {
  const { buy, get = 0, groupsOf = 1, skipFirst = 0, over, per, partial, bundle } = units;
  if (filterChoices(filter).length === 0) return NEVER;
  if (bundle !== undefined) return [[atLeast("quantity", filter, 1)]];
  const free = partial ? Math.min(get, 1) : get;
  if (buy !== undefined && buy.filter !== undefined && per === undefined) {
    return [[atLeast("quantity", filter, free), atLeast("quantity", buy.filter, buy.quantity)]];
  }
  const round = Math.max(buy === undefined ? 1 : free + buy.quantity, groupsOf);
  if (over === "lines") return [[atLeast("lines", filter, skipFirst + 1)]];
  const pieces = Math.max(round, skipFirst + 1);
  return [[atLeast(per === "line" ? "lineQuantity" : "quantity", filter, pieces)]];
}

/** Goods dearer than what shall remain to be paid. */
function worthNeeds(effect: GoodsEffect): Choices {
  const { filter, target, units } = effect;
  if (!("price" in effect) || typeof effect.price !== "number") {
    return [[atLeast("goodsTotal", filter, 1)]];
  }
  if (target === "unit") return [[atLeast("dearest", filter, effect.price + 1)]];
  const goods = units?.bundle === undefined ? filter : undefined;
  return [[atLeast("goodsTotal", goods, effect.price + 1)]];
}

/** The lowest step that is worth anything. */
function tierNeeds({ by, steps }: Tiers, filter: Filter | undefined): Choices {
  const first = steps.find((step) => !("amount" in step && step.amount === 0) && !isZero(step));
  if (first === undefined) return NEVER;
  if (first.from <= 1) return ALWAYS;
  if (by === "goods") return [[atLeast("goodsTotal", undefined, first.from)]];
  if (by === "quantity") return [[atLeast("quantity", filter, first.from)]];
  if (by === "lineQuantity") return [[atLeast("lineQuantity", filter, first.from)]];
  return [[atLeast("goodsTotal", filter, first.from)]];
}

function isZero(step: Tiers["steps"][number]): boolean {
  return "percent" in step && Number(step.percent) === 0;
}
