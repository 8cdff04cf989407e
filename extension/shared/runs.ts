// Cases and what comes of them: between the client, the server and the worker.

import type { Diagnostic } from "@haggle/toolchain";
import type { Range } from "./protocol.ts";

/** Request from client to server: `{ root }` -> `CaseFile[]`. Nothing is compiled for it. */
export const CASES = "haggle/cases";
/** Request from client to server: `RunRequest` -> `RunReport`. */
export const RUN_CASES = "haggle/runCases";
/** Notification from the server, `{ root }`: cases of a project are not what they were, in the editor or on disk. */
export const CASES_CHANGED = "haggle/casesChanged";
/** Request from client to server: `TraceRequest` -> `TraceReport`. */
export const TRACE = "haggle/trace";

/** A file of cases. Places are those of the text in the editor, or else on disk. */
export type CaseFile = {
  uri: string;
  /** Project-relative. */
  file: string;
  /** Names of the rules that it stands beside; none where they are not known yet. */
  rules: string[];
  cases: ListedCase[];
  /** Why there are no cases in it. */
  problem?: { message: string; range: Range };
};

export type ListedCase = {
  /** Its place in the file, which tells cases of one name apart. */
  index: number;
  name: string;
  range: Range;
  /** What it expects; the whole case where it says nothing of that. */
  expectRange: Range;
};

export type RunRequest = {
  /** Of the project, as a URI. */
  root: string;
  /** Of cases, project-relative; all of them when left out. */
  file?: string;
  /** Those beside this rule. */
  rule?: string;
  names?: readonly string[];
  /** Outcomes are told under it as they come, in parts; the report has all of them once more. */
  partialResultToken?: string;
};

export type RunReport =
  | { ok: false; diagnostics: Diagnostic[] }
  | {
      ok: true;
      results: CaseOutcome[];
      /** What the build took; next to nothing where it was there already. */
      compiledMs: number;
    };

/** What came of one case. */
export type CaseOutcome = {
  file: string;
  index: number;
  name: string;
  /** Names of the rules that stand beside it. */
  rules: string[];
  passed: boolean;
  /** Where the decision is not what is expected, for people. */
  problems: string[];
  expect: unknown;
  /** As JSON. Undefined where the case could not be run: see `error`. */
  decision?: unknown;
  error?: { code: string; message: string; at?: string };
  /** Why the engine refused the cart, where it did. */
  refusal?: { code: string; message: string };
  /** Of the rules that ran, whatever they gave. */
  gave: RuleGift[];
  /** Digits behind the point in the decision's currency. */
  minorDigits: number;
  /** Instructions of the whole evaluation, and how many it might have used; undefined without a price. */
  fuel?: number;
  fuelLimit?: number;
  /** Of the evaluation alone. */
  durationMs: number;
  /** Rules that stopped. */
  faults: RuleFault[];
};

/** What a rule's promotions did for a cart. */
export type RuleGift = {
  rule: string;
  /** Minor units that the cart costs less by it. */
  amount: number;
  /** The rule's own codes, each once. */
  reasons: string[];
  /** Of its promotions, in the order in which they ran. */
  statuses: string[];
};

/** A rule that stopped: by an assertion, without fuel, at an index that is not there. */
export type RuleFault = {
  promotion: string;
  rule: string;
  code: string;
  message: string;
  /** Where it stopped, if the host's stack leads there. Project-relative; line and column from 1. */
  place?: { file: string; line: number; column: number };
};

/** Of a case, or of a cart with the defaults of the rule. */
export type TraceRequest = {
  root: string;
  rule: string;
  locale: "en" | "zh-CN";
} & ({ file: string; index: number } | { cart: unknown });

export type TraceReport =
  | { ok: false; diagnostics: Diagnostic[] }
  | { ok: true; outcome: CaseOutcome; cart: unknown; trace: TracedPromotion[] };

/** What became of one promotion. Without a status nothing in the cart concerned it. */
export type TracedPromotion = {
  id: string;
  rule?: string;
  status?: string;
  wanted: number;
  granted: number;
  text: string;
};
