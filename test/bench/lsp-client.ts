// An editor that measures: it speaks to the bundled language server and notes when answers come.

import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createProtocolConnection,
  type Diagnostic,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";

export type Client = Awaited<ReturnType<typeof startClient>>;

/** What only the compiler's diagnostics have: others come before it. */
export const DOCS_BASE = "haggle-bench:";

/** `plainCompiler` is the server without kept libraries, and with the pause that it needs then. */
export async function startClient(built: string, { plainCompiler = false } = {}) {
  const started = performance.now();
  const server = spawn(process.execPath, [join(built, "server.mjs"), "--stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const connection: ProtocolConnection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  let waiting: { uri: string; accepts: (diagnostics: Diagnostic[]) => boolean; resolve: () => void }[] = [];
  const shown = new Map<string, Diagnostic[]>();
  connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => {
    shown.set(uri, diagnostics);
    const [met, others] = [true, false].map((isMet) =>
      waiting.filter((each) => (each.uri === uri && each.accepts(diagnostics)) === isMet),
    );
    waiting = others!;
    for (const { resolve } of met!) resolve();
  });
  connection.listen();
  await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: { textDocument: { completion: { completionItem: { snippetSupport: true } } } },
    initializationOptions: { docsBase: DOCS_BASE, plainCompiler },
  });
  await connection.sendNotification(InitializedNotification.type, {});
  const startMs = performance.now() - started;
  let version = 1;

  return {
    /** From the start of the process to the answer to `initialize`. */
    startMs,
    open(uri: string, text: string): void {
      const textDocument = { uri, languageId: "haggle-rule", version, text };
      void connection.sendNotification("textDocument/didOpen", { textDocument });
    },
    change(uri: string, text: string): void {
      version += 1;
      const textDocument = { uri, version };
      void connection.sendNotification("textDocument/didChange", {
        textDocument,
        contentChanges: [{ text }],
      });
    },
    request: <R>(method: string, params: unknown): Promise<R> => connection.sendRequest(method, params),
    /** Resolves when a file shows what is accepted. */
    shows(uri: string, accepts: (diagnostics: Diagnostic[]) => boolean): Promise<void> {
      return new Promise((resolve) => waiting.push({ uri, accepts, resolve }));
    },
    shown: (uri: string): Diagnostic[] => shown.get(uri) ?? [],
    /** Of the server's process, with its threads. */
    async residentBytes(): Promise<number> {
      const status = await readFile(`/proc/${server.pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
    },
    async close(): Promise<void> {
      const ended = exitOf(server);
      await connection.sendRequest(ShutdownRequest.type);
      await connection.sendNotification(ExitNotification.type);
      await ended;
      connection.dispose();
    },
  };
}

function exitOf(server: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => server.once("exit", resolve));
}
