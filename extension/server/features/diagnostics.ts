// What the build would refuse, while it is typed. The toolchain's own check runs, so that the editor and `haggle
// build` cannot disagree; nothing is compiled to code, and nothing of the project runs.

import type { Compiler, Diagnostic } from "@haggle/toolchain";
import {
  type Connection,
  DiagnosticSeverity,
  type Event,
  type FileEvent,
  type Diagnostic as LspDiagnostic,
  type TextDocuments,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { DIAGNOSTIC_SOURCE } from "../../shared/protocol.ts";
import { canonicalUri, findProjectRoot, readOpenProject, uriOf } from "../project.ts";

/** A pause in typing. A check takes as long again, and holds up the server. */
const DEBOUNCE_MS = 150;

/** Checks the project of each open rule file at each change and publishes what is wrong with it. */
export function registerDiagnostics({
  connection,
  documents,
  compiler,
  onFileChange,
}: {
  connection: Connection;
  documents: TextDocuments<TextDocument>;
  compiler: Compiler;
  onFileChange: Event<FileEvent>;
}): void {
  /** By project: the check to come. */
  const timers = new Map<string, NodeJS.Timeout>();
  /** By project: the check begun last; an older one that reads files more slowly has nothing to say any more. */
  const latest = new Map<string, symbol>();
  /** By project: the files that show something now and must be cleared when nothing is wrong any more. */
  const marked = new Map<string, string[]>();

  documents.onDidChangeContent(({ document }) => schedule(document.uri));
  documents.onDidClose(({ document }) => schedule(document.uri));
  onFileChange(({ uri }) => schedule(uri));
  connection.onShutdown(() => {
    for (const timer of timers.values()) clearTimeout(timer);
  });

  function schedule(uri: string): void {
    const root = findProjectRoot(uri);
    if (root === undefined) return;
    clearTimeout(timers.get(root));
    timers.set(
      root,
      setTimeout(() => void check(root), DEBOUNCE_MS),
    );
  }

  async function check(root: string): Promise<void> {
    const run = Symbol(root);
    latest.set(root, run);
    const open = findOpen(root);
    const problems = open.size === 0 ? [] : await findProblems(root, open);
    if (latest.get(root) !== run) return;
    const byUri = new Map((marked.get(root) ?? []).map((uri) => [uri, [] as LspDiagnostic[]]));
    for (const problem of problems) {
      // What is wrong with the project as a whole is shown in a file of it that somebody looks at.
      const uri = problem.file.startsWith("rules/") ? uriOf(root, problem.file) : [...open.keys()][0]!;
      byUri.set(uri, [...(byUri.get(uri) ?? []), toLsp(problem)]);
    }
    marked.set(
      root,
      [...byUri.keys()].filter((uri) => byUri.get(uri)!.length > 0),
    );
    for (const [uri, diagnostics] of byUri) {
      await connection.sendDiagnostics({ uri: open.get(uri)?.uri ?? uri, diagnostics });
    }
  }

  /** The project's files that are open, by this server's spelling of their address. */
  function findOpen(root: string): Map<string, TextDocument> {
    const own = documents.all().filter(({ uri }) => findProjectRoot(uri) === root);
    return new Map(own.map((document) => [canonicalUri(document.uri), document]));
  }

  async function findProblems(root: string, open: ReadonlyMap<string, TextDocument>): Promise<Diagnostic[]> {
    try {
      return await compiler.check(await readOpenProject(root, (uri) => open.get(uri)?.getText()));
    } catch (cause) {
      // Half-typed source may trip asc, and folders vanish: the log says so, and the next change is a new chance.
      connection.console.error(`${root}: ${cause instanceof Error ? cause.stack : cause}`);
      return [];
    }
  }
}

function toLsp({ severity, code, message, hint, ...place }: Diagnostic): LspDiagnostic {
  return {
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: DIAGNOSTIC_SOURCE,
    code,
    message: hint === undefined ? message : `${message}\nhint: ${hint}`,
    range: {
      start: { line: place.line - 1, character: place.column - 1 },
      end: { line: place.endLine - 1, character: place.endColumn - 1 },
    },
  };
}
