// Words that no schema knows: what the same field says elsewhere is likely to be meant again.

import { isScalar, isSeq, type Node } from "yaml";
import type { Cursor } from "./cursor.ts";
import { visit } from "./parsed.ts";
import type { YamlFile } from "./world.ts";

/** More than a person looks through. */
const MAX_WORDS = 100;

/** Texts that `field` has elsewhere in the file, and the names that the project knows for it. */
export function wordsFor({ parsed, groups }: YamlFile, { value, path }: Cursor, field: string): string[] {
  // The last line says again what the first one says.
  if (field === "end" && path.length === 1) return texts((value as { version?: unknown }).version);
  const words = new Set<string>(field === "group" ? groups : []);
  if (field === "id" || field === "version") return [];
  visit(parsed.document.contents, (at, node) => {
    if (at.at(-1) === field && words.size < MAX_WORDS) for (const text of textsOf(node)) words.add(text);
  });
  const present = siblings(value, path);
  return [...words].filter((word) => !present.includes(word));
}

/** The entries beside one of a list. */
function siblings(value: unknown, path: Cursor["path"]): unknown[] {
  if (typeof path.at(-1) !== "number") return [];
  const list = path
    .slice(0, -1)
    .reduce((here: unknown, step) => (here as Record<string | number, unknown> | undefined)?.[step], value);
  return Array.isArray(list) ? list : [];
}

function textsOf(node: Node | null): string[] {
  if (isSeq(node)) return node.items.flatMap((item) => textsOf(item as Node));
  return isScalar(node) ? texts(node.value) : [];
}

function texts(value: unknown): string[] {
  return typeof value === "string" && value !== "" ? [value] : [];
}
