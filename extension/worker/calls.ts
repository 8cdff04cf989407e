// Everything that the language server has its worker do. A call is an entry here and a function in a file of its own.

import type { Policy } from "@haggle/abi";
import type { Checked, Compiler, Diagnostic, Project } from "@haggle/toolchain";
import type { ConflictReport } from "../shared/conflicts.ts";
import type { Fault, PriceAnswer, PriceRequest } from "../shared/price.ts";
import type { OpenProject } from "../shared/project-files.ts";
import type {
  AddCarts,
  CartsAdded,
  Compared,
  ComparisonEnded,
  ComparisonOpened,
  DraftAnswer,
  DraftRequest,
} from "../shared/release.ts";
import type { RunReport, TraceReport, TraceRequest } from "../shared/runs.ts";
import type { Progress } from "./channel.ts";
import { checkFiles, type FilesToCheck } from "./check-files.ts";
import { addCarts, endComparison, openComparison } from "./comparison.ts";
import { type ConflictsOptions, findConflicts } from "./conflicts.ts";
import { draftRelease } from "./draft.ts";
import type { KeptBuild, KeptBuilds } from "./kept-builds.ts";
import { priceCart } from "./price.ts";
import { type RunOptions, runCases, traceCase } from "./runs.ts";

/** By name: what a call is given, and what it gives. Both are cloned on their way. */
export type WorkerCalls = {
  /** What is wrong with the sources, and the rules in them. */
  check: { in: Project; out: Checked };
  /** What is wrong with the files beside them. */
  checkFiles: { in: FilesToCheck; out: Diagnostic[] };
  /** The policies that a policy may extend. */
  policyNames: { in: undefined; out: string[] };
  /** Builds, so that whoever prices next need not wait, and says what is wrong with the project as a whole. */
  build: { in: ProjectTexts; out: { ok: boolean; diagnostics: Diagnostic[] } };
  /** What a cart costs, and why. */
  price: { in: { project: ProjectTexts; request: Omit<PriceRequest, "root"> }; out: PriceAnswer };
  /** What the whole table does that nobody wants; tells its progress. */
  conflicts: { in: { project: ProjectTexts; options: ConflictsOptions }; out: ConflictReport };
  /** Runs cases. */
  runCases: { in: { project: ProjectTexts; run: RunOptions }; out: RunReport };
  /** Runs one case, or prices one cart, and tells what became of each promotion. */
  trace: {
    in: { project: ProjectTexts; cases: OpenProject["cases"]; request: TraceRequest };
    out: TraceReport;
  };
  /** An unsigned release. */
  draft: { in: { project: ProjectTexts; options: Omit<DraftRequest, "root"> }; out: DraftAnswer };
  /** These three: two releases on recorded carts. */
  openComparison: { in: Compared; out: ComparisonOpened };
  addCarts: { in: AddCarts; out: CartsAdded };
  endComparison: { in: number; out: ComparisonEnded };
};

/** What a build is made of. */
export type ProjectTexts = Pick<OpenProject, "files" | "data">;

/** What every call has. */
export type CallContext = {
  compiler: Compiler;
  builds: KeptBuilds;
  /** The policies that a policy may extend, by name. */
  presets: Readonly<Record<string, Policy>>;
  /** Aborts when whoever asked does not want to know any more. Looked at between two steps of something long. */
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
};

export type CallKind = keyof WorkerCalls;

type Calls = {
  [K in CallKind]: (
    argument: WorkerCalls[K]["in"],
    context: CallContext,
  ) => Promise<WorkerCalls[K]["out"]> | WorkerCalls[K]["out"];
};

export const CALLS: Calls = {
  check: (project, { compiler }) => compiler.check(project),
  checkFiles: (files, { presets }) => checkFiles(files, presets),
  policyNames: (_, { presets }) => Object.keys(presets),
  build: async (project, { builds }) => {
    const built = await builds.get(project);
    return { ok: built.ok, diagnostics: built.ok ? built.kept.built.diagnostics : built.diagnostics };
  },
  runCases: async ({ project, run }, context) => {
    const started = performance.now();
    return withBuild<RunReport>(context, project, async (kept) => {
      const compiledMs = performance.now() - started;
      return { ok: true, results: await runCases(kept, run, context), compiledMs };
    });
  },
  draft: ({ project, options }, { builds }) => draftRelease(builds, project, options),
  openComparison: (releases) => openComparison(releases),
  addCarts: (carts) => addCarts(carts),
  endComparison: (comparison) => endComparison(comparison),
  trace: ({ project, cases, request }, context) =>
    withBuild<TraceReport>(context, project, (kept) => traceCase(kept, cases, request)),
  async price({ project, request }, context) {
    const answer = await withBuild(context, project, (kept) => priceCart(kept, request));
    return "diagnostics" in answer
      ? { ok: false, kind: "project", faults: faultsOf(answer.diagnostics) }
      : answer;
  },
  async conflicts({ project, options }, context) {
    const report = await withBuild(context, project, (kept) => findConflicts(kept, options, context));
    return "diagnostics" in report ? { ok: false, faults: faultsOf(report.diagnostics) } : report;
  },
};

/** Does `use` with the build of a project, or says what is wrong with it. */
async function withBuild<T>(
  { builds }: Pick<CallContext, "builds">,
  project: ProjectTexts,
  use: (kept: KeptBuild) => Promise<T>,
): Promise<T | { ok: false; diagnostics: Diagnostic[] }> {
  const built = await builds.get(project);
  return built.ok ? use(built.kept) : built;
}

/** What is wrong with a project, as far as a page shows it. */
function faultsOf(diagnostics: readonly Diagnostic[]): Fault[] {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return errors.map(({ code, message, file, line, column }) => ({ code, message, file, line, column }));
}
