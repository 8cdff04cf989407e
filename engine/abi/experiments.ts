import { channelName, parseDocument, type Versioned } from "./documents.ts";
import { bad, integer, list, literal, map, matching, name, object, optional, share } from "./shape.ts";

// The document that says who is in which variant of what. It carries no parameters: what a variant changes is in the
// release, which authors sign.

/** The experiments that run on a channel, signed by the root's channel role. */
export type Experiments = Versioned & {
  type: "experiments";
  channel: string;
  experiments: Experiment[];
  /** Those that assign nobody for a while, so that a flag says so. */
  paused?: PausedExperiment[];
};

/** Everybody has the control as long as it lasts. */
export type PausedExperiment = { key: string; control: string; phase: number };

/** One experiment. Shares are numbers of 0 to 1; the notions, and what they do together, are GrowthBook's. */
export type Experiment = {
  key: string;
  /** What is assigned: a customer, a session, a cart or a sku. */
  unit: ExperimentUnit;
  /** What is hashed in front of the unit. Another seed is another draw. */
  seed: string;
  /** `hash2` is GrowthBook's hash version 2; `modulo100` the last two digits of a numbered sku. */
  bucketing: "hash2" | "modulo100";
  /** The first one is the control. */
  variants: ExperimentVariant[];
  /** The share of each variant's units that takes part. As it grows nobody changes variants. */
  coverage: number;
  /** One for each variant, instead of what weights and coverage make. */
  ranges?: ShareRange[];
  /** Experiments of one namespace whose ranges are apart share no unit. */
  namespace?: { name: string; range: ShareRange };
  /** Over the attributes of whoever is assigned. */
  condition?: ExperimentCondition;
  /** What `$inGroup`, `$notInGroup` and `$savedGroup` of the condition name. */
  savedGroups?: Record<string, SavedGroup>;
  /** The unit is in one of these variants of each of these experiments. */
  prerequisites?: ExperimentPrerequisite[];
  /** An experiment whose variant `holdout` keeps its units out of this one. */
  holdout?: string;
  /** Whoever was assigned once stays, as far as the host remembers. */
  sticky?: boolean;
  /** Of what is remembered; another number forgets. 0 when left out. */
  bucketVersion?: number;
  /** Units that are remembered by a lower number are kept out. */
  minBucketVersion?: number;
  /** Variants by unit, for those who test. They never count. */
  forced?: Record<string, string>;
  /** Counts from 1: with each one everybody is assigned anew, and counted from its beginning. */
  phase?: number;
};

export type ExperimentUnit = "customer" | "session" | "cart" | "sku";

export type ExperimentVariant = { key: string; weight: number };

export type ExperimentPrerequisite = { experiment: string; variants: string[] };

/** From, and up to but without. */
export type ShareRange = [from: number, to: number];

/** A condition as GrowthBook spells it, such as `{ "country": { "$in": ["de", "at"] } }`. */
export type ExperimentCondition = { [key: string]: unknown };

/** GrowthBook's: values of one attribute, or whoever fulfils a condition. `attributeKey` is what `$savedGroup` looks at. */
export type SavedGroup =
  | { type: "list"; attributeKey?: string; values: (string | number)[] }
  | { type: "condition"; condition: ExperimentCondition };

/** More than a shop runs at a time. */
export const MAX_EXPERIMENTS = 256;
/** An experiment has a handful of variants. */
const MAX_VARIANTS = 32;
/** Those who test are few; everybody downloads them. */
const MAX_FORCED = 64;
/** Each version that is ruled out is looked for in what is remembered. */
const MAX_BUCKET_VERSION = 100;
/** Deep enough for any condition that a person reads, and no stack is at stake. */
const MAX_CONDITION_DEPTH = 16;
const MAX_CONDITION_VALUES = 2_000;
/** Everybody downloads them, as they do the forced units. */
export const MAX_SAVED_GROUPS = 32;
export const MAX_GROUP_VALUES = 2_000;

const phase = integer(1, Number.MAX_SAFE_INTEGER);

export const EXPERIMENT_KEY: RegExp = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** As GrowthBook makes them, such as grp_exl5jijgl8c3n0qt. */
export const GROUP_KEY: RegExp = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const VARIANT_KEY: RegExp = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Reads the fields of each; what they say together is in front of `checkExperiments` of the SDK. */
export function parseExperiments(payload: Uint8Array): Experiments {
  return parseDocument<Experiments>(payload, "experiments", {
    channel: channelName,
    experiments: list(parseExperiment, MAX_EXPERIMENTS),
    paused: optional(
      list(
        object<PausedExperiment>({ key: matching(EXPERIMENT_KEY), control: matching(VARIANT_KEY), phase }),
        MAX_EXPERIMENTS,
      ),
    ),
  });
}

/** Reads one experiment at the JSON path `at`. @throws HaggleError DOCUMENT_BAD_FIELD, DOCUMENT_UNKNOWN_FIELD */
export function parseExperiment(value: unknown, at: string): Experiment {
  const key = matching(EXPERIMENT_KEY);
  const variant = matching(VARIANT_KEY);
  const bucketVersion = optional(integer(0, MAX_BUCKET_VERSION));
  return object<Experiment>({
    key,
    unit: literal("customer", "session", "cart", "sku"),
    seed: name,
    bucketing: literal("hash2", "modulo100"),
    variants: list(object<ExperimentVariant>({ key: variant, weight: share }), MAX_VARIANTS, 2),
    coverage: share,
    ranges: optional(list(shareRange, MAX_VARIANTS, 2)),
    namespace: optional(object<NonNullable<Experiment["namespace"]>>({ name, range: shareRange })),
    condition: optional(condition),
    savedGroups: optional(map(matching(GROUP_KEY), savedGroup, MAX_SAVED_GROUPS)),
    prerequisites: optional(
      list(
        object<ExperimentPrerequisite>({ experiment: key, variants: list(variant, MAX_VARIANTS, 1) }),
        MAX_VARIANTS,
      ),
    ),
    holdout: optional(key),
    sticky: optional(literal(true, false)),
    bucketVersion,
    minBucketVersion: bucketVersion,
    forced: optional(map(name, variant, MAX_FORCED)),
    phase: optional(phase),
  })(value, at);
}

function shareRange(value: unknown, at: string): ShareRange {
  const [from = 0, to = 0] = list(share, 2, 2)(value, at);
  if (from > to) throw bad(at, `[${from}, ${to})`);
  return [from, to];
}

function savedGroup(value: unknown, at: string): SavedGroup {
  if ((value as { type?: unknown } | null)?.type === "condition") {
    return object<Extract<SavedGroup, { type: "condition" }>>({ type: literal("condition"), condition })(
      value,
      at,
    );
  }
  return object<Extract<SavedGroup, { type: "list" }>>({
    type: literal("list"),
    attributeKey: optional(name),
    values: list(groupValue, MAX_GROUP_VALUES),
  })(value, at);
}

function groupValue(value: unknown, at: string): string | number {
  return typeof value === "number" && Number.isFinite(value) ? value : name(value, at);
}

/** An object of any JSON values that is not too deep or too large; its words are for the SDK to read. */
function condition(value: unknown, at: string): ExperimentCondition {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(at, value);
  let count = 0;
  const visit = (part: unknown, path: string, depth: number): void => {
    count += 1;
    if (count > MAX_CONDITION_VALUES || depth > MAX_CONDITION_DEPTH) throw bad(path, part);
    if (typeof part !== "object" || part === null) return;
    for (const [key, inner] of Object.entries(part)) visit(inner, `${path}.${key}`, depth + 1);
  };
  visit(value, at, 0);
  return value as ExperimentCondition;
}
