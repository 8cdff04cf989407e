// Runs one case of `fixtures/`: opens its rule, asks what `expected.json` asks, and puts what comes into the same form.

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  type CompletionItem,
  type DocumentSymbol,
  type FoldingRange,
  type Hover,
  type InlayHint,
  type Location,
  type LocationLink,
  type Position,
  type Range,
  type SemanticTokens,
  type SignatureHelp,
  SymbolKind,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Editor } from "./editor.ts";

export const FIXTURES = join(import.meta.dirname, "fixtures");

/** Writes what comes as what is expected. Somebody has to look at the difference, so CI never does. */
export const ACCEPTS = process.env.HAGGLE_ACCEPT === "1";
if (ACCEPTS && process.env.CI) throw new Error("HAGGLE_ACCEPT is for people who look at what they accept.");

/** What to do when an answer is another one on purpose. */
export const ACCEPT = "if it is meant so, run this file with HAGGLE_ACCEPT=1 and look at the difference";

const INPUT = "input.rule.ts";
const MARK = /\/\*\^([\w-]+)\*\//g;

/** For diagnostics: they are a moment away, and what never comes is not waited for. */
const MAX_WAIT_MS = 30_000;

type Answers = Record<string, unknown>;
type Opened = { editor: Editor; uri: string; document: TextDocument; marks: ReadonlyMap<string, Position> };
type Ask = (opened: Opened, position: Position, asked: unknown) => Promise<unknown>;

/** The answers to what a case asks, and those that it expects. */
export async function runFixture(
  editor: Editor,
  name: string,
  folder: string,
): Promise<{ found: Answers; expected: Answers }> {
  const source = join(FIXTURES, name);
  const rules = join(folder, name, "rules");
  await mkdir(rules, { recursive: true });
  await cp(source, rules, { recursive: true, filter: (path) => basename(path) !== "expected.json" });
  const expected = JSON.parse(await readFile(join(source, "expected.json"), "utf8")) as Answers;
  const { text, marks } = readMarks(await readFile(join(source, INPUT), "utf8"));
  const uri = pathToFileURL(join(rules, INPUT)).href;
  await writeFile(join(rules, INPUT), text);
  editor.open(uri, text);
  const opened = { editor, uri, document: TextDocument.create(uri, "haggle-rule", 1, text), marks };
  const found: Answers = {};
  for (const [question, asked] of Object.entries(expected))
    found[question] = await answer(opened, question, asked);
  editor.closeFile(uri);
  if (ACCEPTS) await writeFile(join(source, "expected.json"), `${JSON.stringify(found, undefined, 2)}\n`);
  return { found, expected };
}

async function answer(opened: Opened, question: string, asked: unknown): Promise<unknown> {
  const ofFile = OF_FILES[question];
  if (ofFile !== undefined) return ofFile(opened, asked);
  const ask = AT_MARKS[question];
  if (ask === undefined) throw new Error(`nothing is called ${question}`);
  const answers: Answers = {};
  for (const [mark, each] of Object.entries(asked as Answers)) {
    // Several questions of one kind at one place: `name` and `name:2`.
    const position = opened.marks.get(mark.split(":")[0]!);
    if (position === undefined) throw new Error(`no mark ${mark} in the input`);
    answers[mark] = await ask(opened, position, each);
  }
  return answers;
}

/** Questions about a place, by what they are called in `expected.json`. */
const AT_MARKS: Record<string, Ask> = {
  async hover(opened, position) {
    const hover = await at<Hover>(opened, "hover", position);
    return hover === null ? null : (hover.contents as { value: string }).value.split("\n");
  },
  async completion(opened, position, asked) {
    const { contains = [], excludes = [], inserts } = asked as Completion;
    const items = (await at<CompletionItem[]>(opened, "completion", position)) ?? [];
    const labels = new Set(items.map(({ label }) => label));
    const answered: Completion = {
      contains: contains.filter((label) => labels.has(label)),
      excludes: excludes.filter((label) => !labels.has(label)),
    };
    if (inserts !== undefined) {
      const text = (label: string) => items.find((item) => item.label === label);
      answered.inserts = Object.fromEntries(
        Object.keys(inserts).map((label) => [
          label,
          text(label)?.textEdit?.newText ?? text(label)?.insertText ?? null,
        ]),
      );
    }
    return answered;
  },
  async only(opened, position) {
    return ((await at<CompletionItem[]>(opened, "completion", position)) ?? []).map(({ label }) => label);
  },
  async resolved(opened, position, asked) {
    const items = (await at<CompletionItem[]>(opened, "completion", position)) ?? [];
    const { label } = asked as { label: string };
    const item = items.find((each) => each.label === label);
    if (item === undefined) return { label };
    const { detail, documentation } = await opened.editor.request<CompletionItem>(
      "completionItem/resolve",
      item,
    );
    return { label, detail, documentation: (documentation as { value: string } | undefined)?.value };
  },
  async signature(opened, position) {
    const help = await at<SignatureHelp>(opened, "signatureHelp", position);
    const signature = help?.signatures[help.activeSignature ?? 0];
    if (signature === undefined) return null;
    const active = signature.parameters?.[help?.activeParameter ?? 0];
    const [start, end] = (active?.label ?? [0, 0]) as [number, number];
    const docs = (active?.documentation as { value: string } | undefined)?.value;
    return { label: signature.label, active: signature.label.slice(start, end), ...(docs && { docs }) };
  },
  async definition(opened, position) {
    const links = (await at<LocationLink[]>(opened, "definition", position)) ?? [];
    return Promise.all(
      links.map(({ targetUri: uri, targetSelectionRange: range }) => showLocation(opened, { uri, range })),
    );
  },
  async references(opened, position) {
    const locations = await at<Location[]>(opened, "references", position, {
      context: { includeDeclaration: true },
    });
    return Promise.all((locations ?? []).map((location) => showLocation(opened, location)));
  },
  async highlights(opened, position) {
    const found = await at<{ range: Range; kind: number }[]>(opened, "documentHighlight", position);
    return (found ?? []).map(
      ({ range, kind }) => `${showRange(opened.document, range)} ${kind === 3 ? "written" : "read"}`,
    );
  },
  async rename(opened, position, asked) {
    const { to } = asked as { to: string };
    try {
      await at(opened, "prepareRename", position);
      const edit = await at<WorkspaceEdit>(opened, "rename", position, { newName: to });
      const changed: Record<string, string[]> = {};
      for (const [uri, edits] of Object.entries(edit?.changes ?? {})) {
        const document = await documentAt(opened, uri);
        changed[basename(uri)] = changedLines(document, TextDocument.applyEdits(document, edits));
      }
      return { to, changed };
    } catch (cause) {
      return { to, refused: (cause as Error).message };
    }
  },
};

type Completion = { contains?: string[]; excludes?: string[]; inserts?: Record<string, string | null> };

/** Questions about the whole file. */
const OF_FILES: Record<string, (opened: Opened, asked: unknown) => Promise<unknown>> = {
  async symbols(opened) {
    const symbols = (await ofDocument<DocumentSymbol[]>(opened, "documentSymbol")) ?? [];
    const show = ({ name, kind, detail, children = [] }: DocumentSymbol): string[] => [
      `${KIND_NAMES[kind]} ${name}${detail ? ` (${detail})` : ""}`,
      ...children.flatMap(show).map((line) => `  ${line}`),
    ];
    return symbols.flatMap(show);
  },
  async folding(opened) {
    const folds = (await ofDocument<FoldingRange[]>(opened, "foldingRange")) ?? [];
    return folds.map(
      ({ startLine, endLine, kind }) => `${startLine + 1}-${endLine + 1}${kind ? ` ${kind}` : ""}`,
    );
  },
  async format(opened) {
    const edits = await ofDocument<TextEdit[]>(opened, "formatting", {
      options: { tabSize: 2, insertSpaces: true },
    });
    return TextDocument.applyEdits(opened.document, edits ?? []).split("\n");
  },
  async hints(opened) {
    const end = opened.document.positionAt(opened.document.getText().length);
    const range = { start: { line: 0, character: 0 }, end };
    const hints = (await ofDocument<InlayHint[]>(opened, "inlayHint", { range })) ?? [];
    const lines = opened.document.getText().split("\n");
    return hints.map(({ position: { line, character }, label }) => {
      const text = lines[line]!;
      return `${line + 1}: ${text.slice(0, character)}«${label}»${text.slice(character)}`;
    });
  },
  async tokens(opened) {
    const found = await ofDocument<SemanticTokens>(opened, "semanticTokens/full");
    const { tokenTypes, tokenModifiers } = opened.editor.capabilities.semanticTokensProvider!.legend;
    const shown: string[] = [];
    let line = 0;
    let character = 0;
    for (let index = 0; index < (found?.data.length ?? 0); index += 5) {
      const [lines, characters, length, type, modifiers] = found!.data.slice(index, index + 5) as number[];
      character = lines === 0 ? character + characters! : characters!;
      line += lines!;
      const text = opened.document.getText({
        start: { line, character },
        end: { line, character: character + length! },
      });
      const said = tokenModifiers.filter((_, bit) => modifiers! & (1 << bit));
      shown.push([`${line + 1}`, text, tokenTypes[type!], ...said].join(" "));
    }
    return shown;
  },
  /** Those that are expected come, sooner or later; what comes before them is not looked at. */
  async diagnostics(opened, asked) {
    const wanted = JSON.stringify(asked);
    const tooLate = sleep(MAX_WAIT_MS, undefined, { ref: false });
    for (let shown: string[] | undefined; ; ) {
      const published = await Promise.race([opened.editor.published(opened.uri), tooLate]);
      if (published === undefined) return shown ?? "nothing came";
      shown = published.diagnostics.map(({ code, range, message }) => {
        return `${code} ${showRange(opened.document, range)} | ${String(message).split("\n")[0]}`;
      });
      if (JSON.stringify(shown) === wanted || ACCEPTS) return shown;
    }
  },
};

const KIND_NAMES = Object.fromEntries(Object.entries(SymbolKind).map(([name, kind]) => [kind, name]));

function at<T>(
  { editor, uri }: Opened,
  request: string,
  position: Position,
  more: object = {},
): Promise<T | null> {
  return editor.request(`textDocument/${request}`, { textDocument: { uri }, position, ...more });
}

function ofDocument<T>({ editor, uri }: Opened, request: string, more: object = {}): Promise<T | null> {
  return editor.request(`textDocument/${request}`, { textDocument: { uri }, ...more });
}

async function showLocation(opened: Opened, { uri, range }: Location): Promise<string> {
  const document = await documentAt(opened, uri);
  const line = document.getText().split("\n")[range.start.line]!.trim();
  // Libraries grow, and a case is not to know how long they are.
  return uri.startsWith("haggle-lib:") ? `${uri} ${line}` : `${basename(uri)}:${showRange(document, range)}`;
}

async function documentAt({ editor, uri, document }: Opened, wanted: string): Promise<TextDocument> {
  if (wanted === uri) return document;
  const text = wanted.startsWith("haggle-lib:")
    ? await editor.request<string>("haggle/library", { path: new URL(wanted).pathname })
    : await readFile(new URL(wanted), "utf8");
  return TextDocument.create(wanted, "typescript", 1, text);
}

function showRange(document: TextDocument, range: Range): string {
  return `${range.start.line + 1}:${range.start.character + 1} ${document.getText(range).split("\n")[0]}`;
}

function changedLines(before: TextDocument, after: string): string[] {
  const lines = before.getText().split("\n");
  return after.split("\n").filter((line, index) => line !== lines[index]);
}

function readMarks(marked: string): { text: string; marks: Map<string, Position> } {
  const marks = new Map<string, number>();
  let text = "";
  let from = 0;
  for (const found of marked.matchAll(MARK)) {
    text += marked.slice(from, found.index);
    from = found.index + found[0].length;
    marks.set(found[1]!, text.length);
  }
  text += marked.slice(from);
  const document = TextDocument.create("", "", 0, text);
  return { text, marks: new Map([...marks].map(([name, offset]) => [name, document.positionAt(offset)])) };
}
