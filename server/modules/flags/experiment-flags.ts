import type { Assignment, NotAssigned } from "@haggle/sdk/experiments";
import { experimentFlag, pausedFlag } from "@haggle/sdk/flags";
import type { ExperimentRow, Running } from "../experiments/service.ts";
import { encodeFlag } from "./flag.ts";

export type ExperimentFlag = {
  key: string;
  /** As JSON. Undefined stands for one that does not run. */
  answer: (outcome: Assignment | NotAssigned | undefined) => string;
};

/**
 * A flag for each experiment that runs, or is paused: its value is the key of a variant, and that of the control for whoever
 * is in none, who is priced like that. Each answer is made once.
 */
export function listExperimentFlags(
  rows: readonly ExperimentRow[],
  running: Running | undefined,
): ReadonlyMap<string, ExperimentFlag> {
  const phases = new Map(rows.map(({ key, phase }) => [key, phase]));
  const flags = new Map<string, ExperimentFlag>();
  for (const row of rows) {
    if (row.state === "paused") flags.set(row.key, pausedFlagOf(row));
  }
  for (const { key, variants } of running?.experiments ?? []) {
    flags.set(key, runningFlag({ key, variants, phase: phases.get(key) ?? 1 }));
  }
  return flags;
}

function pausedFlagOf({ key, phase, definition }: ExperimentRow): ExperimentFlag {
  const answer = encodeFlag(pausedFlag({ key, phase, control: definition.variants[0]!.key }));
  return { key, answer: () => answer };
}

function runningFlag(
  experiment: Pick<ExperimentRow["definition"], "key" | "variants"> & { phase: number },
): ExperimentFlag {
  const { key } = experiment;
  const made = new Map<string, string>();
  return {
    key,
    answer(outcome = { experiment: key, variant: undefined, reason: "unknown" }) {
      const place = `${outcome.reason} ${outcome.variant ?? ""}`;
      const known = made.get(place);
      if (known !== undefined) return known;
      const answer = encodeFlag(experimentFlag(experiment, outcome));
      made.set(place, answer);
      return answer;
    },
  };
}
