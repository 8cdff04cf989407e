// What a cart must be like, as sets of atoms: small statements that can be turned around and held against each other.
// A promotion's conditions and the clauses of a filter become atoms; a conflict between two of them is a proof that no
// cart suits both, and atoms without a conflict are what a cart is built from.

import { type Filter, groupBy } from "@haggle/abi";

export type Atom = TextAtom | NumberAtom | FlagAtom | TimeAtom;

/** Some of these strings are there, or none of them is. */
export type TextAtom = { on: "texts"; field: string; any: readonly string[] } | NoText;
type NoText = { on: "texts"; field: string; none: readonly string[] };

/** An integer within bounds, both inclusive. Measures of goods say of which lines. */
export type NumberAtom = {
  on: "number";
  field: string;
  filter?: Filter | undefined;
  min: number;
  max: number;
};

export type FlagAtom = { on: "flag"; field: string; value: boolean };

/** `zone`: the policy knows the cart's time zone. */
export type TimeAtom = { on: "time"; not: boolean } & (
  | { kind: "period"; from: number; until: number }
  | { kind: "timeOfDay"; from: number; until: number }
  | { kind: "weekday"; days: readonly number[] }
  | { kind: "zone" }
);

/** All of these hold. */
export type Atoms = readonly Atom[];
/** One of these holds. */
export type Choices = readonly Atoms[];

export const ALWAYS: Choices = [[]];
export const NEVER: Choices = [];

/** Sets of choices grow as products; beyond this, the second set is left out, which claims less. */
const MAX_CHOICES = 64;

export function both(a: Choices, b: Choices): Choices {
  if (a.length * b.length > MAX_CHOICES) return a;
  return a.flatMap((left) => b.map((right) => [...left, ...right]));
}

export function all(parts: readonly Choices[]): Choices {
  return parts.reduce(both, ALWAYS);
}

/** What holds when none of the choices does. */
export function negate(choices: Choices): Choices {
  return all(choices.map((atoms) => atoms.flatMap(negateAtom)));
}

/** Each way in which one atom fails. */
export function negateAtom(atom: Atom): Choices {
  switch (atom.on) {
    case "texts":
      return "any" in atom
        ? [[{ on: "texts", field: atom.field, none: atom.any }]]
        : [[{ on: "texts", field: atom.field, any: atom.none }]];
    case "number":
      return [
        ...(atom.min > -Infinity ? [[{ ...atom, min: -Infinity, max: atom.min - 1 }]] : []),
        ...(atom.max < Infinity ? [[{ ...atom, min: atom.max + 1, max: Infinity }]] : []),
      ];
    case "flag":
      return [[{ ...atom, value: !atom.value }]];
    case "time":
      return [[{ ...atom, not: !atom.not }]];
  }
}

/** Where more than one string may be; of all else a cart, or a line, has one or none. */
const MANY = new Set(["segments", "coupons", "shippingMethod", "categories"]);

/**
 * The strings that suit all atoms of one field, as few as possible; undefined when none do.
 */
export function chooseTexts(field: string, atoms: readonly TextAtom[]): string[] | undefined {
  const forbidden = new Set(atoms.flatMap((atom) => ("none" in atom ? atom.none : [])));
  const asked = atoms.flatMap((atom) => ("any" in atom ? [atom.any.filter((t) => !forbidden.has(t))] : []));
  if (!MANY.has(field)) {
    if (asked.length === 0) return [];
    const shared = asked[0]!.find((text) => asked.every((texts) => texts.includes(text)));
    return shared === undefined ? undefined : [shared];
  }
  const chosen: string[] = [];
  // Clauses with one way out first: what they force may serve the others.
  for (const texts of asked.toSorted((a, b) => a.length - b.length)) {
    if (texts.length === 0) return undefined;
    if (!texts.some((text) => chosen.includes(text))) chosen.push(texts[0]!);
  }
  return chosen;
}

export function textAtoms(atoms: Atoms): Map<string, TextAtom[]> {
  return groupBy(
    atoms.filter((atom) => atom.on === "texts"),
    ({ field }) => field,
  );
}

/** Bounds of one number, from all atoms about it. */
export type Span = { min: number; max: number };

/** By field and filter. */
export function numberSpans(atoms: Atoms): Map<string, NumberAtom> {
  const spans = new Map<string, NumberAtom>();
  for (const atom of atoms) {
    if (atom.on !== "number") continue;
    const key = `${atom.field} ${filterKey(atom.filter)}`;
    const known = spans.get(key) ?? { ...atom, min: -Infinity, max: Infinity };
    spans.set(key, { ...known, min: Math.max(known.min, atom.min), max: Math.min(known.max, atom.max) });
  }
  return spans;
}

export function filterKey(filter: Filter | undefined): string {
  if (filter === undefined) return "";
  const known = keys.get(filter);
  if (known !== undefined) return known;
  const key = JSON.stringify(filter);
  keys.set(filter, key);
  return key;
}

const keys = new WeakMap<Filter, string>();

/** The value of each flag; undefined when one is asked to be both. */
export function chooseFlags(atoms: Atoms): Map<string, boolean> | undefined {
  const flags = new Map<string, boolean>();
  for (const atom of atoms) {
    if (atom.on !== "flag") continue;
    if ((flags.get(atom.field) ?? atom.value) !== atom.value) return undefined;
    flags.set(atom.field, atom.value);
  }
  return flags;
}

/** The first field on which atoms contradict each other; relations between fields are not looked at. */
export function conflictingField(atoms: Atoms): string | undefined {
  for (const [field, about] of textAtoms(atoms)) if (!chooseTexts(field, about)) return field;
  for (const { field, min, max } of numberSpans(atoms).values()) if (min > max) return field;
  return chooseFlags(atoms) === undefined ? "flags" : undefined;
}
