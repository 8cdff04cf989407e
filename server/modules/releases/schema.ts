import { type Static, Type } from "typebox";

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

/** The data of an event named `channel`: enough to see whether there is something to fetch. */
export const ChannelEvent = Type.Object({
  version: Type.Integer(),
  release: Type.String(),
  document: Type.Optional(
    Type.String({
      description: "The signed channel document itself: a kill counts before anything is fetched.",
    }),
  ),
});

export type ChannelEvent = Static<typeof ChannelEvent>;
