// Makes what a failing case came to its new expectation: an edit of its file that anybody can undo.

import { l10n, Range, type TextDocument, Uri, WorkspaceEdit, workspace } from "vscode";
import { caseNameIn } from "../../shared/case-names.ts";
import { acceptDecision } from "../../shared/expectation.ts";
import { JsonError, type JsonNode, parseJson } from "../../shared/json-places.ts";
import { showError, showInformation, showWarning } from "../messages.ts";
import type { FailedCase } from "./explorer.ts";

/**
 * Changes what these cases expect, and nothing else of their files. `seen` is what somebody has looked at, `now` what the
 * same cases come to from the texts of this moment: only what is still as it was seen is accepted. Returns how many were.
 */
export async function acceptCases(
  seen: readonly FailedCase[],
  now: readonly FailedCase[],
): Promise<readonly FailedCase[]> {
  if (seen.length === 0) {
    void showInformation(l10n.t("There is no failing case here: run it first."));
    return [];
  }
  const edit = new WorkspaceEdit();
  const accepted: FailedCase[] = [];
  for (const uri of new Set(seen.map((each) => each.uri.toString()))) {
    const document = await workspace.openTextDocument(Uri.parse(uri));
    const text = document.getText();
    const entries = entriesOf(text);
    for (const each of seen.filter((one) => one.uri.toString() === uri)) {
      const node = entries.filter((entry, index) => caseNameIn(entry, index) === each.name)[each.occurrence];
      const again = now.find((one) => isSameCase(one, each));
      if (node === undefined || again === undefined) continue;
      const changes = acceptDecision(text, node, again.outcome.decision);
      const asSeen = acceptDecision(text, node, each.outcome.decision);
      if (JSON.stringify(changes) !== JSON.stringify(asSeen)) continue;
      accepted.push(again);
      for (const { start, end, text: by } of changes)
        edit.replace(document.uri, rangeIn(document, start, end), by);
    }
  }
  const left = seen.length - accepted.length;
  if (left > 0) {
    void showWarning(
      l10n.t("Not accepted, because they come to something else by now: {0}. Look at them again.", left),
    );
  }
  if (accepted.length === 0 || (await workspace.applyEdit(edit))) return accepted;
  // Whoever types meanwhile is faster, and a file may be one that is only read.
  void showError(l10n.t("Nothing was accepted: the files of the cases could not be changed."));
  return [];
}

function isSameCase(one: FailedCase, other: FailedCase): boolean {
  return (
    one.uri.toString() === other.uri.toString() &&
    one.name === other.name &&
    one.occurrence === other.occurrence
  );
}

function rangeIn(document: TextDocument, start: number, end: number): Range {
  return new Range(document.positionAt(start), document.positionAt(end));
}

/** None of a text that is not one of cases any more. */
function entriesOf(text: string): JsonNode[] {
  try {
    const root = parseJson(text);
    return root.kind === "array" ? root.items : [];
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    return [];
  }
}
