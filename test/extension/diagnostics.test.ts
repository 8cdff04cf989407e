import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CompletionItem, type Diagnostic, FileChangeType } from "vscode-languageserver-protocol/node";
import { type ProjectRules, RULES, TRUST_GRANTED } from "../../extension/shared/protocol.ts";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";

// The bundled language server over stdio, as an editor speaks to it. What counts is what it shows in the end: before the
// compiler has read the newest text, it may have said something of its own.

const DOCS = "vscode://haggle.haggle-rules/codes/";
const GOOD = `@promo(name="满300减50", priority=10)
export function apply(ctx: Context): Result {
  if (ctx.cart.total >= 300_00) return Result.order(50_00, "FULL_300_OFF_50");
  return Result.none();
}
`;
const MISSPELT = GOOD.replace("@promo", "@promoo");
const OTHER = GOOD.replace("满300减50", "another");

let shop: string;
let root: string;
let editor: Editor;

beforeAll(async () => {
  editor = await openEditor(await builtExtension(), { initializationOptions: { docsBase: DOCS } });
});
afterAll(() => editor.close());

beforeEach(async () => {
  shop = await mkdtemp(join(tmpdir(), "haggle-shop-"));
  root = pathToFileURL(shop).href;
  await mkdir(join(shop, "rules"));
});
afterEach(async () => {
  expect(editor.errors).toEqual([]);
  await rm(shop, { recursive: true });
});

describe("diagnostics", () => {
  it("show an unknown decorator where it stands, with its page, and go when it is mended", async () => {
    const uri = await write("rules/full.rule.ts", MISSPELT);
    editor.open(uri, MISSPELT);
    expect(await shown(uri)).toEqual([
      {
        code: "BUILD_UNKNOWN_DECORATOR",
        codeDescription: { href: `${DOCS}BUILD_UNKNOWN_DECORATOR` },
        severity: 1,
        source: "haggle",
        message: 'Unknown decorator @promoo\nhint: did you mean "promo"?',
        range: { start: { line: 0, character: 0 }, end: { line: 0, character: MISSPELT.indexOf("\n") } },
      },
    ]);

    editor.change(uri, GOOD);
    expect(await shown(uri)).toEqual([]);
  });

  it("have nothing to say against a whole rule that was completed and left as it is", async () => {
    const uri = await write("rules/big-spender.rule.ts", "");
    editor.open(uri, "");
    const ask = (character: number) =>
      editor.request<CompletionItem[]>("textDocument/completion", {
        textDocument: { uri },
        position: { line: 0, character },
      });
    const atStart = await ask(0);
    editor.change(uri, "@");
    const whole = [...atStart, ...(await ask(1))].filter(({ label }) =>
      ["promotion", "promotion with parameters", "pricing", "@promo", "@pricing"].includes(label),
    );
    expect(whole).toHaveLength(5);
    for (const { label, insertText, textEdit } of whole) {
      const text = (insertText ?? textEdit!.newText).replaceAll(/\$\{\d+:([^}]*)\}/g, "$1");
      editor.change(uri, text);
      expect(await shown(uri), label).toEqual([]);
    }
  });

  it("are about the text in the editor, not the one on disk", async () => {
    const uri = await write("rules/full.rule.ts", GOOD);
    editor.open(uri, MISSPELT);
    expect(codes(await shown(uri))).toEqual(["BUILD_UNKNOWN_DECORATOR"]);
  });

  it("know the other files of the project: neither of two rules with one name is the wrong one", async () => {
    const other = await write("rules/one.rule.ts", GOOD);
    const uri = await write("rules/two.rule.ts", GOOD);
    editor.open(uri, GOOD);
    const [here] = await shown(uri);
    const [there] = await shown(other);
    for (const [diagnostic, elsewhere] of [
      [here, other],
      [there, uri],
    ] as const) {
      expect(diagnostic).toMatchObject({
        code: "BUILD_DUPLICATE_RULE",
        relatedInformation: [{ location: { uri: elsewhere, range: { start: { line: 1 } } } }],
      });
    }
  });

  it("follow files that change on disk", async () => {
    const uri = await write("rules/two.rule.ts", GOOD);
    const other = await write("rules/one.rule.ts", GOOD);
    editor.open(uri, GOOD);
    expect(codes(await shown(uri))).toEqual(["BUILD_DUPLICATE_RULE"]);

    await write("rules/one.rule.ts", OTHER);
    editor.changedOnDisk(other);
    expect(await shown(uri)).toEqual([]);
  });

  it("are nobody's any more when their folder is gone, of which alone editors tell", async () => {
    const uri = await write("rules/two.rule.ts", GOOD);
    await write("rules/gone/one.rule.ts", GOOD);
    editor.open(uri, GOOD);
    expect(codes(await shown(uri))).toEqual(["BUILD_DUPLICATE_RULE"]);

    await rm(join(shop, "rules/gone"), { recursive: true });
    editor.changedOnDisk(pathToFileURL(join(shop, "rules/gone")).href, FileChangeType.Deleted);
    expect(await shown(uri)).toEqual([]);
  });

  it("have the range of a type error in UTF-16, after characters of other widths", async () => {
    const text = GOOD.replace(
      'Result.order(50_00, "FULL_300_OFF_50")',
      'Result.order(Percent.of(5), "减🎉")',
    );
    const uri = await write("rules/full.rule.ts", text);
    editor.open(uri, text);
    const line = text.split("\n")[2]!;
    expect(await shown(uri)).toMatchObject([
      {
        code: "BUILD_TYPE",
        message: expect.stringContaining("Type 'Percent' is not assignable to type 'i64'"),
        range: {
          start: { line: 2, character: line.indexOf("Percent.of(5)") },
          end: { line: 2, character: line.indexOf("Percent.of(5)") + "Percent.of(5)".length },
        },
      },
    ]);
  });

  it("are told of functions that nobody calls, which are marked as of no use", async () => {
    const text = `${GOOD}
function helper(count: i32): i64 {
  return "no number";
}

class Never {
  value(): i32 {
    return "no number";
  }
}
`;
    const uri = await write("rules/full.rule.ts", text);
    editor.open(uri, text);
    const problems = (await shown(uri)).filter(({ severity }) => severity === 1);
    expect(problems.map(({ code, range }) => [code, range.start.line])).toEqual([
      ["BUILD_TYPE", 7],
      ["BUILD_TYPE", 12],
    ]);

    editor.change(uri, text.replaceAll('"no number"', "1"));
    expect(await shown(uri)).toMatchObject([{ severity: 4, tags: [1], range: { start: { line: 6 } } }]);
  });

  it("of a file stay while another one cannot be parsed, and move with their text", async () => {
    const typed = GOOD.replace("50_00", '"fifty"').replace("满300减50", "typed");
    const uri = await write("rules/typed.rule.ts", typed);
    const other = await write("rules/torn.rule.ts", GOOD);
    editor.open(uri, typed);
    editor.open(other, GOOD);
    const [before] = await shown(uri);
    expect(before).toMatchObject({ code: "BUILD_TYPE", range: { start: { line: 2 } } });

    editor.change(other, GOOD.replace("{", ""));
    expect(codes(await shown(other))).toContain("BUILD_SYNTAX");
    expect(await shown(uri)).toEqual([before]);
  });

  it("come in a row, and only those of the newest text stay", async () => {
    const uri = await write("rules/full.rule.ts", GOOD);
    editor.open(uri, GOOD);
    expect(await shown(uri)).toEqual([]);
    for (let count = 0; count < 30; count++) {
      editor.change(uri, GOOD.replace("50_00", count % 2 === 0 ? '"x"' : String(count)));
    }
    expect(await shown(uri)).toEqual([]);
  });

  it("are nobody's any more when the last file of a project is closed", async () => {
    const uri = await write("rules/full.rule.ts", MISSPELT);
    editor.open(uri, MISSPELT);
    expect(codes(await shown(uri))).toEqual(["BUILD_UNKNOWN_DECORATOR"]);
    editor.closeFile(uri);
    await expect.poll(() => last(uri), { timeout: 30_000 }).toEqual([]);
  });

  it("survive sources that asc falls over, again and again", async () => {
    const text = `enum A {\n  a = B.b,\n}\nenum B {\n  b = A.a,\n}\n${GOOD.replace("50_00", "A.a")}`;
    const uri = await write("rules/full.rule.ts", text);
    editor.open(uri, text);
    for (let round = 0; round < 3; round++) {
      expect((await shown(uri)).length).toBeGreaterThan(0);
      editor.change(uri, GOOD);
      expect(await shown(uri)).toEqual([]);
      editor.change(uri, text);
    }
  });
});

describe("rules", () => {
  it("are told with their places, and those of a torn file stay as they were", async () => {
    const uri = await write("rules/full.rule.ts", GOOD);
    await write("rules/other.rule.ts", OTHER);
    editor.open(uri, GOOD);
    const rules = await known();
    expect(rules).toMatchObject({
      isComplete: true,
      rules: [
        {
          ...{ name: "满300减50", kind: "promotion", file: "rules/full.rule.ts", uri, function: "apply" },
          ...{ priority: 10, phase: "order", template: false },
          range: { start: { line: 1, character: 16 }, end: { line: 1, character: 21 } },
          decoratorRange: { start: { line: 0, character: 0 }, end: { line: 0, character: 35 } },
        },
        { name: "another" },
      ],
    });

    editor.change(uri, `\n\n${GOOD}`);
    editor.change(uri, `\n\n${GOOD.replace("{", "")}`);
    const torn = await known();
    expect(torn).toMatchObject({ isComplete: false, rules: [{ name: "满300减50" }, { name: "another" }] });
    expect(torn.rules[0]!.range.start.line).toBe(3);

    const other = await write("rules/torn.rule.ts", OTHER.replace("{", ""));
    editor.changedOnDisk(other, FileChangeType.Created);
    editor.change(uri, GOOD.replace("apply", "applyAll"));
    expect((await known()).rules.map(({ function: called }) => called)).toEqual(["applyAll", "apply"]);
    await rm(join(shop, "rules/torn.rule.ts"));
    editor.changedOnDisk(other, FileChangeType.Deleted);

    editor.change(uri, GOOD.replace("满300减50", "renamed"));
    expect((await known()).rules.map(({ name }) => name)).toEqual(["renamed", "another"]);
  });
});

describe("a workspace that nobody trusts", () => {
  let guarded: Editor;
  beforeAll(async () => {
    guarded = await openEditor(await builtExtension(), { initializationOptions: { trusted: false } });
  });
  afterAll(() => guarded.close());

  it("is not compiled, and shows what needs no compiler", async () => {
    const text = MISSPELT.replace("50_00", '"fifty"');
    const uri = await write("rules/full.rule.ts", text);
    guarded.open(uri, text);
    expect(codes((await guarded.published(uri)).diagnostics)).toEqual(["BUILD_UNKNOWN_DECORATOR"]);
    expect(await guarded.request<ProjectRules>(RULES, { root })).toEqual({ rules: [], isComplete: false });

    guarded.notify(TRUST_GRANTED);
    guarded.change(uri, GOOD.replace("50_00", '"fifty"'));
    await expect
      .poll(async () => (await guarded.request<ProjectRules>(RULES, { root })).isComplete, {
        timeout: 30_000,
      })
      .toBe(true);
    expect(codes(await shown(uri, guarded))).toEqual(["BUILD_TYPE"]);
  });
});

/** What is shown of a file when the compiler has had its word on the newest text. */
async function shown(uri: string, in_ = editor): Promise<Diagnostic[]> {
  await in_.request(RULES, { root });
  return last(uri, in_);
}

const told = new Map<string, Diagnostic[]>();

async function last(uri: string, in_ = editor): Promise<Diagnostic[]> {
  while (in_.hasPublished(uri)) told.set(uri, (await in_.published(uri)).diagnostics);
  return told.get(uri) ?? [];
}

function known(): Promise<ProjectRules> {
  return editor.request(RULES, { root });
}

function codes(diagnostics: readonly Diagnostic[]): unknown[] {
  return diagnostics.map(({ code }) => code);
}

async function write(file: string, text: string): Promise<string> {
  const path = join(shop, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return pathToFileURL(path).href;
}
