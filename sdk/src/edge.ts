// For hosts that compile no WebAssembly while they run, such as Cloudflare's workers: their modules were compiled when
// the program was deployed.

import {
  ByteReader,
  decodeUtf8,
  equalBytes,
  refuse,
  SECTION_CUSTOM,
  SECTION_EXPORT,
  WASM_HEADER,
} from "@haggle/abi";
import type { Compile } from "./engine.ts";

/** What a host tells of a module, as it stands in the bytes. */
type Outside = {
  /** Payloads by name, the signature and the metadata of the bundle among them. */
  sections: Map<string, Uint8Array>;
  /** Names and kinds, in their order. */
  exports: string;
};

/** As hosts call them, by their number in the bytes. */
const KINDS = ["function", "table", "memory", "global"];

/**
 * Gives each bundle the module of it that the program was deployed with, instead of compiling its bytes. The bytes are
 * verified all the same, so they have to be there too. No host tells what a module was compiled from. What it does tell
 * is compared with the bytes: the signature, which has the digests of all that was signed, what the bundle says of its
 * rules, the other custom sections, and what is exported; one that imports something is given nothing. That the code is
 * that of these bytes is vouched for by whoever deploys both.
 *
 * What it gives throws ENGINE_MODULE_MISMATCH for a bundle that the program was not deployed with.
 *
 * @example
 * const engine = await createEngine({ bundle, release, root, compile: precompiled(wasm) });
 */
export function precompiled(...modules: readonly WebAssembly.Module[]): Compile {
  return async (bundle, sha256) => {
    const outside = readOutside(bundle);
    const found = modules.find((module) => isLike(module, outside));
    if (found === undefined) throw refuse("ENGINE_MODULE_MISMATCH", "bundle", sha256);
    return found;
  };
}

function isLike(module: WebAssembly.Module, { sections, exports }: Outside): boolean {
  return (
    exports === listExports(WebAssembly.Module.exports(module)) &&
    [...sections].every(([name, payload]) => {
      const [found, ...more] = WebAssembly.Module.customSections(module, name);
      return found !== undefined && more.length === 0 && equalBytes(new Uint8Array(found), payload);
    })
  );
}

function listExports(exports: readonly { name: string; kind: string }[]): string {
  return JSON.stringify(exports.map(({ name, kind }) => [name, kind]));
}

/** @throws HaggleError PROFILE_*, for what is no module at all: a bundle's profile is checked before it is compiled */
function readOutside(bundle: Uint8Array): Outside {
  const reader = (at: number, end: number) =>
    new ByteReader(bundle, at, end, "PROFILE_TRUNCATED", "PROFILE_BAD_LEB");
  const outside: Outside = { sections: new Map(), exports: listExports([]) };
  const file = reader(WASM_HEADER.length, bundle.length);
  while (file.at < file.end) {
    const id = file.byte();
    const size = file.u32();
    file.take(size);
    const section = reader(file.at - size, file.at);
    if (id === SECTION_CUSTOM)
      outside.sections.set(readName(section), section.take(section.end - section.at));
    if (id === SECTION_EXPORT) outside.exports = readExports(section);
  }
  return outside;
}

function readExports(section: ByteReader): string {
  const exports = Array.from({ length: section.u32() }, () => {
    const name = readName(section);
    const kind = KINDS[section.byte()]!;
    section.u32();
    return { name, kind };
  });
  return listExports(exports);
}

function readName(from: ByteReader): string {
  return decodeUtf8(from.take(from.u32()));
}
