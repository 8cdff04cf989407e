// The language server: one connection, one compiler, a list of features. It is run from its bundle, which
// `scripts/build-extension.ts` puts beside the runtime library's sources.

import { readFileSync } from "node:fs";
import { createCompiler, type RuntimeSources } from "@haggle/toolchain";
import {
  createConnection,
  Emitter,
  type FileEvent,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { VERIFY_BUNDLE } from "../shared/protocol.ts";
import { registerBundles } from "./features/bundles.ts";
import { registerDiagnostics } from "./features/diagnostics.ts";

const connection = createConnection();
const documents = new TextDocuments(TextDocument);
const compiler = createCompiler({ runtime: readRuntime() });
/** A connection has room for one listener, and several features want to know. */
const fileChanges = new Emitter<FileEvent>();

connection.onInitialize(() => ({
  capabilities: {
    textDocumentSync: TextDocumentSyncKind.Incremental,
    executeCommandProvider: { commands: [VERIFY_BUNDLE] },
  },
  serverInfo: { name: "haggle" },
}));
connection.onDidChangeWatchedFiles(({ changes }) => {
  for (const change of changes) fileChanges.fire(change);
});
registerDiagnostics({ connection, documents, compiler, onFileChange: fileChanges.event });
registerBundles({ connection, documents, onFileChange: fileChanges.event });

documents.listen(connection);
connection.listen();

function readRuntime(): RuntimeSources {
  return JSON.parse(readFileSync(new URL("./runtime.json", import.meta.url), "utf8"));
}
