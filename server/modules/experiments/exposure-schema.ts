import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };
const MAX_TOKEN_CHARACTERS = 2_048;
/** All that an eager page has seen since it told the last time. */
const MAX_EXPOSURES = 50;
/** A phone that was offline for a month. */
const MAX_AGO_MS = 30 * 24 * 3_600_000;

const ExposureBody = Type.Object(
  {
    experiment: Type.String({
      pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
      maxLength: 64,
      description: "The key of an experiment.",
    }),
    variant: Type.String({
      pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
      maxLength: 64,
      description: "The key of the variant that was seen.",
    }),
    agoMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_AGO_MS,
        description: "How long ago, as the clocks of phones are what they are; 0 when left out.",
      }),
    ),
  },
  strict,
);

export const ExposuresBody = Type.Object(
  {
    assignment: Type.String({
      minLength: 1,
      maxLength: MAX_TOKEN_CHARACTERS,
      description: "The token that came with the assignment: it proves the unit.",
    }),
    exposures: Type.Array(ExposureBody, { minItems: 1, maxItems: MAX_EXPOSURES }),
  },
  { ...strict, description: "What a browser saw. Also as text/plain, which beacons send." },
);
export type ExposuresBody = Static<typeof ExposuresBody>;

export const ExposuresAnswer = Type.Object(
  {
    accepted: Type.Integer({ description: "How many: they are in the database." }),
    refused: Type.Array(
      Type.Object(
        {
          index: Type.Integer({ description: "Which one, from 0." }),
          code: Type.String({ description: "Why it does not count, such as SERVER_NOT_ASSIGNED." }),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type ExposuresAnswer = Static<typeof ExposuresAnswer>;
