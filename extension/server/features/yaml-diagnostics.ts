// What is wrong with strategies, promotions, policy and bounds, while they are typed: what a build and a server would
// refuse, by the rules as they are in the editor. The worker looks, so that typing never waits.

import type { Diagnostic } from "@haggle/toolchain";
import { DiagnosticSeverity, type Diagnostic as LspDiagnostic } from "vscode-languageserver";
import { DIAGNOSTIC_SOURCE } from "../../shared/protocol.ts";
import { Superseded, WorkerClosed } from "../../worker/errors.ts";
import type { Register } from "../serve.ts";
import { Untrusted } from "../trust.ts";
import { say, withHint } from "../words/say.ts";
import { kindOf } from "../yaml/kind.ts";
import { isData, toMetadata } from "../yaml/world.ts";

/** Between two keystrokes of somebody who types fast. */
const DEBOUNCE_MS = 40;

/** What a quick fix is made of. */
export type DataOfFault = { hint?: string };

export const registerYamlDiagnostics: Register = ({
  connection,
  documents,
  files,
  initialized,
  locale,
  rules,
  worker,
}) => {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** By project: the check begun last. */
  const latest = new Map<string, symbol>();
  /** By project: the addresses that show something. */
  const marked = new Map<string, readonly string[]>();

  files.onChange(({ root, path }) => {
    if (kindOf(path) !== undefined) schedule(root);
  });
  documents.onDidSave(({ document }) => {
    if (!isData(document.uri)) return;
    files.findRoot(document.uri).then((root) => root && schedule(root), log);
  });
  rules.onChange(schedule);
  connection.onShutdown(() => {
    for (const timer of timers.values()) clearTimeout(timer);
  });

  function schedule(root: string): void {
    clearTimeout(timers.get(root));
    timers.set(
      root,
      setTimeout(() => {
        timers.delete(root);
        check(root).catch((cause: unknown) => {
          // A newer check says what this one would have said; before there is trust, and behind the end, nothing is.
          if ([Superseded, Untrusted, WorkerClosed].some((silent) => cause instanceof silent)) return;
          log(cause);
        });
      }, DEBOUNCE_MS),
    );
  }

  function log(cause: unknown): void {
    connection.console.error(String(cause instanceof Error ? cause.stack : cause));
  }

  async function check(root: string): Promise<void> {
    const run = Symbol(root);
    latest.set(root, run);
    const isOpen = [...files.openIn(root).values()].some(({ uri }) => isData(uri));
    const found = isOpen ? await findFaults(root) : [];
    if (latest.get(root) !== run) return;
    const byUri = new Map<string, LspDiagnostic[]>();
    const open = [...files.openIn(root).values()].map(({ uri }) => uri).filter(isData);
    for (const uri of [...(marked.get(root) ?? []), ...open]) byUri.set(uri, []);
    for (const fault of found) {
      const uri = files.uriOf(root, fault.file);
      byUri.set(uri, [...(byUri.get(uri) ?? []), toLsp(fault, files.isUnsaved(uri))]);
    }
    marked.set(
      root,
      [...byUri.keys()].filter((uri) => byUri.get(uri)!.length > 0),
    );
    // Not awaited, so that they go out before those of the next check.
    for (const [uri, diagnostics] of byUri) void connection.sendDiagnostics({ uri, diagnostics });
  }

  async function findFaults(root: string): Promise<Diagnostic[]> {
    const { rules: known, isComplete } = await rules.load(root);
    const { data, strategies, files: sources } = await files.readProject(root);
    // Rules that were never read are no reason to call all names wrong.
    const hasRules = Object.keys(sources).some((path) => path.endsWith(".rule.ts"));
    const isUnknown = hasRules && known.length === 0 && !isComplete;
    const input = { data, strategies, rules: isUnknown ? undefined : known.map(toMetadata) };
    return worker.call("checkFiles", input, { latest: `checkFiles ${root}` });
  }

  function toLsp(fault: Diagnostic, isBeingTyped: boolean): LspDiagnostic {
    const { severity, code, message, hint, line, column, endLine, endColumn } = fault;
    // Who types has not come to the last line yet; a server would refuse what is saved like that.
    const isWarning = severity === "warning" || (code === "STRATEGY_TORN" && isBeingTyped);
    const { docsBase } = (initialized().initializationOptions ?? {}) as { docsBase?: string };
    const data: DataOfFault = { ...(hint !== undefined && { hint }) };
    return {
      severity: isWarning ? DiagnosticSeverity.Warning : DiagnosticSeverity.Error,
      source: DIAGNOSTIC_SOURCE,
      code,
      ...(docsBase !== undefined && { codeDescription: { href: docsBase + code } }),
      message: withHint(say({ code, message }, locale()), hint, locale()),
      range: {
        start: { line: line - 1, character: column - 1 },
        end: { line: endLine - 1, character: endColumn - 1 },
      },
      data,
    };
  }
};
