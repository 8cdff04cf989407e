// An editor as the language server knows one: messages over stdio, to the bundled server.

import { type ChildProcess, spawn } from "node:child_process";
import { basename, join } from "node:path";
import { expect } from "vitest";
import {
  type CancellationToken,
  type ClientCapabilities,
  ConfigurationRequest,
  createProtocolConnection,
  DidChangeConfigurationNotification,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DidSaveTextDocumentNotification,
  ExecuteCommandRequest,
  ExitNotification,
  FileChangeType,
  InitializedNotification,
  InitializeRequest,
  LogMessageNotification,
  MessageType,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  ShowMessageNotification,
  ShowMessageRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type WorkspaceFolder,
} from "vscode-languageserver-protocol/node";

export type Editor = Awaited<ReturnType<typeof openEditor>>;

export type EditorOptions = {
  /** Addresses of the workspace's folders. */
  folders?: readonly string[];
  /** The section `haggle` of the settings. */
  settings?: Record<string, unknown>;
  initializationOptions?: Record<string, unknown>;
  /** The language of the editor. */
  locale?: string;
  /** Of the workspace, beside those that every editor here has. */
  workspace?: ClientCapabilities["workspace"];
  /** Calls of which the server's worker dies: by kind the how manieth, counted from 1. */
  kills?: Readonly<Record<string, readonly number[]>>;
};

const CAPABILITIES: ClientCapabilities = {
  workspace: { configuration: true },
  textDocument: { completion: { completionItem: { snippetSupport: true } } },
};

const KILLER = new URL("../support/kill-workers.ts", import.meta.url).href;

const LANGUAGES: readonly [suffix: RegExp, language: string][] = [
  [/\.rule\.ts$/, "haggle-rule"],
  [/\.ya?ml$/, "yaml"],
  [/\.json$/, "json"],
];

/** `bundle` is the folder of a built extension. */
export async function openEditor(bundle: string, options: EditorOptions = {}) {
  const preloads = options.kills === undefined ? [] : ["--import", KILLER];
  const server = spawn(process.execPath, [...preloads, join(bundle, "server.mjs"), "--stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, HAGGLE_TEST_KILLS: JSON.stringify(options.kills ?? {}) },
  });
  const connection: ProtocolConnection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const arrived: PublishDiagnosticsParams[] = [];
  const errors: string[] = [];
  const messages: string[] = [];
  let wake = () => {};
  let settings = options.settings ?? {};
  connection.onNotification(PublishDiagnosticsNotification.type, (published) => {
    arrived.push(published);
    wake();
  });
  connection.onNotification(LogMessageNotification.type, ({ type, message }) => {
    if (type === MessageType.Error) errors.push(message);
  });
  connection.onNotification(ShowMessageNotification.type, ({ message }) => void messages.push(message));
  connection.onRequest(ShowMessageRequest.type, () => null);
  connection.onRequest(ConfigurationRequest.type, ({ items }) => items.map(() => settings));
  connection.listen();
  const workspaceFolders = (options.folders ?? []).map(
    (uri): WorkspaceFolder => ({ uri, name: basename(uri) }),
  );
  const answer = connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    workspaceFolders,
    capabilities: { ...CAPABILITIES, workspace: { ...CAPABILITIES.workspace, ...options.workspace } },
    initializationOptions: options.initializationOptions,
    ...(options.locale !== undefined && { locale: options.locale }),
  });
  const died = exitOf(server).then((code): never => {
    throw new Error(`the language server ended with ${code}`);
  });
  const { capabilities } = await Promise.race([answer, died]);
  died.catch(() => {});
  await connection.sendNotification(InitializedNotification.type, {});
  let version = 1;

  return {
    /** The process of the server. */
    pid: server.pid!,
    open(uri: string, text: string): void {
      const languageId = LANGUAGES.find(([suffix]) => suffix.test(uri))?.[1] ?? "typescript";
      void connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId, version, text },
      });
    },
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
    closeFile(uri: string): void {
      void connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
    },
    changedOnDisk(uri: string, type: FileChangeType = FileChangeType.Changed): void {
      void connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes: [{ uri, type }] });
    },
    set(changed: Record<string, unknown>): void {
      settings = changed;
      void connection.sendNotification(DidChangeConfigurationNotification.type, {
        settings: { haggle: changed },
      });
    },
    execute(command: string, ...args: unknown[]): Promise<unknown> {
      return connection.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
    },
    /** Asks for something, of the protocol or the extension's own. */
    request<R>(method: string, params?: unknown, token?: CancellationToken): Promise<R> {
      // A token that is undefined would be sent as one parameter more.
      const rest = token === undefined ? [] : [token];
      return Promise.race([connection.sendRequest<R>(method, params, ...rest), died]);
    },
    /** Tells the server something of the extension's own. */
    notify(method: string, params?: unknown): void {
      void connection.sendNotification(method, params);
    },
    onProgress: connection.onProgress.bind(connection),
    /** Answers what the server asks. */
    onRequest: connection.onRequest.bind(connection),
    /** What the server has logged as errors. */
    errors,
    /** What the server has shown to the person. */
    messages,
    /** What `initialize` was answered. */
    capabilities,
    /** Whether diagnostics have come that nobody has asked for. */
    hasPublished: (uri: string): boolean => arrived.some((each) => each.uri === uri),
    /** The next diagnostics of a file. */
    async published(uri: string): Promise<PublishDiagnosticsParams> {
      for (;;) {
        const at = arrived.findIndex((each) => each.uri === uri);
        if (at >= 0) return arrived.splice(at, 1)[0]!;
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([woken, died]);
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
