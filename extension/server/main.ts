// The language server in Node. It is run from its bundle, beside which `scripts/build-extension.ts` puts the runtime
// library's sources and asc's declarations.

import { readFileSync } from "node:fs";
import { createCompiler, type RuntimeSources } from "@haggle/toolchain";
import { createConnection } from "vscode-languageserver/node";
import { registerBundles } from "./features/bundles.ts";
import { registerDiagnostics } from "./features/diagnostics.ts";
import { FEATURES } from "./features.ts";
import { diskSource } from "./files/node.ts";
import type { Libraries } from "./language/libraries.ts";
import { serve } from "./serve.ts";

const runtime = readBeside<RuntimeSources>("runtime.json");
const compiler = createCompiler({ runtime });

serve({
  connection: createConnection(),
  openSource: diskSource,
  runtime,
  standardLibrary: readBeside<Libraries>("libraries.json").standard,
  registers: [...FEATURES, (server) => registerDiagnostics({ ...server, compiler }), registerBundles],
});

function readBeside<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`./${file}`, import.meta.url), "utf8"));
}
