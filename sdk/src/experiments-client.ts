// Experiments in a client that follows a channel: their document, variants of carts, exposures.

export {
  type ClientExperimentsOptions,
  clientExperiments,
} from "./experiments/client/client-experiments.ts";
export type { ConsentStorage } from "./experiments/client/consented-texts.ts";
export type { Exposure, ExposureCounts } from "./experiments/client/exposures.ts";
export type {
  ClientExperiments,
  ExperimentsContext,
  ExperimentsHost,
} from "./experiments/client/host.ts";
export { createMemoryTexts, type KeptTexts } from "./experiments/client/kept-texts.ts";
export {
  type AssignmentOptions,
  openAssignment,
  type SignedUnit,
} from "./experiments/client/open-assignment.ts";
