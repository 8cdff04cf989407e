// Whose names stand on the bundle of a release, where that bundle is at hand. Nothing is verified here.

import { dirname, join } from "node:path";
import { decodeBase64, HaggleError, parseRoot, type Release } from "@haggle/abi";
import { importPublicKey, parseSignedModule, sectionKeyId, sha256Hex } from "@haggle/sdk";
import { findFile } from "../files.ts";
import { findDocument } from "../release-folder.ts";
import type { Terminal } from "../terminal.ts";
import { shortKey } from "./tally-text.ts";

/** `name` is wasmsign2's name of the key in hex, empty where the signature has none; `keyid` the root's, where it is at hand. */
export type BundleSigner = { name: string; keyid?: string };

/**
 * The signers of the bundle that the release in `file` names: of bundle.wasm beside it, or of a release folder's bundle.
 * Undefined when there is none, or another one.
 */
export async function findBundleSigners(
  file: string,
  { bundles }: Release,
): Promise<BundleSigner[] | undefined> {
  const folder = dirname(file);
  const sha256 = bundles[0]?.sha256;
  for (const path of [join(folder, "bundle.wasm"), join(folder, "..", "bundles", `${sha256}.wasm`)]) {
    const bytes = await findFile(path);
    if (bytes === undefined || (await sha256Hex(bytes)) !== sha256) continue;
    return signersIn(bytes, await keyNames([join(folder, "root.json"), join(folder, "..", "root.json")]));
  }
  return undefined;
}

/** The same of a draft, whose release names its bundle without signatures until that has them all. */
export async function signersOfDraft(folder: string, bundle: Uint8Array): Promise<BundleSigner[]> {
  return signersIn(bundle, await keyNames([join(folder, "root.json")]));
}

export function bundleSignerLines({ paint }: Terminal, signers: readonly BundleSigner[]): string[] {
  if (signers.length === 0) return [`  ${paint("yellow", "bundle not signed")}`];
  return signers.map(({ name, keyid }) => {
    if (keyid !== undefined) return `  bundle signed by ${shortKey(keyid)}`;
    return `  bundle signed by ${name === "" ? "a key that it does not name" : `the key that wasmsign2 names ${name}`}`;
  });
}

async function signersIn(bytes: Uint8Array, keys: ReadonlyMap<string, string>): Promise<BundleSigner[]> {
  try {
    const named = parseSignedModule(bytes)
      .sets.flatMap(({ signatures }) => signatures)
      .map(({ keyId }) => Buffer.from(keyId).toString("hex"));
    return [...new Set(named)].map((name) => {
      const keyid = keys.get(name);
      return { name, ...(keyid !== undefined && { keyid }) };
    });
  } catch (cause) {
    if (cause instanceof HaggleError && cause.code === "SIGNATURE_MISSING") return [];
    throw cause;
  }
}

/** Key ids by wasmsign2's names, of the first root that is there. */
async function keyNames(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  for (const path of paths) {
    const found = await findDocument(path, "root", parseRoot);
    if (found === undefined) continue;
    const keys = Object.entries(found.document.keys).map(async ([keyid, { public: text }]) => {
      const key = await importPublicKey(decodeBase64(text, `root.keys.${keyid}`));
      return [Buffer.from(await sectionKeyId(key)).toString("hex"), keyid] as const;
    });
    return new Map(await Promise.all(keys));
  }
  return new Map();
}
