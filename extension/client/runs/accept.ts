// Makes what a failing case came to its new expectation: an edit of its file that anybody can undo.

import { l10n, Range, Uri, WorkspaceEdit, workspace } from "vscode";
import { caseNameIn } from "../../shared/case-names.ts";
import { acceptDecision } from "../../shared/expectation.ts";
import { JsonError, type JsonNode, parseJson } from "../../shared/json-places.ts";
import { showInformation } from "../messages.ts";
import type { FailedCase } from "./explorer.ts";

/** Changes what these cases expect, and nothing else of their files. Returns how many were changed. */
export async function acceptCases(failed: readonly FailedCase[]): Promise<number> {
  const edit = new WorkspaceEdit();
  let accepted = 0;
  for (const uri of new Set(failed.map((each) => each.uri.toString()))) {
    const document = await workspace.openTextDocument(Uri.parse(uri));
    const text = document.getText();
    const entries = entriesOf(text);
    for (const each of failed.filter((one) => one.uri.toString() === uri)) {
      const node = entries.filter((entry, index) => caseNameIn(entry, index) === each.name)[each.occurrence];
      if (node === undefined) continue;
      accepted += 1;
      for (const change of acceptDecision(text, node, each.outcome.decision)) {
        const range = new Range(document.positionAt(change.start), document.positionAt(change.end));
        edit.replace(document.uri, range, change.text);
      }
    }
  }
  if (accepted === 0) {
    void showInformation(l10n.t("There is no failing case here: run it first."));
    return 0;
  }
  await workspace.applyEdit(edit);
  return accepted;
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
