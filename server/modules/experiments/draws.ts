import type { Experiment } from "@haggle/abi";
import { type Assigner, createAssigner, type StickyStore } from "@haggle/sdk/experiments";

/**
 * Assigns by what a unit alone says: its bucket, its namespaces, what is remembered of it. What conditions look at is known
 * only where a cart is priced, so they are left out here, and what depends on them with them. Whoever is in a variant by all
 * that an experiment says is in the same one by this.
 */
export function createDraws(experiments: readonly Experiment[], sticky: StickyStore): Assigner {
  const byKey = new Map(experiments.map((experiment) => [experiment.key, experiment]));
  return createAssigner(
    experiments.map((experiment) => withoutConditions(experiment, byKey)),
    { sticky },
  );
}

function withoutConditions(experiment: Experiment, byKey: ReadonlyMap<string, Experiment>): Experiment {
  const { condition: _, prerequisites, holdout, ...draw } = experiment;
  const isOfUnit = (key: string): boolean => byKey.get(key)?.unit === draw.unit;
  const kept = prerequisites?.filter(({ experiment: key }) => isOfUnit(key)) ?? [];
  const keepsHoldout = holdout !== undefined && isOfUnit(holdout) && isFree(byKey.get(holdout)!);
  return { ...draw, ...(kept.length > 0 && { prerequisites: kept }), ...(keepsHoldout && { holdout }) };
}

/** Whether its draw is all: else somebody may be out of it whom its draw has in it, and in what it keeps out of. */
function isFree({ condition, prerequisites, holdout }: Experiment): boolean {
  return condition === undefined && prerequisites === undefined && holdout === undefined;
}
