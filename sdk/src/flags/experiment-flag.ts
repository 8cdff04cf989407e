import type { Experiment, PausedExperiment } from "@haggle/abi";
import type { Assignment, NotAssigned } from "../experiments/assignment.ts";
import type { Flag } from "./flag.ts";

/**
 * The flag of an experiment that runs: its value is the key of a variant, and that of the control for whoever is in none, who
 * is priced like that.
 */
export function experimentFlag(
  { key, variants, phase = 1 }: Pick<Experiment, "key" | "variants" | "phase">,
  outcome: Assignment | NotAssigned,
): Flag {
  if (outcome.variant === undefined) {
    const variant = variants[0]!.key;
    const metadata = { phase, counts: false, excluded: outcome.reason };
    return { key, value: variant, variant, reason: "STATIC", metadata };
  }
  const { variant, counts } = outcome;
  const reason = outcome.reason === "forced" ? "TARGETING_MATCH" : "SPLIT";
  return { key, value: variant, variant, reason, metadata: { phase, counts } };
}

/** Of one that is paused. */
export function pausedFlag({ key, control, phase }: PausedExperiment): Flag {
  return { key, value: control, variant: control, reason: "DISABLED", metadata: { phase } };
}
