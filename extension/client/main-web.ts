// The half that lives in VS Code, where all of it runs in a browser: the language server is a worker, the compiler
// another, and a channel lies between the two. Neither can read files, so both are given what they begin with.

import { type ExtensionContext, Uri, workspace } from "vscode";
import { LanguageClient } from "vscode-languageclient/browser";
import { type Beginning, TEXTS, type Texts } from "../shared/beginnings.ts";
import { activateIn } from "./activate.ts";
import { clientOptionsIn } from "./options.ts";
import { serveProjectFiles } from "./project-files.ts";

let client: LanguageClient | undefined;
let workers: Worker[] = [];

export async function activate(context: ExtensionContext): Promise<void> {
  const placeOf = (file: string) => Uri.joinPath(context.extensionUri, "dist", file);
  const readText = async (file: string) =>
    new TextDecoder().decode(await workspace.fs.readFile(placeOf(file)));
  const texts = Object.fromEntries(
    await Promise.all(TEXTS.map(async (file) => [file, await readText(file)])),
  ) as Texts;

  const server = new Worker(placeOf("server-web.js").toString(true));
  const compiler = new Worker(placeOf("worker.js").toString(true));
  workers = [server, compiler];
  const { port1, port2 } = new MessageChannel();
  compiler.postMessage({ texts, port: port1 } satisfies Beginning, [port1]);
  server.postMessage({ texts, port: port2 } satisfies Beginning, [port2]);
  client = new LanguageClient("haggle", "Haggle", server, clientOptionsIn(context));
  serveProjectFiles(client);
  await client.start();
  await activateIn({ context, client, host: "web" });
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
  for (const worker of workers) worker.terminate();
  workers = [];
}
