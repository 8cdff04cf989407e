// The half that lives in VS Code: starts the language server and passes it the rule files. It knows nothing of rules.

import { join } from "node:path";
import { type ExtensionContext, workspace } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { PROJECT_SOURCES, RULE_FILES } from "../shared/protocol.ts";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const watcher = workspace.createFileSystemWatcher(PROJECT_SOURCES);
  context.subscriptions.push(watcher);
  client = new LanguageClient(
    "haggle",
    "Haggle",
    { module: join(context.extensionPath, "dist", "server.mjs"), transport: TransportKind.ipc },
    {
      documentSelector: [{ language: "typescript", pattern: RULE_FILES }],
      synchronize: { fileEvents: watcher },
    },
  );
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}
