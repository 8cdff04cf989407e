// Bundles the VS Code extension into extension/dist. There are two hosts: one with Node (a desktop, a remote) and one in
// which everything is a worker of a browser. The compiler's worker is one file for both, since it is most of the package.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { casesSchema } from "@haggle/toolchain/cases";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { readPolicies, readRuntimeSources } from "haggle-cli";
import { saySchema } from "../extension/server/words/say.ts";
import { buildPages } from "./build-extension-pages.ts";
import { codesPage } from "./codes-page.ts";
import { readLibraries } from "./read-libraries.ts";

const REPO = fileURLToPath(new URL("../", import.meta.url));
const ROOM = join(REPO, "extension");
/** The Node, and the browser, of the oldest VS Code in `engines`. */
const NODE = "node20";
const WEB = "es2022";

/** The language server's protocol library is CommonJS and asks for Node's modules by `require`; TypeScript where it is. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __filename = "server.mjs";';

/**
 * Around the compiler's worker: binaryen waits at the top level, which neither CommonJS nor a classic worker may. The
 * message with which a browser's worker begins comes while it still waits, and would be lost on nobody listening.
 */
const WORKER_BEFORE = `
var nodeRequire = typeof require === "function" ? require : undefined;
var workerUrl = nodeRequire ? nodeRequire("node:url").pathToFileURL(__filename).href : self.location.href;
var beginning = typeof WorkerGlobalScope === "undefined" ? undefined
  : new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }));
(async () => {`;
const WORKER_AFTER = "})();";

/** The entry of the worker: which host it is in shows when it runs. */
const WORKER_ENTRY = `
if (typeof WorkerGlobalScope === "undefined") await import("./worker/main-node.ts");
else await import("./worker/main-web.ts");
`;

/** What was built, and of what: for whoever packs it. */
export type BuiltExtension = { inputs: string[] };

/** Builds into `out`, `extension/dist` when left out. */
export async function buildExtension(out: string = join(ROOM, "dist")): Promise<BuiltExtension> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const built = await Promise.all([
    bundle("node", { entryPoints: ["client/main.ts"], outfile: join(out, "client.cjs"), format: "cjs" }),
    bundle("node", {
      entryPoints: ["server/main.ts"],
      outfile: join(out, "server.mjs"),
      format: "esm",
      banner: { js: REQUIRE },
    }),
    bundle("web", {
      entryPoints: ["client/main-web.ts"],
      outfile: join(out, "client-web.js"),
      format: "cjs",
    }),
    bundle("web", {
      entryPoints: ["server/main-web.ts"],
      outfile: join(out, "server-web.js"),
      format: "iife",
    }),
    bundle("web", {
      stdin: { contents: WORKER_ENTRY, resolveDir: ROOM, sourcefile: "worker.ts", loader: "ts" },
      outfile: join(out, "worker.js"),
      format: "esm",
      banner: { js: WORKER_BEFORE },
      footer: { js: WORKER_AFTER },
      // Binaryen asks what it runs in, and would look for files in Node. The file is no module, so it has no address.
      define: {
        process: "undefined",
        "globalThis.process": "undefined",
        "import.meta.url": "workerUrl",
      },
      plugins: [nodeWhereThereIsOne()],
    }),
    buildPages(out),
  ]);
  await writeData(out);
  return { inputs: [...new Set(built.flatMap(({ inputs }) => Object.keys(inputs)))].sort() };
}

async function bundle(host: "node" | "web", options: BuildOptions): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOM,
    bundle: true,
    platform: host === "node" ? "node" : "browser",
    target: host === "node" ? NODE : WEB,
    conditions: ["haggle-source"],
    external: ["vscode"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    ...options,
    metafile: true,
  });
  return metafile;
}

/** Node's modules in a file that loads without Node too: the real ones, or else something that is empty. */
function nodeWhereThereIsOne(): Plugin {
  return {
    name: "node-where-there-is-one",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(?:node:.+|module|fs|path|url|os|crypto)$/ }, ({ path }) => ({
        path: path.replace(/^node:/, ""),
        namespace: "node",
      }));
      onLoad({ filter: /.*/, namespace: "node" }, ({ path }) => ({
        contents: `module.exports = nodeRequire ? nodeRequire("node:${path}") : {};`,
        loader: "js",
      }));
    },
  };
}

/** What is read beside the bundles: data for server and worker, the page of codes, the project that one begins with. */
async function writeData(out: string): Promise<void> {
  const data = {
    "runtime.json": await readRuntimeSources(),
    "libraries.json": await readLibraries(),
    "policies.json": await readPolicies(),
    // Named in the manifest's texts, for VS Code's own JSON support.
    "cases.schema.json": casesSchema(),
    "cases.schema.zh-cn.json": saySchema(casesSchema(), "zh-CN"),
    // One file: on the web nobody can list a folder of the extension.
    "template.json": await readTexts(join(REPO, "engine/cli/templates/project")),
  };
  for (const [file, value] of Object.entries(data)) await writeFile(join(out, file), JSON.stringify(value));
  await mkdir(join(out, "docs"));
  await writeFile(join(out, "docs/codes.md"), codesPage());
  await writeFile(join(out, "docs/codes.zh-cn.md"), codesPage("zh-CN"));
  // In the repository the room's files are modules, and what is built for VS Code is none.
  await writeFile(join(out, "package.json"), '{"type":"commonjs"}');
}

/** Every file below a folder, by its path in it. */
async function readTexts(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = files.sort().map(async (file) => {
    return [relative(folder, file).split(sep).join("/"), await readFile(file, "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

if (import.meta.main) await buildExtension();
