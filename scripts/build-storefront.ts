import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

// Bundles the demo storefront into server/dist/storefront: index.html, and app and style under names with a digest.

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
  await mkdir(OUT, { recursive: true });
  const result = await build({
    absWorkingDir: REPO,
    entryPoints: [join(PAGE, "app.ts"), join(PAGE, "style.css")],
    entryNames: "[name]-[hash]",
    outdir: OUT,
    bundle: true,
    format: "esm",
    platform: "browser",
    conditions: ["haggle-source"],
    target: TARGET,
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const built = Object.entries(result.metafile.outputs).map(([file, { entryPoint }]) => ({
    name: relative(OUT, join(REPO, file)),
    entry: entryPoint ?? "",
  }));
  await writePage(built);
  await removeOthers(new Set(["index.html", ...built.map(({ name }) => name)]));
  await writeStamp([...Object.keys(result.metafile.inputs).map((file) => join(REPO, file)), ...OTHER_INPUTS]);
  return true;
}

async function writePage(built: readonly { name: string; entry: string }[]): Promise<void> {
  const find = (source: string): string => {
    const file = built.find(({ entry }) => entry.endsWith(source));
    if (file === undefined) throw new Error(`esbuild gave nothing for ${source}`);
    return file.name;
  };
  const page = await readFile(join(PAGE, "index.html"), "utf8");
  const pictures = await readFile(join(PAGE, "pictures.svg"), "utf8");
  const html = page
    .replace("app.js", `/${find("page/app.ts")}`)
    .replace("style.css", `/${find("page/style.css")}`)
    .replace("<!-- pictures -->", () => pictures.trim());
  await writeFile(join(OUT, "index.html"), html);
}

async function removeOthers(keep: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(OUT)) {
    if (!keep.has(name)) await rm(join(OUT, name), { recursive: true });
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
  await writeFile(STAMP, JSON.stringify(stamp, undefined, 2));
}

async function digest(file: string): Promise<string | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes && createHash("sha256").update(bytes).digest("hex");
}

if (import.meta.main) console.log((await buildStorefront()) ? "storefront built" : "storefront unchanged");
