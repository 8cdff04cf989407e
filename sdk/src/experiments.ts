// Who is in which variant of which experiment: the same answer in a browser, in Node and on the server, and GrowthBook's.

export type { Experiment, ExperimentCondition, Experiments, ExperimentUnit } from "@haggle/abi";
export { createAssigner } from "./experiments/assigner.ts";
export type {
  Assigner,
  Assignment,
  AssignmentContext,
  Exclusion,
  NotAssigned,
} from "./experiments/assignment.ts";
export { checkExperiments } from "./experiments/check.ts";
export { findEntrant } from "./experiments/entrant.ts";
export { modulo100 } from "./experiments/modulo100.ts";
export { type Movement, whoMoves } from "./experiments/movement.ts";
export {
  isVariantSegment,
  parseVariantSegment,
  variantSegment,
  withVariants,
} from "./experiments/segments.ts";
export { createMemoryStickyStore, createWebStickyStore, type StickyStore } from "./experiments/sticky.ts";
export { sampleUniformity, type Uniformity } from "./experiments/uniformity.ts";
export { verifyExperiments } from "./experiments/verify.ts";
