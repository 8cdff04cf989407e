import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions } from "esbuild";

// Bundles the demo storefront into server/dist/storefront: index.html, app and style under names with a digest, and the worker
// that keeps those in a browser.

const REPO = fileURLToPath(new URL("../", import.meta.url));
const PAGE = join(REPO, "server/modules/storefront/page");
const OUT = join(REPO, "server/dist/storefront");
/** Digests of all inputs of the last build, beside the served folder and not in it. */
const STAMP = join(REPO, "server/dist/storefront.inputs.json");
/** What esbuild does not read by itself. */
const OTHER_INPUTS = [join(PAGE, "index.html"), join(PAGE, "pictures.svg"), fileURLToPath(import.meta.url)];
/** Browsers that have WebAssembly with fixed memories, Ed25519 in WebCrypto and `light-dark()`. */
const TARGET = ["chrome137", "firefox130", "safari18"];

type Stamp = Record<string, string>;

/** Builds when an input changed since the last build. Resolves with whether it did. */
export async function buildStorefront(): Promise<boolean> {
  if (await isFresh()) return false;
  const { build } = await import("esbuild");
  const options = {
    absWorkingDir: REPO,
    outdir: OUT,
    bundle: true,
    platform: "browser",
    conditions: ["haggle-source"],
    target: TARGET,
    minify: true,
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  } satisfies BuildOptions & { metafile: true; write: false };
  const page = await build({
    ...options,
    entryPoints: [join(PAGE, "app.ts"), join(PAGE, "style.css")],
    entryNames: "[name]-[hash]",
    format: "esm",
  });
  const names = page.outputFiles.map(({ path }) => basename(path));
  const html = await makePage(names);
  const worker = await build({
    ...options,
    entryPoints: [join(PAGE, "offline-worker.ts")],
    format: "iife",
    define: {
      FILES: JSON.stringify(["/", ...names.map((name) => `/${name}`)]),
      // Without it a browser would have no reason to keep another page that loads the same files.
      PAGE_DIGEST: JSON.stringify(createHash("sha256").update(html).digest("hex")),
    },
  });
  const files = new Map<string, Uint8Array | string>(
    [...page.outputFiles, ...worker.outputFiles].map(({ path, contents }) => [basename(path), contents]),
  );
  // Last, because it names the others.
  files.set("index.html", html);
  await writeFiles(files);
  // What is defined here is told as `<define:...>`, which is no file.
  const inputs = [page, worker]
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .filter((name) => !name.startsWith("<"));
  await writeStamp([...inputs.map((file) => join(REPO, file)), ...OTHER_INPUTS]);
  return true;
}

async function makePage(built: readonly string[]): Promise<string> {
  const find = (start: string): string => {
    const name = built.find((file) => file.startsWith(start));
    if (name === undefined) throw new Error(`esbuild made no ${start}*`);
    return `/${name}`;
  };
  const page = await readFile(join(PAGE, "index.html"), "utf8");
  const pictures = await readFile(join(PAGE, "pictures.svg"), "utf8");
  return page
    .replace("app.js", find("app-"))
    .replace("style.css", find("style-"))
    .replace("<!-- pictures -->", () => pictures.trim());
}

/** Each file appears whole, so that a server or a second build beside this one never meets half of it. */
async function writeFiles(files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  const draft = `${OUT}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  await mkdir(OUT, { recursive: true });
  for (const [name, content] of files) {
    await writeFile(join(draft, name), content);
    await rename(join(draft, name), join(OUT, name));
  }
  await rm(draft, { recursive: true });
  for (const name of await readdir(OUT)) {
    if (!files.has(name)) await rm(join(OUT, name), { recursive: true, force: true });
  }
}

async function isFresh(): Promise<boolean> {
  const stamp = await readFile(STAMP, "utf8").catch(() => undefined);
  if (stamp === undefined || !(await readFile(join(OUT, "index.html")).catch(() => undefined))) return false;
  for (const [file, sha256] of Object.entries(JSON.parse(stamp) as Stamp)) {
    if ((await digest(join(REPO, file))) !== sha256) return false;
  }
  return true;
}

async function writeStamp(files: readonly string[]): Promise<void> {
  const stamp: Stamp = {};
  for (const file of files) stamp[relative(REPO, file).split(sep).join("/")] = (await digest(file)) ?? "";
  const draft = `${STAMP}.${process.pid}`;
  await writeFile(draft, JSON.stringify(stamp, undefined, 2));
  await rename(draft, STAMP);
}

async function digest(file: string): Promise<string | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes && createHash("sha256").update(bytes).digest("hex");
}

if (import.meta.main) console.log((await buildStorefront()) ? "storefront built" : "storefront unchanged");
