// Who names a rule: the strategies and promotions of a project, with their places; and the cases that state promotions.

import type { Path } from "@haggle/abi";
import { holdsCases } from "@haggle/toolchain/cases";
import { isScalar } from "yaml";
import type { Range } from "../../shared/protocol.ts";
import { kindOf } from "./kind.ts";
import { parse, rangeOf, spanOf, visit } from "./parsed.ts";

export type RuleUse = {
  rule: string;
  /** Project-relative. */
  file: string;
  /** Of the rule's name there. */
  range: Range;
  /** Of the strategy or the promotion. */
  id?: string;
};

/** Texts that were read and are the same now. */
const MAX_READ = 64;
const read = new Map<string, readonly Omit<RuleUse, "file">[]>();

/**
 * Every strategy and promotion that names a rule, in the order of files and of places in them. `texts` are files of a
 * project by their paths, of which only these are looked at.
 */
function findUses(texts: Readonly<Record<string, string>>): RuleUse[] {
  return Object.entries(texts)
    .filter(([file]) => ["strategies", "promotions"].includes(kindOf(file) ?? ""))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, text]) => usesIn(text).map((use) => ({ ...use, file })));
}

/** Those of one rule. */
export function usesOf(texts: Readonly<Record<string, string>>, rule: string): RuleUse[] {
  return findUses(texts).filter((use) => use.rule === rule);
}

/** Where else a rule's name is written: what to change with it. `text` is as it stands there, with quotes where it has them. */
export function namesOf(
  texts: Readonly<Record<string, string>>,
  rule: string,
): (Pick<RuleUse, "file" | "range"> & { text: string })[] {
  const files = Object.entries(texts).filter(
    ([file]) => holdsCases(file) || ["strategies", "promotions"].includes(kindOf(file) ?? ""),
  );
  return files.flatMap(([file, text]) => {
    const parsed = parse(text);
    const found: (Pick<RuleUse, "file" | "range"> & { text: string })[] = [];
    visit(parsed.document.contents, (path, node) => {
      const span = spanOf(node);
      // A cart may have a field of this name, at whatever depth.
      const isNamed = holdsCases(file) ? isStated(path) : path.length <= 3;
      if (path.at(-1) !== "rule" || !isNamed || !isScalar(node) || node.value !== rule || !span) return;
      found.push({ file, range: rangeOf(parsed, span), text: text.slice(span.start, span.end) });
    });
    return found;
  });
}

/** Of a promotion that a case states. */
function isStated(path: Path): boolean {
  return path.length === 4 && path[1] === "promotions";
}

function usesIn(text: string): readonly Omit<RuleUse, "file">[] {
  const known = read.get(text);
  const uses = known ?? readUses(text);
  read.delete(text);
  read.set(text, uses);
  if (read.size > MAX_READ) read.delete(read.keys().next().value!);
  return uses;
}

function readUses(text: string): Omit<RuleUse, "file">[] {
  const parsed = parse(text);
  const { document } = parsed;
  const uses: Omit<RuleUse, "file">[] = [];
  visit(document.contents, (path, node) => {
    const span = spanOf(node);
    if (path.at(-1) !== "rule" || path.length > 3 || !isScalar(node) || typeof node.value !== "string")
      return;
    const id: unknown = document.getIn([...path.slice(0, -1), "id"]);
    if (span === undefined) return;
    uses.push({ rule: node.value, range: rangeOf(parsed, span), ...(typeof id === "string" && { id }) });
  });
  return uses;
}
