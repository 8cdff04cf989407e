import { type Static, Type } from "typebox";
import { MAX_URL_CHARACTERS } from "./target.ts";

const Id = Type.String({ pattern: "^wh_[A-Za-z0-9_-]{16}$", maxLength: 19 });

const Url = Type.String({
  minLength: 1,
  maxLength: MAX_URL_CHARACTERS,
  description: "https, of a public address; http to loopback where the server is not a production one",
});

const Description = Type.String({ maxLength: 200 });

const EventFilter = Type.String({
  pattern: "^(\\*|[a-z_]+(\\.[a-z_]+){0,3}(\\.\\*)?)$",
  maxLength: 100,
  description: "A type such as rollout.rolled_back, a family such as rollout.*, or *",
});

const EventFilters = Type.Array(EventFilter, { minItems: 1, maxItems: 50 });

const State = Type.Union([Type.Literal("enabled"), Type.Literal("disabled")]);

export const WebhookParams = Type.Object({ id: Id }, { additionalProperties: false });

export const DeliveryParams = Type.Object(
  { id: Id, delivery: Type.String({ pattern: "^(evt|ping)_[A-Za-z0-9_-]{24}$", maxLength: 29 }) },
  { additionalProperties: false },
);

export const DeliveryQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.String({ pattern: "^[1-9][0-9]?$", maxLength: 2, description: "1 to 99, 20 when left out" }),
    ),
    before: Type.Optional(
      Type.String({
        pattern: "^[0-9]{1,15}$",
        maxLength: 15,
        description: "Only older ones: the createdAt of the last one of the page before, epoch ms",
      }),
    ),
  },
  { additionalProperties: false },
);

export const NewWebhook = Type.Object(
  { url: Url, events: EventFilters, description: Type.Optional(Description) },
  { additionalProperties: false },
);

export const WebhookChange = Type.Object(
  {
    url: Type.Optional(Url),
    events: Type.Optional(EventFilters),
    description: Type.Optional(Description),
    state: Type.Optional(State),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const Webhook = Type.Object(
  {
    id: Id,
    url: Url,
    description: Description,
    events: EventFilters,
    state: State,
    reason: Type.Optional(
      Type.String({ maxLength: 200, description: "Why the server disabled it, where it did" }),
    ),
    oldSecretUntil: Type.Optional(
      Type.Integer({
        description: "Until then messages carry a signature of the secret before, too; epoch ms",
      }),
    ),
    createdAt: Type.Integer({ description: "Epoch ms" }),
    updatedAt: Type.Integer({ description: "Epoch ms" }),
  },
  { additionalProperties: false },
);

export const Webhooks = Type.Object({ webhooks: Type.Array(Webhook) }, { additionalProperties: false });

export const WebhookWithSecret = Type.Object(
  {
    webhook: Webhook,
    secret: Type.String({ maxLength: 100, description: "Of Standard Webhooks, whsec_...; shown this once" }),
  },
  { additionalProperties: false },
);

export const WebhookWithoutSecret = Type.Object({ webhook: Webhook }, { additionalProperties: false });

export const Delivery = Type.Object(
  {
    id: Type.String({ maxLength: 29, description: "The webhook-id header of the message, on every try" }),
    type: Type.String({ maxLength: 100 }),
    status: Type.Union([Type.Literal("pending"), Type.Literal("delivered"), Type.Literal("failed")]),
    attempts: Type.Integer({ description: "Tries so far" }),
    nextAt: Type.Optional(Type.Integer({ description: "Of the next try, while it is pending; epoch ms" })),
    responseCode: Type.Optional(Type.Integer({ description: "Of the newest answer" })),
    responseText: Type.Optional(Type.String({ maxLength: 500, description: "How the newest answer began" })),
    error: Type.Optional(Type.String({ maxLength: 200, description: "Why the newest try failed" })),
    createdAt: Type.Integer({ description: "Epoch ms" }),
    updatedAt: Type.Integer({ description: "Epoch ms" }),
  },
  { additionalProperties: false },
);

export const Deliveries = Type.Object(
  { deliveries: Type.Array(Delivery, { description: "Newest first" }) },
  { additionalProperties: false },
);

export const Queued = Type.Object(
  { delivery: Type.String({ maxLength: 29, description: "To be looked up among the deliveries" }) },
  { additionalProperties: false },
);

export const Nothing = Type.Null({ description: "No content" });

export type NewWebhook = Static<typeof NewWebhook>;
export type WebhookChange = Static<typeof WebhookChange>;
export type Webhook = Static<typeof Webhook>;
export type Delivery = Static<typeof Delivery>;
