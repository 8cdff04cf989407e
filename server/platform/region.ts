import { Type } from "typebox";

/** Where goods go to: a country or a part of one, such as ISO 3166 names them, from the larger to the smaller. */
const WITHIN = "[A-Z0-9]{1,16}(-[A-Z0-9]{1,16}){0,3}";
const MAX_CHARACTERS = 67;

/** Everywhere else. */
const ANYWHERE = "*";

export const RegionSchema = Type.String({
  pattern: `^${WITHIN}$`,
  maxLength: MAX_CHARACTERS,
  description: "Such as DE, or DE-BY for a part of it",
});

export const RegionOrAnywhereSchema = Type.String({
  pattern: `^(\\*|${WITHIN})$`,
  maxLength: MAX_CHARACTERS,
  description: "Such as DE, DE-BY for a part of it, or * for everywhere",
});

/**
 * A region and those around it, up to everywhere: what is said of the first one counts.
 *
 * @example regionsAround("DE-BY") // ["DE-BY", "DE", "*"]
 */
export function regionsAround(region: string): string[] {
  if (region === ANYWHERE) return [ANYWHERE];
  const parts = region.split("-");
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join("-")), ANYWHERE];
}
