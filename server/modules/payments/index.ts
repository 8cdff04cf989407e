// Payments: money of orders, taken and given back by providers whose answers may be lost.
//
// Invariant: no provider is asked for anything that was not committed before, and always by its id, so that it is done once.
// Invariant: what a provider says only adds to what is known; by an answer, by a callback or by asking again, twice or in any
// order, it comes to the same. Invariant: no more goes back than came, and no more is asked for than the order costs. Money of an
// order that is off goes back.
// Tables: payments, payment_operations, payment_callbacks. Events, of the order: payment.authorised, .captured, .voided, .refunded,
// .declined, .failed, .late.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { IdempotencyHeaders, type Repeatable, readRepeatable } from "../../platform/idempotency.ts";
import { callbackRoutes } from "./callback-routes.ts";
import { AmountBody, OrderParams, PaymentBody, PaymentParams, PaymentsView, PaymentView } from "./schema.ts";
import type { Payments } from "./service.ts";

const READ = { scope: "payments:read", orScope: "payments:write" } as const;
const WRITE = { scope: "payments:write" } as const;
const TAGS = ["payments"];
const MADE = { 200: PaymentView, 202: PaymentView };

export function paymentRoutes(payments: Payments): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });
    await app.register(callbackRoutes(payments));

    app.post(
      "/v1/orders/:id/payments",
      {
        config: WRITE,
        schema: {
          operationId: "payOrder",
          summary: "Ask a provider for the money of an order, once; 202 while nobody knows what it did",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: OrderParams,
          body: PaymentBody,
          response: { 201: PaymentView, 202: PaymentView },
        },
      },
      async (request, reply) => {
        const payment = await payments.pay(request.params.id, request.body, needKey(request));
        const { state, declined } = payment;
        if (state === "declined") throw refuse("PAYMENT_DECLINED", "token", declined);
        return reply.code(state === "pending" ? 202 : 201).send(payment);
      },
    );

    app.get(
      "/v1/orders/:id/payments",
      {
        config: READ,
        schema: {
          operationId: "listPayments",
          summary: "Payments of an order, the oldest first",
          tags: TAGS,
          params: OrderParams,
          response: { 200: PaymentsView },
        },
      },
      async ({ params }) => ({ payments: await payments.list(params.id) }),
    );

    app.get(
      "/v1/payments/:id",
      {
        config: READ,
        schema: {
          operationId: "getPayment",
          summary: "One payment, and what its provider was asked for",
          tags: TAGS,
          params: PaymentParams,
          response: { 200: PaymentView },
        },
      },
      ({ params }) => payments.get(params.id),
    );

    app.post(
      "/v1/payments/:id/capture",
      {
        config: WRITE,
        schema: {
          operationId: "capturePayment",
          summary: "Take what is promised, or a part of it; shipments do so by themselves",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: PaymentParams,
          body: AmountBody,
          response: MADE,
        },
      },
      async (request, reply) =>
        send(reply, await payments.capture(request.params.id, request.body.amount, needKey(request))),
    );

    app.post(
      "/v1/payments/:id/void",
      {
        config: WRITE,
        schema: {
          operationId: "voidPayment",
          summary: "Let go of what is promised and was not taken",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: PaymentParams,
          response: MADE,
        },
      },
      async (request, reply) => send(reply, await payments.void(request.params.id, needKey(request))),
    );

    app.post(
      "/v1/payments/:id/refund",
      {
        config: WRITE,
        schema: {
          operationId: "refundPayment",
          summary:
            "Give some of it back as a favour, or again what the provider refused; returns do so by themselves",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: PaymentParams,
          body: AmountBody,
          response: MADE,
        },
      },
      async (request, reply) =>
        send(reply, await payments.refundOne(request.params.id, request.body.amount, needKey(request))),
    );
  };
}

/** Whoever asks for money without one could not ask again without asking twice. */
function needKey(request: FastifyRequest): Repeatable {
  const repeatable = readRepeatable(request);
  if (repeatable === undefined) throw refuse("PAYMENT_KEY_NEEDED", "headers/idempotency-key");
  return repeatable;
}

/** 202 while the provider has not done it yet. */
function send(reply: FastifyReply, payment: PaymentView): FastifyReply {
  const isOver = payment.operations.every(({ settledAt }) => settledAt !== undefined);
  return reply.code(isOver ? 200 : 202).send(payment);
}
