import { GROUP_KEY, MAX_GROUP_VALUES, MAX_SAVED_GROUPS } from "@haggle/abi";
import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };
const MAX_NAME = 256;
const MAX_VARIANTS = 32;
const MAX_FORCED = 64;
const MAX_PREREQUISITES = 32;
const MAX_UNITS = 1_000;

const KEY_PATTERN = "^[a-z0-9][a-z0-9-]{0,63}$";
const Key = Type.String({ pattern: KEY_PATTERN, maxLength: 64, description: "The key of an experiment." });
const Channel = Type.String({
  pattern: KEY_PATTERN,
  maxLength: 64,
  description: "The name of a channel, such as stable.",
});
const VariantKey = Type.String({
  pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
  maxLength: 64,
  description: "The key of a variant.",
});
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Range = Type.Tuple([Share, Share], { description: "From, and up to but without." });
const Name = Type.String({ minLength: 1, maxLength: MAX_NAME });
const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: "Why, for the audit log.",
});
const BucketVersion = Type.Integer({ minimum: 0, maximum: 100 });
const ConditionBody = Type.Unsafe<Record<string, unknown>>(
  Type.Object({}, { description: "GrowthBook's, over the attributes of whoever is assigned." }),
);

const GroupBody = Type.Union([
  Type.Object(
    {
      type: Type.Literal("list"),
      attributeKey: Type.Optional({ ...Name, description: "What $savedGroup looks at." }),
      values: Type.Array(Type.Union([Name, Type.Number()]), { maxItems: MAX_GROUP_VALUES }),
    },
    strict,
  ),
  Type.Object({ type: Type.Literal("condition"), condition: ConditionBody }, strict),
]);

/** What people say of an experiment. What they leave out is filled in by `completeExperiment`. */
const FIELDS = {
  unit: Type.Enum(["customer", "session", "cart", "sku"], { description: "What is assigned." }),
  seed: Type.Optional({ ...Name, description: "Of the hash; KEY:PHASE when left out." }),
  bucketing: Type.Optional(Type.Enum(["hash2", "modulo100"], { description: "hash2 when left out." })),
  variants: Type.Array(Type.Object({ key: VariantKey, weight: Share }, strict), {
    minItems: 2,
    maxItems: MAX_VARIANTS,
    description: "The first one is the control. Weights are shares of 1.",
  }),
  coverage: Type.Optional({ ...Share, description: "The share of units that takes part; 1 when left out." }),
  ranges: Type.Optional(
    Type.Array(Range, { maxItems: MAX_VARIANTS, description: "In the place of weights and coverage." }),
  ),
  namespace: Type.Optional(
    Type.Object({ name: Name, range: Range }, { ...strict, description: "Experiments that keep apart." }),
  ),
  condition: Type.Optional(ConditionBody),
  savedGroups: Type.Optional(
    Type.Record(Type.String({ pattern: GROUP_KEY.source }), GroupBody, {
      maxProperties: MAX_SAVED_GROUPS,
      description: "GrowthBook's, for $inGroup, $notInGroup and $savedGroup. Everybody can read them.",
    }),
  ),
  prerequisites: Type.Optional(
    Type.Array(
      Type.Object(
        { experiment: Key, variants: Type.Array(VariantKey, { minItems: 1, maxItems: MAX_VARIANTS }) },
        strict,
      ),
      { maxItems: MAX_PREREQUISITES, description: "What a unit has to have been given elsewhere." },
    ),
  ),
  holdout: Type.Optional({ ...Key, description: "The experiment whose variant `holdout` keeps a unit out." }),
  sticky: Type.Optional(Type.Boolean({ description: "Whether a unit keeps what it was given first." })),
  bucketVersion: Type.Optional({
    ...BucketVersion,
    description: "Of what sticky units were given; the phase when left out.",
  }),
  minBucketVersion: Type.Optional({
    ...BucketVersion,
    description: "Who was given something below this takes no part any more.",
  }),
  forced: Type.Optional(
    Type.Record(Name, VariantKey, { maxProperties: MAX_FORCED, description: "Units that are not counted." }),
  ),
} as const;

export const CreateBody = Type.Object({ channel: Channel, key: Key, ...FIELDS }, strict);

export const ChangeBody = Type.Object(
  {
    ...FIELDS,
    revision: Type.Optional(
      Type.Integer({ minimum: 1, description: "That which was seen: of another one nothing is changed." }),
    ),
    confirm: Type.Optional(
      Type.Literal(true, { description: "That units may move from one variant to another, or in and out." }),
    ),
    newPhase: Type.Optional(
      Type.Literal(true, {
        description: "Everybody is assigned anew, under another seed, and counted from the beginning.",
      }),
    ),
    reason: Type.Optional(Reason),
  },
  strict,
);

export const PreviewBody = Type.Object(
  {
    ...FIELDS,
    newPhase: Type.Optional(Type.Literal(true)),
    units: Type.Optional(
      Type.Array(Name, { maxItems: MAX_UNITS, description: "Whose variant before and after is told." }),
    ),
  },
  strict,
);

export const VerbBody = Type.Object({ reason: Type.Optional(Reason) }, strict);

export const StartBody = Type.Object(
  {
    units: Type.Optional(
      Type.Array(Name, {
        maxItems: MAX_UNITS,
        description: "A sample of ids, for a warning when they do not spread as the weights say.",
      }),
    ),
    reason: Type.Optional(Reason),
  },
  strict,
);

export const ExperimentParams = Type.Object({ key: Key }, strict);

export const DocumentParams = Type.Object({ channel: Channel }, strict);

export const ListQuery = Type.Object({ channel: Type.Optional(Channel) }, strict);

export type NewExperiment = Static<typeof CreateBody>;

export type ExperimentFields = Omit<NewExperiment, "channel" | "key">;
