import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { signerFromSeed } from "@haggle/sdk/sign";
import { build, createCompiler } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { FileChangeType } from "vscode-languageserver-protocol/node";
import { type BundleVerdict, VERIFY_BUNDLE } from "../../extension/shared/protocol.ts";
import { buildExtension } from "../../scripts/build-extension.ts";
import { type HostileFile, readHostileFiles } from "../support/hostile.ts";
import { readWithWasmparser } from "../support/second-reader.ts";
import { type Editor, openEditor } from "./editor.ts";

// Bundles that lie in a project, by the bundled language server: what it says of them is what every host says.

const RULE = `@promo(name="each")
export function each(ctx: Context): Result {
  return Result.order(ctx.cart.total / ctx.cart.lines.at(0).quantity, "EACH");
}
`;
const I64_DIV_S = 0x7f;
const F64_DIV = 0xa3;

let extension: string;
let hostile: HostileFile[];
let shop: string;
let editor: Editor;

beforeAll(async () => {
  extension = await mkdtemp(join(tmpdir(), "haggle-extension-"));
  await buildExtension(extension);
  editor = await openEditor(extension);
  hostile = await readHostileFiles();
});
afterAll(async () => {
  await editor.close();
  await rm(extension, { recursive: true });
});

beforeEach(async () => {
  shop = await mkdtemp(join(tmpdir(), "haggle-shop-"));
  await write("rules/each.rule.ts", RULE);
});
afterEach(() => rm(shop, { recursive: true }));

it("says of every hostile module what the file says that every host says", async () => {
  expect(editor.capabilities.executeCommandProvider?.commands).toEqual([VERIFY_BUNDLE]);
  for (const { name, stage, code, bytes } of hostile) {
    const verdict = (await verify(await write("anything.wasm", bytes))) as BundleVerdict;
    // What fits the profile is stopped later, or nowhere.
    if (stage === "profile") expect(verdict, name).toMatchObject({ ok: false, code });
    else expect(verdict, name).toMatchObject({ ok: true });
  }
});

it("shows what is wrong with a built bundle, and nothing any more when it is built again or gone", async () => {
  const uri = await write("dist/bundle.wasm", module("imports/wasi.wat"));
  editor.changedOnDisk(uri, FileChangeType.Created);
  expect((await editor.published(uri)).diagnostics).toEqual([
    {
      severity: 1,
      source: "haggle",
      code: "PROFILE_IMPORT",
      message: expect.stringMatching(/^No host takes this bundle: .+ at \d+/),
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      data: { at: expect.any(Number) },
    },
  ]);

  await write("dist/bundle.wasm", module("accepted/least.wat"));
  editor.changedOnDisk(uri);
  expect((await editor.published(uri)).diagnostics).toEqual([]);

  await write("dist/bundle.wasm", module("time/start.wat"));
  editor.changedOnDisk(uri);
  expect((await editor.published(uri)).diagnostics).toMatchObject([{ code: "PROFILE_START" }]);
  await rm(join(shop, "dist/bundle.wasm"));
  editor.changedOnDisk(uri, FileChangeType.Deleted);
  expect((await editor.published(uri)).diagnostics).toEqual([]);
});

it("looks at the bundle that a project has when one of its rules is opened", async () => {
  const uri = await write("dist/bundle.wasm", module("time/start.wat"));
  editor.open(pathToFileURL(join(shop, "rules/each.rule.ts")).href, RULE);
  expect((await editor.published(uri)).diagnostics).toMatchObject([{ code: "PROFILE_START" }]);
});

it("looks into release folders, and at nothing that npm installed or that no project has", async () => {
  const bytes = module("time/start.wat");
  const installed = await write("node_modules/other/bundle.wasm", bytes);
  const debug = await write("dist/bundle.debug.wasm", bytes);
  const released = await write(".haggle/releases/bundles/abc.wasm", bytes);
  const foreign = await mkdtemp(join(tmpdir(), "haggle-foreign-"));
  try {
    await writeFile(join(foreign, "bundle.wasm"), bytes);
    const others = [installed, debug, pathToFileURL(join(foreign, "bundle.wasm")).href];
    for (const uri of [...others, released]) editor.changedOnDisk(uri);
    expect((await editor.published(released)).diagnostics).toMatchObject([{ code: "PROFILE_START" }]);
    // Enough looks at the disk for those before to have had theirs.
    for (let turn = 0; turn < 20; turn++) await verify(released);
    expect(others.filter((uri) => editor.hasPublished(uri))).toEqual([]);
  } finally {
    await rm(foreign, { recursive: true });
  }
});

it("does not read what is too large, and refuses what is no file", async () => {
  const large = await write("dist/bundle.wasm", new Uint8Array(262_145));
  expect(await verify(large)).toMatchObject({ ok: false, code: "PROFILE_TOO_LARGE" });
  await expect(verify(pathToFileURL(join(shop, "missing.wasm")).href)).rejects.toThrow("There is no file");
  await expect(verify(pathToFileURL(shop).href)).rejects.toThrow("There is no file");
  for (const nonsense of [undefined, 7, "untitled:bundle.wasm", "/bundle.wasm"]) {
    await expect(editor.execute(VERIFY_BUNDLE, nonsense)).rejects.toThrow("needs the URI of a file");
  }
  await expect(editor.execute("haggle.other")).rejects.toThrow("no command haggle.other");
});

it("leads to the line of the rule where a source map lies beside the bundle", {
  timeout: 180_000,
}, async () => {
  const built = await build(
    { files: { "rules/each.rule.ts": RULE } },
    {
      compiler: createCompiler({ runtime: await readRuntimeSources() }),
      signer: await signerFromSeed(new Uint8Array(32).fill(1)),
      version: 1,
      now: 1_780_000_000_000,
      sourceMap: true,
    },
  );
  if (!built.ok) throw new Error("this rule compiles");
  const leadingTo = (source: string): string => {
    const map = JSON.parse(built.sourceMap!) as { sources: string[] };
    return JSON.stringify({ ...map, sources: map.sources.map(() => source) });
  };
  const rule = pathToFileURL(join(shop, "rules/each.rule.ts")).href;
  const uri = await write("dist/bundle.wasm", built.bundle);
  await write("dist/bundle.wasm.map", built.sourceMap!);
  expect(await verify(uri)).toMatchObject({ ok: true });

  // Somebody who can write the folder makes divisions of whole numbers into divisions of fractions, one at a time.
  const divisions = readWithWasmparser(built.bundle)
    .functions.flatMap(({ operators }) => operators)
    .filter(({ code }) => code === I64_DIV_S);
  const mapped: { at: number; place: unknown }[] = [];
  for (const { at } of divisions) {
    await write("dist/bundle.wasm", built.bundle.with(at, F64_DIV));
    const verdict = (await verify(uri)) as BundleVerdict & { ok: false };
    expect(verdict).toMatchObject({ ok: false, code: "PROFILE_FLOAT", at });
    const [diagnostic] = (await editor.published(uri)).diagnostics;
    expect(diagnostic).toMatchObject({ code: "PROFILE_FLOAT", data: { at } });
    expect(diagnostic!.relatedInformation?.[0]?.location.uri).toBe(verdict.place?.uri);
    if (verdict.place) mapped.push({ at, place: verdict.place });
  }
  // The others are in the runtime library.
  expect(mapped).toEqual([{ at: expect.any(Number), place: { uri: rule, line: 2 } }]);

  // Behind the code a map has no say, though its last entry would answer for everything.
  await write("dist/bundle.wasm.map", leadingTo("rules/each.rule.ts"));
  await write("dist/bundle.wasm", Uint8Array.of(...built.bundle, 99, 0));
  expect(await verify(uri)).toEqual({
    ...{ ok: false, code: "PROFILE_SECTION_UNKNOWN", at: built.bundle.length },
    message: expect.any(String),
  });

  // Maps that are none, or that lead out of the project.
  const { at } = mapped[0]!;
  await write("dist/bundle.wasm", built.bundle.with(at, F64_DIV));
  await write("secret.ts", "");
  const out = ["rules/../secret.ts", "secret.ts", "rules/missing.ts"].map(leadingTo);
  for (const map of ["", "{", "null", "[]", "7", '{"mappings":[[[]]]}', ...out]) {
    await write("dist/bundle.wasm.map", map);
    expect(await verify(uri)).toEqual({
      ...{ ok: false, code: "PROFILE_FLOAT", at },
      message: expect.any(String),
    });
  }
});

function module(name: string): Uint8Array {
  const found = hostile.find((file) => file.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found.bytes;
}

function verify(uri: string): Promise<unknown> {
  return editor.execute(VERIFY_BUNDLE, uri);
}

async function write(file: string, content: string | Uint8Array): Promise<string> {
  const path = join(shop, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return pathToFileURL(path).href;
}
