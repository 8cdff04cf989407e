// What a compiler of rules takes and gives.

import type { BundleMetadata } from "@haggle/abi";
import type { Diagnostic } from "./diagnostics.ts";

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

export type Compiler = {
  compile(project: Project, options?: CompileOptions): Promise<Compiled>;
  /** Everything that `compile` reports, without making code; for editors. */
  check(project: Project): Promise<Diagnostic[]>;
};

/** Files of rules end like this; other `.ts` files under `rules/` are there to be imported. */
export const RULE_SUFFIX = ".rule.ts";
