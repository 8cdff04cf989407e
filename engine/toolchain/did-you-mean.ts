import { editDistance } from "./edit-distance.ts";

/** `did you mean "promo"?` for the nearest of the known words within two edits. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const nearest = nearestTo(word, known);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return known.length === 0 ? undefined : `known here: ${known.join(", ")}`;
}

/** The nearest of the known words within two edits. */
export function nearestTo(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((each) => ({ each, distance: editDistance(word.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= 2 ? best.each : undefined;
}
