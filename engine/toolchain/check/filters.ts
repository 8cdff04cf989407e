// Filters as atoms about one line: whether two can let the same line through, and whether one lets through all that
// another does.

import type { CartLine, Filter, Match, Range } from "@haggle/abi";
import {
  ALWAYS,
  type Atom,
  type Atoms,
  all,
  both,
  type Choices,
  conflictingField,
  filterKey,
  NEVER,
  negate,
} from "./atoms.ts";

/** What a line must be like. What was taken off it so far is not a thing of the line and left out. */
export function filterChoices(filter: Filter | undefined): Choices {
  if (filter === undefined) return ALWAYS;
  const key = filterKey(filter);
  const known = choicesByKey.get(key);
  if (known !== undefined) return known;
  const clauses = clausesOf(filter);
  const choices = filter.match === "any" ? clauses.flat() : all(clauses);
  if (choicesByKey.size >= MAX_KNOWN) choicesByKey.clear();
  choicesByKey.set(key, choices);
  return choices;
}

/** Tables repeat their filters, and checks repeat their questions. */
const choicesByKey = new Map<string, Choices>();
const answers = new Map<string, boolean>();
/** An editor checks tables all day; then what was known begins anew. */
const MAX_KNOWN = 20_000;

function clausesOf(filter: Filter): Choices[] {
  const { categories, products, skus, attributes = {}, unitPrice, quantity, subscription } = filter;
  return [
    ...(categories ? matchClauses("categories", categories) : []),
    ...(products ? matchClauses("productId", products) : []),
    ...(skus ? matchClauses("sku", skus) : []),
    ...Object.entries(attributes).flatMap(([key, asked]) =>
      isRange(asked) ? [rangeChoices(`number ${key}`, asked)] : matchClauses(`text ${key}`, asked),
    ),
    ...(unitPrice ? [rangeChoices("unitPrice", unitPrice)] : []),
    ...(quantity ? [rangeChoices("quantity", quantity)] : []),
    ...(subscription === undefined ? [] : [[[flag("subscription", subscription)]]]),
    ...(filter.undiscounted ? [[[flag("undiscounted", true)]]] : []),
  ];
}

/** A clause for each list that a match states. */
export function matchClauses(field: string, match: Match): Choices[] {
  const lists: Exclude<Match, readonly string[]> = isList(match) ? { any: match } : match;
  const { any, every, none } = lists;
  return [
    ...(any ? [any.length === 0 ? NEVER : [[{ on: "texts", field, any } as Atom]]] : []),
    ...(every ? [[every.map((text): Atom => ({ on: "texts", field, any: [text] }))]] : []),
    ...(none ? [[[{ on: "texts", field, none } as Atom]]] : []),
  ];
}

function isList(match: Match): match is readonly string[] {
  return Array.isArray(match);
}

function isRange(asked: Match | Range): asked is Range {
  return "min" in asked || "max" in asked;
}

function rangeChoices(field: string, { min = -Infinity, max = Infinity }: Range): Choices {
  return [[{ on: "number", field, min, max }]];
}

function flag(field: string, value: boolean): Atom {
  return { on: "flag", field, value };
}

/** Whether every line that `inner` lets through passes `outer`. False also when that is not certain. */
export function isWithin(inner: Filter | undefined, outer: Filter | undefined): boolean {
  if (outer === undefined) return true;
  return answer(inner, outer, "in", () => {
    const asked = filterChoices(inner);
    const outside = negate(filterChoices(outer));
    // The product would have left something out, which here would claim more.
    if (asked.length * outside.length > 64) return false;
    return !isPossible(both(asked, outside));
  });
}

/** Whether no line passes both. False also when that is not certain. */
export function areApart(a: Filter | undefined, b: Filter | undefined): boolean {
  return answer(a, b, "apart", () => !isPossible(both(filterChoices(a), filterChoices(b))));
}

function answer(a: Filter | undefined, b: Filter | undefined, asked: string, find: () => boolean): boolean {
  const key = `${asked} ${filterKey(a)} ${filterKey(b)}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const found = find();
  if (answers.size >= MAX_KNOWN) answers.clear();
  answers.set(key, found);
  return found;
}

function isPossible(choices: Choices): boolean {
  return choices.some((atoms) => conflictingField(atoms) === undefined);
}

/** Whether a line passes, what was taken off it apart. */
export function passes(filter: Filter | undefined, line: CartLine): boolean {
  return filterChoices(filter).some((atoms) => atoms.every((atom) => suits(atom, line)));
}

function suits(atom: Atom, line: CartLine): boolean {
  switch (atom.on) {
    case "texts": {
      const present = textsOf(atom.field, line);
      return "any" in atom
        ? atom.any.some((text) => present.includes(text))
        : !atom.none.some((text) => present.includes(text));
    }
    case "number": {
      const value = numberOf(atom.field, line);
      return typeof value === "number" && value >= atom.min && value <= atom.max;
    }
    case "flag":
      return atom.field === "undiscounted" || (line.subscription ?? false) === atom.value;
    case "time":
      return true;
  }
}

function textsOf(field: string, line: CartLine): readonly string[] {
  if (field === "categories") return line.categories;
  if (field === "productId" || field === "sku") return [line[field]];
  const value = line.attributes?.[field.slice("text ".length)];
  return typeof value === "string" ? [value] : [];
}

function numberOf(field: string, line: CartLine) {
  if (field === "unitPrice" || field === "quantity") return line[field];
  return line.attributes?.[field.slice("number ".length)];
}

/** Atoms without those that contradict themselves. */
export function possibleAtoms(choices: Choices): Atoms[] {
  return choices.filter((atoms) => conflictingField(atoms) === undefined);
}
