import { type Static, Type } from "typebox";
import { LimitSchema } from "../../platform/page.ts";

const Subscriber = Type.String({
  pattern: "^[a-z][a-z0-9-]{0,99}$",
  maxLength: 100,
  description: "Who was told, such as webhooks",
});

const EventId = Type.String({ pattern: "^evt_[A-Za-z0-9_-]{24}$", maxLength: 28 });

export const DeadQuery = Type.Object(
  {
    subscriber: Type.Optional(Subscriber),
    before: Type.Optional(
      Type.String({
        pattern: "^[1-9][0-9]{0,14}$",
        maxLength: 15,
        description: "Epoch ms; what was given up before then",
      }),
    ),
    after: Type.Optional(
      Type.String({
        pattern: "^[1-9][0-9]{0,14}\\.evt_[A-Za-z0-9_-]{24}\\.[a-z][a-z0-9-]{0,99}$",
        maxLength: 145,
        description: "`next` of the page before",
      }),
    ),
    limit: LimitSchema,
  },
  { additionalProperties: false },
);

export const SubscriberParams = Type.Object({ subscriber: Subscriber }, { additionalProperties: false });

export const DeadParams = Type.Object(
  { subscriber: Subscriber, event: EventId },
  { additionalProperties: false },
);

const DeadEvent = Type.Object(
  {
    subscriber: Type.String(),
    event: Type.Object(
      {
        id: Type.String(),
        number: Type.Integer({ description: "1, 2, 3 ... of all events: an older one has a lower number" }),
        type: Type.String(),
        subject: Type.String(),
        data: Type.Unsafe<object>(Type.Object({}, { additionalProperties: true })),
        createdAt: Type.Integer({ description: "Epoch ms" }),
      },
      { additionalProperties: false },
    ),
    error: Type.String({ description: "What the last try ended with" }),
    failedAt: Type.Integer({ description: "Epoch ms" }),
  },
  { additionalProperties: false },
);

export const DeadEvents = Type.Object(
  {
    dead: Type.Array(DeadEvent),
    next: Type.Optional(Type.String({ description: "`after` of the next page, if there may be one" })),
  },
  { additionalProperties: false },
);

export const Replayed = Type.Object(
  {
    replayed: Type.Integer({
      description: "How many are told again; of all, a thousand at once: ask again until it is 0",
    }),
  },
  { additionalProperties: false },
);

export type DeadEvents = Static<typeof DeadEvents>;
