// Which categories one piece of goods may be in together. Any filters could meet on a made-up line; a shop knows that
// nothing is both wine and a lamp, so lines mix only what some filter of the table speaks of together.

import type { Filter, Promotion } from "@haggle/abi";
import { type Atoms, chooseTexts, textAtoms } from "./atoms.ts";

export type Mixes = ReadonlySet<string>;

/** Pairs of categories that a filter asks for together, or sets apart, which says that they meet. */
export function mixesOf(promotions: readonly Promotion[]): Mixes {
  const pairs = new Set<string>();
  for (const { categories } of promotions.flatMap(filtersOf)) {
    if (categories === undefined || "length" in categories) continue;
    const { any = [], every = [], none = [] } = categories;
    const asked = [...every, ...any];
    for (const a of every) for (const b of [...asked, ...none]) pairs.add(pairOf(a, b));
    for (const a of any) for (const b of none) pairs.add(pairOf(a, b));
  }
  return pairs;
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a}\n${b}` : `${b}\n${a}`;
}

function filtersOf({ conditions = [], effects = [] }: Promotion): Filter[] {
  const filters = [...conditions, ...effects].flatMap((part) => {
    const own = "filter" in part && part.filter !== undefined ? [part.filter] : [];
    const units = "units" in part ? part.units : undefined;
    const bought = units?.buy?.filter === undefined ? [] : [units.buy.filter];
    return [...own, ...bought, ...(units?.bundle ?? []).map(({ filter }) => filter)];
  });
  return filters;
}

/** Whether goods that suit the atoms are to be expected. */
export function isUsual(atoms: Atoms, mixes: Mixes): boolean {
  const categories = chooseTexts("categories", textAtoms(atoms).get("categories") ?? []) ?? [];
  return categories.every((a, i) => categories.slice(i + 1).every((b) => mixes.has(pairOf(a, b))));
}
