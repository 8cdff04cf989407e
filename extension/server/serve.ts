// The language server of both hosts: one connection, a list of registers, each with its part of the capabilities.

import type { RuntimeSources } from "@haggle/toolchain";
import {
  type CancellationToken,
  type Connection,
  Emitter,
  type Event,
  type FileEvent,
  type HandlerResult,
  type InitializeParams,
  ResponseError,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { localeOf } from "../shared/locale.ts";
import type { ViewLocale } from "../shared/price.ts";
import type { Started, Worker } from "../worker/caller.ts";
import type { WorkerOptions } from "../worker/serve.ts";
import { type Answer, createAnswer } from "./answers.ts";
import { type Checks, createChecks } from "./checks.ts";
import { createFiles, type FileSource, type Files } from "./files.ts";
import { librariesOf } from "./language/libraries.ts";
import { createLanguage, type Language } from "./language/service.ts";
import { createProblems, type Problems } from "./problems.ts";
import { createRules, type Rules } from "./rules.ts";
import { createSettings, type Settings } from "./settings.ts";
import { createTrust, guardWorker, type Trust } from "./trust.ts";
import { createWorkers } from "./workers.ts";

/** What differs between Node and the web. */
export type Host = {
  connection: Connection;
  /** `folders` are those of the workspace, as URIs. */
  openSource(folders: () => readonly string[]): FileSource;
  /** The runtime library, and asc's declarations of its standard library. */
  runtime: RuntimeSources;
  standardLibrary: string;
  /** Called when something is first asked of a worker, again when it has ended, and for several that run beside each other. */
  startWorker(options: WorkerOptions): Started;
  registers: readonly Register[];
};

/** What a feature is given. */
export type Server = {
  connection: Connection;
  documents: TextDocuments<TextDocument>;
  /** A connection has room for one listener, and several features want to know. */
  onFileChange: Event<FileEvent>;
  files: Files;
  language: Language;
  /** Compiles and runs, where typing does not wait for it; nothing of it happens without trust. */
  worker: Worker;
  checks: Checks;
  problems: Problems;
  rules: Rules;
  settings: Settings;
  trust: Trust;
  runtime: RuntimeSources;
  /** What `initialize` came with; there once requests come. */
  initialized(): InitializeParams;
  /** The language of the editor, in which everything is said that people read. */
  locale(): ViewLocale;
  provide: Provide;
  answer: Answer;
};

/** Adds a feature and says what the client is to know of it. */
// biome-ignore lint/suspicious/noConfusingVoidType: a register that adds no capability returns nothing.
export type Register = (server: Server) => ServerCapabilities | void;

/**
 * Answers a request for the documents that `accepts` holds for. Several features answer the same request, each for
 * documents of its own: the first one that accepts is asked. What it throws is logged, and there is no answer then.
 */
export type Provide = <P, R>(
  type: RequestOf<P, R>,
  accepts: (uri: string) => boolean,
  answer: (params: P, token: CancellationToken) => Promise<R | null> | R | null,
) => void;

type RequestOf<P, R> = { readonly method: string; readonly _: [P, R, ...unknown[]] | undefined };

/** A pause between two keystrokes of somebody who types fast. A check takes about as long again. */
const DEBOUNCE_MS = 40;
/** What a compiler needs that parses its libraries every time: for the bench, which holds the one against the other. */
const PLAIN_DEBOUNCE_MS = 150;

/** Begins to serve. */
export function serve({
  connection,
  openSource,
  runtime,
  standardLibrary,
  startWorker,
  registers,
}: Host): void {
  const documents = new TextDocuments(TextDocument);
  const fileChanges = new Emitter<FileEvent>();
  let params: InitializeParams = { processId: null, rootUri: null, capabilities: {} };
  let folders: readonly string[] = [];

  const files = createFiles({
    source: openSource(() => folders),
    documents,
    onFileChange: fileChanges.event,
    onFail: (uri, cause) =>
      connection.console.error(`${uri}: ${cause instanceof Error ? cause.stack : cause}`),
  });
  const settings = createSettings(connection, () => params);
  const locale = () => localeOf(params.locale);
  const libraries = librariesOf({ runtime, standardLibrary, locale });
  const language = createLanguage({ files, documents, libraries });
  const initialized = () => params;
  const trust = createTrust(connection, initialized);
  const isPlain = () => optionsOf(params).plainCompiler === true;
  const worker = guardWorker(
    createWorkers(() => startWorker({ isPlain: isPlain() })),
    trust,
  );
  const debounceMs = () => (isPlain() ? PLAIN_DEBOUNCE_MS : DEBOUNCE_MS);
  const checks = createChecks({ files, worker, trust, debounceMs });
  const answer = createAnswer(connection, locale);
  const rules = createRules({ connection, answer, files, checks });
  const server: Server = {
    ...{ connection, documents, onFileChange: fileChanges.event, files, language, settings, runtime },
    ...{ worker, checks, rules, trust, problems: createProblems() },
    ...{ initialized, locale, answer },
    provide: createProvide(connection),
  };
  const capabilities: ServerCapabilities = {
    textDocumentSync: TextDocumentSyncKind.Incremental,
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  };
  for (const register of registers) join(capabilities, register(server) ?? {});

  connection.onInitialize((given) => {
    params = given;
    folders = (given.workspaceFolders ?? []).map(({ uri }) => uri);
    return { capabilities, serverInfo: { name: "haggle" } };
  });
  connection.onInitialized(() => {
    if (!params.capabilities.workspace?.workspaceFolders) return;
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const gone = new Set(removed.map(({ uri }) => uri));
      folders = [...folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
      files.forgetProjects();
    });
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const change of changes) fileChanges.fire(change);
  });
  connection.onShutdown(() => {
    language.close();
    checks.close();
    worker.close();
  });
  documents.listen(connection);
  connection.listen();
}

function optionsOf({ initializationOptions }: InitializeParams): { plainCompiler?: unknown } {
  return initializationOptions ?? {};
}

function createProvide(connection: Connection): Provide {
  const byMethod = new Map<string, Provider[]>();
  return (type, accepts, answer) => {
    const provider: Provider = { accepts, answer: answer as Provider["answer"] };
    const known = byMethod.get(type.method);
    if (known !== undefined) {
      known.push(provider);
      return;
    }
    const providers = [provider];
    byMethod.set(type.method, providers);
    connection.onRequest(
      type.method,
      async (params: unknown, token): Promise<HandlerResult<unknown, void>> => {
        const uri = uriIn(params);
        const chosen = providers.find((each) => each.accepts(uri));
        try {
          return (await chosen?.answer(params, token)) ?? null;
        } catch (cause) {
          if (isAnswer(cause)) throw cause;
          connection.console.error(`${type.method} ${uri}: ${cause instanceof Error ? cause.stack : cause}`);
          return null;
        }
      },
    );
  };
}

type Provider = {
  accepts(uri: string): boolean;
  answer(params: unknown, token: CancellationToken): Promise<unknown> | unknown;
};

/** Of the document that a request is about; of items that a provider made before, in their `data`. */
function uriIn(params: unknown): string {
  const { textDocument, item, data } = params as {
    textDocument?: { uri: string };
    item?: { uri: string };
    data?: { uri?: string };
  };
  return textDocument?.uri ?? data?.uri ?? item?.uri ?? "";
}

/** An error that somebody is to read, such as why something cannot be renamed. */
function isAnswer(cause: unknown): boolean {
  return cause instanceof ResponseError;
}

/** Capabilities of the same name are one: lists hold what each said, objects what any said. */
function join(into: object, from: object): void {
  const target = into as Record<string, unknown>;
  for (const [key, value] of Object.entries(from)) {
    const known = target[key];
    if (Array.isArray(known) && Array.isArray(value)) target[key] = [...new Set([...known, ...value])];
    else if (isObject(known) && isObject(value)) join(known, value);
    else if (!isObject(known)) target[key] = value;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
