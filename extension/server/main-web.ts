// The language server in a browser's worker. The client's first message brings what it begins with; all after that are
// those of the protocol.

import { BrowserMessageReader, BrowserMessageWriter, createConnection } from "vscode-languageserver/browser";
import type { Beginning } from "../shared/beginnings.ts";
import { FEATURES } from "./features.ts";
import { clientSource } from "./files/client.ts";
import { serve } from "./serve.ts";
import { createWebWorkers } from "./web-worker.ts";

// A worker's own scope has what speaks to its parent, under the same names as the parent's handle of it.
const scope = self as unknown as Worker;

addEventListener("message", ({ data }: MessageEvent<Beginning>) => begin(data), { once: true });

function begin({ texts, port }: Beginning): void {
  const connection = createConnection(new BrowserMessageReader(scope), new BrowserMessageWriter(scope));
  serve({
    connection,
    openSource: () => clientSource(connection),
    runtime: JSON.parse(texts["runtime.json"]),
    standardLibrary: JSON.parse(texts["libraries.json"]).standard,
    startWorker: createWebWorkers(port),
    registers: FEATURES,
  });
}
