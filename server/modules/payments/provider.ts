import type { IncomingHttpHeaders } from "node:http";
import { type Static, Type } from "typebox";

// What a provider of payments is to this server: somebody who is asked over a network, whose answers get lost, who tells of what
// he did as often and as late as he likes. So he is never asked for anything that is not written down, and always by its id.

const strict = { additionalProperties: false };
const Minor = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** What became of something that a provider was asked for, by the id with which it was. */
const OperationFact = Type.Object(
  {
    operation: Type.String({ minLength: 1, maxLength: 100 }),
    outcome: Type.Union([Type.Literal("succeeded"), Type.Literal("failed"), Type.Literal("pending")]),
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  strict,
);

/**
 * All that a provider says of one payment at a time. Sums only grow, and an outcome that is not pending is the last one: so
 * what is learnt of several of them does not depend on their order.
 */
export const Facts = Type.Object(
  {
    /** The operation that authorised it. */
    payment: Type.String({ minLength: 1, maxLength: 100 }),
    /** The provider's own name of it. */
    reference: Type.String({ minLength: 1, maxLength: 200 }),
    currency: Type.String({ pattern: "^[A-Z]{3}$" }),
    authorised: Minor,
    captured: Minor,
    voided: Minor,
    refunded: Minor,
    operations: Type.Array(OperationFact, { maxItems: 10_000 }),
  },
  strict,
);

export type Facts = Static<typeof Facts>;

export type Authorise = {
  operation: string;
  amount: number;
  currency: string;
  /** What the shopper's page had from the provider for his means of payment. */
  token: string;
  /** Whether the money is taken at once. */
  capture: boolean;
};

/** Of a payment that the provider has named. A void is of all that is not captured. */
export type Change = { operation: string; reference: string; amount: number };

/** A message of a provider, by which it cannot be told apart from the same one once more. */
export type Callback = { id: string; facts: Facts };

/** Each verb may throw OutcomeUnknown, or RequestRefused where nothing was written down. What was refused of a payment is told among the facts. */
export type Provider = {
  /** In requests, rows and addresses. */
  name: string;
  /** So long each verb takes at most. */
  timeoutMs: number;
  authorise(asked: Authorise): Promise<Facts>;
  capture(asked: Change): Promise<Facts>;
  void(asked: Change): Promise<Facts>;
  refund(asked: Change): Promise<Facts>;
  /** By the operation that authorised it. Undefined where the provider never heard of that. */
  find(operation: string): Promise<Facts | undefined>;
  /** Of the bytes as they came. @throws HaggleError PAYMENT_BAD_CALLBACK */
  readCallback(headers: IncomingHttpHeaders, body: Buffer): Callback;
};

/** The provider would not even begin: it does not know the token, or the payment. Nothing was done, and asking again changes nothing. */
export class RequestRefused extends Error {
  /** Why, in the provider's words. */
  readonly code: string;

  constructor(code: string) {
    super(`The provider refused the request: ${code}`);
    this.code = code;
  }
}

/** No answer, or none that says anything: it may have been done all the same. */
export class OutcomeUnknown extends Error {}
