// Which of two options of a group that chooses gives more, for every cart that suits both.

import type { Effect } from "@haggle/abi";
import { type Atoms, filterKey, numberSpans } from "./atoms.ts";
import { isWithin } from "./filters.ts";
import type { Entry } from "./table.ts";

/** Whether `winner` never gives less than `loser` (with `least`: never more) in carts that suit `way`. */
export function outbids(winner: Entry, loser: Entry, way: Atoms, least: boolean): boolean {
  const a = figureOf(winner);
  const b = figureOf(loser);
  if (a === undefined || b === undefined || !isComparable(a.effect, b.effect)) return false;
  const [more, less] = least ? [b, a] : [a, b];
  const total = goodsOf(less, way);
  // Both grow with what they are taken of and then stay, so the ends and the bends tell all.
  const ends = [total.min, total.max, bendOf(more), bendOf(less)].filter(
    (point) => point >= total.min && point <= total.max,
  );
  return (
    ends.every((point) => valueAt(more, point) >= valueAt(less, point)) && isGrowing(more, less, total.max)
  );
}

/** What is taken of a total: so much of each minor unit, or an amount, up to a cap. */
type Figure = { effect: Effect; rate: number; amount: number; cap: number };

function figureOf({ promotion }: Entry): Figure | undefined {
  const [effect, ...more] = promotion.effects ?? [];
  if (effect === undefined || more.length > 0 || !("target" in effect)) return undefined;
  if (effect.target !== "order" && effect.target !== "lines" && effect.target !== "line") return undefined;
  if (effect.units !== undefined || effect.maxPerLine !== undefined || effect.base !== undefined) {
    return undefined;
  }
  const cap = effect.maxAmount ?? Infinity;
  if ("percent" in effect) return { effect, rate: Number(effect.percent) / 100, amount: 0, cap };
  // An amount off each line depends on how many there are.
  if ("amount" in effect && effect.target !== "line") {
    return { effect, rate: 0, amount: effect.amount, cap };
  }
  return undefined;
}

/** Taken of the same goods, or the winner's of more. */
function isComparable(a: Effect, b: Effect): boolean {
  const [inner, outer] = [b, a].map((effect) => ("filter" in effect ? effect.filter : undefined));
  return filterKey(inner) === filterKey(outer) || isWithin(inner, outer);
}

function goodsOf({ effect }: Figure, way: Atoms): { min: number; max: number } {
  const filter = "filter" in effect ? effect.filter : undefined;
  const spans = [...numberSpans(way).values()].filter(({ field }) => field === "goodsTotal");
  const mins = spans.filter((span) => isWithin(span.filter, filter)).map(({ min }) => min);
  const maxs = spans.filter((span) => isWithin(filter, span.filter)).map(({ max }) => max);
  return { min: Math.max(1, ...mins), max: Math.min(Infinity, ...maxs) };
}

function valueAt({ rate, amount, cap }: Figure, total: number): number {
  if (total === Infinity) return rate > 0 ? cap : Math.min(amount, cap);
  return Math.min(total, Math.min(rate * total + amount, cap));
}

/** Where the cap is reached, or where an amount is all there is. */
function bendOf({ rate, amount, cap }: Figure): number {
  return rate > 0 ? cap / rate : Math.min(amount, cap);
}

/** Beyond the last bend. */
function isGrowing(more: Figure, less: Figure, max: number): boolean {
  if (max < Infinity || less.cap < Infinity || less.rate === 0) return true;
  return more.cap === Infinity && more.rate >= less.rate;
}
