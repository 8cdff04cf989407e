import type { Experiment, RuleMetadata } from "@haggle/abi";
import { stampStrategies } from "@haggle/sdk/pricing";
import { type Reading, readStrategies } from "./read.ts";
import { type Decision, type Resolved, resolveExperiment } from "./resolve-experiment.ts";

/** Those over skus, by their keys. */
export type SkuExperiments = ReadonlyMap<string, Pick<Experiment, "unit" | "variants">>;

/** A text that is to be read, here or in a thread. */
export type Order = {
  text: string;
  rules?: readonly RuleMetadata[] | undefined;
  experiments?: SkuExperiments | undefined;
  /** What is read then is what follows from it, `now` as epoch ms. */
  decided?: (Decision & { now: number }) | undefined;
};

/** `resolved` is left out where no strategy names the experiment, and where the text was not right before. */
export type Answer = Reading & { resolved?: Resolved & { version: string } };

/** What follows from a decision passes the same check as what anybody sends. */
export async function carryOut({ text, rules, experiments, decided }: Order): Promise<Answer> {
  const findExperiment = experiments && ((key: string) => experiments.get(key));
  const reading = readStrategies(text, rules, findExperiment);
  if (decided === undefined || reading.file === undefined) return reading;
  const resolved = resolveExperiment(text, decided);
  if (resolved === undefined) return reading;
  const stamped = await stampStrategies(resolved.text, decided.now);
  return {
    ...readStrategies(stamped.text, rules, findExperiment),
    resolved: { ...resolved, ...stamped },
  };
}
