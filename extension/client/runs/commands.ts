// The commands behind the lenses, and the same from the palette for the rule around the cursor.

import {
  commands,
  Disposable,
  env,
  Location,
  l10n,
  Position,
  type QuickPickItem,
  type TestItem,
  Uri,
  window,
  workspace,
} from "vscode";
import type { UsesArgument } from "../../shared/lenses.ts";
import { localeOf } from "../../shared/locale.ts";
import { sampleCart } from "../../shared/price.ts";
import { canonicalUri, rootOfRules, uriIn } from "../../shared/project-files.ts";
import { type ProjectRules, RULES } from "../../shared/protocol.ts";
import { CASES, type CaseFile, TRACE, type TraceReport, type TraceRequest } from "../../shared/runs.ts";
import type { Extension } from "../activate.ts";
import { showError, showInformation } from "../messages.ts";
import { acceptCases } from "./accept.ts";
import { isRunAllowed } from "./allowed.ts";
import { rangeOf } from "./case-tree.ts";
import type { Explorer, FailedCase, Ran, Selection, Shown } from "./explorer.ts";
import type { TraceDocuments } from "./trace-documents.ts";
import { traceText } from "./trace-text.ts";

/** What is run or traced: a case, or a cart by the rule's defaults. */
type Subject = { root: string; rule: string; title: string } & (
  | { file: string; index: number }
  | { cart: unknown }
);

type RuleSelection = Selection & { rule: string; cart?: unknown };

/** Carts lie in such files, by the project that `haggle init` makes. */
const CARTS = "**/{carts/*,*.cart}.json";
const MAX_CARTS = 100;

export function registerRunCommands(
  { client }: Extension,
  { inline, marks }: Shown,
  explorer: Explorer,
  traces: TraceDocuments,
): Disposable {
  const nothing: Ran = { outcomes: [], inline: [] };

  /** One case: the one that is named, or the rule's first one; a cart where the rule has none. */
  async function runCase(given?: Partial<RuleSelection>): Promise<Ran> {
    if (!isRunAllowed()) return nothing;
    if (given?.root !== undefined && given.file !== undefined && given.name !== undefined) {
      return explorer.run({ root: given.root, file: given.file, name: given.name });
    }
    const selection = await ruleOf(given);
    if (selection === undefined) return nothing;
    const [first] = selection.cart === undefined ? await casesBeside(selection) : [];
    if (first !== undefined) {
      return explorer.run({ root: selection.root, file: first.file, name: first.name });
    }
    const subject = await cartFor(selection);
    if (subject === undefined) return nothing;
    const report = await trace(subject);
    if (!report?.ok) return nothing;
    marks.show(subject.root, [report.outcome]);
    return { outcomes: [report.outcome], inline: await inline.show(subject.root, [report.outcome]) };
  }

  async function runCases(given?: Partial<RuleSelection>): Promise<Ran> {
    if (!isRunAllowed()) return nothing;
    const selection = given?.root === undefined ? await ruleOf(given) : (given as Selection);
    if (selection === undefined) return nothing;
    const { root, file, rule, name } = selection;
    return explorer.run({
      root,
      ...(file && { file }),
      ...(rule && { rule }),
      ...(name && { name }),
    });
  }

  /** Shows a trace; returns its text. */
  async function debugTrace(given?: Partial<RuleSelection>): Promise<string | undefined> {
    if (!isRunAllowed()) return undefined;
    const selection = await ruleOf(given);
    const subject = selection && (await subjectOf(selection));
    if (subject === undefined) return undefined;
    const report = await trace(subject);
    if (!report?.ok) return undefined;
    marks.show(subject.root, [report.outcome]);
    const text = traceText(report, `${subject.rule} · ${subject.title}`);
    await traces.show(subject.root, [subject.rule, subject.title], text);
    return text;
  }

  async function trace({ title: _, ...subject }: Subject): Promise<TraceReport | undefined> {
    const request: TraceRequest = { ...subject, locale: localeOf(env.language) };
    const report = await client.sendRequest<TraceReport>(TRACE, request);
    if (!report.ok) {
      const first = report.diagnostics.find(({ severity }) => severity === "error");
      void showError(l10n.t("The rules do not compile: {0} {1}", first?.code ?? "", first?.message ?? ""));
    } else if (report.outcome.error !== undefined) {
      void showError(report.outcome.error.message);
    }
    return report;
  }

  /** The rule that is meant: the one that is named, or the one around the cursor. */
  async function ruleOf(given: Partial<RuleSelection> | undefined): Promise<RuleSelection | undefined> {
    if (given?.root !== undefined && given.rule !== undefined) return given as RuleSelection;
    const editor = window.activeTextEditor;
    const root = editor && rootOfRules(canonicalUri(editor.document.uri.toString()));
    if (editor !== undefined && root !== undefined) {
      const { rules } = await client.sendRequest<ProjectRules>(RULES, { root });
      const own = rules
        .filter(({ uri }) => canonicalUri(uri) === canonicalUri(editor.document.uri.toString()))
        .sort((a, b) => b.decoratorRange.start.line - a.decoratorRange.start.line);
      const around = own.find(
        ({ decoratorRange }) => decoratorRange.start.line <= editor.selection.active.line,
      );
      const found = around ?? own.at(-1);
      if (found !== undefined) return { root, rule: found.name };
    }
    void showInformation(l10n.t("Open a file with a rule first."));
    return undefined;
  }

  async function casesBeside({ root, rule, file, name }: RuleSelection): Promise<ListedSubject[]> {
    const files = await client.sendRequest<CaseFile[]>(CASES, { root });
    const own = files.filter(
      (each) => each.rules.includes(rule) && (file === undefined || each.file === file),
    );
    return own.flatMap((each) =>
      each.cases
        .filter((listed) => name === undefined || listed.name === name)
        .map((listed) => ({
          root,
          rule,
          title: listed.name,
          name: listed.name,
          file: each.file,
          index: listed.index,
        })),
    );
  }

  /** The only case, or the one that is chosen; a cart where there is none. */
  async function subjectOf(selection: RuleSelection): Promise<Subject | undefined> {
    const { root, rule, cart } = selection;
    if (cart !== undefined) return { root, rule, title: l10n.t("a cart"), cart };
    const cases = await casesBeside(selection);
    if (cases.length === 0) return cartFor(selection);
    if (cases.length === 1 || selection.name !== undefined) return cases[0];
    const items = cases.map((each) => ({ label: each.title, description: each.file, each }));
    const chosen = await window.showQuickPick(items, { placeHolder: l10n.t("Which case shall be traced?") });
    return chosen?.each;
  }

  async function cartFor({ root, rule, cart }: RuleSelection): Promise<Subject | undefined> {
    if (cart !== undefined) return { root, rule, title: l10n.t("a cart"), cart };
    const found = await workspace.findFiles(CARTS, "**/node_modules/**", MAX_CARTS);
    const files = found.map((uri): CartChoice => ({ label: workspace.asRelativePath(uri), uri }));
    const sample: CartChoice = { label: l10n.t("A cart with one line") };
    const view: CartChoice = { label: l10n.t("Make one in the cart view"), isView: true };
    const chosen = await window.showQuickPick([...files, sample, view], {
      placeHolder: l10n.t("There are no cases beside '{0}' yet. Which cart shall it price?", rule),
    });
    if (chosen?.isView) await commands.executeCommand("haggle.openCartView", { root, rule });
    if (chosen === undefined || chosen.isView) return undefined;
    if (chosen.uri === undefined) {
      const currency = workspace.getConfiguration("haggle").get<string>("currency", "CNY");
      return { root, rule, title: chosen.label, cart: sampleCart(Date.now(), currency) };
    }
    try {
      const document = await workspace.openTextDocument(chosen.uri);
      return { root, rule, title: chosen.label, cart: JSON.parse(document.getText()) };
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      void showError(l10n.t("{0} is not JSON: {1}", chosen.label, cause.message));
      return undefined;
    }
  }

  /**
   * From the menus of a test item or its message, or for a selection. Rule and cart may have changed since it ran: it runs
   * again before it is accepted, and what was changed behind that. Returns how many were accepted.
   */
  async function accept(given?: TestItem | { test?: TestItem } | Selection): Promise<number> {
    if (!isRunAllowed()) return 0;
    const of =
      given !== undefined && "test" in given ? given.test : (given as TestItem | Selection | undefined);
    const seen = of === undefined ? [] : await explorer.failedIn(of);
    await runOncePerFile(seen);
    const now = of === undefined ? [] : await explorer.failedIn(of);
    const accepted = await acceptCases(seen, now);
    await runOncePerFile(accepted);
    return accepted.length;
  }

  async function runOncePerFile(failed: readonly FailedCase[]): Promise<void> {
    for (const each of oncePerFile(failed)) await explorer.run(each);
  }

  return Disposable.from(
    commands.registerCommand("haggle.runCase", runCase),
    commands.registerCommand("haggle.runCases", runCases),
    commands.registerCommand("haggle.debugTrace", debugTrace),
    commands.registerCommand("haggle.acceptCase", accept),
    commands.registerCommand("haggle.showUses", showUses),
  );
}

type ListedSubject = Subject & { file: string; index: number; name: string };

type CartChoice = QuickPickItem & { uri?: Uri; isView?: boolean };

/** One case is run alone, several of a file with their file. */
function oncePerFile(failed: readonly FailedCase[]): Selection[] {
  const [only, ...others] = failed;
  if (only !== undefined && others.length === 0)
    return [{ root: only.root, file: only.file, name: only.name }];
  const files = new Map(failed.map(({ root, file }) => [uriIn(root, file), { root, file }]));
  return [...files.values()];
}

async function showUses({ uri, position, locations }: UsesArgument): Promise<void> {
  const at = new Position(position.line, position.character);
  const places = locations.map((each) => new Location(Uri.parse(each.uri), rangeOf(each.range)));
  await commands.executeCommand("editor.action.showReferences", Uri.parse(uri), at, places);
}
