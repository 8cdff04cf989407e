import { hash } from "node:crypto";
import type { Observation } from "./observation.ts";

/** What a shopper is counted for, once each: bits of a number. */
export const PRICED = 1;
export const FAULTED = 2;
export const SOLD = 4;

type Step = { stepAt: number; marks: Map<number, number> };

/** Per step and process: some 20 MB. Whoever comes later is not counted, which is far beyond what any gate needs. */
const MAX_SHOPPERS = 500_000;
/** One of a channel is live. */
const MAX_ROLLOUTS = 4;
/** Of the digest by which one is remembered: among half a million, two that are taken for one are not to be expected. */
const DIGEST_BYTES = 6;

/** Remembers who was counted in the present step of each rollout, in this process. */
export function createShoppers() {
  const steps = new Map<string, Step>();

  /** Undefined for a step that is over. */
  function findStep(rollout: string, stepAt: number): Step | undefined {
    const known = steps.get(rollout);
    if (known !== undefined && known.stepAt >= stepAt) return known.stepAt === stepAt ? known : undefined;
    const step = { stepAt, marks: new Map<number, number>() };
    steps.delete(rollout);
    steps.set(rollout, step);
    if (steps.size > MAX_ROLLOUTS) steps.delete(steps.keys().next().value!);
    return step;
  }

  return {
    /**
     * Of what this observation tells, as bits, that for which its shopper was not counted yet. Nothing for a shopper that no
     * server vouches for, and in a slot that began before the step, which counts for no gate.
     */
    mark({ rollout, stepAt, unit, source, isOverridden }: Observation, slot: number, told: number): number {
      if (rollout === undefined || unit === undefined || stepAt === undefined) return 0;
      if (isOverridden || slot < stepAt) return 0;
      const marks = findStep(rollout, stepAt)?.marks;
      if (marks === undefined) return 0;
      const digest = hash("sha256", `${source} ${unit}`, "buffer").readUIntBE(0, DIGEST_BYTES);
      const before = marks.get(digest);
      if (before === undefined && marks.size >= MAX_SHOPPERS) return 0;
      const fresh = told & ~(before ?? 0);
      if (fresh !== 0) marks.set(digest, (before ?? 0) | told);
      return fresh;
    },
  };
}
