// Quick fixes in strategies, promotions, policy and bounds: the word that was meant, the spelling that YAML asks for, and
// the version of a file of strategies.

import { isWholeStrategies, strategyVersionOf } from "@haggle/abi";
import { stampStrategies } from "@haggle/sdk/pricing";
import {
  type CodeAction,
  CodeActionKind,
  CodeActionRequest,
  type Diagnostic,
  type Range,
  type TextEdit,
} from "vscode-languageserver";
import { stringify } from "yaml";
import { DIAGNOSTIC_SOURCE } from "../../shared/protocol.ts";
import type { Register } from "../serve.ts";
import { tell } from "../words/tell.ts";
import { findYamlFile, isData, type YamlFile } from "../yaml/world.ts";
import type { DataOfFault } from "./yaml-diagnostics.ts";

/** For `editor.codeActionsOnSave`: gives each change of a file of strategies its version. */
const STAMP_KIND = `${CodeActionKind.Source}.haggle.stamp`;

export const registerYamlCodeActions: Register = (server) => {
  server.provide(CodeActionRequest.type, isData, async ({ textDocument, range, context }) => {
    const file = await findYamlFile(server, textDocument.uri);
    if (file === undefined) return null;
    const own = context.diagnostics.filter(({ source }) => source === DIAGNOSTIC_SOURCE);
    const actions = [
      ...own.flatMap((diagnostic) => fixesOf(file, diagnostic)),
      ...(file.kind === "strategies" ? await stampsOf(file, own, range) : []),
    ];
    const { only } = context;
    return only === undefined
      ? actions
      : actions.filter(({ kind }) => only.some((wanted) => isBelow(kind!, wanted)));
  });
  return {
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, STAMP_KIND] },
  };
};

/** What the hint says in words, done. */
function fixesOf(file: YamlFile, diagnostic: Diagnostic): CodeAction[] {
  const { hint = "" } = (diagnostic.data ?? {}) as DataOfFault;
  const [, meant] = /^did you mean "(.+)"\?$/.exec(hint) ?? [];
  const [, spelt] = /^write it (?:in quotes|without quotes and underscores): (.+)$/.exec(hint) ?? [];
  const present = file.document.getText(diagnostic.range);
  // A message may be older than the text that it is about.
  if (present === "" || present.includes("\n")) return [];
  const isQuoted = /^["']/.test(present);
  const text = meant === undefined ? spelt : isQuoted || file.isJson ? JSON.stringify(meant) : scalar(meant);
  if (text === undefined) return [];
  const edits = [{ range: diagnostic.range, newText: text }];
  return [quickFix(file, tell(file.locale, "Change to {0}", text), edits, diagnostic)];
}

async function stampsOf(
  file: YamlFile,
  diagnostics: readonly Diagnostic[],
  range: Range,
): Promise<CodeAction[]> {
  const before = file.document.getText();
  if (!/^strategies:/m.test(before)) return [];
  const { text, version } = await stampStrategies(before, Date.now());
  if (text === before) return [];
  const edits = lineEdits(file, before, text);
  const title = tell(file.locale, "Stamp the version: {0}", version);
  const torn = diagnostics.filter(({ code }) => code === "STRATEGY_TORN" || code === "STRATEGY_BAD_FIELD");
  const isMissing = !isWholeStrategies(before) || strategyVersionOf(before) === undefined;
  const stands = file.document.getText({ start: { line: range.start.line, character: 0 }, end: range.end });
  const isOnVersion = /^(?:version|end)\b/.test(stands);
  const source: CodeAction = { ...quickFix(file, title, edits, undefined), kind: STAMP_KIND };
  if (!isMissing && !isOnVersion) return [source];
  return [quickFix(file, title, edits, torn[0]), source];
}

function quickFix(
  { document }: YamlFile,
  title: string,
  edits: TextEdit[],
  diagnostic: Diagnostic | undefined,
): CodeAction {
  return {
    title,
    kind: CodeActionKind.QuickFix,
    isPreferred: true,
    ...(diagnostic !== undefined && { diagnostics: [diagnostic] }),
    edit: { changes: { [document.uri]: edits } },
  };
}

/** From the first line that differs to the last one: two edits where only the ends of the file do. */
function lineEdits({ document }: YamlFile, before: string, after: string): TextEdit[] {
  const [old, now] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  if (old.length === now.length) {
    return old.flatMap((line, index) =>
      line === now[index] ? [] : [{ range: lineRange(index, line.length), newText: now[index]! }],
    );
  }
  return [
    { range: { start: document.positionAt(0), end: document.positionAt(before.length) }, newText: after },
  ];
}

function lineRange(line: number, length: number): Range {
  return { start: { line, character: 0 }, end: { line, character: length } };
}

function isBelow(kind: string, wanted: string): boolean {
  return kind === wanted || kind.startsWith(`${wanted}.`);
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}
