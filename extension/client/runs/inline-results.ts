// What a run came to, beside the rules that it was about. It goes when the text changes: it was about another text.

import { type Disposable, MarkdownString, Range, ThemeColor, Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { type ProjectRules, RULES, type RuleInfo } from "../../shared/protocol.ts";
import type { CaseOutcome } from "../../shared/runs.ts";
import { casesWords, caseWords } from "./outcome-words.ts";

/** One result, at the line of a rule's name. */
export type InlineResult = {
  uri: string;
  line: number;
  text: string;
  isFailing: boolean;
  problems: string[];
};

export type InlineResults = Disposable & {
  /** Shows what cases of a project came to, beside their rules, and returns that; nothing where it is switched off or was about an older text. */
  show(root: string, outcomes: readonly CaseOutcome[], isStale?: () => boolean): Promise<InlineResult[]>;
  /** Two decorations of one line lie over each other, and a test run brings its own. */
  clear(): void;
};

/** A line is not read further. */
const MAX_TEXT = 160;

export function createInlineResults(client: BaseLanguageClient): InlineResults {
  const decoration = window.createTextEditorDecorationType({
    after: { margin: "0 0 0 2.5em", fontStyle: "italic" },
  });
  /** By the address of a document. */
  const shown = new Map<string, InlineResult[]>();
  const subscriptions = [
    decoration,
    window.onDidChangeVisibleTextEditors(paint),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && shown.delete(document.uri.toString())) paint();
    }),
    workspace.onDidCloseTextDocument(({ uri }) => void shown.delete(uri.toString())),
  ];

  function paint(): void {
    for (const editor of window.visibleTextEditors) {
      const results = shown.get(editor.document.uri.toString()) ?? [];
      editor.setDecorations(
        decoration,
        results.map((result) => decorationOf(result, editor.document)),
      );
    }
  }

  return {
    async show(root, outcomes, isStale = () => false) {
      if (!workspace.getConfiguration("haggle").get<boolean>("inlineResults", true)) return [];
      const { rules } = await client.sendRequest<ProjectRules>(RULES, { root });
      if (isStale()) return [];
      const results = rules.flatMap((rule) => resultOf(rule, outcomes) ?? []);
      for (const uri of new Set(results.map((result) => result.uri))) {
        shown.set(
          uri,
          results.filter((result) => result.uri === uri),
        );
      }
      paint();
      return results;
    },
    clear() {
      shown.clear();
      paint();
    },
    dispose() {
      for (const each of subscriptions) each.dispose();
    },
  };
}

/** Of the cases beside a rule in which it ran, or that could not run. */
function resultOf(
  { name, uri, range }: RuleInfo,
  outcomes: readonly CaseOutcome[],
): InlineResult | undefined {
  const own = outcomes.filter(
    ({ rules, gave, error }) =>
      rules.includes(name) &&
      (rules.length === 1 || error !== undefined || gave.some(({ rule }) => rule === name)),
  );
  if (own.length === 0) return undefined;
  return {
    // As VS Code spells it, which is how its documents are found.
    uri: Uri.parse(uri).toString(),
    line: range.start.line,
    text: own.length === 1 ? caseWords(own[0]!, name) : casesWords(own),
    isFailing: own.some(({ passed }) => !passed),
    problems: own.flatMap(({ name: of, problems, error }) =>
      [...problems, ...(error === undefined ? [] : [error.message])].map((problem) => `${of}: ${problem}`),
    ),
  };
}

function decorationOf({ line, text, isFailing, problems }: InlineResult, document: { lineCount: number }) {
  const at = Math.min(line, document.lineCount - 1);
  const color = new ThemeColor(isFailing ? "testing.iconFailed" : "editorCodeLens.foreground");
  const hover = new MarkdownString();
  if (problems.length > 0) hover.appendCodeblock(problems.join("\n"), "text");
  const end = Number.MAX_SAFE_INTEGER;
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
  return {
    range: new Range(at, end, at, end),
    renderOptions: { after: { contentText: short, color } },
    ...(problems.length > 0 && { hoverMessage: hover }),
  };
}
