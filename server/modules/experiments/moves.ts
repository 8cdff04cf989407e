import { isDeepStrictEqual } from "node:util";
import type { Experiment } from "@haggle/abi";
import { createAssigner, type Movement, whoMoves } from "@haggle/sdk/experiments";
import type { ExperimentRow } from "./store.ts";

/** What a change of an experiment that has begun asks for. `share`: of all units, how many move. */
export type Need = { kind: "confirm" | "newPhase"; at: string; share?: number };

/** Of units by name, what they have and would have. */
type UnitMove = { unit: string; before: string | null; after: string | null; moves: boolean };

/** As a share of all units. */
const BUCKET = 1 / 10_000;

/** What is counted of a phase is counted of these. */
const PHASE_FIELDS = ["unit", "bucketing", "seed"] as const;
/** Who takes part, as far as no bucket says so: how many that moves nobody can tell from here. */
const PART_FIELDS = [
  "namespace",
  "condition",
  "savedGroups",
  "prerequisites",
  "holdout",
  "sticky",
  "bucketVersion",
  "minBucketVersion",
] as const;

/**
 * What somebody has to say so that one definition may follow another; undefined where nobody is moved. Another variant, unit
 * or seed is another experiment, and figures of both together would mean nothing.
 */
export function needOf(
  before: Experiment,
  after: Experiment,
  movements: readonly Movement[] = whoMoves(before, after),
): Need | undefined {
  const phaseField = PHASE_FIELDS.find((field) => before[field] !== after[field]);
  if (phaseField !== undefined) return { kind: "newPhase", at: phaseField };
  if (listVariants(before) !== listVariants(after)) return { kind: "newPhase", at: "variants" };
  // Who came before, and was in no variant, is drawn now by buckets that are not spread like those of new units.
  if (before.sticky && after.sticky && isReweighed(before, after) && !isForAll(before)) {
    return { kind: "newPhase", at: "coverage" };
  }
  const share = shareOf(movements);
  if (share > 0) return { kind: "confirm", at: "variants", share };
  const partField = PART_FIELDS.find((field) => !isDeepStrictEqual(before[field], after[field]));
  return partField === undefined ? undefined : { kind: "confirm", at: partField };
}

/** Whether units come into the variants in other proportions. */
export function isReweighed(before: Experiment, after: Experiment): boolean {
  return !isDeepStrictEqual([before.variants, before.ranges], [after.variants, after.ranges]);
}

/** Whether every bucket is some variant's. */
function isForAll({ coverage, ranges, bucketing }: Experiment): boolean {
  if (bucketing === "modulo100") return true;
  if (ranges === undefined) return coverage === 1;
  // Ranges are apart. Sums of shares are a little off.
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0) > 1 - BUCKET / 2;
}

/** Who would move if `after` took the place of what is there: as shares of all units, and each of `units` by name. */
export function previewChange(
  { phase, definition: before }: Pick<ExperimentRow, "phase" | "definition">,
  after: Pick<ExperimentRow, "phase" | "definition">,
  units: readonly string[],
) {
  const moves = whoMoves(before, after.definition);
  const need = after.phase === phase ? needOf(before, after.definition, moves) : undefined;
  return {
    phase: after.phase,
    needs: need?.kind ?? "nothing",
    ...(need && { at: need.at }),
    moved: shareOf(moves),
    moves: moves.map(({ from = null, to = null, share }) => ({ from, to, share })),
    units: units.map((unit) => moveOf(before, after.definition, unit)),
  };
}

function moveOf(before: Experiment, after: Experiment, unit: string): UnitMove {
  const [was, is] = [variantOf(before, unit), variantOf(after, unit)];
  return { unit, before: was, after: is, moves: was !== is };
}

/** By the bucket alone: what an attribute, or another experiment, says of the unit is not known here. */
function variantOf(experiment: Experiment, unit: string): string | null {
  const { condition: _condition, prerequisites: _prerequisites, holdout: _holdout, ...rest } = experiment;
  const assigner = createAssigner([{ ...rest, sticky: false }]);
  return assigner.assign(experiment.key, { units: { [experiment.unit]: unit } }).variant ?? null;
}

function shareOf(moves: readonly Movement[]): number {
  return moves.reduce((sum, { share }) => sum + share, 0);
}

function listVariants({ variants }: Experiment): string {
  return variants.map(({ key }) => key).join();
}
