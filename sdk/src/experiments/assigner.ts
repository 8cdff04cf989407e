import type { Experiment, ExperimentUnit } from "@haggle/abi";
import { bucketAfter, hashSeed } from "../bucket.ts";
import type { Assigner, Assignment, AssignmentContext, Exclusion, NotAssigned } from "./assignment.ts";
import { checkExperiments } from "./check.ts";
import { type ConditionBudget, compileCondition, createConditionBudget } from "./condition.ts";
import { findModulo100 } from "./modulo100.ts";
import { type BucketRange, bucketRange, variantRanges } from "./ranges.ts";
import { type StickyStore, stickyEntry } from "./sticky.ts";

/**
 * Makes what assigns by these experiments. Everything that can be said before there is somebody to assign is worked out
 * here: hashes of seeds, buckets of variants, conditions as functions.
 *
 * @throws HaggleError EXPERIMENT_*
 *
 * @example
 * const assigner = createAssigner(experiments, { sticky: createWebStickyStore(localStorage) });
 * assigner.assign("summer-threshold", { units: { customer: "c-7" }, attributes: { country: "de" } }).variant;
 */
export function createAssigner(
  experiments: readonly Experiment[],
  { sticky }: { sticky?: StickyStore | undefined } = {},
): Assigner {
  checkExperiments(experiments);
  const budget = createConditionBudget();
  const compiled = new Map(experiments.map((experiment) => [experiment.key, compile(experiment, budget)]));
  for (const each of compiled.values()) link(each, compiled);
  let calls = 0;
  return {
    assign(key, context) {
      const found = compiled.get(key);
      return found ? decide(found, context, ++calls, sticky) : excluded(key, "unknown");
    },
    assignAll(context) {
      const call = ++calls;
      const assignments: Assignment[] = [];
      for (const each of compiled.values()) {
        const outcome = decide(each, context, call, sticky);
        if (outcome.variant !== undefined) assignments.push(outcome);
      }
      return assignments;
    },
  };
}

type Outcome = Assignment | NotAssigned;

type Compiled = {
  readonly experiment: Experiment;
  readonly seedHash: number;
  readonly ranges: readonly BucketRange[];
  readonly namespace: { readonly seedHash: number; readonly range: BucketRange } | undefined;
  readonly holds: ((context: AssignmentContext) => boolean) | undefined;
  readonly forced: ReadonlyMap<string, string>;
  /** What is remembered under it counts, and keeps out. */
  readonly entry: string;
  readonly blocked: readonly string[];
  readonly prerequisites: { readonly of: Compiled; readonly variants: readonly string[] }[];
  holdout: Compiled | undefined;
  /** One call asks for no experiment twice, however many others depend on it. */
  call: number;
  outcome: Outcome;
};

function compile(experiment: Experiment, budget: ConditionBudget): Compiled {
  const { key, seed, namespace, condition, savedGroups, forced = {} } = experiment;
  const { bucketVersion = 0, minBucketVersion = 0 } = experiment;
  return {
    experiment,
    seedHash: hashSeed(seed),
    ranges: variantRanges(experiment),
    namespace: namespace && { seedHash: hashSeed(namespace.name), range: bucketRange(namespace.range) },
    holds: condition && compileCondition(condition, key, budget, savedGroups),
    forced: new Map(Object.entries(forced)),
    entry: stickyEntry(key, bucketVersion),
    blocked: Array.from({ length: minBucketVersion }, (_, version) => stickyEntry(key, version)),
    prerequisites: [],
    holdout: undefined,
    call: 0,
    outcome: excluded(key, "no-unit"),
  };
}

function link(compiled: Compiled, all: ReadonlyMap<string, Compiled>): void {
  const { prerequisites = [], holdout } = compiled.experiment;
  for (const { experiment, variants } of prerequisites) {
    compiled.prerequisites.push({ of: all.get(experiment)!, variants });
  }
  if (holdout !== undefined) compiled.holdout = all.get(holdout)!;
}

function decide(
  compiled: Compiled,
  context: AssignmentContext,
  call: number,
  sticky: StickyStore | undefined,
): Outcome {
  if (compiled.call === call) return compiled.outcome;
  const outcome = decideAnew(compiled, context, call, sticky);
  compiled.call = call;
  compiled.outcome = outcome;
  return outcome;
}

/** In GrowthBook's order; of what is remembered only a holdout takes anything back. */
function decideAnew(
  compiled: Compiled,
  context: AssignmentContext,
  call: number,
  sticky: StickyStore | undefined,
): Outcome {
  const { experiment, forced, holdout } = compiled;
  const { key, unit: kind } = experiment;
  const unit = readUnit(context, kind);
  if (unit === undefined) return excluded(key, "no-unit");
  const bucket = bucketOfUnit(compiled, unit);
  if (bucket === undefined) return excluded(key, "bad-unit");
  if (forced.size > 0) {
    const variant = forced.get(unit);
    if (variant !== undefined) return { experiment: key, variant, bucket, reason: "forced", counts: false };
  }
  if (holdout !== undefined && decide(holdout, context, call, sticky).variant === "holdout") {
    return excluded(key, "holdout");
  }
  if (sticky === undefined || experiment.sticky !== true) {
    return findExclusion(compiled, unit, context, call, sticky) ?? drawn(compiled, bucket);
  }
  return decideSticky(compiled, { unit, bucket, context, call, sticky });
}

function decideSticky(
  compiled: Compiled,
  {
    unit,
    bucket,
    context,
    call,
    sticky,
  }: { unit: string; bucket: number; context: AssignmentContext; call: number; sticky: StickyStore },
): Outcome {
  const { experiment, entry, blocked } = compiled;
  const { key, unit: kind, variants } = experiment;
  const remembered = sticky.find(kind, unit, [entry, ...blocked]) ?? {};
  if (blocked.some((each) => Object.hasOwn(remembered, each))) return excluded(key, "blocked");
  const variant = Object.hasOwn(remembered, entry) ? remembered[entry] : undefined;
  // A variant that is no more is as good as none.
  if (variant !== undefined && variants.some((each) => each.key === variant)) {
    return { experiment: key, variant, bucket, reason: "sticky", counts: true };
  }
  const outcome = findExclusion(compiled, unit, context, call, sticky) ?? drawn(compiled, bucket);
  if (outcome.variant !== undefined) sticky.save(kind, unit, entry, outcome.variant);
  return outcome;
}

function findExclusion(
  { experiment: { key }, namespace, holds, prerequisites }: Compiled,
  unit: string,
  context: AssignmentContext,
  call: number,
  sticky: StickyStore | undefined,
): NotAssigned | undefined {
  if (namespace !== undefined && !isWithin(bucketAfter(namespace.seedHash, unit), namespace.range)) {
    return excluded(key, "namespace");
  }
  if (holds !== undefined && !holds(context)) return excluded(key, "condition");
  for (const { of, variants } of prerequisites) {
    const { variant } = decide(of, context, call, sticky);
    if (variant === undefined || !variants.includes(variant)) return excluded(key, "prerequisite");
  }
  return undefined;
}

function drawn({ experiment: { key, variants }, ranges }: Compiled, bucket: number): Outcome {
  for (let i = 0; i < ranges.length; i++) {
    if (isWithin(bucket, ranges[i]!)) {
      return { experiment: key, variant: variants[i]!.key, bucket, reason: "split", counts: true };
    }
  }
  return excluded(key, "coverage");
}

function isWithin(bucket: number, { from, to }: BucketRange): boolean {
  return from <= bucket && bucket < to;
}

function excluded(experiment: string, reason: Exclusion): NotAssigned {
  return { experiment, variant: undefined, reason };
}

function bucketOfUnit({ experiment, seedHash }: Compiled, unit: string): number | undefined {
  return experiment.bucketing === "modulo100" ? findModulo100(unit) : bucketAfter(seedHash, unit);
}

/** An id as text; undefined for what is none. */
function readUnit(context: AssignmentContext, kind: ExperimentUnit): string | undefined {
  const unit = unitOf(context, kind);
  if (typeof unit === "string") return unit === "" ? undefined : unit;
  return typeof unit === "number" && Number.isSafeInteger(unit) ? String(unit) : undefined;
}

function unitOf(context: AssignmentContext, kind: ExperimentUnit): unknown {
  try {
    return context.units[kind];
  } catch {
    // A page gave something else than a context.
    return undefined;
  }
}
