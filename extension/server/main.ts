// The language server: one connection, one compiler, a list of features. It is run from its bundle, which
// `scripts/build-extension.ts` puts beside the runtime library's sources.

import { readFileSync } from "node:fs";
import { createCompiler, type RuntimeSources } from "@haggle/toolchain";
import { createConnection, TextDocumentSyncKind, TextDocuments } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { registerDiagnostics } from "./features/diagnostics.ts";

const connection = createConnection();
const documents = new TextDocuments(TextDocument);
const compiler = createCompiler({ runtime: readRuntime() });

connection.onInitialize(() => ({
  capabilities: { textDocumentSync: TextDocumentSyncKind.Incremental },
  serverInfo: { name: "haggle" },
}));
registerDiagnostics({ connection, documents, compiler });

documents.listen(connection);
connection.listen();

function readRuntime(): RuntimeSources {
  return JSON.parse(readFileSync(new URL("./runtime.json", import.meta.url), "utf8"));
}
