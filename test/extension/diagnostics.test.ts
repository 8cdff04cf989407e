import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PublishDiagnosticsParams } from "vscode-languageserver-protocol/node";
import { buildExtension } from "../../scripts/build-extension.ts";
import { type Editor, openEditor } from "./editor.ts";

// The bundled language server over stdio, as an editor speaks to it.

const GOOD = `@promo(name="满300减50", priority=10)
export function apply(ctx: Context): Result {
  if (ctx.cart.total >= 300_00) return Result.order(50_00, "FULL_300_OFF_50");
  return Result.none();
}
`;
const MISSPELT = GOOD.replace("@promo", "@promoo");

let bundle: string;
let shop: string;
let editor: Editor;

beforeAll(async () => {
  bundle = await mkdtemp(join(tmpdir(), "haggle-extension-"));
  await buildExtension(bundle);
  editor = await openEditor(bundle);
});
afterAll(async () => {
  await editor.close();
  await rm(bundle, { recursive: true });
});

beforeEach(async () => {
  shop = await mkdtemp(join(tmpdir(), "haggle-shop-"));
  await mkdir(join(shop, "rules"));
});
afterEach(() => rm(shop, { recursive: true }));

describe("diagnostics", () => {
  it("show an unknown decorator where it stands, and go when it is mended", async () => {
    const uri = await write("rules/full.rule.ts", MISSPELT);
    editor.open(uri, MISSPELT);
    const [diagnostic, ...others] = (await editor.published(uri)).diagnostics;
    expect(others).toEqual([]);
    expect(diagnostic).toMatchObject({
      code: "BUILD_UNKNOWN_DECORATOR",
      severity: 1,
      source: "haggle",
      message: expect.stringContaining("hint: "),
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: MISSPELT.indexOf("\n") } },
    });

    editor.change(uri, GOOD);
    expect((await editor.published(uri)).diagnostics).toEqual([]);
  });

  it("are about the text in the editor, not the one on disk", async () => {
    const uri = await write("rules/full.rule.ts", GOOD);
    editor.open(uri, MISSPELT);
    expect(codes(await editor.published(uri))).toEqual(["BUILD_UNKNOWN_DECORATOR"]);
  });

  it("know the other files of the project: a name is given once", async () => {
    await write("rules/one.rule.ts", GOOD);
    const uri = await write("rules/two.rule.ts", GOOD);
    editor.open(uri, GOOD);
    expect(codes(await editor.published(uri))).toEqual(["BUILD_DUPLICATE_RULE"]);
  });

  it("follow files that change on disk", async () => {
    const uri = await write("rules/two.rule.ts", GOOD);
    const other = await write("rules/one.rule.ts", GOOD);
    editor.open(uri, GOOD);
    expect(codes(await editor.published(uri))).toEqual(["BUILD_DUPLICATE_RULE"]);

    await write("rules/one.rule.ts", GOOD.replace("满300减50", "another"));
    editor.changedOnDisk(other);
    expect(codes(await editor.published(uri))).toEqual([]);
  });

  it("have the range of a type error in UTF-16, after characters of other widths", async () => {
    const text = GOOD.replace(
      'Result.order(50_00, "FULL_300_OFF_50")',
      'Result.order(Percent.of(5), "减🎉")',
    );
    const uri = await write("rules/full.rule.ts", text);
    editor.open(uri, text);
    const [diagnostic] = (await editor.published(uri)).diagnostics;
    const line = text.split("\n")[2]!;
    expect(diagnostic).toMatchObject({
      code: "BUILD_TYPE",
      range: {
        start: { line: 2, character: line.indexOf("Percent.of(5)") },
        end: { line: 2, character: line.indexOf("Percent.of(5)") + "Percent.of(5)".length },
      },
    });
  });
});

function codes({ diagnostics }: PublishDiagnosticsParams): unknown[] {
  return diagnostics.map(({ code }) => code);
}

async function write(file: string, text: string): Promise<string> {
  await writeFile(join(shop, file), text);
  return pathToFileURL(join(shop, file)).href;
}
