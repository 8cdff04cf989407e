// The language server in Node. It is run from its bundle, beside which `scripts/build-extension.ts` puts the compiler's
// worker and the texts that both begin with.

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { createConnection } from "vscode-languageserver/node";
import type { Texts } from "../shared/beginnings.ts";
import { registerBundles } from "./features/bundles.ts";
import { FEATURES } from "./features.ts";
import { diskSource } from "./files/node.ts";
import { startNodeWorker } from "./node-worker.ts";
import { serve } from "./serve.ts";

// A heap that may grow to gigabytes is not cleared before it has grown: an editor has better use for the memory. Counts for
// the worker's heap too, which comes later.
setFlagsFromString("--optimize-for-size");

serve({
  connection: createConnection(),
  openSource: diskSource,
  runtime: JSON.parse(readBeside("runtime.json")),
  standardLibrary: JSON.parse(readBeside("libraries.json")).standard,
  startWorker(options) {
    const texts = {
      "runtime.json": readBeside("runtime.json"),
      "policies.json": readBeside("policies.json"),
    };
    return startNodeWorker(new URL("./worker.js", import.meta.url), { texts, options });
  },
  registers: [...FEATURES, registerBundles],
});

function readBeside(file: keyof Texts): string {
  return readFileSync(new URL(`./${file}`, import.meta.url), "utf8");
}
