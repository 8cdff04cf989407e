// Campaigns, what they may give, and the codes that lead to them.
//
// Invariant: no code is used more often than it may be, and no budget gives more than it has, whatever many orders do at once: each
// claim is one guarded statement in its order's transaction, and constraints hold it. Invariant: what an order gives back was its own,
// and goes back once. Invariant: the database knows no code, and nobody is told why one is not good but who has a key.
// Tables: campaigns, budgets, budget_uses, budget_claims, coupon_codes, coupon_batches, coupon_uses.
// Events: campaign.put, budget.spent, coupons.{added,ordered,exported}, coupon.switched.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { batchRoutes } from "./batch-routes.ts";
import { campaignRoutes } from "./campaign-routes.ts";
import { codeRoutes } from "./code-routes.ts";
import { resolveRoutes } from "./resolve-routes.ts";
import type { Budgets } from "./service.ts";

export function budgetRoutes(budgets: Budgets): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });
    await app.register(campaignRoutes(budgets.campaigns));
    await app.register(codeRoutes(budgets));
    await app.register(batchRoutes(budgets.batches));
    await app.register(resolveRoutes(budgets));
  };
}
