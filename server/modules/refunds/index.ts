// Returns: goods that come back, and what is paid back for them.
//
// Invariant: a unit is worth what was paid for it, as the ledger of its order has it since that was placed; nothing is spread again
// over what stays. Invariant: all refunds of an order together are never more than it cost, nor than what was captured, and a unit
// comes back once; both are constraints of the database. Invariant: nothing is kept back that was not shown before.
// Tables: order_returns (append-only), order_return_sums, order_return_lines. Events: order.returned, which orders tell.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import { byOf } from "../../platform/scope.ts";
import { OrderParams, PreviewBody, PreviewView, ReturnBody, ReturnsView, ReturnView } from "./schema.ts";
import type { Refunds } from "./service.ts";

const READ = { scope: "orders:read", orScope: "orders:write" } as const;
const WRITE = { scope: "orders:write" } as const;
const TAGS = ["returns"];

export function refundRoutes(refunds: Refunds): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.get(
      "/v1/orders/:id/returns",
      {
        config: READ,
        schema: {
          operationId: "listReturns",
          summary: "What came back of an order, and what was paid back for it",
          tags: TAGS,
          params: OrderParams,
          response: { 200: ReturnsView },
        },
      },
      async ({ params }) => ({ returns: await refunds.list(params.id) }),
    );

    app.post(
      "/v1/orders/:id/returns/preview",
      {
        config: READ,
        schema: {
          operationId: "previewReturn",
          summary: "What would be paid back for these units, and what would be kept back; nothing is done",
          tags: TAGS,
          params: OrderParams,
          body: PreviewBody,
          response: { 200: PreviewView },
        },
      },
      async ({ params, body }) => refunds.preview(params.id, body),
    );

    app.post(
      "/v1/orders/:id/returns",
      {
        config: WRITE,
        schema: {
          operationId: "makeReturn",
          summary:
            "Units of an order are back: pay back what was paid for them, once for each Idempotency-Key",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: OrderParams,
          body: ReturnBody,
          response: { 200: ReturnView, 201: ReturnView },
        },
      },
      async (request, reply) => {
        const repeatable = readRepeatable(request);
        if (repeatable === undefined) throw refuse("ORDER_KEY_NEEDED", "headers/idempotency-key");
        const { params, body } = request;
        const { answer, isRepeat } = await refunds.make(params.id, body, byOf(request), repeatable);
        return reply.code(isRepeat ? 200 : 201).send(answer);
      },
    );
  };
}
