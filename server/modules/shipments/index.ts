// Shipments: what of an order has left the house.
//
// Invariant: no unit leaves twice, and none that was not bought. Invariant: nothing leaves that is not paid for or promised, and
// what is promised for it is asked for in the same transaction.
// Tables: shipments, shipped_lines. Events, of the order: shipment.shipped, shipment.delivered.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import { Begun, OrderParams, ShipmentBody, ShipmentParams, ShipmentsView, ShipmentView } from "./schema.ts";
import type { Shipments } from "./service.ts";

const READ = { scope: "orders:read", orScope: "orders:write" } as const;
const WRITE = { scope: "orders:write" } as const;
const TAGS = ["shipments"];

export function shipmentRoutes(shipments: Shipments): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/orders/:id/fulfil",
      {
        config: WRITE,
        schema: {
          operationId: "fulfilOrder",
          summary: "Somebody packs a paid order; until something of it leaves it can be cancelled",
          tags: TAGS,
          params: OrderParams,
          response: { 200: Begun },
        },
      },
      async ({ params, actor }) => {
        await shipments.begin(params.id, actor.id);
        return { order: params.id };
      },
    );

    app.post(
      "/v1/orders/:id/shipments",
      {
        config: WRITE,
        schema: {
          operationId: "shipOrder",
          summary: "Units of an order leave, and what is promised for them is taken",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: OrderParams,
          body: ShipmentBody,
          response: { 200: ShipmentView, 201: ShipmentView },
        },
      },
      async (request, reply) => {
        const { params, body, actor } = request;
        const repeatable = readRepeatable(request);
        // It takes money, and units of which nobody says which ones.
        if (repeatable === undefined) throw refuse("PAYMENT_KEY_NEEDED", "headers/idempotency-key");
        const { shipment, isRepeat } = await shipments.ship(params.id, body, actor.id, repeatable);
        return reply.code(isRepeat ? 200 : 201).send(shipment);
      },
    );

    app.get(
      "/v1/orders/:id/shipments",
      {
        config: READ,
        schema: {
          operationId: "listShipments",
          summary: "What of an order has left, the oldest first",
          tags: TAGS,
          params: OrderParams,
          response: { 200: ShipmentsView },
        },
      },
      async ({ params }) => ({ shipments: await shipments.list(params.id) }),
    );

    app.post(
      "/v1/shipments/:id/deliver",
      {
        config: WRITE,
        schema: {
          operationId: "deliverShipment",
          summary: "A shipment arrived; an order of which all has is completed",
          tags: TAGS,
          params: ShipmentParams,
          response: { 200: ShipmentView },
        },
      },
      ({ params, actor }) => shipments.deliver(params.id, actor.id),
    );
  };
}
