// Cases: which there are, running them, and a trace of one. They run in the worker, from what the editor shows.

import { type Code, errorText, isTooLargeForProject } from "@haggle/abi";
import { belongsTo } from "@haggle/toolchain/cases";
import { ProgressType, type Range } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { caseNameIn } from "../../shared/case-names.ts";
import { findProperty, JsonError, type JsonNode, parseJson } from "../../shared/json-places.ts";
import type { ViewLocale } from "../../shared/price.ts";
import { canonicalUri, kindOf, type OpenProject } from "../../shared/project-files.ts";
import {
  CASES,
  CASES_CHANGED,
  type CaseFile,
  type CaseOutcome,
  type ListedCase,
  RUN_CASES,
  type RunReport,
  type RunRequest,
  TRACE,
  type TraceReport,
  type TraceRequest,
} from "../../shared/runs.ts";
import { signalOf } from "../cancellation.ts";
import type { Server } from "../serve.ts";
import { inWords, say, sayProblem } from "../words/say.ts";

const PART = new ProgressType<CaseOutcome[]>();

export function registerRuns({ connection, answer, files, rules, worker, locale }: Server): void {
  answer<{ root: string }, CaseFile[]>(CASES, async ({ root }) => {
    const at = canonicalUri(root);
    const { cases } = await files.readProject(at);
    const known = rules.of(at).rules;
    // Nobody waits for the compiler here: that the rules are known is told when they are.
    void rules.load(at);
    return Object.keys(cases)
      .sort()
      .map((file) => {
        const beside = known.filter((rule) => belongsTo(rule, file)).map(({ name }) => name);
        return { uri: files.uriOf(at, file), file, rules: beside, ...listCases(cases[file]!, locale()) };
      });
  });

  answer<RunRequest, RunReport>(RUN_CASES, async (request, token) => {
    const { root, file, rule, names, partialResultToken } = request;
    const { cases, ...project } = await files.readProject(canonicalUri(root));
    const run = { cases, file, rule, names };
    const onProgress = ({ part }: { part?: unknown }) => {
      if (partialResultToken === undefined) return;
      void connection.sendProgress(PART, partialResultToken, (part as CaseOutcome[]).map(spoken));
    };
    const options = { signal: signalOf(token), onProgress };
    const report = await worker.call("runCases", { project: textsOf(project), run }, options);
    return report.ok ? { ...report, results: report.results.map(spoken) } : broken(report);
  });

  answer<TraceRequest, TraceReport>(TRACE, async (request, token) => {
    const { cases, ...project } = await files.readProject(canonicalUri(request.root));
    const traced = { project: textsOf(project), cases, request };
    const report = await worker.call("trace", traced, { signal: signalOf(token) });
    return report.ok ? { ...report, outcome: spoken(report.outcome) } : broken(report);
  });

  files.onChange(({ root, path }) => {
    if (kindOf(path) === "cases") void connection.sendNotification(CASES_CHANGED, { root });
  });

  /** An outcome, and a project that does not build, in the reader's language. */
  function spoken({ error, refusal, ...outcome }: CaseOutcome): CaseOutcome {
    const faults = outcome.faults.map((fault) => inWords(fault, locale()));
    const problems = outcome.problems.map((problem) => sayProblem(problem, locale()));
    return {
      ...outcome,
      ...(error && { error: inWords(error, locale()) }),
      ...(refusal && { refusal: inWords(refusal, locale()) }),
      ...{ problems, faults },
    };
  }
  function broken<T extends RunReport & { ok: false }>(report: T): T {
    return { ...report, diagnostics: report.diagnostics.map((each) => inWords(each, locale())) };
  }
}

function textsOf({ files, data }: Pick<OpenProject, "files" | "data">): Pick<OpenProject, "files" | "data"> {
  return { files, data };
}

/** The cases of a text, as far as they have names; what more is wrong with one is said when it runs. */
function listCases(text: string, locale: ViewLocale): Pick<CaseFile, "cases" | "problem"> {
  const document = TextDocument.create("", "json", 0, text);
  const rangeOf = (start: number, end: number) => ({
    start: document.positionAt(start),
    end: document.positionAt(end),
  });
  if (isTooLargeForProject(text)) {
    return refused("CLI_FILE_TOO_LARGE", errorText("CLI_FILE_TOO_LARGE"), rangeOf(0, 0));
  }
  try {
    const root = parseJson(text);
    if (root.kind !== "array") {
      return refused("CLI_CASES", "Cases are an array", rangeOf(root.start, root.start + 1));
    }
    return { cases: root.items.map((item, index) => listed(item, index, rangeOf)) };
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    const { message, offset } = cause;
    return refused("CLI_NOT_JSON", message, rangeOf(offset, offset + 1));
  }

  function refused(code: Code, message: string, range: Range): Pick<CaseFile, "cases" | "problem"> {
    return { cases: [], problem: { message: say({ code, message }, locale), range } };
  }
}

function listed(
  item: JsonNode,
  index: number,
  rangeOf: (start: number, end: number) => ListedCase["range"],
): ListedCase {
  const expect = findProperty(item, "expect");
  const range = rangeOf(item.start, item.end);
  return {
    index,
    name: caseNameIn(item, index),
    range,
    expectRange: expect === undefined ? range : rangeOf(expect.start, expect.value.end),
  };
}
