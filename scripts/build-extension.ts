// Bundles the VS Code extension into extension/dist: the client as CommonJS, which is what VS Code loads, and the
// language server as a module, since asc waits for its binaryen at the top level. The runtime library lies beside.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { readRuntimeSources } from "haggle-cli";

const ROOM = fileURLToPath(new URL("../extension/", import.meta.url));
/** The Node of the oldest VS Code in `engines`. */
const TARGET = "node20";
/** The language server's protocol library is CommonJS and asks for Node's modules by `require`. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** Builds into `out`, `extension/dist` when left out. */
export async function buildExtension(out: string = join(ROOM, "dist")): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await build({
    ...SHARED,
    entryPoints: [join(ROOM, "client/main.ts")],
    outfile: join(out, "client.cjs"),
    format: "cjs",
    external: ["vscode"],
  });
  await build({
    ...SHARED,
    entryPoints: [join(ROOM, "server/main.ts")],
    outfile: join(out, "server.mjs"),
    format: "esm",
    banner: { js: REQUIRE },
  });
  await writeFile(join(out, "runtime.json"), JSON.stringify(await readRuntimeSources()));
}

const SHARED: BuildOptions = {
  absWorkingDir: ROOM,
  bundle: true,
  platform: "node",
  conditions: ["haggle-source"],
  target: TARGET,
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

if (import.meta.main) await buildExtension();
