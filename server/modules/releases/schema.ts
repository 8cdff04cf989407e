import { Type } from "typebox";

export const ChannelParams = Type.Object(
  { channel: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$" }) },
  { additionalProperties: false },
);

export const DigestParams = Type.Object(
  { sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) },
  { additionalProperties: false },
);

export const RootParams = Type.Object(
  { version: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }) },
  { additionalProperties: false },
);

const strict = { additionalProperties: false };
const Digest = Type.String({ pattern: "^[0-9a-f]{64}$", maxLength: 64, description: "Hex SHA-256" });
const Version = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Time = Type.Integer({ description: "Epoch ms" });

export const PutAnswer = Type.Object(
  {
    sha256: Digest,
    version: Type.Optional(Version),
    isNew: Type.Boolean({ description: "False when it was there already" }),
  },
  strict,
);

export const ReleaseList = Type.Object(
  {
    releases: Type.Array(
      Type.Object(
        {
          sha256: Digest,
          version: Version,
          bundle: Digest,
          issued: Time,
          expires: Time,
          promotions: Type.Integer({ description: "How many run" }),
          signers: Type.Array(Type.String({ description: "Key id" })),
          channels: Type.Array(Type.String(), { description: "Those with an arm that gives it" }),
        },
        strict,
      ),
    ),
    next: Type.Optional(Type.Integer({ description: "The `before` of the next page" })),
  },
  strict,
);

export const ListQuery = Type.Object(
  {
    before: Type.Optional(
      Type.String({ pattern: "^[1-9][0-9]{0,15}$", maxLength: 16, description: "Versions below this" }),
    ),
  },
  strict,
);

export const PointBody = Type.Object(
  {
    release: Digest,
    minRelease: Type.Optional({
      ...Version,
      description: "No release below this is priced with any more. Only ever raised",
    }),
    confirm: Type.Optional(Type.Literal(true, { description: "That raising minRelease is meant" })),
    older: Type.Optional(Type.Literal(true, { description: "That a release which is not newer is meant" })),
    reason: Type.Optional(Type.String({ maxLength: 1_000, description: "For the audit log" })),
  },
  strict,
);

export const PointAnswer = Type.Object(
  {
    channel: Type.Optional(Type.String()),
    version: Type.Optional(Version),
    release: Type.Optional(Digest),
    minRelease: Type.Optional(Version),
    approval: Type.Optional(Type.String({ description: "Where it waits for a second person" })),
  },
  strict,
);
