// All pages of a project: what there should be, what lies there, and how to make them the same.

import { readFile, rm } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import type { RuleMetadata } from "@haggle/abi";
import { RULE_SUFFIX } from "@haggle/toolchain";
import type { CaseResult } from "@haggle/toolchain/cases";
import { listFolder, writeAtomically } from "../files.ts";
import { writeIndex } from "./index-page.ts";
import { writePage } from "./page.ts";

/** By file name. */
export type Pages = ReadonlyMap<string, string>;

/** Shown by hosts of repositories where they show the folder. */
const INDEX = "README.md";
/** The first line of each page: nothing else in a folder is ever removed. */
const MARK = "<!-- Made by `haggle docs` from the rules and their cases. -->\n\n";

export function makePages(
  rules: readonly RuleMetadata[],
  results: readonly CaseResult[],
  { root, out }: { root: string; out: string },
): Pages {
  const sorted = rules
    .map((rule) => ({ rule, file: `${fileOf(rule, rules)}.md` }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
  const pages = sorted.map(({ rule, file }): [string, string] => {
    const source = relative(out, join(root, rule.file)).split(sep).join("/");
    const cases = results.filter((result) => result.rules.some(({ name }) => name === rule.name));
    return [file, MARK + writePage(rule, cases, source)];
  });
  return new Map([[INDEX, MARK + writeIndex(sorted)], ...pages]);
}

/** A rule's own name may be anything; that of its file is fit for one. */
function fileOf({ file, function: name }: RuleMetadata, rules: readonly RuleMetadata[]): string {
  const base = basename(file, RULE_SUFFIX);
  const isAlone = rules.filter((rule) => basename(rule.file, RULE_SUFFIX) === base).length === 1;
  return isAlone ? base : `${base}.${name}`;
}

/** The names of pages that are missing, different, or of rules that are gone. */
export async function differingPages(pages: Pages, out: string): Promise<string[]> {
  const old = await readPages(out);
  const names = [...new Set([...pages.keys(), ...old.keys()])];
  return names.filter((name) => pages.get(name) !== old.get(name)).sort();
}

/** Writes the pages and removes those of rules that are gone. Returns how many were changed. */
export async function writePages(pages: Pages, out: string): Promise<number> {
  const names = await differingPages(pages, out);
  for (const name of names) {
    const text = pages.get(name);
    if (text === undefined) await rm(join(out, name));
    else await writeAtomically(join(out, name), text);
  }
  return names.length;
}

/** The pages that this verb made. */
async function readPages(out: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const entry of await listFolder(out)) {
    const { name } = entry;
    if (!entry.isFile() || !name.endsWith(".md")) continue;
    const text = await readFile(join(out, name), "utf8");
    if (text.startsWith(MARK)) pages.set(name, text);
  }
  return pages;
}
