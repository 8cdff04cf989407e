import type { Experiment } from "@haggle/abi";
import type { ExperimentFields } from "./schema.ts";

/**
 * An experiment as it goes into the document. A phase has a seed of its own, and sticky units of an earlier phase are
 * assigned anew, unless somebody says otherwise.
 */
export function completeExperiment(key: string, fields: ExperimentFields, phase: number): Experiment {
  const { seed = `${key}:${phase}`, bucketing = "hash2", coverage = 1, sticky, ...rest } = fields;
  const bucketVersion = rest.bucketVersion ?? phase;
  return {
    ...(rest as Partial<Experiment>),
    key,
    unit: fields.unit,
    seed,
    bucketing,
    variants: fields.variants,
    coverage,
    ...(sticky && { sticky, bucketVersion }),
  };
}
