// The rules of each project, as far as they are known: those of the newest text that could be read, and for files that
// cannot be read at this moment those that were in them before.

import type { CheckedRule, Place } from "@haggle/toolchain";
import { type Connection, Emitter, type Event, type Range } from "vscode-languageserver";
import { canonicalUri } from "../shared/project-files.ts";
import { type ProjectRules, RULES, RULES_CHANGED, type RuleInfo } from "../shared/protocol.ts";
import type { Answer } from "./answers.ts";
import type { Checks } from "./checks.ts";
import type { Files } from "./files.ts";
import { moveBetween } from "./moved.ts";

export type Rules = {
  /** At once, whatever is known by now. */
  of(root: string): ProjectRules;
  /** Those of the newest text, for which a check may have to end first. */
  load(root: string): Promise<ProjectRules>;
  /** Root of a project whose rules are not what they were. */
  onChange: Event<string>;
};

const NONE: ProjectRules = { rules: [], isComplete: false };

export function createRules({
  connection,
  answer,
  files,
  checks,
}: {
  connection: Connection;
  answer: Answer;
  files: Files;
  checks: Checks;
}): Rules {
  const known = new Map<string, ProjectRules>();
  /** By root and path: the text that the ranges are of. */
  const texts = new Map<string, Map<string, string>>();
  const changes = new Emitter<string>();

  checks.onCheck(({ root, checked, texts: sources }) => {
    const before = known.get(root) ?? NONE;
    const isComplete = checked.stage === "types";
    const found = checked.rules.map((rule) => toInfo(rule, files.uriOf(root, rule.file)));
    const kept = isComplete ? [] : before.rules.filter((rule) => isStillThere(rule, found, sources));
    const rules = [...found, ...kept].sort((a, b) => byPlace(a, b));
    known.set(root, { rules, isComplete });
    texts.set(root, new Map(Object.entries(sources)));
    if (JSON.stringify(before) === JSON.stringify({ rules, isComplete })) return;
    tell(root);
  });
  // Between two checks rules stay where they were meant, so that what is shown above them does not jump.
  files.onChange(({ root, path }) => {
    const sources = texts.get(root);
    const text = files.openIn(root).get(path)?.getText();
    const before = sources?.get(path);
    if (sources === undefined || before === undefined || text === undefined || text === before) return;
    sources.set(path, text);
    const move = moveBetween(before, text);
    const own = known.get(root)!;
    const rules = own.rules.map((rule) => {
      if (rule.file !== path) return rule;
      const { range, decoratorRange } = rule;
      return { ...rule, range: move(range) ?? range, decoratorRange: move(decoratorRange) ?? decoratorRange };
    });
    known.set(root, { ...own, rules });
  });
  answer<{ root: string }, ProjectRules>(RULES, ({ root }) => load(canonicalUri(root)));

  function tell(root: string): void {
    changes.fire(root);
    void connection.sendNotification(RULES_CHANGED, { root });
  }

  async function load(root: string): Promise<ProjectRules> {
    await checks.settled(root);
    return known.get(root) ?? NONE;
  }

  return { of: (root) => known.get(root) ?? NONE, load, onChange: changes.event };
}

/** A rule that was there before, in a file from which nothing newer is known of it. */
function isStillThere(
  { file, function: called, name }: RuleInfo,
  found: readonly RuleInfo[],
  sources: Readonly<Record<string, string>>,
): boolean {
  // Whichever of its two names it has changed, it is not two rules.
  const isNewer = found.some(
    (rule) => rule.file === file && (rule.function === called || rule.name === name),
  );
  return !isNewer && sources[file]?.includes(called) === true;
}

function byPlace(a: RuleInfo, b: RuleInfo): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.range.start.line - b.range.start.line;
}

function toInfo({ place, decoratorPlace, template, reads: _, ...told }: CheckedRule, uri: string): RuleInfo {
  return {
    ...told,
    template: template === true,
    uri,
    range: rangeOf(place),
    decoratorRange: rangeOf(decoratorPlace),
  };
}

/** The toolchain counts from 1, the protocol from 0. */
export function rangeOf({ line, column, endLine, endColumn }: Omit<Place, "file">): Range {
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: endLine - 1, character: endColumn - 1 },
  };
}
