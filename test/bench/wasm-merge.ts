// Modules made into one by binaryen's wasm-merge: what imports from another by name then calls it directly.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compileWat } from "../support/wat.ts";

/** Stands in for the fuel code of the meter. */
export const NO_FUEL = await compileWat(`(module
  (func (export "sliceEnter") (param i32))
  (func (export "sliceLeave"))
  (func (export "forfeit"))
  (global (export "fuel") (mut i32) (i32.const 0)))`);

const WASM_MERGE = join(
  dirname(fileURLToPath(import.meta.resolve("binaryen/package.json"))),
  "bin/wasm-merge",
);

export async function mergeModules(
  modules: readonly (readonly [name: string, bytes: Uint8Array])[],
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-bench-"));
  try {
    const args = ["--enable-mutable-globals", "--enable-sign-ext"];
    for (const [name, bytes] of modules) {
      await writeFile(join(folder, `${name}.wasm`), bytes);
      args.push(join(folder, `${name}.wasm`), name);
    }
    args.push("-o", join(folder, "merged.wasm"));
    await promisify(execFile)(process.execPath, [WASM_MERGE, ...args]);
    return new Uint8Array(await readFile(join(folder, "merged.wasm")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
