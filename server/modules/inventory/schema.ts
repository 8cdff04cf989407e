import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };
/** Well-formed text that a database and a cart can hold. */
const TEXT = "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$";
const MAX_PIECES = 1_000_000_000;
const MAX_LINES = 1_000;
const MAX_MOVEMENTS = 1_000;
const MAX_TTL_MS = 24 * 60 * 60 * 1000;
const MAX_DEADLINE_MS = 5_000;

const text = (maxLength: number, description?: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: TEXT,
    ...(description !== undefined && { description }),
  });

const Sku = text(256);
const LocationId = Type.String({
  pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
  maxLength: 64,
  description: "Lower-case letters, digits and hyphens",
});
const Region = text(64, "Such as a country or a state, as the shop names it");
const Latitude = Type.Number({ minimum: -90, maximum: 90, description: "Degrees" });
const Longitude = Type.Number({ minimum: -180, maximum: 180, description: "Degrees" });
const Pieces = Type.Integer({ minimum: 0 });
const Time = Type.Integer({ description: "Epoch ms" });

const Quantity = Type.Integer({ minimum: 1, maximum: MAX_PIECES, description: "Pieces" });
const SignedQuantity = Type.Integer({
  minimum: -MAX_PIECES,
  maximum: MAX_PIECES,
  description: "Pieces, fewer where it is negative; not 0",
});
const Cause = text(200, "For people: a delivery note, a stocktaking");

export const LocationParams = Type.Object({ id: LocationId }, strict);

const located = {
  name: Type.Optional(Type.String({ maxLength: 200 })),
  priority: Type.Optional(
    Type.Integer({ minimum: -1_000_000, maximum: 1_000_000, description: "The lowest comes first; 0" }),
  ),
  region: Type.Optional(Region),
  latitude: Type.Optional(Latitude),
  longitude: Type.Optional(Longitude),
};

export const LocationBody = Type.Object(located, strict);
export const LocationView = Type.Object(
  { id: LocationId, ...located, name: Type.String(), priority: Type.Integer(), updatedAt: Time },
  strict,
);
export const LocationsView = Type.Object({ locations: Type.Array(LocationView) }, strict);

export const StrategyBody = Type.Object(
  {
    order: Type.Union([Type.Literal("priority"), Type.Literal("nearest")], {
      description: "Which location is asked first; nearest to the order's destination, where it tells one",
    }),
    split: Type.Boolean({ description: "Whether an order may come from several locations" }),
  },
  strict,
);

const at = { sku: Sku, location: LocationId };
const Movement = Type.Union([
  Type.Object(
    { kind: Type.Literal("expect"), ...at, quantity: SignedQuantity, cause: Type.Optional(Cause) },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal("receive"),
      ...at,
      quantity: Quantity,
      expected: Type.Optional(Type.Boolean({ description: "Whether it is of what is on its way" })),
      cause: Type.Optional(Cause),
    },
    strict,
  ),
  Type.Object(
    { kind: Type.Literal("adjust"), ...at, quantity: SignedQuantity, cause: Type.Optional(Cause) },
    strict,
  ),
  Type.Object({ kind: Type.Literal("ship"), ...at, quantity: Quantity, cause: Type.Optional(Cause) }, strict),
  Type.Object(
    { kind: Type.Literal("return"), ...at, quantity: Quantity, cause: Type.Optional(Cause) },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal("transfer"),
      ...at,
      to: LocationId,
      quantity: Quantity,
      cause: Type.Optional(Cause),
    },
    strict,
  ),
]);

export const MovementsBody = Type.Object(
  { movements: Type.Array(Movement, { minItems: 1, maxItems: MAX_MOVEMENTS }) },
  strict,
);
export const MovementsView = Type.Object({ movements: Type.Integer() }, strict);

export const SkuParams = Type.Object({ sku: Sku }, strict);
const Limit = Type.Optional(
  Type.String({
    pattern: "^[1-9]\\d{0,2}$",
    maxLength: 3,
    description: "At most 999; 100 when left out.",
  }),
);
export const ListQuery = Type.Object(
  {
    after: Type.Optional(Sku),
    limit: Limit,
  },
  strict,
);
export const LogQuery = Type.Object(
  {
    before: Type.Optional(
      Type.String({
        pattern: "^[1-9]\\d{0,14}$",
        maxLength: 15,
        description: "The `next` of the page before; the newest when left out",
      }),
    ),
    limit: Limit,
  },
  strict,
);
const LoggedMovement = Type.Object(
  {
    number: Type.Integer({ description: "Of the log" }),
    kind: Type.String({ description: "As it was told; what an order sold is a `ship`" }),
    location: Type.String(),
    quantity: Type.Integer({ description: "Added to what is on hand" }),
    incoming: Type.Integer({ description: "Added to what is on its way" }),
    cause: Type.Optional(Type.String()),
    order: Type.Optional(Type.String({ description: "Of which reservation" })),
    actor: Type.String(),
    at: Time,
  },
  strict,
);
export const LogView = Type.Object(
  { movements: Type.Array(LoggedMovement), next: Type.Optional(Type.String()) },
  strict,
);

const counts = { onHand: Pieces, reserved: Pieces, incoming: Pieces, available: Pieces };
export const StockView = Type.Object(
  {
    sku: Type.String(),
    ...counts,
    locations: Type.Array(Type.Object({ location: Type.String(), ...counts }, strict)),
  },
  strict,
);
export const StocksView = Type.Object(
  { stock: Type.Array(StockView), next: Type.Optional(Type.String()) },
  strict,
);

export const OrderParams = Type.Object(
  {
    order: Type.String({
      // Kept with what was sold, so it is nobody's address.
      pattern: "^[!-?A-~]{1,100}$",
      maxLength: 100,
      description: "The shop's own id: 1 to 100 printable characters without spaces and @",
    }),
  },
  strict,
);

const Attempt = Type.Integer({
  minimum: 1,
  maximum: 1_000_000,
  description: "1, 2, 3 ...: a later one takes the place of those before",
});
const Ttl = Type.Integer({
  minimum: 1_000,
  maximum: MAX_TTL_MS,
  description: "How long it is held; 15 minutes when left out",
});
const Deadline = Type.Integer({
  minimum: 1,
  maximum: MAX_DEADLINE_MS,
  description: "How long the caller waits; 500 when left out",
});

export const ReserveBody = Type.Object(
  {
    attempt: Attempt,
    lines: Type.Array(Type.Object({ sku: Sku, quantity: Quantity }, strict), {
      minItems: 1,
      maxItems: MAX_LINES,
    }),
    ttlMs: Type.Optional(Ttl),
    destination: Type.Optional(
      Type.Object(
        {
          region: Type.Optional(Region),
          latitude: Type.Optional(Latitude),
          longitude: Type.Optional(Longitude),
        },
        { ...strict, description: "Where the order goes to, for the nearest location; it is not kept" },
      ),
    ),
    deadlineMs: Type.Optional(Deadline),
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
export const AttemptBody = Type.Object({ attempt: Attempt, deadlineMs: Type.Optional(Deadline) }, strict);
export const ExtendBody = Type.Object(
  { attempt: Attempt, ttlMs: Ttl, deadlineMs: Type.Optional(Deadline) },
  strict,
);

const Line = Type.Object({ sku: Type.String(), quantity: Type.Integer() }, strict);
export const ReservationView = Type.Object(
  {
    order: Type.String(),
    attempt: Type.Integer(),
    state: Type.String({ description: "held, confirmed, released or expired" }),
    lines: Type.Array(Line, { description: "Each sku once" }),
    allocations: Type.Array(
      Type.Object({ sku: Type.String(), location: Type.String(), quantity: Type.Integer() }, strict),
    ),
    expiresAt: Time,
    createdAt: Time,
    updatedAt: Time,
  },
  strict,
);

export type Movement = Static<typeof Movement>;
export type LocationBody = Static<typeof LocationBody>;
export type LocationView = Static<typeof LocationView>;
export type LoggedMovement = Static<typeof LoggedMovement>;
export type StockView = Static<typeof StockView>;
export type ReservationView = Static<typeof ReservationView>;
