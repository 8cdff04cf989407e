// The language server over stdio, on a workspace of 50 rules: how soon an editor shows what is wrong, what can be typed and
// what is meant, and what it costs to have it. Wall time, since that is what somebody who types has.

import { mkdir, mkdtemp, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { readProject, readRuntimeSources } from "haggle-cli";
import type { CompletionItem, CompletionList, Diagnostic } from "vscode-languageserver-protocol/node";
import type TypeScript from "../../extension/node_modules/typescript/lib/typescript.d.ts";
import { librariesOf } from "../../extension/server/language/libraries.ts";
import { createProjectService } from "../../extension/server/language/project-service.ts";
import { toVirtual, virtualTextOf } from "../../extension/server/language/virtual-text.ts";
import { readLibraries } from "../../scripts/read-libraries.ts";
import { builtExtension, packagedExtension } from "../support/extension.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { type Client, DOCS_BASE, startClient } from "./lsp-client.ts";
import { median } from "./measure.ts";
import { type Row, withGoal } from "./row.ts";
import type { BenchOptions } from "./run.ts";

const RULES = 50;
const REPO = join(import.meta.dirname, "../..");
/** The file that is typed in: it has a context, a cart and parameters. */
const EDITED = "rules/promotions/happy-hour-percent/happy-hour-percent.rule.ts";
const OTHER = "rules/promotions/free-shipping/free-shipping.rule.ts";
const MEMBERS = "ctx.cart.";

/** "Keystroke -> asc diagnostics p50 of the same server with plain asc behind a pause of 150 ms." */
const MAX_KEYSTROKE = 0.35;
const MAX_COMPLETION = 2;
const MAX_RESIDENT_BYTES = 450e6;
const MAX_VSIX_BYTES = 9e6;
/** Plain TypeScript, asked in this process. */
const BARE = "bare LanguageService";
const PLAIN = "plain asc, 150 ms";

type Workspace = { folder: string; files: Record<string, string>; uri: string; text: string };

export async function* lsp({ quick }: BenchOptions): AsyncGenerator<Row> {
  const built = await builtExtension();
  const workspace = await makeWorkspace();
  const row = (name: string, subject: string, value: number, unit: Row["unit"] = "ms"): Row => ({
    ...{ bench: "lsp", case: name, subject, value, unit },
  });
  const kept = await startClient(built);
  const plain = await startClient(built, { plainCompiler: true });
  try {
    yield row("start -> initialize", "haggle", kept.startMs);
    yield row("open -> asc diagnostics", "haggle, at first", await timeOpen(kept, workspace, EDITED));
    yield row("open -> asc diagnostics", PLAIN, await timeOpen(plain, workspace, EDITED));
    yield row("open -> asc diagnostics", "haggle, again", await timeOpen(kept, workspace, OTHER));
    await holdEqual([kept, plain], workspace);

    const rounds = quick ? 15 : 60;
    const strokes = await timeKeystrokes([kept, plain], workspace, rounds);
    const [own, others] = strokes.map(percentiles) as [Percentiles, Percentiles];
    const stroke = row("keystroke -> asc diagnostics, p50", "haggle", own.p50);
    const ratio = { ratio: own.p50 / others.p50, against: PLAIN };
    yield withGoal({ ...stroke, ...ratio }, { atMost: MAX_KEYSTROKE });
    yield row("keystroke -> asc diagnostics, p50", PLAIN, others.p50);
    yield row("keystroke -> asc diagnostics, p95", "haggle", own.p95);
    yield row("keystroke -> asc diagnostics, p95", PLAIN, others.p95);

    const [served, bare] = await timeCompletions(kept, workspace, rounds);
    const [mine, theirs] = [percentiles(served), percentiles(bare)];
    const completion = row("completion behind an edit, p50", "haggle", mine.p50);
    yield withGoal(
      { ...completion, ratio: mine.p50 / theirs.p50, against: BARE },
      { atMost: MAX_COMPLETION },
    );
    yield row("completion behind an edit, p50", BARE, theirs.p50);
    yield row("completion behind an edit, p95", "haggle", mine.p95);
    yield row("completion behind an edit, p95", BARE, theirs.p95);

    const hovers = percentiles(await timeHovers(kept, workspace, rounds));
    yield row("hover, p50", "haggle", hovers.p50);
    yield row("hover, p95", "haggle", hovers.p95);

    const resident = row("memory of the server's process", "haggle", await kept.residentBytes(), "bytes");
    yield withGoal(resident, { atMost: MAX_RESIDENT_BYTES });
  } finally {
    await kept.close();
    await plain.close();
    await removeFolder(workspace.folder);
  }
  const { size } = await stat((await packagedExtension()).vsix);
  yield withGoal(row("VSIX, with the web host", "haggle", size, "bytes"), { atMost: MAX_VSIX_BYTES });
}

async function makeWorkspace(): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-lsp-"));
  const all = await readProject(REPO);
  const paths = Object.keys(all.files).filter((path) => path !== EDITED && path !== OTHER);
  const chosen = [EDITED, OTHER, ...paths.slice(0, RULES - 2)];
  const files = Object.fromEntries(chosen.map((path) => [path, all.files[path]!]));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const uri = pathToFileURL(join(folder, EDITED)).href;
  return { folder, files, uri, text: files[EDITED]! };
}

/** With a mistake in it, since nothing is shown of a file in which nothing is wrong. */
async function timeOpen(client: Client, { folder, files }: Workspace, path: string): Promise<number> {
  const uri = pathToFileURL(join(folder, path)).href;
  const started = performance.now();
  client.open(uri, withMistake(files[path]!, "opened"));
  await client.shows(uri, isAbout("opened"));
  return performance.now() - started;
}

/** Both servers say the same of the same texts, or nothing is compared. */
async function holdEqual(clients: readonly Client[], { uri, text }: Workspace): Promise<void> {
  const texts = [
    withMistake(text, "equal"),
    withMistake(text, "equal").replace("minute >= p.from * 60", 'minute >= "x"'),
    withMistake(text, "equal").replace("p: HappyHourPercent", "p: HappyHour"),
  ];
  for (const [round, each] of texts.entries()) {
    const said = await Promise.all(
      clients.map(async (client) => {
        client.change(uri, each);
        await client.request("haggle/rules", { root: rootOf(uri) });
        return client.shown(uri);
      }),
    );
    const [first, ...others] = said.map((diagnostics) => JSON.stringify(diagnostics));
    if (said[0]!.length === 0) throw new Error(`Text ${round} shows nothing`);
    if (others.some((other) => other !== first))
      throw new Error(`The servers differ:\n${said.map(shownAs).join("\n")}`);
  }
}

/** By turns, each keystroke a text that nobody has seen. */
async function timeKeystrokes(
  clients: readonly Client[],
  { uri, text }: Workspace,
  rounds: number,
): Promise<number[][]> {
  const times = clients.map((): number[] => []);
  for (let round = -3; round < rounds; round++) {
    for (const [i, client] of clients.entries()) {
      const name = `unknown${round + 3}`;
      const started = performance.now();
      client.change(uri, withMistake(text, name));
      await client.shows(uri, isAbout(name));
      // The first ones are the compiler's to become warm.
      if (round >= 0) times[i]!.push(performance.now() - started);
    }
  }
  return times;
}

/** What the server answers and what TypeScript does, for the same virtual text, each behind an edit of it. */
async function timeCompletions(
  client: Client,
  { uri, files, text }: Workspace,
  rounds: number,
): Promise<[number[], number[]]> {
  const ts = createRequire(join(REPO, "extension/package.json"))("typescript") as typeof TypeScript;
  const { standard } = await readLibraries();
  const libraries = librariesOf({
    runtime: await readRuntimeSources(),
    standardLibrary: standard,
    locale: () => "en",
  });
  const bare = createProjectService(1, libraries, ts.createDocumentRegistry());
  bare.update(files);
  const name = bare.nameOf(EDITED);
  const served: number[] = [];
  const direct: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const typed = text.replace("const minute", `const total${round + 3} = ${MEMBERS}\n  const minute`);
    const offset = typed.indexOf(MEMBERS) + MEMBERS.length;
    const before = typed.slice(0, offset).split("\n");
    const position = { line: before.length - 1, character: before.at(-1)!.length };

    client.change(uri, typed);
    let started = performance.now();
    const answer = await client.request<CompletionList | CompletionItem[] | null>("textDocument/completion", {
      textDocument: { uri },
      position,
      context: { triggerKind: 2, triggerCharacter: "." },
    });
    if (round >= 0) served.push(performance.now() - started);
    // The compiler's turn, which is not to be on either's account.
    await client.request("haggle/rules", { root: rootOf(uri) });

    bare.update({ ...files, [EDITED]: typed });
    const at = toVirtual(virtualTextOf(typed), offset);
    started = performance.now();
    const found = bare.service.getCompletionsAtPosition(name, at, { triggerCharacter: "." });
    if (round >= 0) direct.push(performance.now() - started);

    const labels = (Array.isArray(answer) ? answer : (answer?.items ?? [])).map(({ label }) => label);
    const missing = (found?.entries ?? []).filter(({ name }) => !labels.includes(name));
    if (labels.length === 0 || missing.length > 0) throw new Error(`Completions differ: ${labels}`);
  }
  bare.dispose();
  return [served, direct];
}

async function timeHovers(client: Client, { uri, text }: Workspace, rounds: number): Promise<number[]> {
  client.change(uri, text);
  const lines = text.split("\n");
  const words = lines.flatMap((content, line) =>
    [...content.matchAll(/\b(?:ctx|localMinute|minute|percent|linesPercent|categories|Result)\b/g)].map(
      (match) => ({
        line,
        character: match.index + 1,
      }),
    ),
  );
  const times: number[] = [];
  let answered = 0;
  for (let round = 0; round < rounds * 2; round++) {
    const position = words[round % words.length]!;
    const started = performance.now();
    const hover = await client.request("textDocument/hover", { textDocument: { uri }, position });
    times.push(performance.now() - started);
    if (hover !== null) answered += 1;
  }
  if (answered < times.length / 2) throw new Error(`Only ${answered} of ${times.length} hovers say anything`);
  return times;
}

function rootOf(uri: string): string {
  return uri.slice(0, uri.indexOf("/rules/"));
}

/** A statement that calls a function which nobody has. */
function withMistake(text: string, name: string): string {
  return text.replace(/(\): (?:Result|Money) \{\n)/, `$1  ${name}();\n`);
}

function isAbout(name: string): (diagnostics: Diagnostic[]) => boolean {
  return (diagnostics) =>
    diagnostics.some(
      ({ message, codeDescription }) =>
        String(message).includes(`'${name}'`) && codeDescription?.href.startsWith(DOCS_BASE) === true,
    );
}

function shownAs(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ code, message }) => `${code} ${message}`).join("; ");
}

type Percentiles = { p50: number; p95: number };

function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: median(sorted), p95: sorted[Math.floor(0.95 * (sorted.length - 1))]! };
}
