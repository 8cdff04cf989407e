// The catalog: what a shop sells. Products, what of them can be put into a cart, and what that costs in which currency.
//
// Invariant: changes come one after another, and each has a revision; what strategies price from (skus of pricing) changes in
// the same transaction. Invariant: who saw a revision changes nothing that he has not seen, if he says which (If-Match).
// Invariant: a file is written whole, in one transaction, or not at all; of what is wrong with its rows the first is told and
// all is counted. Invariant: what a unit costs the shop, and how low it may go, no shopper is told.
// Tables: catalog_heads, products, variants, variant_prices, catalog_imports, catalog_import_rows, catalog_import_products;
// the view catalog_skus is what others read. Topic: catalog.
// Events: catalog.{product_put,product_deleted,variant_put,variant_deleted,imported}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { importRoutes } from "./import-routes.ts";
import { productRoutes } from "./product-routes.ts";
import type { Catalog } from "./service.ts";
import { variantRoutes } from "./variant-routes.ts";

export function catalogRoutes(catalog: Catalog): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });
    await app.register(productRoutes(catalog));
    await app.register(variantRoutes(catalog));
    await app.register(importRoutes(catalog.imports));
  };
}
