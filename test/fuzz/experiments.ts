// Experiments of any shape: refused, or assigned by, whatever the context. No expression hangs, no circle is walked.

import { type Experiment, type Experiments, encodeUtf8, HaggleError, parseExperiments } from "@haggle/abi";
import { type AssignmentContext, createAssigner, createMemoryStickyStore } from "@haggle/sdk/experiments";
import { below, pick, type Random } from "../support/byte-mutator.ts";
import { hostileValue, mutateJson } from "../support/json-mutator.ts";
import type { Kind } from "./kinds.ts";

const TIMES = { issued: 1, expires: 2 };
const HALVES = [
  { key: "control", weight: 0.5 },
  { key: "b", weight: 0.5 },
];
const COMMON = { unit: "customer", bucketing: "hash2", coverage: 1, variants: HALVES } as const;

const EXPERIMENTS: Experiment[] = [
  {
    ...{ ...COMMON, key: "holdouts", seed: "h", unit: "session" },
    variants: [
      { key: "holdout", weight: 0.1 },
      { key: "rest", weight: 0.9 },
    ],
  },
  {
    ...{ ...COMMON, key: "first", seed: "first:1", coverage: 0.5, holdout: "holdouts", sticky: true },
    ...{ namespace: { name: "checkout", range: [0, 0.5] }, bucketVersion: 1, minBucketVersion: 1 },
    condition: {
      $or: [{ country: { $in: ["de", "at"] } }, { "device.version": { $vgte: "1.2.3" } }],
      $not: { tags: { $elemMatch: { $regexi: "^(a|b)+[^c]{1,3}$" } } },
    },
  },
  {
    ...{ ...COMMON, key: "second", seed: "second:1", forced: { "qa-1": "b" } },
    ranges: [
      [0, 0.2],
      [0.7, 1],
    ],
    prerequisites: [{ experiment: "first", variants: ["b", "control"] }],
    condition: { tags: { $all: ["a"], $size: { $lt: 5 } }, age: { $gt: 17, $exists: true } },
  },
  {
    ...{ ...COMMON, key: "skus", seed: "skus:1", unit: "sku", bucketing: "modulo100" },
    variants: [
      { key: "control", weight: 0.4 },
      { key: "variant_a", weight: 0.3 },
      { key: "variant_b", weight: 0.3 },
    ],
  },
];

/** Expressions that other engines do not come back from, among others. */
const PATTERNS = [
  "(a+)+$",
  "^(a|a)*$",
  "(?=a)",
  "[",
  "((a{9}){9}){9}",
  "(.*)(.*)(.*)x",
  "\\1",
  "",
  "^(\\w+\\s?)*$",
];

export const assigned: Kind = async (random) => {
  const document: Experiments = {
    type: "experiments",
    channel: "stable",
    version: 1,
    ...TIMES,
    experiments: EXPERIMENTS,
  };
  const stated = structuredClone(document);
  if (random() < 0.3) {
    pick(stated.experiments, random).condition = {
      a: { $regex: pick(PATTERNS, random) + pick(PATTERNS, random) },
    };
  }
  const mutant = random() < 0.8 ? mutateJson(stated, random) : stated;
  const experiments = parse(mutant);
  if (experiments === undefined) return false;
  const sticky = createMemoryStickyStore();
  const assigner = createAssigner(experiments, { sticky });
  for (let i = 0; i < 8; i++) {
    const context = contextOf(random);
    const all = assigner.assignAll(context);
    for (const { key, variants } of experiments) {
      const alone = assigner.assign(key, context);
      const listed = all.filter(({ experiment }) => experiment === key);
      if (listed.length > 1) throw new Error(`${key} gave two variants`);
      if (listed[0]?.variant !== alone.variant) throw new Error(`${key} gave one variant after another`);
      if (alone.variant !== undefined && !variants.some((variant) => variant.key === alone.variant)) {
        throw new Error(`${key} has no variant ${alone.variant}`);
      }
    }
  }
  return true;
};

function parse(value: unknown): readonly Experiment[] | undefined {
  try {
    const { experiments } = parseExperiments(encodeUtf8(JSON.stringify(value, withoutBigInts) ?? ""));
    createAssigner(experiments);
    return experiments;
  } catch (error) {
    if (error instanceof HaggleError && /^(DOCUMENT|EXPERIMENT)_/.test(error.code)) return undefined;
    throw error;
  }
}

function withoutBigInts(_: string, field: unknown): unknown {
  return typeof field === "bigint" ? Number(field) : field;
}

function contextOf(random: Random): AssignmentContext {
  if (random() < 0.2) return hostileValue(random) as never;
  const id = random() < 0.5 ? `customer-${below(random, 1_000)}` : String(below(random, 1_000));
  const wild = hostileValue(random);
  const tags = ["a".repeat(below(random, 1_200)), "ab!", wild];
  return {
    units: { customer: id, session: id, sku: random() < 0.3 ? (wild as never) : id },
    attributes: {
      country: pick(["de", "fr"], random),
      tags,
      age: wild,
      a: tags[0],
      device: { version: wild },
    },
  };
}
