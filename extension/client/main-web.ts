// The half that lives in VS Code, where all of it runs in a browser: the language server is a worker, the compiler
// another, and a channel between the two. Neither can read files, so both are given what they need to begin.

import { type ExtensionContext, Uri, workspace } from "vscode";
import { LanguageClient } from "vscode-languageclient/browser";
import type { ServerBeginning, WorkerBeginning } from "../shared/beginnings.ts";
import { activateIn } from "./activate.ts";
import { clientOptionsIn } from "./options.ts";

let client: LanguageClient | undefined;
let workers: Worker[] = [];

export async function activate(context: ExtensionContext): Promise<void> {
  const placeOf = (file: string) => Uri.joinPath(context.extensionUri, "dist", file);
  const startWorker = (file: string) => new Worker(placeOf(file).toString(true));
  const readText = async (file: string) => new TextDecoder().decode(await workspace.fs.readFile(placeOf(file)));

  const { port1, port2 } = new MessageChannel();
  const [runtime, libraries] = await Promise.all([readText("runtime.json"), readText("libraries.json")]);
  const server = startWorker("server-web.js");
  const compiler = startWorker("worker-web.js");
  workers = [server, compiler];
  // Each waits for this message, and for nothing else, before it listens.
  compiler.postMessage({ runtime, port: port1 } satisfies WorkerBeginning, [port1]);
  server.postMessage({ runtime, libraries, port: port2 } satisfies ServerBeginning, [port2]);
  client = new LanguageClient("haggle", "Haggle", server, clientOptionsIn(context));
  await client.start();
  await activateIn({ context, client, host: "web" });
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
  for (const worker of workers) worker.terminate();
  workers = [];
}
