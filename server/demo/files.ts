import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";

// What lies beside this file, as a shop has it in its own files. In the package it lies in a folder beside the program.

const FOLDER = new URL(import.meta.url.endsWith(".ts") ? "." : "./demo/", import.meta.url);

export function pathOf(name: string): string {
  return fileURLToPath(new URL(name, FOLDER));
}

/** `Row` is what the file is known to have. */
export async function readRows<Row>(name: string): Promise<Row[]> {
  const text = await readFile(pathOf(name), "utf8");
  if (name.endsWith(".csv")) return parse(text, { columns: true }) as Row[];
  if (name.endsWith(".json")) return JSON.parse(text) as Row[];
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}
