// Builds the two modules of the golden updates. They are kept, not built with every run: the vectors are about
// documents, and a new runtime library changes no document. Run it only when the wire format changes:
//
//   node --conditions=haggle-source test/support/make-update-modules.ts
//   node --conditions=haggle-source test/support/make-update-vectors.ts

import { mkdir, writeFile } from "node:fs/promises";
import { WASM_HEADER } from "@haggle/abi";
import { parseSignedModule } from "@haggle/sdk";
import { build, createCompiler } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { testSigner } from "./release.ts";

const FOLDER = new URL("../vectors/updates/", import.meta.url);

const percentOff = (percent: number) => `@promo({ name: "shoes-percent", priority: 5 })
export function shoes(ctx: Context): Result {
  return Result.linesPercent(ctx.cart.inCategory("shoes"), Percent.of(${percent}), "SHOES_PERCENT");
}
`;

const compiler = createCompiler({ runtime: await readRuntimeSources() });
await mkdir(FOLDER, { recursive: true });
for (const [file, percent] of [
  ["one.wasm", 10],
  ["two.wasm", 20],
] as const) {
  const made = await build(
    { files: { "rules/shoes.rule.ts": percentOff(percent) } },
    { compiler, signer: await testSigner(1), version: 1, now: 0 },
  );
  if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
  const { bodyAt } = parseSignedModule(made.bundle);
  await writeFile(new URL(file, FOLDER), Uint8Array.of(...WASM_HEADER, ...made.bundle.subarray(bodyAt)));
}
