import { type Static, Type } from "typebox";
import { MAX_BATCH_ROWS } from "./event-queue.ts";

const strict = { additionalProperties: false };
/** No amount of one order; sums of as many as there are stay within what a float counts exactly. */
const MAX_MINOR = 1_000_000_000_000;

const Key = Type.String({
  pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
  maxLength: 64,
  description: "The key of an experiment.",
});
const Variant = Type.String({
  pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
  maxLength: 64,
  description: "The key of a variant.",
});
const Minor = Type.Integer({ minimum: -MAX_MINOR, maximum: MAX_MINOR });

const FIELDS = {
  id: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9_.:-]{1,64}$",
      maxLength: 64,
      description:
        "Of the experiment's events, so that telling it again counts once; of an exposure, with its unit and variant. Left out, an exposure counts once for its unit, variant and phase, and an outcome each time.",
    }),
  ),
  unit: Type.String({
    minLength: 1,
    maxLength: 256,
    // Neither control characters nor halves of pairs, which no column holds.
    pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$",
    description: "Who was assigned: the id that the experiment's unit has.",
  }),
  at: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "When, epoch ms; now when left out.",
    }),
  ),
  valueMinor: Type.Optional({
    ...Minor,
    description: "What an order came to, or below 0 a refund; goes with its currency.",
  }),
  currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$", maxLength: 3 })),
  discountMinor: Type.Optional({
    ...Minor,
    minimum: 0,
    description: "What promotions took off; of a refund, what of that is given back.",
  }),
  marginMinor: Type.Optional({ ...Minor, description: "What the order earned, where costs are known." }),
} as const;
const METRIC = { pattern: "^[a-z][a-z0-9_-]{0,39}$", maxLength: 40 } as const;

const EventBody = Type.Object(
  {
    type: Type.Enum(["exposure", "outcome"]),
    variant: Variant,
    metric: Type.Optional(
      Type.String({
        ...METRIC,
        description:
          "Of an outcome: revenue, with its amounts; conversion when left out; or another thing to count.",
      }),
    ),
    ...FIELDS,
  },
  strict,
);
export type EventBody = Static<typeof EventBody>;

export const EventsBody = Type.Object(
  { events: Type.Array(EventBody, { minItems: 1, maxItems: MAX_BATCH_ROWS }) },
  { ...strict, description: "All of them are taken, or none." },
);

export const MetricBody = Type.Object(
  {
    experiment: Key,
    event: Type.String({ ...METRIC, description: "exposure, or the metric of an outcome." }),
    ...FIELDS,
  },
  strict,
);
export type MetricBody = Static<typeof MetricBody>;

export const EventsParams = Type.Object({ key: Key }, strict);
export const MetricParams = Type.Object({ variant: Variant }, strict);

export const EventsAnswer = Type.Object(
  { accepted: Type.Integer({ description: "How many: they are in the database." }) },
  strict,
);
