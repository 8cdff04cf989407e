// The Test Explorer over the cases of all projects: runs them once or for as long as somebody types, in the language
// server's worker, and says what each came to.

import {
  type CancellationToken,
  CancellationTokenSource,
  commands,
  Disposable,
  Location,
  l10n,
  type TestItem,
  TestMessage,
  type TestRun,
  TestRunProfileKind,
  TestRunRequest,
  tests,
  type Uri,
  window,
  workspace,
} from "vscode";
import { ProgressType } from "vscode-languageclient";
import { projectDecision } from "../../shared/expectation.ts";
import { canonicalUri } from "../../shared/project-files.ts";
import {
  CASES_CHANGED,
  type CaseOutcome,
  RUN_CASES,
  type RunReport,
  type RunRequest,
} from "../../shared/runs.ts";
import type { Extension } from "../activate.ts";
import { messageOf, showError, showInformation } from "../messages.ts";
import { isRunAllowed } from "./allowed.ts";
import { caseId, createCaseTree, type Node } from "./case-tree.ts";
import { projectPathOf, runAgainAndAgain } from "./continuous.ts";
import { type FaultMarks, placeOf } from "./fault-marks.ts";
import type { InlineResult, InlineResults } from "./inline-results.ts";
import { caseWords } from "./outcome-words.ts";

/** Which cases of a project: those of a file, beside a rule, of a name; all where nothing is said. */
export type Selection = { root: string; file?: string; rule?: string; name?: string };

/** What a run came to, and what stands beside the rules now. */
export type Ran = { outcomes: CaseOutcome[]; inline: InlineResult[] };

/** What is shown of runs outside of the Test Explorer. */
export type Shown = { inline: InlineResults; marks: FaultMarks };

/** A case that failed, and where it stands. */
export type FailedCase = {
  uri: Uri;
  root: string;
  file: string;
  name: string;
  occurrence: number;
  outcome: CaseOutcome;
};

export type Explorer = Disposable & {
  /** Runs what is selected, as a test run like any other. */
  run(selection: Selection): Promise<Ran>;
  /** The cases of an item, or of a selection, that failed when they ran last. */
  failedIn(item: TestItem | Selection): Promise<FailedCase[]>;
};

const CONTROLLER = "haggle.cases";
const PART = new ProgressType<CaseOutcome[]>();

export function createExplorer({ client, onRulesChanged }: Extension, { inline, marks }: Shown): Explorer {
  const controller = tests.createTestController(CONTROLLER, l10n.t("Haggle cases"));
  const tree = createCaseTree(controller, client);
  /** By the item's id: what it came to when it ran last and failed. */
  const failed = new Map<string, CaseOutcome>();
  let runs = 0;

  controller.resolveHandler = async (item) => {
    if (item === undefined) await tree.loadProjects();
    else await tree.load(tree.nodeOf(item).root);
  };
  controller.refreshHandler = async () => {
    await tree.loadProjects();
    for (const [root] of controller.items) if (tree.isLoaded(root)) await tree.load(root);
  };
  controller.createRunProfile(l10n.t("Run"), TestRunProfileKind.Run, handle, true, undefined, true);

  const reload = (root: string) => {
    if (tree.isLoaded(root)) void tree.load(root);
    else if (controller.items.get(root) === undefined) relist();
  };
  const relist = () => {
    if (tree.isListed()) void tree.loadProjects();
  };
  // Icons stand beside cases as soon as a file of them is open, whether or not anybody has seen the Test Explorer.
  const greet = (uri: Uri) => {
    const found = projectPathOf(uri);
    if (found?.path.endsWith("cases.json")) void tree.get(found.root);
  };
  const subscriptions = Disposable.from(
    controller,
    onRulesChanged(reload),
    client.onNotification(CASES_CHANGED, ({ root }: { root: string }) => reload(root)),
    workspace.onDidOpenTextDocument(({ uri }) => greet(uri)),
    workspace.onDidChangeWorkspaceFolders(relist),
  );
  for (const { document } of window.visibleTextEditors) greet(document.uri);

  async function handle(request: TestRunRequest, token: CancellationToken): Promise<void> {
    if (!isRunAllowed()) return;
    if (!request.continuous) {
      await execute(request, token);
      return;
    }
    const { include, exclude, profile } = request;
    const next = () => execute(new TestRunRequest(include, exclude, profile, true, true), token);
    await runAgainAndAgain(next, include && new Set(include.map((item) => tree.nodeOf(item).root)), token);
  }

  /** One run with items and answers of its own, so that two at once do not meet. */
  async function execute(request: TestRunRequest, token?: CancellationToken): Promise<Ran> {
    inline.clear();
    const run = controller.createTestRun(request);
    const source = new CancellationTokenSource();
    const cancel = () => source.cancel();
    /** Projects that were typed into meanwhile: what stands beside their rules would be of another text. */
    const stale = new Set<string>();
    const listeners = [
      run.token.onCancellationRequested(cancel),
      token?.onCancellationRequested(cancel),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const found = contentChanges.length > 0 ? projectPathOf(document.uri) : undefined;
        if (found !== undefined) stale.add(found.root);
      }),
    ];
    const ran: Ran = { outcomes: [], inline: [] };
    try {
      for (const [root, items] of byRoot(await casesOf(request, run))) {
        for (const item of items) run.enqueued(item);
        const outcomes: CaseOutcome[] = [];
        for (const part of await partsOf(root, items)) {
          outcomes.push(...(await ask(run, part, source.token)));
        }
        ran.outcomes.push(...outcomes);
        marks.show(root, stale.has(root) ? [] : outcomes);
        ran.inline.push(...(await inline.show(root, outcomes, () => stale.has(root))));
      }
    } finally {
      // A run that nobody ends spins for ever.
      run.end();
      for (const listener of listeners) listener?.dispose();
      source.dispose();
      void commands.executeCommand("setContext", "haggle.failedCases", failedIds());
    }
    return ran;
  }

  /** The cases that a request means. Files that cannot be read fail at once. */
  async function casesOf({ include, exclude }: TestRunRequest, run: TestRun): Promise<TestItem[]> {
    if (include === undefined) await tree.loadProjects();
    const found = new Map<string, TestItem>();
    const collect = async (item: TestItem): Promise<void> => {
      if (exclude?.includes(item)) return;
      const node = tree.nodeOf(item);
      if (node.kind === "case") {
        found.set(item.id, item);
        return;
      }
      if (node.kind === "project") await tree.get(node.root);
      if (node.kind === "file" && node.problem !== undefined)
        run.errored(item, messageAt(node.problem, item));
      for (const [, child] of item.children) await collect(child);
    };
    for (const item of include ?? [...controller.items].map(([, each]) => each)) await collect(item);
    return [...found.values()];
  }

  function byRoot(items: readonly TestItem[]): Map<string, TestItem[]> {
    return groupBy(items, (item) => tree.nodeOf(item).root);
  }

  /** As few requests as there can be: for the project, for a file, for some cases of it. */
  async function partsOf(root: string, items: readonly TestItem[]): Promise<Part[]> {
    const files = groupBy(items, (item) => nodeOfCase(item).file);
    const all = [...(await tree.get(root)).children].map(([, file]) => file);
    const isWhole = (file: TestItem) => {
      const node = tree.nodeOf(file) as Node & { kind: "file" };
      return (files.get(node.file)?.length ?? 0) === file.children.size;
    };
    if (all.every(isWhole)) return [{ request: { root }, items }];
    return [...files].map(([file, own]) => {
      const item = all.find((each) => (tree.nodeOf(each) as Node & { kind: "file" }).file === file);
      const names = own.map((each) => nodeOfCase(each).name);
      return { request: { root, file, ...(item && isWhole(item) ? {} : { names }) }, items: own };
    });
  }

  function nodeOfCase(item: TestItem): Node & { kind: "case" } {
    return tree.nodeOf(item) as Node & { kind: "case" };
  }

  /** Runs cases by one request and says what each came to, as that becomes known. */
  async function ask(
    run: TestRun,
    { request, items }: Part,
    token: CancellationToken,
  ): Promise<CaseOutcome[]> {
    const waiting = new Map(items.map((item) => [item.id, item]));
    for (const item of items) run[token.isCancellationRequested ? "skipped" : "started"](item);
    if (token.isCancellationRequested) return [];
    // Where nothing comes back, as of rules that do not compile, there is nothing to accept any more.
    for (const item of items) failed.delete(item.id);
    const seen = new Map<string, number>();
    /** The report has all of them once more, and a run that began anew tells them from the first one on. */
    const heard = new Set<string>();
    const hear = (outcomes: readonly CaseOutcome[]) => {
      for (const outcome of outcomes) {
        const { file, name, index } = outcome;
        const place = `${file}\n${index}`;
        if (heard.has(place)) continue;
        heard.add(place);
        const key = `${file}\n${name}`;
        const occurrence = seen.get(key) ?? 0;
        seen.set(key, occurrence + 1);
        const id = caseId(request.root, file, name, occurrence);
        const item = waiting.get(id);
        if (item === undefined) continue;
        waiting.delete(id);
        report(run, item, outcome);
      }
    };
    runs += 1;
    const partialResultToken = `haggle-run-${runs}`;
    const listener = client.onProgress(PART, partialResultToken, hear);
    try {
      const answer = await client.sendRequest<RunReport>(
        RUN_CASES,
        { ...request, partialResultToken },
        token,
      );
      if (!answer.ok) {
        const messages = buildMessages(request.root, answer);
        for (const item of waiting.values()) run.errored(item, messages);
        return [];
      }
      hear(answer.results);
      // The text has changed meanwhile, and these are not in it any more.
      for (const item of waiting.values()) run.skipped(item);
      return answer.results;
    } catch (cause) {
      for (const item of waiting.values()) {
        if (token.isCancellationRequested) run.skipped(item);
        else run.errored(item, new TestMessage(messageOf(cause)));
      }
      return [];
    } finally {
      listener.dispose();
    }
  }

  function report(run: TestRun, item: TestItem, outcome: CaseOutcome): void {
    const { root, expectRange } = nodeOfCase(item);
    const words = caseWords(outcome, outcome.rules[0] ?? "");
    // A terminal shows it, which obeys what names and reasons may have in them.
    const line = `${outcome.file}: ${outcome.name}: ${words}`.replaceAll(/\p{Cc}/gu, " ");
    run.appendOutput(`${line}\r\n`, undefined, item);
    if (outcome.passed) {
      run.passed(item, outcome.durationMs);
      return;
    }
    if (outcome.error !== undefined) {
      run.errored(item, messageAt(outcome.error.message, item), outcome.durationMs);
      return;
    }
    failed.set(item.id, outcome);
    const { expect, decision, problems, faults } = outcome;
    const actual = projectDecision(expect, decision);
    const [wanted, got] = [pretty(expect), pretty(actual)];
    const diff = TestMessage.diff(problems.join("\n"), wanted, got);
    diff.location = new Location(item.uri!, expectRange);
    diff.contextValue = "haggleExpectation";
    const stops = faults.map((fault) => {
      const message = new TestMessage(l10n.t("'{0}' stopped: {1}", fault.rule, fault.message));
      const place = fault.place && placeOf(root, fault.place);
      if (place !== undefined) message.location = new Location(place.uri, place.range);
      return message;
    });
    // What came off may be as expected where a rule was stopped: then there is nothing to compare.
    const isSame = wanted === got && stops.length > 0;
    run.failed(item, isSame ? stops : [diff, ...stops], outcome.durationMs);
  }

  function failedIds(): string[] {
    const files = [...failed.keys()].map((id) => id.split("\n").slice(0, 2).join("\n"));
    return [...failed.keys(), ...new Set(files)];
  }

  function failedBelow(item: TestItem): FailedCase[] {
    const node = tree.nodeOf(item);
    if (node.kind !== "case") return [...item.children].flatMap(([, child]) => failedBelow(child));
    const outcome = failed.get(item.id);
    const { root, file, name, occurrence } = node;
    return outcome === undefined ? [] : [{ uri: item.uri!, root, file, name, occurrence, outcome }];
  }

  async function select({ root: spelt, file, rule, name }: Selection): Promise<TestItem[]> {
    const root = canonicalUri(spelt);
    const found = async (project: TestItem) => {
      const files = [...project.children]
        .map(([, each]) => each)
        .filter((each) => {
          const node = tree.nodeOf(each) as Node & { kind: "file" };
          return (
            (file === undefined || node.file === file) && (rule === undefined || node.rules.includes(rule))
          );
        });
      if (name === undefined) return files;
      const cases = files.flatMap((each) => [...each.children].map(([, child]) => child));
      return cases.filter((each) => nodeOfCase(each).name === name);
    };
    const items = await found(await tree.get(root));
    // The rules may have been unknown, or the case new, when the cases were read.
    return items.length > 0 ? items : found(await tree.load(root));
  }

  return {
    async run(selection) {
      const items = await select(selection);
      if (items.length === 0) {
        void tellNoCases(selection).catch((cause: unknown) => showError(messageOf(cause)));
        return { outcomes: [], inline: [] };
      }
      return execute(new TestRunRequest(items, undefined, undefined, false, true));
    },
    async failedIn(of) {
      const items = "root" in of ? await select(of) : [of];
      return items.flatMap(failedBelow);
    },
    dispose: () => subscriptions.dispose(),
  };
}

async function tellNoCases({ root, rule }: Selection): Promise<void> {
  const open = l10n.t("Open the Cart View");
  const text = l10n.t(
    "There are no cases beside this rule yet. A cart of the cart view can be saved as one.",
  );
  if ((await showInformation(text, open)) !== open) return;
  await commands.executeCommand("haggle.openCartView", { root, ...(rule !== undefined && { rule }) });
}

type Part = { request: RunRequest; items: readonly TestItem[] };

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return groups;
}

function messageAt(text: string, item: TestItem): TestMessage {
  const message = new TestMessage(text);
  if (item.uri !== undefined && item.range !== undefined)
    message.location = new Location(item.uri, item.range);
  return message;
}

/** A project that does not build: each of its errors, at its place. */
function buildMessages(root: string, { diagnostics }: RunReport & { ok: false }): TestMessage[] {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return errors.map((each) => {
    const message = new TestMessage(l10n.t("The rules do not compile: {0} {1}", each.code, each.message));
    const place = each.file === "" ? undefined : placeOf(root, each);
    if (place !== undefined) message.location = new Location(place.uri, place.range);
    return message;
  });
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}
