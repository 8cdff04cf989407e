import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };
const Time = Type.Integer({ minimum: 0, description: "Epoch ms" });
const Minor = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "Minor units" });
const Amount = Type.Integer({ ...Minor, minimum: 1 });

const OrderId = Type.String({ pattern: "^order_[A-Za-z0-9_-]{24}$", maxLength: 30 });
const PaymentId = Type.String({ pattern: "^pay_[A-Za-z0-9_-]{24}$", maxLength: 28 });
const ProviderName = Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$", maxLength: 32 });
const Capture = Type.Enum(["now", "later"] as const, {
  description: "When the money is taken: at once, or with what is shipped; now",
});

export const OrderParams = Type.Object({ id: OrderId }, strict);
export const PaymentParams = Type.Object({ id: PaymentId }, strict);
export const ProviderParams = Type.Object({ provider: ProviderName }, strict);

export const PaymentBody = Type.Object(
  {
    provider: Type.Optional(ProviderName),
    token: Type.String({
      pattern: "^(?![0-9 -]{12,23}$)[!-~]{1,500}$",
      maxLength: 500,
      description:
        "What the shopper's page had from the provider for his means of payment; never a card's number",
    }),
    capture: Type.Optional(Capture),
    amount: Type.Optional(Type.Integer({ ...Amount, description: "Minor units; all that is left to pay" })),
  },
  strict,
);

/** All of what there is when it is left out. */
export const AmountBody = Type.Object({ amount: Type.Optional(Amount) }, strict);

const OperationView = Type.Object(
  {
    id: Type.String({ description: "By which the provider is asked" }),
    kind: Type.Enum(["authorise", "capture", "void", "refund"] as const),
    amount: Minor,
    cause: Type.String(),
    state: Type.Enum(["open", "unknown", "succeeded", "failed"] as const, {
      description: "unknown: the provider was asked, and did not say yet what it did",
    }),
    code: Type.Optional(Type.String({ description: "Why it failed" })),
    createdAt: Time,
    settledAt: Type.Optional(Time),
  },
  strict,
);

const STATES = [
  "pending",
  "declined",
  "authorised",
  "captured",
  "captured_in_part",
  "voided",
  "refunded",
  "refunded_in_part",
] as const;

export const PaymentView = Type.Object(
  {
    id: PaymentId,
    order: OrderId,
    state: Type.Enum(STATES, { description: "pending: what the provider did is being found out" }),
    provider: ProviderName,
    capture: Capture,
    amount: Minor,
    currency: Type.String(),
    authorised: Minor,
    captured: Minor,
    voided: Minor,
    refunded: Minor,
    reference: Type.Optional(Type.String({ description: "The provider's own name of it" })),
    declined: Type.Optional(Type.String({ description: "Why the provider refused it" })),
    operations: Type.Array(OperationView, { description: "What the provider was asked for, or is to be" }),
    createdAt: Time,
    updatedAt: Time,
  },
  strict,
);

export const PaymentsView = Type.Object({ payments: Type.Array(PaymentView) }, strict);
export const Received = Type.Object({ received: Type.Literal(true) }, strict);

export type PaymentBody = Static<typeof PaymentBody>;
export type PaymentView = Static<typeof PaymentView>;
