// Orders: what was bought, from the moment in which its goods are promised until the last of them came back.
//
// Invariant: one quote makes one order at most, whoever asks how often. Invariant: an order is reserved and then written whole, with
// its history, its ledger, what it took of coupons and budgets, and its event, in one transaction; the one way back gives the
// reservation back. Invariant: its state is the end of its history, of which each step stands in the table of transitions: by
// constraint. Invariant: the sum of its ledger is its total, and neither is ever changed. Invariant: no more is given back than
// was taken, by constraint. Invariant: its stock follows it, at least once and with one effect.
// Tables: orders, order_history and order_ledger (append-only), order_transitions (the same for everybody).
// Events: order.{placed,paid,cancelled,expired,shipped,completed,returned}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import { nextOf } from "../../platform/page.ts";
import type { OpenPurchase } from "../inventory/service.ts";
import { sendRefusal } from "./refusals.ts";
import {
  CancelBody,
  LedgerView,
  OrderBody,
  OrderParams,
  OrdersQuery,
  OrdersView,
  OrderView,
  PlacedView,
} from "./schema.ts";
import type { Orders } from "./service.ts";

const READ = { scope: "orders:read", orScope: "orders:write" } as const;
const WRITE = { scope: "orders:write" } as const;
const TAGS = ["orders"];
const DEFAULT_LIMIT = "100";

type Dependencies = { orders: Orders; openPurchase: OpenPurchase };

export function orderRoutes({ orders, openPurchase }: Dependencies): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.setErrorHandler(sendRefusal);
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/orders",
      {
        config: WRITE,
        schema: {
          operationId: "placeOrder",
          summary: "Place the order of a quote: its stock, coupons and budgets are held until it is paid",
          tags: TAGS,
          headers: IdempotencyHeaders,
          body: OrderBody,
          response: { 200: PlacedView, 201: PlacedView },
        },
      },
      async (request, reply) => {
        const repeatable = readRepeatable(request);
        if (repeatable === undefined) throw refuse("ORDER_KEY_NEEDED", "headers/idempotency-key");
        const { purchaseToken, unit, ...body } = request.body;
        const holder = purchaseToken === undefined ? undefined : openPurchase(purchaseToken, unit);
        const { order, isRepeat } = await orders.place({ ...body, holder }, repeatable, request.actor);
        return reply.code(isRepeat ? 200 : 201).send({ order });
      },
    );

    app.get(
      "/v1/orders",
      {
        config: READ,
        schema: {
          operationId: "listOrders",
          summary: "Orders, the newest first",
          tags: TAGS,
          querystring: OrdersQuery,
          response: { 200: OrdersView },
        },
      },
      async ({ query }) => {
        const { state, customer, limit = DEFAULT_LIMIT } = query;
        const page = { after: readAfter(query.after), limit: Number(limit), state, customer };
        const shown = await orders.list(page);
        return { orders: shown, ...nextOf(shown, page.limit, ({ created, id }) => `${created}.${id}`) };
      },
    );

    app.get(
      "/v1/orders/:id",
      {
        config: READ,
        schema: {
          operationId: "getOrder",
          summary: "One order, what is in it, and how it came to be as it is",
          tags: TAGS,
          params: OrderParams,
          response: { 200: OrderView },
        },
      },
      async ({ params }) => orders.get(params.id),
    );

    app.get(
      "/v1/orders/:id/ledger",
      {
        config: READ,
        schema: {
          operationId: "getOrderLedger",
          summary: "What each unit of an order cost, and who gave which part of it",
          tags: TAGS,
          params: OrderParams,
          response: { 200: LedgerView },
        },
      },
      async ({ params }) => orders.getLedger(params.id),
    );

    app.post(
      "/v1/orders/:id/cancel",
      {
        config: WRITE,
        schema: {
          operationId: "cancelOrder",
          summary: "Cancel an order of which nothing has left: stock, coupons, budgets and money go back",
          tags: TAGS,
          params: OrderParams,
          body: CancelBody,
          response: { 200: OrderView },
        },
      },
      async ({ params, body, actor }) =>
        orders.cancelAlone(params.id, { cause: body.cause ?? "cancelled", actor: actor.id }),
    );
  };
}

function readAfter(after: string | undefined): { createdAt: number; id: string } | undefined {
  if (after === undefined) return undefined;
  const [createdAt, id] = after.split(".") as [string, string];
  return { createdAt: Number(createdAt), id };
}
