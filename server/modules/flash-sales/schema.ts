import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const MAX_SKUS = 100;

const SaleId = Type.String({
  pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
  maxLength: 64,
  description: "Lower-case letters, digits and hyphens",
});
const Sku = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$",
});
const Time = Type.Integer({ minimum: 0, maximum: MAX_SAFE, description: "Epoch ms" });

const Admission = Type.Union(
  [
    Type.Object(
      {
        perSecond: Type.Number({
          minimum: 0.01,
          maximum: 10_000,
          description: "Shoppers who are let in each second",
        }),
      },
      strict,
    ),
    Type.Object(
      {
        atOnce: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          description:
            "Shoppers who may be in at a time: the next one when one has all he may have, leaves, or is over",
        }),
      },
      strict,
    ),
  ],
  { description: "How many are let in" },
);

const told = {
  skus: Type.Array(Sku, { minItems: 1, maxItems: MAX_SKUS, uniqueItems: true }),
  from: Time,
  until: Type.Integer({ ...Time, description: "Epoch ms, not itself" }),
  perCustomer: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: "Pieces of all its skus together, held and bought",
  }),
  admission: Admission,
};
const Buckets = Type.Integer({
  minimum: 1,
  maximum: 64,
  description: "Rows into which the stock of its skus is split meanwhile, for several processes; 1",
});
const Early = Type.Union([Type.Literal("lot"), Type.Literal("order")], {
  description: "Who goes first of those who came before it begins: by lot, or as they came; order",
});
const TurnMs = Type.Integer({
  minimum: 1_000,
  maximum: 24 * 60 * 60 * 1000,
  description: "How long a turn lasts, and with it the purchase token; 5 minutes",
});

export const SaleBody = Type.Object(
  {
    ...told,
    buckets: Type.Optional(Buckets),
    early: Type.Optional(Early),
    turnMs: Type.Optional(TurnMs),
  },
  strict,
);
export const SaleParams = Type.Object({ id: SaleId }, strict);

export const SaleView = Type.Object(
  {
    id: SaleId,
    ...told,
    buckets: Buckets,
    early: Early,
    turnMs: TurnMs,
    state: Type.String({ description: "scheduled, running or ended" }),
    queue: Type.Object(
      {
        joined: Type.Integer({ description: "Places that were given" }),
        admitted: Type.Integer({ description: "The last place that was let in" }),
        waiting: Type.Integer({ description: "Places behind it, and those of the lot" }),
        seed: Type.Optional(Type.String({ description: "Of the lot, from when it was drawn" })),
      },
      strict,
    ),
    revision: Type.Integer(),
    createdAt: Time,
    updatedAt: Time,
  },
  strict,
);
export const SalesView = Type.Object({ sales: Type.Array(SaleView) }, strict);

const Token = Type.String({ minLength: 1, maxLength: 2_048 });
export const TicketHeaders = Type.Object({
  "x-haggle-ticket": Type.String({ ...Token, description: "The newest ticket" }),
});

export const StandingView = Type.Object(
  {
    state: Type.Union(
      [Type.Literal("waiting"), Type.Literal("admitted"), Type.Literal("over"), Type.Literal("ended")],
      { description: "over: the turn is, and who queues again stands at the end; ended: the sale is" },
    ),
    ticket: Type.Optional(Type.String({ description: "To ask with from now on" })),
    position: Type.Optional(
      Type.Integer({ minimum: 1, description: "1 is next; not there before the lot was drawn" }),
    ),
    waitMs: Type.Optional(Type.Integer({ description: "About how long; where that can be told" })),
    startsAt: Type.Optional(Time),
    purchaseToken: Type.Optional(Type.String({ description: "For reservations of the sale's skus" })),
    turnUntil: Type.Optional(Type.Integer({ description: "Epoch ms, to which the purchase token holds" })),
  },
  strict,
);

export type SaleBody = Static<typeof SaleBody>;
export type SaleView = Static<typeof SaleView>;
export type StandingView = Static<typeof StandingView>;
