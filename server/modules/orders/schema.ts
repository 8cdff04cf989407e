import { type Static, Type } from "typebox";
import { opaqueId } from "../../platform/opaque.ts";
import { LimitSchema } from "../../platform/page.ts";
import { STATES } from "./states.ts";

const strict = { additionalProperties: false };
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MAX_PAY_WITHIN_MS = 30 * DAY_MS;

const QuoteId = Type.String({ pattern: "^quote_[A-Za-z0-9_-]{24}$", maxLength: 30 });
const OrderId = Type.String({ pattern: "^order_[A-Za-z0-9_-]{24}$", maxLength: 30 });
const State = Type.Enum(STATES);
const Customer = Type.Unsafe<string>(opaqueId);
const Time = Type.Integer({ description: "Epoch ms" });
const Amount = Type.Integer({ minimum: 0, description: "Minor units" });
/** For people, and no place for a person's data: it is kept. */
const Cause = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff@]+$",
  description: "Why, without @; kept",
});

export const OrderParams = Type.Object({ id: OrderId }, strict);

export const OrderBody = Type.Object(
  {
    quote: QuoteId,
    payWithinMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: MAX_PAY_WITHIN_MS,
        description: "So long its stock, coupons and budgets are held for it; 30 minutes when left out",
      }),
    ),
    latePayment: Type.Optional(
      Type.Enum(["reserve", "refund"] as const, {
        description: "What is done with money that comes when it has expired; reserve when left out",
      }),
    ),
    destination: Type.Optional(
      Type.Object(
        {
          region: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
          latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
          longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
        },
        { ...strict, description: "For the nearest stock; it is not kept" },
      ),
    ),
    purchaseToken: Type.Optional(
      Type.String({ maxLength: 2_048, description: "Whose turn it is in a flash sale; its skus need one" }),
    ),
    unit: Type.Optional(
      Type.String({
        pattern: "^[!-~]{1,256}$",
        maxLength: 256,
        description: "Who buys: with it nobody else's purchase token is taken",
      }),
    ),
  },
  strict,
);

const state = {
  id: OrderId,
  quote: QuoteId,
  state: State,
  channel: Type.String(),
  release: Type.String(),
  currency: Type.String(),
  total: Amount,
  authorised: Type.Integer({ minimum: 0, description: "Promised by payments, and not taken yet" }),
  captured: Type.Integer({ minimum: 0, description: "Taken" }),
  refunded: Type.Integer({ minimum: 0, description: "Given back of it" }),
  latePayment: Type.Enum(["reserve", "refund"] as const),
  created: Time,
  updated: Time,
  expires: Type.Integer({ description: "Epoch ms; so long it may be paid" }),
};

const OrderState = Type.Object(state, strict);
export const PlacedView = Type.Object({ order: OrderState }, strict);

const Line = Type.Object(
  {
    id: Type.String({ description: "The quote's; +1, +2 ... of what promotions put in" }),
    sku: Type.String(),
    quantity: Type.Integer(),
  },
  strict,
);
const Step = Type.Object(
  {
    from: Type.Optional(State),
    to: State,
    cause: Type.String(),
    actor: Type.String(),
    at: Time,
  },
  strict,
);
export const OrderView = Type.Object(
  {
    order: Type.Object({ ...state, customer: Type.Optional(Type.String()) }, strict),
    lines: Type.Array(Line),
    history: Type.Array(Step, { description: "The first one made it" }),
  },
  strict,
);

export const OrdersQuery = Type.Object(
  {
    state: Type.Optional(State),
    customer: Type.Optional(Customer),
    after: Type.Optional(
      Type.String({
        pattern: "^\\d{1,16}\\.order_[A-Za-z0-9_-]{24}$",
        maxLength: 47,
        description: "The `next` of the page before; the newest when left out",
      }),
    ),
    limit: LimitSchema,
  },
  strict,
);
export const OrdersView = Type.Object(
  {
    orders: Type.Array(Type.Object({ ...state, customer: Type.Optional(Type.String()) }, strict)),
    next: Type.Optional(Type.String()),
  },
  strict,
);

const Entry = Type.Object(
  {
    part: Type.Enum(["line", "shipping", "order"] as const),
    line: Type.String({ description: "The id of the line or of the way of shipping" }),
    firstUnit: Type.Integer({ description: "Of the units 0 .. quantity - 1: from this one on" }),
    units: Type.Integer({ description: "so many" }),
    kind: Type.Enum(["price", "discount", "tax", "taxIncluded", "rounding"] as const, {
      description: "All but taxIncluded come to the total",
    }),
    promotion: Type.Optional(Type.String({ description: "Whose discount it is" })),
    reason: Type.Optional(Type.String()),
    amountEach: Type.Integer({ description: "Minor units of each unit; a discount is negative" }),
  },
  strict,
);
export const LedgerView = Type.Object(
  { order: OrderId, currency: Type.String(), total: Amount, entries: Type.Array(Entry) },
  strict,
);

export const CancelBody = Type.Object({ cause: Type.Optional(Cause) }, strict);

export type OrderBody = Static<typeof OrderBody>;
export type OrderState = Static<typeof OrderState>;
export type OrderView = Static<typeof OrderView>;
export type LedgerView = Static<typeof LedgerView>;
