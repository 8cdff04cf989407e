// What is wrong with rules, while they are typed. The compiler says so, in the worker, behind every pause in typing; what
// the language service knows of decorators is shown before that, and what only it knows of members beside it.

import {
  type Diagnostic as LspDiagnostic,
  MessageType,
  ShowMessageNotification,
} from "vscode-languageserver";
import { canonicalUri } from "../../shared/project-files.ts";
import { WorkerEnded } from "../../worker/errors.ts";
import { explainFailure } from "../answers.ts";
import type { Check } from "../checks.ts";
import { isRuleSource } from "../language/rule-text.ts";
import { moveBetween } from "../moved.ts";
import { movedShown, overlap, type Shown, shownOf } from "../rule-diagnostics.ts";
import type { Server } from "../serve.ts";
import { say } from "../words/say.ts";

/** By path, what is known of a project's sources. */
type ProjectState = {
  /** What the compiler said, and the text in which that stands now. */
  compiled: Map<string, { text: string; shown: Shown[] }>;
  /** The text that the compiler looked at last, if it could read it. */
  read: Map<string, string>;
  /** What it said of types when it came to them, and of which text. */
  typed: Map<string, { text: string; shown: Shown[] }>;
  /** What the language service says of the newest text. */
  quick: Map<string, Quick>;
  /** What the editor was told last, as text. */
  published: Map<string, string>;
};

type Quick = { text: string; decorators: LspDiagnostic[]; members: LspDiagnostic[] };

/** What asc alone says, and says of a whole project or not at all. */
const TYPE_CODE = "BUILD_TYPE";

export function registerDiagnostics(server: Server): void {
  const { connection, documents, files, language, checks, problems, initialized, locale } = server;
  const projects = new Map<string, ProjectState>();

  files.onChange(({ root, path, uri }) => {
    const document = files.openIn(root).get(path);
    if (document === undefined || !isRuleSource(uri)) return;
    move(stateOf(root), path, document.getText());
    lookQuickly(root, path, uri).catch((cause: unknown) => log(root, cause));
  });
  documents.onDidClose(({ document }) => {
    const uri = canonicalUri(document.uri);
    for (const [root, state] of projects) {
      for (const path of state.published.keys()) {
        if (canonicalUri(files.uriOf(root, path)) !== uri) continue;
        state.quick.delete(path);
        publish(root);
        state.published.delete(path);
      }
    }
  });
  checks.onCheck(show);
  checks.onFail(({ root, cause }) => {
    log(root, cause);
    if (!(cause instanceof WorkerEnded)) return;
    const message = `Haggle: ${explainFailure(cause, locale())}`;
    void connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Warning, message });
  });
  problems.provide((root, path) => projects.get(root)?.compiled.get(path)?.shown ?? []);

  function log(root: string, cause: unknown): void {
    connection.console.error(`${root}: ${cause instanceof Error ? cause.stack : cause}`);
  }

  function stateOf(root: string): ProjectState {
    const maps = { compiled: new Map(), read: new Map(), typed: new Map(), quick: new Map() };
    const state: ProjectState = projects.get(root) ?? { ...maps, published: new Map() };
    projects.set(root, state);
    return state;
  }

  /** Whoever types on sees what was said where it was meant. */
  function move({ compiled }: ProjectState, path: string, text: string): void {
    const own = compiled.get(path);
    if (own === undefined || own.text === text) return;
    const moves = moveBetween(own.text, text);
    compiled.set(path, { text, shown: own.shown.flatMap((shown) => movedShown(shown, path, moves)) });
  }

  /** In the same pause as the check, which is in the worker meanwhile. */
  async function lookQuickly(root: string, path: string, uri: string): Promise<void> {
    const textNow = () => files.openIn(root).get(path)?.getText();
    const text = textNow();
    await checks.pause();
    if (text === undefined || textNow() !== text) return;
    const decorators = (await language.decoratorDiagnostics(uri)).map(inOurWords);
    const members = await language.memberDiagnostics(uri);
    if (textNow() !== text) return;
    stateOf(root).quick.set(path, { text, decorators, members });
    publish(root);
  }

  function inOurWords(diagnostic: LspDiagnostic): LspDiagnostic {
    const { code, message } = diagnostic;
    return { ...diagnostic, message: say({ code: String(code), message: String(message) }, locale()) };
  }

  function show({ root, checked, texts }: Check): void {
    const state = stateOf(root);
    const { docsBase } = (initialized().initializationOptions ?? {}) as { docsBase?: string };
    const uriOf = (file: string) => files.uriOf(root, file);
    const found = shownOf(checked, { uriOf, docsBase, locale: locale() });
    const before = [...state.compiled.keys()];
    state.compiled.clear();
    for (const path of new Set(["", ...before, ...Object.keys(texts)])) {
      const text = texts[path] ?? "";
      const own = found.get(path) ?? [];
      if (checked.stage === "types") {
        state.typed.set(path, { text, shown: own.filter(({ diagnostic }) => diagnostic.code === TYPE_CODE) });
      }
      // Where a mistake elsewhere kept the compiler from the types, what it said of them in this text still holds.
      const typed = state.typed.get(path);
      const kept = checked.stage !== "types" && typed?.text === text ? typed.shown : [];
      state.compiled.set(path, { text, shown: [...own, ...kept] });
      const isTorn = checked.stage === "syntax" && own.length > 0;
      if (isTorn) state.read.delete(path);
      else state.read.set(path, text);
    }
    for (const [path, document] of files.openIn(root)) move(state, path, document.getText());
    publish(root);
  }

  function publish(root: string): void {
    const state = stateOf(root);
    const open = [...files.openIn(root).keys()].filter((path) => path.endsWith(".ts"));
    for (const path of new Set([...state.compiled.keys(), ...open, ...state.published.keys()])) {
      if (path === "") continue;
      // What is wrong with the project as a whole is shown in a file of it that somebody looks at.
      const parts = path === open[0] ? ["", path] : [path];
      const compiled = parts.flatMap((part) => state.compiled.get(part)?.shown ?? []);
      const quick = state.quick.get(path);
      const isRead = quick !== undefined && state.read.get(path) === quick.text;
      const shown = open.length === 0 ? [] : merged(compiled, quick, isRead);
      const text = JSON.stringify(shown);
      // Whoever opens a file is told of it, even that nothing is wrong; of others only that something is.
      const told = state.published.get(path) ?? (open.includes(path) ? undefined : "[]");
      if (told === text) continue;
      state.published.set(path, text);
      // Not awaited, so that they go out in the order in which they came to be.
      void connection.sendDiagnostics({ uri: files.uriOf(root, path), diagnostics: shown });
    }
  }
}

/** What the compiler has read needs no help with decorators; before that, what it has not said yet is shown too. */
function merged(compiled: readonly Shown[], quick: Quick | undefined, isRead: boolean): LspDiagnostic[] {
  const said = compiled.map(({ diagnostic }) => diagnostic);
  const { decorators = [], members = [] } = quick ?? {};
  const early = decorators.filter(
    (each) => !isRead && !said.some(({ code, range }) => code === each.code && overlap(range, each.range)),
  );
  const all = [...said, ...early];
  return [...all, ...members.filter(({ range }) => !all.some((each) => overlap(each.range, range)))];
}
