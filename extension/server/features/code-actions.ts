// Quick fixes: what the toolchain knows of how to mend what it found, and the names that were meant, which the language
// service knows. And all at once of a file, of those that leave no doubt.

import {
  type CodeAction,
  CodeActionKind,
  CodeActionRequest,
  type Diagnostic,
  type Range,
  type ServerCapabilities,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver";
import { canonicalUri, pathIn } from "../../shared/project-files.ts";
import { DIAGNOSTIC_SOURCE } from "../../shared/protocol.ts";
import { isRuleSource } from "../language/rule-text.ts";
import { spellingsIn } from "../language/spellings.ts";
import { overlap, type Shown, type ShownFix } from "../rule-diagnostics.ts";
import type { Server } from "../serve.ts";
import { type OwnText, tell } from "../words/tell.ts";

const FIX_ALL = `${CodeActionKind.SourceFixAll}.haggle`;

export function registerCodeActions({
  provide,
  files,
  language,
  locale,
  problems,
}: Server): ServerCapabilities {
  provide(CodeActionRequest.type, isRuleSource, async ({ textDocument: { uri }, range, context }) => {
    const root = await files.findRoot(uri);
    const path = root === undefined ? undefined : pathIn(root, canonicalUri(uri));
    if (root === undefined || path === undefined) return [];
    const all = problems.find(root, path);
    const wants = (kind: string) =>
      context.only === undefined || context.only.some((each) => kind === each || kind.startsWith(`${each}.`));
    const quick = all.filter(({ diagnostic }) => overlap(diagnostic.range, range));
    return [
      ...(wants(CodeActionKind.QuickFix)
        ? [
            ...quick.flatMap((shown) => toActions(shown, root, context.diagnostics)),
            ...(await findSpellings(uri, context.diagnostics)),
          ]
        : []),
      // Only on demand: who asks at a place wants to mend that place.
      ...(context.only !== undefined && wants(FIX_ALL) ? fixAll(all, root) : []),
    ];
  });

  function toActions({ diagnostic, fixes }: Shown, root: string, given: readonly Diagnostic[]): CodeAction[] {
    const own = given.filter(
      ({ code, range }) => code === diagnostic.code && isSame(range, diagnostic.range),
    );
    return fixes.map((fix) => ({
      title: tell(locale(), TITLES[fix.verb], fix.what),
      kind: CodeActionKind.QuickFix,
      diagnostics: own.length > 0 ? own : [diagnostic],
      ...(fix.isSure && { isPreferred: true }),
      edit: editOf(fix.edits, root),
    }));
  }

  /** A name for each misspelt one. What asc says of it has none. */
  async function findSpellings(uri: string, given: readonly Diagnostic[]): Promise<CodeAction[]> {
    const wrong = given.filter(({ source, code }) => source === DIAGNOSTIC_SOURCE && code === "BUILD_TYPE");
    const rule = wrong.length === 0 ? undefined : await language.find(uri);
    return (rule === undefined ? [] : spellingsIn(rule)).flatMap(({ range, meant }) => {
      const own = wrong.filter((each) => overlap(each.range, range));
      if (own.length === 0) return [];
      return [
        {
          title: tell(locale(), TITLES.change, meant),
          kind: CodeActionKind.QuickFix,
          diagnostics: own,
          isPreferred: true,
          edit: { changes: { [uri]: [{ range, newText: meant }] } },
        },
      ];
    });
  }

  function fixAll(all: readonly Shown[], root: string): CodeAction[] {
    const chosen: ShownFix["edits"] = [];
    for (const { fixes } of all) {
      const [first] = fixes;
      // Two that meet would undo one another: the second is there again when the first is done.
      const isApart = first?.edits.every((edit) =>
        chosen.every((other) => other.file !== edit.file || !overlap(other.range, edit.range)),
      );
      if (first?.isSure && isApart) chosen.push(...first.edits);
    }
    if (chosen.length === 0) return [];
    const title = tell(locale(), "Mend all that is plain");
    return [{ title, kind: FIX_ALL, edit: editOf(chosen, root) }];
  }

  function editOf(edits: ShownFix["edits"], root: string): WorkspaceEdit {
    const changes: Record<string, TextEdit[]> = {};
    for (const { file, ...edit } of edits) {
      const uri = files.uriOf(root, file);
      changes[uri] = [...(changes[uri] ?? []), edit];
    }
    return { changes };
  }

  return { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] } };
}

const TITLES: Readonly<Record<ShownFix["verb"], OwnText>> = {
  change: "Change to {0}",
  remove: "Remove {0}",
  add: "Add {0}",
  parameter: "Make {0} a parameter",
};

function isSame(a: Range, b: Range): boolean {
  return (
    a.start.line === b.start.line &&
    a.start.character === b.start.character &&
    a.end.line === b.end.line &&
    a.end.character === b.end.character
  );
}
