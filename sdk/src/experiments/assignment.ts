import type { ExperimentUnit } from "@haggle/abi";

/** Who asks: ids by kind, and what conditions look at. */
export type AssignmentContext = {
  units: { readonly [Unit in ExperimentUnit]?: string | number | undefined };
  attributes?: Readonly<Record<string, unknown>> | undefined;
};

export type Assignment = {
  experiment: string;
  variant: string;
  /** 0 to 9999, with `modulo100` 0 to 99. */
  bucket: number;
  reason: "split" | "sticky" | "forced";
  /** False for those who test: they are in no figure. */
  counts: boolean;
};

export type NotAssigned = { experiment: string; variant: undefined; reason: Exclusion };

/**
 * Why a unit is in no variant. `unknown`: there is no such experiment. `no-unit`: the context has no id of the
 * experiment's kind, `bad-unit`: one that `modulo100` cannot take. `blocked`: remembered by a version that is ruled out.
 */
export type Exclusion =
  | "unknown"
  | "no-unit"
  | "bad-unit"
  | "namespace"
  | "condition"
  | "prerequisite"
  | "holdout"
  | "coverage"
  | "blocked";

/** Assigns by one set of experiments. It throws for no context: what cannot be read is not there. */
export type Assigner = {
  assign(experiment: string, context: AssignmentContext): Assignment | NotAssigned;
  /** All that the context is in, in the order of the experiments. */
  assignAll(context: AssignmentContext): Assignment[];
};
