import { type Static, Type } from "typebox";

/** Numbers of a query are text, as everything in an address. */
const Count = Type.String({ pattern: "^[1-9][0-9]{0,14}$", maxLength: 15 });

/** Of what no column holds there is nothing to be found. */
const Text = { minLength: 1, maxLength: 512, pattern: "^[^\\u0000]+$" };

export const PageQuery = Type.Object(
  {
    before: Type.Optional(
      Type.String({ ...Count, description: "Records with a lower number; the newest when left out" }),
    ),
    action: Type.Optional(Type.String({ ...Text, description: "Such as kill" })),
    actor: Type.Optional(
      Type.String({ ...Text, description: "The id of whoever did it, such as key:4Zp..." }),
    ),
    object: Type.Optional(
      Type.String({ ...Text, description: "What it was done to, such as release:3f..." }),
    ),
    from: Type.Optional(Type.String({ ...Count, description: "Epoch ms; no record of before" })),
    until: Type.Optional(Type.String({ ...Count, description: "Epoch ms; no record of then or later" })),
    limit: Type.Optional(
      Type.String({ pattern: "^[1-9][0-9]{0,2}$", maxLength: 3, description: "1 to 999" }),
    ),
  },
  { additionalProperties: false },
);

const Digest = Type.String({ pattern: "^[0-9a-f]{64}$", maxLength: 64 });

const RecordView = Type.Object(
  {
    tenant: Type.String({ maxLength: 63 }),
    seq: Type.Integer(),
    time: Type.Integer({ description: "Epoch ms" }),
    actor: Type.Object(
      { id: Type.String({ maxLength: 256 }), name: Type.String({ maxLength: 256 }) },
      { additionalProperties: false },
    ),
    action: Type.String({ maxLength: 256, description: "Such as key.create" }),
    object: Type.String({ maxLength: 512, description: "Such as key:4Zp..." }),
    before: Type.Optional(Type.Unknown({ description: "What it was, where that is small" })),
    beforeDigest: Type.Optional(Digest),
    after: Type.Optional(Type.Unknown({ description: "What it is since" })),
    afterDigest: Type.Optional(Digest),
    note: Type.Optional(Type.String({ maxLength: 1_000 })),
    requestId: Type.Optional(Type.String({ maxLength: 64 })),
    prev: Digest,
    hash: Digest,
  },
  {
    additionalProperties: false,
    description: "One change; its hash is over prev and its exact bytes, which the export has",
  },
);

export const Page = Type.Object(
  {
    records: Type.Array(RecordView, { description: "Newest first" }),
    next: Type.Optional(
      Type.Integer({
        description:
          "The `before` of the next page, also where this one is short: a search reads 10,000 records at most; absent on the last one",
      }),
    ),
  },
  { additionalProperties: false },
);

export const HeadView = Type.Object(
  {
    head: Type.Object(
      { tenant: Type.String({ maxLength: 63 }), seq: Type.Integer(), hash: Digest, time: Type.Integer() },
      { additionalProperties: false },
    ),
    signed: Type.Optional(
      Type.Unknown({ description: "DSSE envelope of the newest head that the audit key signed" }),
    ),
  },
  { additionalProperties: false },
);

export type PageQuery = Static<typeof PageQuery>;
