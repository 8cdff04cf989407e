// Writes test/vectors/updates. Run it when a case is added or changed, and read the difference:
//
//   node --conditions=haggle-source test/support/make-update-vectors.ts

import { writeFile } from "node:fs/promises";
import { makeUpdateVectors, UPDATES } from "./updates/all.ts";

const { cases, blobs } = await makeUpdateVectors();
await writeFile(new URL("cases.json", UPDATES), linesOf(cases));
await writeFile(new URL("blobs.json", UPDATES), linesOf(blobs));
console.log(`${cases.length} cases, ${Object.keys(blobs).length} blobs`);

/** A line for each entry: what changed is what a person reads. */
function linesOf(value: object): string {
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const lines = Object.entries(value).map(([key, entry]) =>
    Array.isArray(value) ? JSON.stringify(entry) : `${JSON.stringify(key)}:${JSON.stringify(entry)}`,
  );
  return `${open}\n${lines.join(",\n")}\n${close}\n`;
}
