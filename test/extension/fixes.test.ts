import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CodeAction, Diagnostic, Range } from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { type ProjectRules, RULES } from "../../extension/shared/protocol.ts";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";
import { ACCEPT, ACCEPTS } from "./fixture.ts";

// Quick fixes, one folder per case: a rule, what each fix of each diagnostic makes of the lines that it changes, and what
// mending everything that is plain leaves. HAGGLE_ACCEPT=1 writes the answers down anew.

const FIXTURES = join(import.meta.dirname, "fix-fixtures");
const EVERYWHERE: Range = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };
/** Mending may show what a mistake hid. */
const MOST_ROUNDS = 5;

let folder: string;
let editor: Editor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-fixes-"));
  editor = await openEditor(await builtExtension());
});
afterAll(async () => {
  await editor.close();
  await rm(folder, { recursive: true });
});

describe("a quick fix", () => {
  it.each(readdirSync(FIXTURES))("%s", async (name) => {
    const found = await findFixes(name, readFileSync(join(FIXTURES, name, "input.rule.ts"), "utf8"));
    const path = join(FIXTURES, name, "expected.json");
    if (ACCEPTS) await writeFile(path, `${JSON.stringify(found, null, 2)}\n`);
    else expect(found, ACCEPT).toEqual(JSON.parse(readFileSync(path, "utf8")));
    expect(editor.errors).toEqual([]);
  });
});

it("that makes parameters of variables leaves a rule that compiles", async () => {
  for (const name of ["top-level-parameter", "top-level-parameter-joins"]) {
    const project = join(folder, `${name}-mended`);
    await mkdir(join(project, "rules"), { recursive: true });
    const path = join(project, "rules/input.rule.ts");
    let text = readFileSync(join(FIXTURES, name, "input.rule.ts"), "utf8");
    await writeFile(path, text);
    const uri = pathToFileURL(path).href;
    editor.open(uri, text);
    // Two variables, one after the other: the second comes into the class that the first one made.
    for (let round = 0; round < 2; round++) {
      await editor.request(RULES, { root: pathToFileURL(project).href });
      const actions = await ask(uri, await latest(uri));
      const made = actions.find(({ title }) => title.endsWith(" a parameter"));
      text = apply(uri, text, made!);
      editor.change(uri, text);
    }
    const { rules } = await editor.request<ProjectRules>(RULES, { root: pathToFileURL(project).href });
    expect((await latest(uri)).filter(isProblem)).toEqual([]);
    const named = Object.keys(rules[0]!.parameters.properties);
    expect(named.slice(-2), name).toEqual([expect.any(String), expect.any(String)]);
    editor.closeFile(uri);
  }
});

async function findFixes(name: string, text: string) {
  const project = join(folder, name);
  await mkdir(join(project, "rules"), { recursive: true });
  const path = join(project, "rules/input.rule.ts");
  await writeFile(path, text);
  const uri = pathToFileURL(path).href;
  const root = pathToFileURL(project).href;
  editor.open(uri, text);
  // Which waits for the compiler's word on the newest text.
  await editor.request(RULES, { root });
  const diagnostics = await latest(uri);
  const actions = await ask(uri, diagnostics);

  let mended = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [all] = await ask(uri, [], ["source.fixAll"]);
    if (all === undefined) break;
    mended = apply(uri, mended, all);
    editor.change(uri, mended);
    await editor.request(RULES, { root });
  }
  const left = mended === text ? diagnostics : await latest(uri);
  editor.closeFile(uri);
  return {
    fixes: diagnostics.filter(isProblem).map((diagnostic) => ({
      at: placeOf(diagnostic),
      code: diagnostic.code,
      fixes: actions.filter(isAbout(diagnostic)).map((action) => ({
        title: action.title,
        ...(action.isPreferred && { preferred: true }),
        lines: changedLines(text, apply(uri, text, action)),
      })),
    })),
    mended: mended === text ? null : changedLines(text, mended),
    left: left.filter(isProblem).map((diagnostic) => `${placeOf(diagnostic)} ${diagnostic.code}`),
  };
}

/** Those that no newer ones have followed by now. */
async function latest(uri: string): Promise<Diagnostic[]> {
  let { diagnostics } = await editor.published(uri);
  while (editor.hasPublished(uri)) ({ diagnostics } = await editor.published(uri));
  return diagnostics;
}

async function ask(uri: string, diagnostics: Diagnostic[], only?: string[]): Promise<CodeAction[]> {
  const actions = await editor.request<CodeAction[] | null>("textDocument/codeAction", {
    textDocument: { uri },
    range: EVERYWHERE,
    context: { diagnostics, ...(only && { only }) },
  });
  return actions ?? [];
}

function isProblem({ severity }: Diagnostic): boolean {
  return severity === 1 || severity === 2;
}

function isAbout(diagnostic: Diagnostic): (action: CodeAction) => boolean {
  const key = JSON.stringify([diagnostic.code, diagnostic.range]);
  return ({ diagnostics = [] }) =>
    diagnostics.some(({ code, range }) => JSON.stringify([code, range]) === key);
}

function placeOf({ range: { start } }: Diagnostic): string {
  return `${start.line + 1}:${start.character + 1}`;
}

function apply(uri: string, text: string, { edit }: CodeAction): string {
  const document = TextDocument.create(uri, "haggle-rule", 1, text);
  return TextDocument.applyEdits(document, edit?.changes?.[uri] ?? []);
}

/** The lines that are not in both, of the newer text. */
function changedLines(before: string, after: string): string[] {
  const old = new Set(before.split("\n"));
  const lines = after.split("\n").filter((line) => !old.has(line));
  const gone = before.split("\n").length - after.split("\n").length;
  return gone > 0 ? [...lines, `(${gone} fewer)`] : lines;
}
