// The SDK as it reaches a storefront: bundled, which makes the memory map's constants part of the code. Measured from
// the sources instead, every one of them would be a variable of another module, looked up each time.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { SdkEntry } from "./sdk-entries.ts";

/** What a storefront needs. Node and browsers have cryptography of their own in it. */
export function bundleSdk(platform: "browser" | "node"): Promise<Uint8Array<ArrayBuffer>> {
  return bundle('export { createEngine } from "@haggle/sdk";', platform, { minify: true });
}

/** One of sdk-entries.ts in a page, without what the page has anyway. */
export function bundleEntry({ code, external = [] }: Pick<SdkEntry, "code" | "external">) {
  return bundle(code, "browser", { minify: true }, external);
}

/** The profile with the check of the fuel code, as whoever judges bundles without pricing needs it. */
export function bundleProfile(): Promise<Uint8Array<ArrayBuffer>> {
  return bundle('export { verifyProfile } from "@haggle/sdk";', "browser", { minify: true });
}

/** The engine and its insides, for its speed: built as `prepack` builds the package. */
export async function importSdk(): Promise<Sdk> {
  return (await importBundled(`export { createEngine, verifyProfile } from "@haggle/sdk";
export { encodeCart } from "@haggle/abi";
export { PricedDecision } from "../../sdk/src/decision.ts";
export { createSandbox } from "../../sdk/src/sandbox.ts";
export { readTable } from "../../sdk/src/table.ts";`)) as Sdk;
}

/** A module of Node's, bundled as `prepack` would. */
export async function importBundled(contents: string): Promise<unknown> {
  const code = await bundle(contents, "node", { minifySyntax: true });
  const folder = await mkdtemp(join(tmpdir(), "haggle-bench-"));
  try {
    await writeFile(join(folder, "sdk.mjs"), code);
    return await import(pathToFileURL(join(folder, "sdk.mjs")).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export type Sdk = Pick<typeof import("@haggle/sdk"), "createEngine" | "verifyProfile"> &
  Pick<typeof import("@haggle/abi"), "encodeCart"> &
  Pick<typeof import("../../sdk/src/decision.ts"), "PricedDecision"> &
  Pick<typeof import("../../sdk/src/sandbox.ts"), "createSandbox"> &
  Pick<typeof import("../../sdk/src/table.ts"), "readTable">;

/** Code as esbuild bundles it from here. */
export async function bundle(
  contents: string,
  platform: "browser" | "node",
  minify: { minify: true } | { minifySyntax: true },
  external: readonly string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const bundled = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    ...{
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      legalComments: "none",
      logLevel: "error",
    },
    ...{ platform, conditions: ["haggle-source"], external: [...external], ...minify },
  });
  return new Uint8Array(bundled.outputFiles[0]!.contents);
}
