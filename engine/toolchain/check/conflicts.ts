// Whether some cart could suit all atoms. What is found here is a proof; what is not found may still be impossible.

import type { Filter } from "@haggle/abi";
import { type Atoms, conflictingField, type NumberAtom, numberSpans } from "./atoms.ts";
import { areApart, filterChoices, isWithin, possibleAtoms } from "./filters.ts";
import { findMoment, type Times } from "./times.ts";

/** What the atoms contradict each other about, undefined when nothing was found. */
export function findConflict(atoms: Atoms, times: Times): string | undefined {
  const field = conflictingField(atoms);
  if (field !== undefined) return field;
  if (atoms.some(({ on }) => on === "time") && !findMoment(atoms, times)) return "time";
  return findGoodsConflict([...numberSpans(atoms).values()]);
}

export function isPossible(atoms: Atoms, times: Times): boolean {
  return findConflict(atoms, times) === undefined;
}

const MEASURES = new Set(["goodsTotal", "quantity", "lines", "lineQuantity", "cheapest", "dearest"]);
/** Per measure, what it is never more than, for the same lines or more of them. */
const AT_MOST: Readonly<Record<string, readonly string[]>> = {
  goodsTotal: ["goodsTotal", "orderTotal"],
  quantity: ["quantity"],
  lines: ["lines", "quantity"],
  lineQuantity: ["lineQuantity", "quantity"],
  dearest: ["dearest", "goodsTotal", "orderTotal"],
  cheapest: ["dearest", "goodsTotal", "orderTotal"],
  shippingTotal: ["shippingTotal", "orderTotal"],
};
const SUMS = new Set(["goodsTotal", "quantity", "lines"]);
const PIECES = new Set(["quantity", "lines", "lineQuantity"]);

function findGoodsConflict(spans: readonly NumberAtom[]): string | undefined {
  for (const span of spans) {
    if (isNegative(span) || isBesidePrices(span)) return span.field;
    if (asksForGoods(span) && possibleAtoms(filterChoices(span.filter)).length === 0) return span.field;
  }
  for (const high of spans) {
    if (high.max === Infinity) continue;
    for (const low of spans) {
      if (low === high || low.min === -Infinity || !isWithin(low.filter, high.filter)) continue;
      if (AT_MOST[low.field]?.includes(high.field) && low.min > high.max) return low.field;
      if (asksForGoods(low) && PIECES.has(high.field) && high.max <= 0) return high.field;
    }
    if (SUMS.has(high.field) && sumOfParts(high, spans) > high.max) return high.field;
  }
  return spans.some((span) => exceedsPieces(span, spans)) ? "goodsTotal" : undefined;
}

/** Measures of carts are never below 0; counters and attributes may be. */
function isNegative({ field, max }: NumberAtom): boolean {
  return (
    max < 0 &&
    (MEASURES.has(field) ||
      ["orderTotal", "shippingTotal", "orders"].includes(field) ||
      field.startsWith("allowance "))
  );
}

/** Prices that the filter itself leaves out. */
function isBesidePrices({ field, filter, min, max }: NumberAtom): boolean {
  if (field !== "cheapest" && field !== "dearest") return false;
  const least = filter?.match === "any" ? undefined : filter?.unitPrice?.min;
  return min > dearestOf(filter) || (least !== undefined && max < least);
}

function asksForGoods({ field, min }: NumberAtom): boolean {
  return MEASURES.has(field) && min > 0;
}

/** What parts that share no line come to at least. */
function sumOfParts(whole: NumberAtom, spans: readonly NumberAtom[]): number {
  const parts: NumberAtom[] = [];
  for (const span of spans) {
    if (span.field !== whole.field || span.min <= 0 || !isWithin(span.filter, whole.filter)) continue;
    if (parts.every((part) => areApart(part.filter, span.filter))) parts.push(span);
  }
  return parts.reduce((sum, { min }) => sum + min, 0);
}

/** Goods that must be worth more than so many pieces of at most that price. */
function exceedsPieces({ field, filter, min }: NumberAtom, spans: readonly NumberAtom[]): boolean {
  if (field !== "goodsTotal" || min <= 0) return false;
  const most = (asked: string) =>
    Math.min(
      Infinity,
      ...spans.filter((span) => span.field === asked && isWithin(filter, span.filter)).map(({ max }) => max),
    );
  return most("quantity") * Math.min(most("dearest"), dearestOf(filter)) < min;
}

function dearestOf(filter: Filter | undefined): number {
  return filter?.match === "any" ? Infinity : (filter?.unitPrice?.max ?? Infinity);
}
