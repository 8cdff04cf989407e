// Running rules: the Test Explorer, the commands behind lenses, results beside rules, traces.

import { commands, Disposable, workspace } from "vscode";
import type { CodeLensProviderShape } from "vscode-languageclient";
import type { Extension } from "../activate.ts";
import { registerRunCommands } from "./commands.ts";
import { createExplorer } from "./explorer.ts";
import { createFaultMarks } from "./fault-marks.ts";
import { createInlineResults } from "./inline-results.ts";
import { createTraceDocuments } from "./trace-documents.ts";

export function registerRuns(extension: Extension): void {
  const { client, context } = extension;
  const inline = createInlineResults(client);
  const marks = createFaultMarks();
  const traces = createTraceDocuments();
  const explorer = createExplorer(extension, { inline, marks });
  context.subscriptions.push(
    Disposable.from(inline, marks, traces, explorer),
    registerRunCommands(extension, { inline, marks }, explorer, traces),
    workspace.onDidGrantWorkspaceTrust(refreshLenses),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("haggle.lenses")) refreshLenses();
      if (event.affectsConfiguration("haggle.inlineResults")) inline.clear();
    }),
  );
  void commands.executeCommand("setContext", "haggle.failedCases", []);

  function refreshLenses(): void {
    const feature = client.getFeature("textDocument/codeLens");
    for (const document of workspace.textDocuments) {
      const provider: CodeLensProviderShape | undefined = feature.getProvider(document);
      provider?.onDidChangeCodeLensEmitter.fire();
    }
  }
}
