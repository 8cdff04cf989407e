import { STRATEGY_VERSION } from "@haggle/abi";
import { Type } from "typebox";
import { FaultView } from "../../platform/error-schema.ts";

const strict = { additionalProperties: false };

const Version = Type.String({
  pattern: STRATEGY_VERSION.source,
  maxLength: 64,
  description: "Such as v2026.11.22-abc",
});
const Reason = Type.String({ minLength: 1, maxLength: 500, description: "Why, for the audit log" });
const Time = (description: string) => Type.Integer({ description: `${description}; epoch ms` });

export const VersionParams = Type.Object({ version: Version }, strict);

export const ListQuery = Type.Object(
  {
    before: Type.Optional(
      Type.String({
        pattern: "^[0-9]{1,15}$",
        maxLength: 15,
        description: "Only versions of lower numbers: the `next` of the page before",
      }),
    ),
  },
  strict,
);

export const DiffQuery = Type.Object(
  { from: Type.Optional({ ...Version, description: "The version in force when left out" }) },
  strict,
);

export const ReasonBody = Type.Object({ reason: Type.Optional(Reason) }, strict);

export const RollbackBody = Type.Object(
  {
    version: Type.Optional({ ...Version, description: "The one before the present one when left out" }),
    pin: Type.Optional(Type.Boolean({ description: "Whether no file moves it from then on" })),
    reason: Type.Optional(Reason),
  },
  strict,
);

const VersionView = Type.Object(
  {
    version: Version,
    number: Type.Integer({ description: "1, 2, 3 ... in the order in which versions came" }),
    digest: Type.String({ description: "SHA-256 of the file, as hex" }),
    strategies: Type.Integer({ description: "How many it has" }),
    source: Type.Union([Type.Literal("folder"), Type.Literal("api")]),
    by: Type.String({ description: "The name of whoever brought it" }),
    createdAt: Time("When it came"),
    activatedAt: Type.Optional(Time("When it came into force the first time")),
  },
  strict,
);

export const VersionWithText = Type.Object(
  { ...VersionView.properties, text: Type.String({ description: "The file, byte for byte" }) },
  strict,
);

export const Overview = Type.Object(
  {
    active: Type.Optional({ ...Version, description: "What is in force" }),
    previous: Type.Optional({ ...Version, description: "What was in force before" }),
    pinned: Type.Boolean({ description: "Whether no file and no upload moves it" }),
    waiting: Type.Optional({ ...Version, description: "What is in force when it is not pinned any more" }),
    withdrawn: Type.Array(Type.Object({ channel: Type.String(), strategy: Type.String() }, strict), {
      description: "Strategies in force by which the live release of a channel cannot price",
    }),
    refused: Type.Optional(
      Type.Object(
        {
          digest: Type.Optional(Type.String()),
          version: Type.Optional(Type.String()),
          faults: Type.Array(FaultView),
        },
        { ...strict, description: "Why the file in this server's folder is not in force" },
      ),
    ),
    versions: Type.Array(VersionView, { description: "Newest first" }),
    next: Type.Optional(Type.String({ description: "The `before` of the next page" })),
  },
  strict,
);

export const DiffView = Type.Object(
  {
    from: Version,
    to: Version,
    added: Type.Array(Type.String()),
    removed: Type.Array(Type.String()),
    changed: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          field: Type.String({ description: "Such as parameters.raise" }),
          before: Type.Optional(Type.Unknown()),
          after: Type.Optional(Type.Unknown()),
        },
        strict,
      ),
    ),
    moved: Type.Array(Type.String(), { description: "Those that stand elsewhere in the order" }),
  },
  strict,
);

export const CheckView = Type.Object(
  {
    ok: Type.Boolean({ description: "Whether it would be accepted" }),
    version: Type.Optional(Type.String()),
    faults: Type.Array(FaultView, { description: "All of them, as they stand in the file" }),
  },
  strict,
);

export const PutView = Type.Object(
  {
    version: Version,
    state: Type.Union([Type.Literal("active"), Type.Literal("waiting"), Type.Literal("stored")], {
      description: "waiting: behind the one that is pinned; stored: until a second person approves it",
    }),
    approval: Type.Optional(Type.String()),
    warnings: Type.Array(FaultView),
  },
  strict,
);

export const MoveView = Type.Object(
  { active: Type.Optional(Version), approval: Type.Optional(Type.String()) },
  strict,
);
