// Segments of experiments: a customer is in one variant of each, or in none.

import { groupBy, type Match } from "@haggle/abi";
import { parseVariantSegment, variantSegment } from "@haggle/sdk/experiments";
import type { Atom, Choices, TextAtom } from "./atoms.ts";
import { matchClauses } from "./filters.ts";

/** How the fields of experiments begin; behind it stands the key. */
const FIELD = "experiment ";

/** `matchClauses` of segments, with each experiment as a field of its own, of which a customer has one value at most. */
export function segmentClauses(match: Match): Choices[] {
  return matchClauses("segments", match).map((choices) => choices.flatMap(apart));
}

/** The segments of the variants that a customer is to be in. */
export function segmentsOfVariants(fields: Iterable<string>, texts: (field: string) => string[]): string[] {
  return [...fields]
    .filter((field) => field.startsWith(FIELD))
    .flatMap((field) => texts(field).map((variant) => variantSegment(field.slice(FIELD.length), variant)));
}

/** The atoms of a choice with what they say of experiments set apart; several choices where one of many will do. */
function apart(atoms: readonly Atom[]): Choices {
  return atoms.reduce<Choices>(
    (choices, atom) => {
      const ways = atom.on === "texts" ? apartText(atom) : [[atom]];
      return choices.flatMap((choice) => ways.map((way) => [...choice, ...way]));
    },
    [[]],
  );
}

function apartText(atom: TextAtom): Choices {
  const byField = groupBy("any" in atom ? atom.any : atom.none, (segment) => {
    const found = parseVariantSegment(segment);
    return found === undefined ? atom.field : FIELD + found.experiment;
  });
  const parts = [...byField].map(([field, segments]) => ({
    field,
    texts: segments.map((segment) => parseVariantSegment(segment)?.variant ?? segment),
  }));
  if ("any" in atom) return parts.map(({ field, texts }) => [{ on: "texts", field, any: texts }]);
  return [parts.map(({ field, texts }): Atom => ({ on: "texts", field, none: texts }))];
}
