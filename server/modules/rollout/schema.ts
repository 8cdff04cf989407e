import { Type } from "typebox";
import { GatesBody } from "../metrics/service.ts";
import { FULL_BP } from "./machine.ts";

const MAX_TOKEN_CHARACTERS = 2_048;
const strict = { additionalProperties: false };
const MAX_STEPS = 20;
const MAX_SOAK_MS = 30 * 24 * 3_600_000;
const MAX_UNITS = 1_000;
const MAX_NAME = 256;

const Channel = Type.String({
  pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
  maxLength: 64,
  description: "The name of a channel, such as stable.",
});
const Digest = Type.String({
  pattern: "^[0-9a-f]{64}$",
  maxLength: 64,
  description: "The digest of a release that the registry holds: SHA-256, lower-case hex.",
});
const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: "Why, for the history and the audit log.",
});
const Weight = Type.Integer({
  minimum: 1,
  maximum: FULL_BP,
  description: "The share of shoppers that gets the new release, in hundredths of a percent.",
});
/** GrowthBook's hash takes any string; more than this names nobody. */
const Unit = Type.String({
  minLength: 1,
  maxLength: MAX_NAME,
  description: "Who it is for: an opaque id that stays, never a name or an address.",
});

const StepBody = Type.Object(
  {
    weightBp: Weight,
    soakMs: Type.Integer({
      minimum: 0,
      maximum: MAX_SOAK_MS,
      description: "How long the step lasts at least.",
    }),
    minSamples: Type.Integer({
      minimum: 0,
      maximum: 100_000_000,
      description: "How many observations of the new release it wants at least.",
    }),
    approval: Type.Optional(
      Type.Boolean({ description: "Whether somebody says yes before this step begins." }),
    ),
  },
  strict,
);

export const StartBody = Type.Object(
  {
    channel: Channel,
    to: Digest,
    older: Type.Optional(
      Type.Boolean({ description: "Whether a release that is not newer than the channel's is meant." }),
    ),
    steps: Type.Optional(
      Type.Array(StepBody, {
        minItems: 1,
        maxItems: MAX_STEPS,
        description: "By default 1, 5, 25, 50 and 100 % for an hour and 3,000 samples each.",
      }),
    ),
    gates: Type.Optional(GatesBody),
    reason: Type.Optional(Reason),
  },
  strict,
);

export const RolloutParams = Type.Object(
  {
    id: Type.String({ pattern: "^rol_[A-Za-z0-9_-]{16}$", maxLength: 20, description: "The rollout's id." }),
  },
  strict,
);

/** Of what needs no reason. */
export const AskBody = Type.Object({ reason: Type.Optional(Reason) }, strict);
/** Of what jumps over a gate, or takes everything back. */
export const ReasonBody = Type.Object({ reason: Reason }, strict);

export const ListQuery = Type.Object(
  {
    channel: Type.Optional(Channel),
    before: Type.Optional(
      Type.String({
        pattern: "^[0-9]{1,15}$",
        maxLength: 15,
        description: "Those that started before this time in epoch ms; `next` of the page before.",
      }),
    ),
  },
  strict,
);

export const PreviewBody = Type.Object(
  {
    channel: Channel,
    to: Digest,
    weightBp: Weight,
    units: Type.Optional(
      Type.Array(Unit, { maxItems: MAX_UNITS, description: "Whose release before and after is told." }),
    ),
  },
  strict,
);

export const PreviewTokenBody = Type.Object(
  {
    lifeMs: Type.Integer({
      minimum: 1_000,
      maximum: 3_600_000,
      description: "How long the token works: an hour at most.",
    }),
  },
  strict,
);

const KillKind = Type.Enum(["promotion", "rule", "release"], { description: "What is switched off." });
const KillId = Type.String({
  minLength: 1,
  maxLength: MAX_NAME,
  description: "The id of the promotion, the name of the rule, or the digest of the release.",
});

export const KillBody = Type.Object(
  {
    kind: KillKind,
    id: KillId,
    channel: Channel,
    confirm: Type.Literal(true, { description: "That it is meant: it counts for everybody at once." }),
    reason: Reason,
  },
  strict,
);

export const LiftQuery = Type.Object(
  { kind: KillKind, id: KillId, channel: Channel, reason: Reason },
  strict,
);

export const AssignmentBody = Type.Object(
  {
    channel: Type.Optional(Channel),
    renews: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_TOKEN_CHARACTERS,
        description: "A token of before, also one that has ended within a year: whose unit it is keeps it.",
      }),
    ),
  },
  {
    ...strict,
    description: "Also as text/plain, which a page sends to another origin without asking first.",
  },
);
