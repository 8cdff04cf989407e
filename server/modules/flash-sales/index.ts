// Flash sales: few pieces for many shoppers, who wait for their turn.
//
// Invariant: a sku that is on sale is reserved by whose turn it is, and by nobody else; each unit holds and has bought no more
// than its limit, whichever processes are asked (`inventory` sees to both). Invariant: a unit has one place; who came first goes
// first, but for those whom the lot puts in order. Invariant: over any time no more are let in than the rate lets in then and in
// one second more.
// Tables: flash_sales, flash_sale_queues, flash_sale_places. Events: flash_sale.{put,begun,ended,deleted}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Units } from "../rollout/service.ts";
import { queueRoutes } from "./queue-routes.ts";
import { saleRoutes } from "./sale-routes.ts";
import type { FlashSales } from "./service.ts";

export function flashSaleRoutes(sales: FlashSales, units: Units): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });
    await app.register(saleRoutes(sales));
    await app.register(queueRoutes(sales.queue, units));
  };
}
