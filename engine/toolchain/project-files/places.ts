// Where a promotion stands in the files of a project: for whoever has its id and wants to see it.

import { holdsPromotions } from "./data.ts";
import { readSource } from "./source.ts";
import { idsOf } from "./variants.ts";

/** Project-relative; line and column from 1. */
export type PromotionPlace = { file: string; line: number; column: number };

/**
 * The place of each promotion that the files of `texts` say, by its id. Of a promotion with variants all have the place
 * of the one. A file that is neither YAML nor JSON has none.
 */
export function findPromotionPlaces(texts: Readonly<Record<string, string>>): Map<string, PromotionPlace> {
  const places = new Map<string, PromotionPlace>();
  for (const name of Object.keys(texts).filter(holdsPromotions).sort()) {
    const source = readSource(name, texts[name]!);
    const isList = Array.isArray(source.value);
    const entries = isList ? (source.value as unknown[]) : [source.value];
    for (const [i, entry] of entries.entries()) {
      const ids = idsOf(entry).filter((id) => !places.has(id));
      if (ids.length === 0) continue;
      const path = isList ? [i, "id"] : ["id"];
      const { file, line, column } = source.faultAt(path, { code: "PROMOTION_DUPLICATE", message: "" });
      for (const id of ids) places.set(id, { file, line, column });
    }
  }
  return places;
}
