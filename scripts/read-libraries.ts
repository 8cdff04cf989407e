// What the extension's language service is told of AssemblyScript: its own declarations, from the compiler's package.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** For `libraries.json`; `extension/server/language/libraries.ts` makes of it what rules may use. */
export async function readLibraries(): Promise<{ standard: string }> {
  const toolchain = createRequire(import.meta.url).resolve("@haggle/toolchain/package.json");
  const path = createRequire(toolchain).resolve("assemblyscript/std/assembly/index.d.ts");
  return { standard: await readFile(path, "utf8") };
}
