// A rule that stops at a known line: what the engine's stack trace says of the signed bundle leads back to that line.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { join } from "node:path";
import {
  CONTROL,
  CONTROL_SLICE,
  createSymbols,
  encodeCart,
  parseRelease,
  type Release,
  TABLE,
} from "@haggle/abi";
import { signerFromSeed } from "@haggle/sdk/sign";
import { build, createCompiler, findSourcePlace } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { expect, it } from "vitest";
import { createCandidates } from "../../sdk/src/candidates.ts";
import { readTable } from "../../sdk/src/table.ts";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { readWithWasmparser } from "../support/second-reader.ts";

const FILES = {
  "rules/first.rule.ts": `@promo(name="first")
export function first(ctx: Context): Result {
  return Result.orderPercent(Percent.of(10), "TEN");
}
`,
  "rules/stops.rule.ts": `import { share } from "./share";
@promo(name="stops")
export function stops(ctx: Context): Result {
  let units: i64 = 0;
  for (let i = 0; i < ctx.cart.lines.count; i++) {
    units += ctx.cart.lines.at(i).quantity;
  }
  const each = share(ctx.cart.total, units - 7);
  return Result.order(each, "SHARE");
}
`,
  "rules/share.ts": `// Stops for nobody.
export function share(amount: i64, among: i64): i64 {
  if (among == 12_345) return 0;

  return amount / among;
}
`,
};

it("leads from offsets in a signed bundle to lines of rules, and changes none of its bytes", async () => {
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const signer = await signerFromSeed(new Uint8Array(32).fill(1));
  const options = { compiler, signer, version: 1, now: 1_780_000_000_000 };
  const plain = await build({ files: FILES }, options);
  const mapped = await build({ files: FILES }, { ...options, sourceMap: true });
  if (!plain.ok || !mapped.ok) throw new Error("these rules compile");
  expect(plain.sourceMap).toBeUndefined();
  expect(mapped.bundle).toEqual(plain.bundle);

  const map = new SourceMap(JSON.parse(mapped.sourceMap!));
  const lineAt = (offset: number) => {
    const { originalSource, originalLine } = map.findEntry(0, offset) as {
      originalSource: string;
      originalLine: number;
    };
    return `${originalSource}:${originalLine + 1}`;
  };
  // The only division whose line is in the rules.
  const I64_DIV_S = 0x7f;
  const divisions = readWithWasmparser(mapped.bundle)
    .functions.flatMap(({ operators }) => operators)
    .filter(({ code }) => code === I64_DIV_S);
  expect(divisions.map(({ at }) => lineAt(at)).filter((line) => line.startsWith("rules/"))).toEqual([
    "rules/share.ts:5",
  ]);

  // With seven units in the cart it divides by zero, and the engine says where.
  const release = parseRelease(mapped.release.envelope.payload);
  const stack = stackOf(mapped.bundle, release, mapped.metadata.symbols);
  const [, offset] = /wasm-function\[\d+\]:(0x[0-9a-f]+)/.exec(stack) ?? [];
  expect(lineAt(Number(offset))).toBe("rules/share.ts:5");
  const place = (isWanted?: (file: string) => boolean) =>
    findSourcePlace(mapped.sourceMap!, mapped.bundle, Number(offset), isWanted);
  expect(place()).toMatchObject({ file: "rules/share.ts", line: 5 });
  // What was inlined belongs to the function that it is in.
  expect(place((file) => file === "rules/stops.rule.ts")).toMatchObject({ file: "rules/stops.rule.ts" });
  expect(findSourcePlace(mapped.sourceMap!, mapped.bundle, 0)).toBeUndefined();
});

it("lies beside the bundle while it is the bundle's", async () => {
  const { path, remove } = await createTemporaryFolder();
  try {
    await mkdir(join(path, "rules"));
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(path, name), text);
    const build = (...flags: string[]) => runCli(["build", ...flags], { cwd: path });
    const readMap = () => readFile(join(path, "dist/bundle.wasm.map"), "utf8");
    const told = expect.stringMatching(/^dist\/bundle\.wasm\.map: source map$/m);
    expect(await build("--source-map")).toMatchObject({ code: 0, err: "", out: told });
    expect(JSON.parse(await readMap()).sources).toContain("rules/share.ts");
    const again = await build("--source-map");
    expect(again).toMatchObject({ out: told });
    expect(again.out).toContain("unchanged");
    await rm(join(path, "dist/bundle.wasm.map"));
    expect(await build("--source-map")).toMatchObject({ code: 0, out: told });
    expect(JSON.parse(await readMap()).sources).toContain("rules/share.ts");
    const plain = await build();
    expect(plain.code).toBe(0);
    expect(plain.out).not.toContain(".map");
    await expect(readMap()).rejects.toThrow("ENOENT");
  } finally {
    await remove();
  }
});

/** Evaluates a cart as the sandbox does, which keeps traps to itself. */
function stackOf(bundle: Uint8Array, release: Release, names: readonly string[]): string {
  const symbols = createSymbols([...names, ...release.table.symbols]);
  const table = readTable(release, symbols);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bundle)));
  const words = new Int32Array((exports.memory as WebAssembly.Memory).buffer);
  words.set(table.words, TABLE >> 2);
  words[(CONTROL + CONTROL_SLICE) >> 2] = release.policy.fuel.perPromotion;
  const line = { id: "l", sku: "s", productId: "p", categories: [], quantity: 7, unitPrice: 100 };
  const cart = { id: "c", currency: "EUR", now: 1_780_000_000_000, lines: [line], shipping: [], coupons: [] };
  const off = new Uint8Array(release.promotions.length);
  const candidates = createCandidates(table.words, symbols, off);
  candidates.begin();
  encodeCart(cart, words, candidates.symbols, table.reads, release.policy.lines);
  candidates.select(words, []);
  (exports.fuel as WebAssembly.Global).value = 10_000_000;
  try {
    (exports.evaluate as () => number)();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return error.stack ?? "";
    throw error;
  }
  throw new Error("no rule stopped");
}
