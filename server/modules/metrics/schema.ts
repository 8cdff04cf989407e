import { type Static, Type } from "typebox";

/** One report has some seconds of a page; a page that prices more often than this is none. */
const MAX_EVALUATIONS = 10_000;
const MAX_TOKEN_CHARACTERS = 2_048;

const strict = { additionalProperties: false };

export const ReportBody = Type.Object(
  {
    assignment: Type.String({
      minLength: 1,
      maxLength: MAX_TOKEN_CHARACTERS,
      description: "The token that came with the assignment: says of which release this is told.",
    }),
    evaluations: Type.Integer({
      minimum: 1,
      maximum: MAX_EVALUATIONS,
      description: "How many carts were priced since the last report.",
    }),
    errors: Type.Integer({
      minimum: 0,
      maximum: MAX_EVALUATIONS,
      description: "How many of them got no decision.",
    }),
    faults: Type.Integer({
      minimum: 0,
      maximum: MAX_EVALUATIONS,
      description: "In how many of the others a rule trapped or ran dry.",
    }),
    slowestMs: Type.Number({ minimum: 0, maximum: 3_600_000, description: "The slowest of them." }),
  },
  { ...strict, description: "What an SDK saw. Advice: it can pause a rollout, and do nothing else." },
);
export type ReportBody = Static<typeof ReportBody>;

export const ReportAnswer = Type.Object(
  { counted: Type.Boolean({ description: "false: the rollout has ended meanwhile." }) },
  strict,
);
