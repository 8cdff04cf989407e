// The half that lives in VS Code, where it has Node: on a desktop, and in a remote such as code-server.

import { join } from "node:path";
import type { ExtensionContext } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { activateIn } from "./activate.ts";
import { clientOptionsIn } from "./options.ts";

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const module = join(context.extensionPath, "dist", "server.mjs");
  client = new LanguageClient(
    "haggle",
    "Haggle",
    { module, transport: TransportKind.ipc },
    clientOptionsIn(context, () => client!),
  );
  await client.start();
  await activateIn({ context, client, host: "node" });
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}
