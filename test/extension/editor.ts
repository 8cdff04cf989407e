// An editor as the language server knows one: messages over stdio, to the bundled server.

import { type ChildProcess, spawn } from "node:child_process";
import { basename, join } from "node:path";
import { expect } from "vitest";
import {
  type CancellationToken,
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  ExecuteCommandRequest,
  ExitNotification,
  FileChangeType,
  InitializedNotification,
  InitializeRequest,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";

export type Editor = Awaited<ReturnType<typeof openEditor>>;

/** `bundle` is the folder of a built extension; `folders` are those of the workspace, as URIs. */
export async function openEditor(bundle: string, { folders }: { folders?: readonly string[] } = {}) {
  const server = spawn(process.execPath, [join(bundle, "server.mjs"), "--stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const connection: ProtocolConnection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const arrived: PublishDiagnosticsParams[] = [];
  let wake = () => {};
  connection.onNotification(PublishDiagnosticsNotification.type, (published) => {
    arrived.push(published);
    wake();
  });
  connection.listen();
  const { capabilities } = await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    ...(folders !== undefined && { workspaceFolders: folders.map((uri) => ({ uri, name: basename(uri) })) }),
  });
  await connection.sendNotification(InitializedNotification.type, {});
  let version = 1;

  return {
    /** The language is that of rules, or of data by the file's name. */
    open(uri: string, text: string): void {
      const languageId = /\.(json|ya?ml)$/.exec(uri)?.[1]?.replace("yml", "yaml") ?? "haggle-rule";
      void connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId, version, text },
      });
    },
    /** Asks for something, of the protocol or the extension's own. */
    request<R>(method: string, params?: unknown, token?: CancellationToken): Promise<R> {
      return connection.sendRequest(method, params, token);
    },
    onProgress: connection.onProgress.bind(connection),
    change(uri: string, text: string): void {
      version += 1;
      void connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      });
    },
    save(uri: string): void {
      void connection.sendNotification(DidSaveTextDocumentNotification.type, { textDocument: { uri } });
    },
    changedOnDisk(uri: string, type: FileChangeType = FileChangeType.Changed): void {
      void connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes: [{ uri, type }] });
    },
    execute(command: string, ...args: unknown[]): Promise<unknown> {
      return connection.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
    },
    /** What `initialize` was answered. */
    capabilities,
    /** Whether diagnostics have come that nobody has asked for. */
    hasPublished: (uri: string): boolean => arrived.some((each) => each.uri === uri),
    /** The next diagnostics of a file. */
    async published(uri: string): Promise<PublishDiagnosticsParams> {
      for (;;) {
        const at = arrived.findIndex((each) => each.uri === uri);
        if (at >= 0) return arrived.splice(at, 1)[0]!;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async close(): Promise<void> {
      const ended = exitOf(server);
      await connection.sendRequest(ShutdownRequest.type);
      await connection.sendNotification(ExitNotification.type);
      expect(await ended).toBe(0);
      connection.dispose();
    },
  };
}

function exitOf(server: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => server.once("exit", resolve));
}
