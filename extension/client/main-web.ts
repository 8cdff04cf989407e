// The half that lives in VS Code, where all of it runs in a browser: the language server is a worker, and so is each
// compiler, which is started when the server wishes for it. None can read files, so all are given what they begin with.

import { type ExtensionContext, Uri, workspace } from "vscode";
import { LanguageClient } from "vscode-languageclient/browser";
import { type Beginning, TEXTS, type Texts, type WorkerEnd, type WorkerWish } from "../shared/beginnings.ts";
import { activateIn } from "./activate.ts";
import { clientOptionsIn } from "./options.ts";
import { serveProjectFiles } from "./project-files.ts";

let client: LanguageClient | undefined;
let server: Worker | undefined;
/** By the server's number. */
const compilers = new Map<number, Worker>();

export async function activate(context: ExtensionContext): Promise<void> {
  const placeOf = (file: string) => Uri.joinPath(context.extensionUri, "dist", file);
  const start = (file: string) => new Worker(placeOf(file).toString(true));
  const texts = await readTexts(placeOf);

  const { port1: wishes, port2 } = new MessageChannel();
  wishes.onmessage = ({ data }: MessageEvent<WorkerWish>) => {
    const { worker } = data;
    if ("end" in data) {
      compilers.get(worker)?.terminate();
      compilers.delete(worker);
      return;
    }
    const compiler = start("worker.js");
    compilers.set(worker, compiler);
    compiler.onerror = ({ message }) => wishes.postMessage({ worker, why: message } satisfies WorkerEnd);
    compiler.postMessage({ texts, port: data.begin } satisfies Beginning, [data.begin]);
  };
  server = start("server-web.js");
  server.postMessage({ texts, port: port2 } satisfies Beginning, [port2]);
  client = new LanguageClient(
    "haggle",
    "Haggle",
    server,
    clientOptionsIn(context, () => client!),
  );
  serveProjectFiles(client);
  await client.start();
  await activateIn({ context, client, host: "web" });
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
  for (const worker of [server, ...compilers.values()]) worker?.terminate();
  server = undefined;
  compilers.clear();
}

async function readTexts(placeOf: (file: string) => Uri): Promise<Texts> {
  const read = async (file: string) =>
    [file, new TextDecoder().decode(await workspace.fs.readFile(placeOf(file)))] as const;
  return Object.fromEntries(await Promise.all(TEXTS.map(read))) as Texts;
}
