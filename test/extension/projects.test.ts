import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  type CompletionItem,
  FileChangeType,
  type Hover,
  type InlayHint,
  type Location,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver-protocol/node";
import { LIBRARY, PROJECTS, type ProjectInfo } from "../../extension/shared/protocol.ts";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";

// Several projects in one workspace, files that come and go beside those that are open, and what the person has set.

const rule = (name: string, body: string) => `import { AMOUNT } from "./shared";

@promo(name="${name}")
export function ${name}(ctx: Context): Result {
  ${body}
}
`;

const RULES = join(import.meta.dirname, "../../rules");

let workspace: string;
let folder: string;
let editor: Editor;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), "haggle-workspace-"));
  editor = await openEditor(await builtExtension(), {
    folders: [pathToFileURL(workspace).href],
    initializationOptions: { trusted: false },
  });
});
afterAll(async () => {
  await editor.close();
  await rm(workspace, { recursive: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(workspace, "shops-"));
});
// Taken out, so that what one test has broken is not told by the next ones too.
afterEach(() => expect(editor.errors.splice(0)).toEqual([]));

it("finds every project of the workspace: rules, promotions without rules, and nothing that npm installed", async () => {
  await write("shops/a b/rules/deep/one.rule.ts", "");
  await write("shops/二/promotions/one.yaml", "");
  await write("data/promotions.json", "[]");
  await write("other/rules/eslint.ts", "");
  await write("node_modules/some/rules/one.rule.ts", "");
  const project = (path: string, name: string) => ({ root: pathToFileURL(join(folder, path)).href, name });
  expect(await editor.request<ProjectInfo[]>(PROJECTS)).toEqual([
    project("data", "data"),
    project("shops/二", "二"),
    project("shops/a b", "a b"),
  ]);

  const added = await write("new/rules/one.rule.ts", "");
  editor.changedOnDisk(added, FileChangeType.Created);
  expect((await editor.request<ProjectInfo[]>(PROJECTS)).map(({ name }) => name)).toContain("new");
});

it("keeps projects apart that have files of the same names", async () => {
  for (const shop of ["one", "two"]) {
    await write(`${shop}/rules/shared.ts`, `/** Of shop ${shop}. */\nexport const AMOUNT: Money = 1_00;\n`);
  }
  const [one, two] = await Promise.all(
    ["one", "two"].map((shop) =>
      write(`${shop}/rules/a.rule.ts`, rule(shop, 'return Result.order(AMOUNT, "A");')),
    ),
  );
  editor.open(one!, rule("one", 'return Result.order(AMOUNT, "A");'));
  editor.open(two!, rule("two", 'return Result.order(AMOUNT, "A");'));
  const position = { line: 4, character: 24 };
  // By turns, since each asks again for what the other has put in the common registry.
  for (const [uri, shop] of [
    [one, "one"],
    [two, "two"],
    [one, "one"],
    [two, "two"],
  ] as const) {
    const hover = await editor.request<Hover>("textDocument/hover", { textDocument: { uri }, position });
    expect(hover.contents).toMatchObject({ value: expect.stringContaining(`Of shop ${shop}.`) });
    const used = await editor.request<Location[]>("textDocument/references", {
      textDocument: { uri },
      position,
      context: { includeDeclaration: false },
    });
    expect(new Set(used.map((place) => dirname(new URL(place.uri).pathname)))).toEqual(
      new Set([join(folder, shop, "rules")]),
    );
  }
});

it("follows what others write to the disk, and what is open but not saved", async () => {
  const shared = await write("rules/shared.ts", "export const AMOUNT: Money = 1_00;\n");
  const text = rule("one", "return Result.");
  const uri = await write("rules/one.rule.ts", text);
  editor.open(uri, text);
  const names = async (body: string, word: string) => {
    editor.change(uri, rule("one", body));
    const position = { line: 4, character: 2 + body.indexOf(word) };
    const items = await editor.request<CompletionItem[]>("textDocument/completion", {
      textDocument: { uri },
      position,
    });
    return items.map(({ label }) => label);
  };
  const imports = 'shared; import * as shared from "./shared";';
  expect(await names(imports.replace("shared;", "shared.;"), ";")).toContain("AMOUNT");

  await write("rules/shared.ts", "export const AMOUNT: Money = 1_00;\nexport const LIMIT: Money = 2_00;\n");
  editor.changedOnDisk(shared);
  expect(await names(imports.replace("shared;", "shared.;"), ";")).toContain("LIMIT");

  editor.open(shared, "export const TYPED: Money = 3_00;\n");
  expect(await names(imports.replace("shared;", "shared.;"), ";")).toEqual(["TYPED"]);
  editor.closeFile(shared);
  expect(await names(imports.replace("shared;", "shared.;"), ";")).toContain("LIMIT");
});

it("knows a rule that lies in no project, and one that is not saved anywhere", async () => {
  const text = rule("one", "return Result.none();").replace(/^import.*\n/, "");
  const loose = await write("loose.rule.ts", text);
  for (const uri of [loose, "untitled:Untitled-1.rule.ts"]) {
    editor.open(uri, text);
    const hover = await editor.request<Hover>("textDocument/hover", {
      textDocument: { uri },
      position: { line: 3, character: 17 },
    });
    expect(hover.contents, uri).toMatchObject({ value: expect.stringContaining("Result.none(): Result") });
  }
});

it("gives a rule another name wherever the project has it, and nobody else", async () => {
  const text = rule("one", 'return Result.order(1_00, "A");');
  const uri = await write("shop/rules/a.rule.ts", text);
  const list = await write("shop/promotions/list.yaml", "- id: one\n  rule: one\n- { id: b, rule: 'one' }\n");
  const object = await write("shop/promotions/one.json", '{ "id": "c", "rule": "one" }');
  await write("shop/policy.yaml", "groups: { one: {} }\nrule: one\n");
  await write("other/promotions/list.yaml", "- { id: one, rule: one }\n");
  editor.open(uri, text);
  const position = { line: 2, character: '@promo(name="on'.length };
  const { changes } = await editor.request<WorkspaceEdit>("textDocument/rename", {
    ...{ textDocument: { uri }, position, newName: "off: 1" },
  });
  const edit = (line: number, character: number, newText: string, length = 3) => ({
    ...{ range: { start: { line, character }, end: { line, character: character + length } }, newText },
  });
  expect(changes).toEqual({
    [uri]: [edit(2, 13, "off: 1")],
    [list]: [edit(1, 8, '"off: 1"'), edit(2, 17, '"off: 1"', 5)],
    [object]: [edit(0, 21, '"off: 1"', 5)],
  });
  editor.closeFile(uri);
});

it("writes amounts in the currency that is set, and names parameters where that is wished", async () => {
  const text =
    'import { AMOUNT } from "./shared";\n\nfunction one(): Result { return Result.order(1234, "A"); }\n';
  const uri = await write("rules/one.rule.ts", text);
  editor.open(uri, text);
  const range = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
  const labels = async () => {
    const hints = await editor.request<InlayHint[]>("textDocument/inlayHint", {
      textDocument: { uri },
      range,
    });
    return hints.map(({ label }) => label);
  };
  expect(await labels()).toEqual(["¥12.34"]);
  editor.set({ currency: "JPY" });
  expect(await labels()).toEqual(["¥1,234"]);
  // Written as hundredths are, and counted in what the currency has.
  editor.change(uri, text.replace("1234", "12_34"));
  expect(await labels()).toEqual(["¥1,234"]);
  editor.change(uri, text);
  editor.set({ currency: "EUR", inlayHints: { parameterNames: true } });
  expect(await labels()).toEqual(["€12.34", "amount:", "reason:"]);
  editor.set({ inlayHints: { money: false } });
  expect(await labels()).toEqual([]);
  editor.set({});
});

it("formats unless that is switched off", async () => {
  const uri = await write("rules/one.rule.ts", "const  A = 1;\n");
  editor.open(uri, "const  A = 1;\n");
  const edits = () =>
    editor.request<TextEdit[] | null>("textDocument/formatting", {
      textDocument: { uri },
      options: { tabSize: 2, insertSpaces: true },
    });
  expect(await edits()).toHaveLength(1);
  editor.set({ format: { enable: false } });
  expect(await edits()).toBeNull();
  editor.set({});
});

it("has nothing to say against the repository's own rules", async () => {
  await cp(RULES, join(folder, "rules"), {
    recursive: true,
    filter: (path) => !path.includes("node_modules"),
  });
  const files = await readdir(join(folder, "rules"), { recursive: true });
  const found = files.filter((file) => file.endsWith(".rule.ts")).map((file) => join("rules", file));
  expect(found.length).toBeGreaterThan(50);
  for (const path of found) {
    const uri = pathToFileURL(join(folder, path)).href;
    editor.open(uri, await readFile(join(folder, path), "utf8"));
    expect(await editor.published(uri), path).toMatchObject({ diagnostics: [] });
    editor.closeFile(uri);
  }
});

it("reads a source beside one that is nested deeper than anybody can read", async () => {
  const text = "export const LIMIT: Money = 1_00;\n";
  const uri = await write("rules/one.rule.ts", text);
  await write("rules/deep.rule.ts", `const a = ${"(".repeat(30_000)}`);
  editor.open(uri, text);
  const hover = await editor.request<Hover>("textDocument/hover", {
    textDocument: { uri },
    position: { line: 0, character: 14 },
  });
  expect(hover?.contents).toMatchObject({ value: expect.stringContaining("const LIMIT: Money") });
});

it("gives back what there is no more to say of", async () => {
  const uri = await write("rules/one.rule.ts", "");
  editor.open(uri, "");
  const items = await editor.request<CompletionItem[]>("textDocument/completion", {
    textDocument: { uri },
    position: { line: 0, character: 0 },
  });
  const whole = items.find(({ label }) => label === "promotion")!;
  expect(await editor.request("completionItem/resolve", whole)).toEqual(whole);
});

it("goes on where a folder lies on no disk that it can read", async () => {
  const one = await write("shop/rules/one.rule.ts", "");
  const other = await openEditor(await builtExtension(), {
    folders: ["file://elsewhere/share", pathToFileURL(folder).href],
    initializationOptions: { trusted: false },
  });
  other.open("file://elsewhere/share/promotions/one.yaml", "id: one\n");
  other.changedOnDisk("file://elsewhere/share/policy.yaml", FileChangeType.Created);
  const roots = await other.request<ProjectInfo[]>(PROJECTS);
  expect(roots.map(({ root }) => root)).toEqual([one.slice(0, -"/rules/one.rule.ts".length)]);
  expect(other.errors).toEqual([]);
  await other.close();
});

it("gives the texts of its libraries, and of nothing else", async () => {
  const library = (path: string) => editor.request<string | null>(LIBRARY, { path });
  expect(await library("/haggle.d.ts")).toContain("declare class Result {");
  expect(await library("/assemblyscript.d.ts")).not.toContain("declare function load<T>");
  for (const path of ["/etc/passwd", "../package.json", "", "toString"])
    expect(await library(path)).toBeNull();
});

async function write(file: string, text: string): Promise<string> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return pathToFileURL(path).href;
}
