import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { MAX_PROJECT_FILE_BYTES } from "@haggle/abi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  CodeAction,
  CompletionItem,
  Diagnostic,
  DocumentSymbol,
  Hover,
  Location,
  Position,
  Range,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { RULES } from "../../extension/shared/protocol.ts";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";
import { ACCEPT, ACCEPTS } from "./fixture.ts";

// Files beside the rules, as the bundled language server knows them. Each folder of yaml-fixtures is a case: `input.yaml` (JSON is YAML
// too) with places `<|name|>`, and in `expected.json` the file's place in a copy of `project`, other files of it,
// and what is asked about the places. HAGGLE_ACCEPT=1 writes the answers down anew.

const FIXTURES = join(import.meta.dirname, "yaml-fixtures");
const PROJECT = "project";

type Expected = {
  file: string;
  /** Other files, beside those of the project or in their place. */
  with?: Record<string, string>;
  /** By place: `label => what is written`. */
  completion?: Record<string, string[]>;
  /** By place: Markdown. */
  hover?: Record<string, string | null>;
  /** By place: `file:line:column`. */
  definition?: Record<string, string[]>;
  references?: Record<string, string[]>;
  /** By place: title, and lines that go and come. */
  actions?: Record<string, Record<string, string[]>>;
  /** `line:column name (detail)`. */
  symbols?: string[];
  /** `line:column-endLine:endColumn severity CODE message`. */
  diagnostics?: string[];
};

const names = (await readdir(FIXTURES)).filter((name) => name !== PROJECT);

let space: string;
let editor: Editor;
beforeAll(async () => {
  space = await mkdtemp(join(tmpdir(), "haggle-yaml-"));
  for (const name of names) await cp(join(FIXTURES, PROJECT), join(space, name), { recursive: true });
  await mkdir(join(space, "typed"));
  await cp(join(FIXTURES, PROJECT), join(space, "typed"), { recursive: true });
  editor = await openEditor(await builtExtension(), { folders: [pathToFileURL(space).href] });
}, 120_000);
afterAll(async () => {
  await editor.close();
  await rm(space, { recursive: true });
});

describe("a file beside the rules", () => {
  it.each(names)("%s", async (name) => {
    const path = join(FIXTURES, name, "expected.json");
    const expected: Expected = JSON.parse(await readFile(path, "utf8"));
    const actual = await answersTo(name, expected);
    if (ACCEPTS) await writeFile(path, `${JSON.stringify(actual, null, 2)}\n`);
    else expect(actual, ACCEPT).toEqual(expected);
    expect(editor.errors).toEqual([]);
  });
});

describe("while it is typed", () => {
  const file = "rules/pricing/strategies.yaml";

  it("a torn end is a warning until the file is saved like that", async () => {
    const { uri, text } = await openIn("typed", file, (before) => before);
    await settled(uri);
    // The same may be told twice, for a rule that is known only then.
    const severityIs = (severity: number) => until(uri, (found) => found[0]?.severity === severity);
    const torn = text.replace(/^end:.*\n/m, "");
    editor.change(uri, torn);
    expect(await severityIs(2)).toMatchObject([{ code: "STRATEGY_TORN" }]);
    editor.save(uri);
    expect(await severityIs(1)).toMatchObject([{ code: "STRATEGY_TORN" }]);
    editor.change(uri, text);
    await until(uri, (found) => found.length === 0);
  });

  it("a rule that is renamed in its source is unknown at once, and another file's promotion with it", async () => {
    const { uri } = await openIn("typed", file, (before) => before);
    const promotion = await openIn("typed", "promotions/basket.yaml", (before) => before);
    await settled(promotion.uri);
    const source = await openIn("typed", "rules/pricing/price-by-stock.rule.ts", (before) =>
      before.replace('name="price-by-stock"', 'name="price-by-shelf"'),
    );
    expect(await until(uri, (found) => found.length > 0)).toMatchObject([
      { code: "STRATEGY_UNKNOWN_RULE", data: { hint: expect.stringContaining("price-by-shelf") } },
    ]);
    editor.change(source.uri, source.text.replace("price-by-shelf", "price-by-stock"));
    await until(uri, (found) => found.length === 0);
  });

  it("a group is one of the policy's or of another rule's, in a rule as in a promotion", async () => {
    const own = "rules/promotions/own.rule.ts";
    const other = await openIn("typed", "rules/promotions/spend-and-save.rule.ts", (before) =>
      before.replace('group="order"', 'group="basket"'),
    );
    const rule = '@promo(name="own", group="b")\nexport function own(ctx: Context): Result {}\n';
    const { uri } = await openIn("typed", own, () => rule);
    await editor.request(RULES, { root: uri.slice(0, -own.length - 1) });
    const items = await editor.request<CompletionItem[]>("textDocument/completion", {
      ...{ textDocument: { uri }, position: { line: 0, character: '@promo(name="own", group="b'.length } },
    });
    const range = { start: { line: 0, character: 25 }, end: { line: 0, character: 28 } };
    expect(items.map(({ label, textEdit }) => [label, textEdit])).toEqual([
      ['"order"', { range, newText: '"order"' }],
      ['"basket"', { range, newText: '"basket"' }],
    ]);
    const promotion = await openIn("typed", "promotions/group.yaml", () => "- id: a\n  group: \n");
    const groups = await editor.request<CompletionItem[]>("textDocument/completion", {
      ...{ textDocument: { uri: promotion.uri }, position: { line: 1, character: "  group: ".length } },
    });
    expect(groups.map(({ label }) => label)).toEqual(["order", "b", "basket"]);
    for (const each of [promotion.uri, uri, other.uri]) editor.closeFile(each);
  });

  it("a file that is larger than one of a project may be says so, and nothing looks into it", async () => {
    const kinds = { "promotions/basket.yaml": "CLI_FILE_TOO_LARGE", [file]: "STRATEGY_TOO_LARGE" };
    for (const [path, code] of Object.entries(kinds)) {
      const { uri, text } = await openIn("typed", path, (before) => before);
      await settled(uri);
      editor.change(uri, `${text}# ${"é".repeat(MAX_PROJECT_FILE_BYTES / 2)}\n`);
      const start = { line: 0, character: 0 };
      expect(await until(uri, (found) => found.length > 0)).toMatchObject([{ code, range: { start } }]);
      expect(await ask<DocumentSymbol[]>("documentSymbol", uri)).toEqual([]);
      editor.change(uri, text);
      await until(uri, (found) => found.length === 0);
    }
  });

  it("an entry of a large file is completed as if it stood alone", async () => {
    const entry = (id: number) =>
      `  - id: s${id}\n    rule: price-by-stock\n    parameters: { few: 5, plenty: 9 }\n`;
    const entries = Array.from({ length: 1000 }, (_, id) => entry(id)).join("");
    const text = `version: v2026.11.26-aaaaaaaa\nstrategies:\n${entries}end: v\n`;
    const uri = uriOf("typed", "rules/large/strategies.yaml");
    editor.open(uri, text);
    const document = TextDocument.create(uri, "yaml", 0, text);
    for (const id of [0, 500, 999]) {
      const start = text.indexOf(`id: s${id}\n`);
      const position = document.positionAt(text.indexOf("plenty", start));
      const items = await ask<CompletionItem[]>("completion", uri, position);
      expect(items.map(({ label }) => label)).toEqual(["attribute", "raise", "plenty", "cut"]);
      const range = {
        start: position,
        end: { ...position, character: position.character + "plenty".length },
      };
      expect(items[0]!.textEdit).toMatchObject({ range });
    }
    const end = document.positionAt(text.length - 2);
    const versions = await ask<CompletionItem[]>("completion", uri, end);
    expect(versions.map(({ label }) => label)).toEqual(["v2026.11.26-aaaaaaaa"]);
  });

  it("what is nested without end, or without measure, is told and stops nothing", async () => {
    const rule = await openIn("typed", "rules/pricing/price-by-stock.rule.ts", (before) => before);
    const wide = Array.from({ length: 40_000 }, (_, field) => `f${field}: 1\n`).join("");
    const hostile = {
      "deep.yaml": `id: ${"[".repeat(30_000)}`,
      "steps.yaml": "- ".repeat(30_000),
      "wide.yaml": wide,
    };
    for (const [name, text] of Object.entries(hostile)) {
      const { uri } = await openIn("typed", `promotions/${name}`, () => text);
      const [fault] = await until(uri, (found) => found.length > 0);
      expect(fault, name).toMatchObject({ code: "CLI_NOT_YAML", message: expect.stringMatching(/^At most/) });
      const position = { line: 0, character: 1 };
      for (const asked of ["hover", "completion", "documentSymbol"]) await ask(asked, uri, position);
    }
    expect(await ask("codeLens", rule.uri)).not.toEqual([]);
    for (const name of Object.keys(hostile)) editor.closeFile(uriOf("typed", `promotions/${name}`));
    expect(editor.errors).toEqual([]);
  });

  it("cases of promotions are a file like all others there", async () => {
    const { uri, text } = await openIn("typed", "promotions/cases.json", () => "[]");
    await settled(uri);
    editor.change(uri, text.replace("]", '{ "id": "x", "rule": "nothing-like-it" }]'));
    expect(await until(uri, (found) => found.length > 0)).toMatchObject([{ code: "PROMOTION_UNKNOWN_RULE" }]);
    editor.closeFile(uri);
  });

  it("never stops an answer, wherever the text is cut off", async () => {
    const text = await readFile(join(FIXTURES, "strategies-faults", "input.yaml"), "utf8");
    const uri = uriOf("typed", "rules/cut/strategies.yaml");
    editor.open(uri, "");
    for (let length = 0; length < text.length; length += 7) {
      const cut = text.slice(0, length);
      editor.change(uri, cut);
      const position = TextDocument.create(uri, "yaml", 0, cut).positionAt(length);
      await ask<CompletionItem[]>("completion", uri, position);
      await ask<Hover>("hover", uri, position);
    }
    expect(await ask<DocumentSymbol[]>("documentSymbol", uri)).not.toBeNull();
    expect(editor.errors).toEqual([]);
  });
});

async function answersTo(name: string, expected: Expected): Promise<Expected> {
  for (const [file, text] of Object.entries(expected.with ?? {})) {
    await mkdir(dirname(join(space, name, file)), { recursive: true });
    await writeFile(join(space, name, file), text);
  }
  const marked = await readFile(join(FIXTURES, name, "input.yaml"), "utf8");
  const { text, places } = readPlaces(marked);
  const { uri } = await openIn(name, expected.file, () => text);
  const document = TextDocument.create(uri, "yaml", 0, text);
  const published = await settled(uri);
  const at = (place: string) => document.positionAt(places[place]!);
  const each = async <T, R>(asked: Record<string, T> | undefined, answer: (place: string) => Promise<R>) =>
    asked &&
    Object.fromEntries(await Promise.all(Object.keys(asked).map(async (key) => [key, await answer(key)])));
  const answers = {
    completion: await each(expected.completion, async (place) => {
      const items = await ask<CompletionItem[]>("completion", uri, at(place));
      return items.map(({ label, textEdit }) => `${label} => ${textEdit!.newText}`);
    }),
    hover: await each(expected.hover, async (place) => {
      const hover = await ask<Hover | null>("hover", uri, at(place));
      return hover === null ? null : (hover.contents as { value: string }).value;
    }),
    definition: await each(expected.definition, async (place) =>
      [await ask<Location | null>("definition", uri, at(place))]
        .flatMap((found) => found ?? [])
        .map(showPlace),
    ),
    references: await each(expected.references, async (place) =>
      (
        (await ask<Location[] | null>("references", uri, at(place), {
          context: { includeDeclaration: true },
        })) ?? []
      ).map(showPlace),
    ),
    actions: await each(expected.actions, async (place) => {
      const range = { start: at(place), end: at(place) };
      const diagnostics = published.filter((diagnostic) => touches(diagnostic.range, range.start));
      const actions = await ask<CodeAction[]>("codeAction", uri, undefined, {
        range,
        context: { diagnostics },
      });
      return Object.fromEntries(actions.map((action) => [undated(action.title), effectOf(action, document)]));
    }),
    symbols:
      expected.symbols &&
      (await ask<DocumentSymbol[]>("documentSymbol", uri)).map(
        ({ name: symbol, detail, selectionRange }) =>
          `${show(selectionRange.start)} ${symbol}${detail ? ` (${detail})` : ""}`,
      ),
    diagnostics:
      expected.diagnostics &&
      published.map(
        ({ range, severity, code, message }) =>
          `${show(range.start)}-${show(range.end)} ${severity === 1 ? "error" : "warning"} ${code} ${message}`,
      ),
  };
  return { ...expected, ...(JSON.parse(JSON.stringify(answers)) as Partial<Expected>) };

  function showPlace({ uri: target, range }: Location): string {
    const root = `${pathToFileURL(join(space, name)).href}/`;
    return `${target.slice(root.length)}:${show(range.start)}`;
  }
}

function readPlaces(marked: string): { text: string; places: Record<string, number> } {
  const places: Record<string, number> = {};
  let text = "";
  let end = 0;
  for (const { 0: whole, 1: name, index } of marked.matchAll(/<\|([\w-]+)\|>/g)) {
    text += marked.slice(end, index);
    places[name!] = text.length;
    end = index + whole.length;
  }
  return { text: text + marked.slice(end), places };
}

async function openIn(name: string, file: string, change: (text: string) => string) {
  const text = change(await readFile(join(space, name, file), "utf8").catch(() => ""));
  const uri = uriOf(name, file);
  editor.open(uri, text);
  return { uri, text };
}

function uriOf(name: string, file: string): string {
  return pathToFileURL(join(space, name, file)).href;
}

async function settled(uri: string): Promise<Diagnostic[]> {
  return (await editor.published(uri)).diagnostics;
}

async function until(uri: string, holds: (found: Diagnostic[]) => boolean): Promise<Diagnostic[]> {
  for (;;) {
    const found = await settled(uri);
    if (holds(found)) return found;
  }
}

function ask<R>(what: string, uri: string, position?: Position, more: object = {}): Promise<R> {
  return editor.request(`textDocument/${what}`, {
    textDocument: { uri },
    ...(position && { position }),
    ...more,
  });
}

/** The lines that an action takes out and puts in. */
function effectOf({ edit }: CodeAction, document: TextDocument): string[] {
  const before = document.getText().split("\n");
  const after = TextDocument.applyEdits(document, edit!.changes![document.uri]!).split("\n");
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${undated(line)}`),
  ];
}

/** A stamp has the day in it. */
function undated(text: string): string {
  return text.replace(/v\d{4}\.\d\d\.\d\d(?=-[0-9a-f]{8})/, "vDATE");
}

function touches({ start, end }: Range, { line, character }: Position): boolean {
  const isBehind = line > start.line || (line === start.line && character >= start.character);
  return isBehind && (line < end.line || (line === end.line && character <= end.character));
}

function show({ line, character }: Position): string {
  return `${line + 1}:${character + 1}`;
}
