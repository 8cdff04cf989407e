import { type TSchema, Type } from "typebox";
import { SCOPES } from "../../platform/scope.ts";

const strict = { additionalProperties: false };
const Time = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
const Text = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, ...(description !== undefined && { description }) });
const Name = Text(100, "For people: who or what has the key");
const Owner = Text(100, "The person who has the key; whoever makes it when left out");
const Scope = Type.Enum([...SCOPES], { description: "What the key may do; admin may do everything" });
const Scopes = Type.Array(Scope, { minItems: 1, maxItems: SCOPES.length, uniqueItems: true });

export const IdParams = Type.Object(
  { id: Type.String({ pattern: "^[0-9A-Za-z]{12}$", maxLength: 12 }) },
  strict,
);

export const NewKey = Type.Object(
  {
    name: Name,
    owner: Type.Optional(Owner),
    scopes: Scopes,
    expiresAt: Type.Optional(Time("Epoch ms; never when left out")),
  },
  strict,
);

/** 30 days. */
const MAX_GRACE_MS = 30 * 24 * 60 * 60 * 1000;

export const Rotation = Type.Object(
  {
    graceMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_GRACE_MS,
        description: "How long the old key lives on; a day when left out",
      }),
    ),
  },
  strict,
);

const keyFields = {
  id: Text(12),
  prefix: Text(32, "What the key begins with"),
  name: Name,
  owner: Type.Optional(Owner),
  scopes: Scopes,
  createdAt: Time("Epoch ms"),
  createdBy: Text(256, "The actor"),
  expiresAt: Type.Optional(Time("Epoch ms")),
  revokedAt: Type.Optional(Time("Epoch ms")),
  replaces: Type.Optional(Text(12, "The key that this one was rotated from")),
};

export const KeyView = Type.Object(keyFields, strict);
export const MadeKey = Type.Object({ ...keyFields, key: Text(64, "The key, told this once") }, strict);
export const KeyList = Type.Object({ keys: Type.Array(KeyView) }, strict);

const Person: TSchema = Type.Object({ id: Text(256), name: Text(256) }, strict);

export const ApprovalView = Type.Object(
  {
    id: Text(12),
    action: Text(100, "Such as rollout.start"),
    channel: Text(64),
    payload: Type.Unknown({ description: "What is to be done, as it was requested" }),
    state: Type.Enum(["pending", "approved", "declined", "expired"]),
    requestedBy: Person,
    requestedAt: Time("Epoch ms"),
    expiresAt: Time("Epoch ms; then it can be decided no more"),
    decidedBy: Type.Optional(Person),
    decidedAt: Type.Optional(Time("Epoch ms")),
    reason: Type.Optional(Text(1_000)),
  },
  strict,
);

export const ApprovalList = Type.Object(
  { approvals: Type.Array(ApprovalView, { description: "Newest first" }) },
  strict,
);
export const ApprovalDecision = Type.Object(
  { reason: Type.Optional(Text(1_000, "Goes into the audit log")) },
  strict,
);
export const Executed = Type.Object(
  { approval: ApprovalView, result: Type.Optional(Type.Unknown({ description: "What came of it" })) },
  strict,
);
