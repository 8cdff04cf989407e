// Stock: where it is, how much, and what is promised to which order until it is paid.
//
// Invariant: 0 <= reserved <= on hand, a constraint of the database; reserved is the sum of what is held; on hand is the sum of
// the movements, which are only ever added to. Invariant: an order holds all of its lines or nothing, and of its attempts the
// last one alone. Invariant: a reservation leaves the state held once. Invariant: what was answered is durable, and what a
// caller was told is too late is given back, which frees nothing that anybody else was promised.
// Invariant: of a sku that is rationed nobody gets any without a share, and no unit has more than its limit held and bought.
// Tables: stock_locations, stock_levels, stock_movements (append-only), stock_allocation, reservations, stock_rations,
// stock_ration_uses, stock_gates.
// Events: reservation.{held,confirmed,released,expired}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type OpenPurchase, reservationRoutes } from "./reservation-routes.ts";
import type { Inventory } from "./service.ts";
import { stockRoutes } from "./stock-routes.ts";

export function inventoryRoutes(inventory: Inventory, openPurchase: OpenPurchase): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });
    await app.register(stockRoutes(inventory));
    await app.register(reservationRoutes(inventory.reservations, openPurchase));
  };
}
