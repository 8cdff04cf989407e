// What a compiler of rules takes and gives.

import type { BundleMetadata, RuleMetadata } from "@haggle/abi";
import type { Diagnostic, Place } from "./diagnostics.ts";

/** A project's sources: paths relative to its root, with forward slashes, all below `rules/`. */
export type Project = { files: Readonly<Record<string, string>> };

/** The runtime library: name without `~lib/` and `.ts` -> source. A name without a slash makes its exports globals. */
export type RuntimeSources = Readonly<Record<string, string>>;

export type CompileOptions = {
  /** Files without a rule will do: a bundle of the engine alone, for promotions that are data. */
  withoutRules?: boolean;
  /** A module for `@assemblyscript/loader`: the managed runtime exported, names kept, not fit to be signed. */
  debug?: boolean;
  /** A source map of a module that is for release: the same bytes, and the map apart. */
  sourceMap?: boolean;
};

export type Compiled =
  | { ok: false; diagnostics: Diagnostic[] }
  | {
      ok: true;
      /** Not metered yet: imports `haggle.sliceEnter` and `haggle.sliceLeave`. */
      wasm: Uint8Array;
      metadata: BundleMetadata;
      /** Of debug builds, and where it was asked for. Its columns are offsets in `wasm`. */
      sourceMap?: string;
      /** Warnings. */
      diagnostics: Diagnostic[];
    };

/** A rule with its places in its source. */
export type CheckedRule = RuleMetadata & {
  /** Of the function's name. */
  place: Place;
  decoratorPlace: Place;
};

export type Checked = {
  /** All that `compile` reports, and what is wrong with files that can be parsed where others cannot. */
  diagnostics: Diagnostic[];
  /** Those whose metadata and parameters are as they must be; their code may have errors. */
  rules: CheckedRule[];
  /**
   * How far it came: what cannot be parsed has no rules, and where a rule is no rule, nothing says whether types fit.
   * Only at `types` are these all rules of the project.
   */
  stage: "syntax" | "rules" | "types";
  /** The names of functions of which a build makes no code, where there are no errors. */
  uncalled: Place[];
};

export type Compiler = {
  compile(project: Project, options?: CompileOptions): Promise<Compiled>;
  /** What is wrong and what is there, without making code; for editors. */
  check(project: Project): Promise<Checked>;
};

/** Files of rules end like this; other `.ts` files under `rules/` are there to be imported. */
export const RULE_SUFFIX = ".rule.ts";
