import { editDistance } from "./edit-distance.ts";

/** `did you mean "promo"?` for the nearest of the known words within two edits. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((each) => ({ each, distance: editDistance(word.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= 2) return `did you mean "${best.each}"?`;
  return known.length === 0 ? undefined : `known here: ${known.join(", ")}`;
}
