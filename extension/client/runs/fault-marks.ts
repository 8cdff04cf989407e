// Lines at which rules stopped in a run, as diagnostics, until the text changes or another run says otherwise.

import {
  Diagnostic,
  DiagnosticSeverity,
  type Disposable,
  l10n,
  languages,
  Position,
  Range,
  Uri,
  workspace,
} from "vscode";
import { uriIn } from "../../shared/project-files.ts";
import { DIAGNOSTIC_SOURCE } from "../../shared/protocol.ts";
import type { CaseOutcome, RuleFault } from "../../shared/runs.ts";

export type FaultMarks = Disposable & {
  /** Marks what stopped in these cases of a project, in the place of what was marked there before. */
  show(root: string, outcomes: readonly CaseOutcome[]): void;
};

export function createFaultMarks(): FaultMarks {
  const collection = languages.createDiagnosticCollection("haggle-runs");
  /** By root: the files that have marks. */
  const marked = new Map<string, Uri[]>();
  const subscription = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    if (contentChanges.length > 0) collection.delete(document.uri);
  });
  return {
    show(root, outcomes) {
      for (const uri of marked.get(root) ?? []) collection.delete(uri);
      const byUri = new Map<string, Diagnostic[]>();
      for (const { name, faults } of outcomes) {
        for (const fault of faults) {
          if (fault.place === undefined) continue;
          const uri = placeOf(root, fault.place).uri.toString();
          const marks = byUri.get(uri) ?? [];
          byUri.set(uri, marks);
          const mark = markOf(root, fault, fault.place, name);
          // Many cases stop at one line for one reason.
          if (!marks.some((each) => each.range.isEqual(mark.range) && each.code === mark.code))
            marks.push(mark);
        }
      }
      for (const [uri, marks] of byUri) collection.set(Uri.parse(uri), marks);
      marked.set(
        root,
        [...byUri.keys()].map((uri) => Uri.parse(uri)),
      );
    },
    dispose() {
      collection.dispose();
      subscription.dispose();
    },
  };
}

/** Where in VS Code a place of a project is; the rest of its line belongs to it. */
export function placeOf(
  root: string,
  { file, line, column }: NonNullable<RuleFault["place"]>,
): { uri: Uri; range: Range } {
  const start = new Position(line - 1, Math.max(0, column - 1));
  return { uri: Uri.parse(uriIn(root, file)), range: new Range(start, new Position(line, 0)) };
}

function markOf(
  root: string,
  fault: RuleFault,
  place: NonNullable<RuleFault["place"]>,
  name: string,
): Diagnostic {
  const message = l10n.t("'{0}' stopped here in the case '{1}': {2}", fault.rule, name, fault.message);
  const mark = new Diagnostic(placeOf(root, place).range, message, DiagnosticSeverity.Error);
  mark.source = DIAGNOSTIC_SOURCE;
  mark.code = fault.code;
  return mark;
}
