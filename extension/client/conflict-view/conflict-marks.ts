// What the check finds, at the promotions that it is about: information for who reads their files, no error of them.

import { Diagnostic, DiagnosticSeverity, type Disposable, languages, Range, Uri, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import type { ConflictReport } from "../../shared/conflicts.ts";
import { PROMOTION_PLACES, type PromotionPlaces } from "../../shared/price.ts";

export type ConflictMarks = Disposable & {
  /** Shows the findings of a project in the place of those before, where the setting says so. What was asked for later wins. */
  show(root: string, report: ConflictReport): Promise<void>;
  clear(root: string): void;
};

export function createConflictMarks(client: BaseLanguageClient): ConflictMarks {
  const collection = languages.createDiagnosticCollection("haggle-conflicts");
  /** By project: the files that show something. */
  const marked = new Map<string, Uri[]>();
  /** By project: what is to be shown, or is. */
  const newest = new Map<string, ConflictReport>();

  function remove(root: string): void {
    for (const uri of marked.get(root) ?? []) collection.delete(uri);
    marked.delete(root);
  }

  return {
    clear(root) {
      newest.delete(root);
      remove(root);
    },
    async show(root, report) {
      newest.set(root, report);
      const isWanted = workspace.getConfiguration("haggle").get("conflicts.diagnostics", false);
      const findings = isWanted && report.ok ? report.findings : [];
      const promotions = [...new Set(findings.flatMap((finding) => finding.promotions[0] ?? []))];
      const places: PromotionPlaces = await client.sendRequest(PROMOTION_PLACES, { root, promotions });
      if (newest.get(root) !== report) return;
      remove(root);
      const byFile = new Map<string, Diagnostic[]>();
      for (const { code, text, promotions: ids } of findings) {
        const place = places[ids[0] ?? ""];
        if (place === undefined) continue;
        const { uri, line, character } = place;
        const range = new Range(line, character, line, character + (ids[0]?.length ?? 0));
        const diagnostic = new Diagnostic(range, text, DiagnosticSeverity.Information);
        diagnostic.source = "haggle";
        diagnostic.code = code;
        byFile.set(uri, [...(byFile.get(uri) ?? []), diagnostic]);
      }
      const uris = [...byFile].map(([file, diagnostics]) => {
        const uri = Uri.parse(file);
        collection.set(uri, diagnostics);
        return uri;
      });
      marked.set(root, uris);
    },
    dispose: () => collection.dispose(),
  };
}
