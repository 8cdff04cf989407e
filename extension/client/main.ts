// The half that lives in VS Code: starts the language server and passes it the rule files. It knows nothing of rules.

import { join } from "node:path";
import { type ExtensionContext, workspace } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { BUNDLES, PROJECT_SOURCES, RULE_FILES } from "../shared/protocol.ts";
import { verifyBundle } from "./verify-bundle.ts";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const watchers = [PROJECT_SOURCES, BUNDLES].map((files) => workspace.createFileSystemWatcher(files));
  context.subscriptions.push(...watchers);
  client = new LanguageClient(
    "haggle",
    "Haggle",
    { module: join(context.extensionPath, "dist", "server.mjs"), transport: TransportKind.ipc },
    {
      documentSelector: [{ language: "typescript", pattern: RULE_FILES }],
      synchronize: { fileEvents: watchers },
      // The server's one command.
      middleware: {
        executeCommand: (command, args, next) => verifyBundle(args, (uri) => next(command, [uri])),
      },
    },
  );
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}
