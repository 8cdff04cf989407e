// Prices by strategies: what a shop sells, what strategies make of it, and the signed document that says so.
//
// Invariant: a price that nobody signed is no price: without a prices key list prices hold. Invariant: no price leaves the
// bounds that the release's authors signed, nor moves further in an hour than they say, over restarts and on all servers.
// Invariant: a document names the release whose bounds it keeps, and those of the other arms that it keeps as well; what a
// channel is about to give is among them before it does.
// Invariant: of several servers one prices a channel at a time; where nothing is another price nothing is signed.
// Tables: skus, sku_heads, pricing_heads, replaced_prices, price_notes. Topic: skus.
// Events: skus.{put,stock,deleted}, prices.changed; on a channel's stream: prices.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import { readPage } from "../../platform/page.ts";
import { hasScope } from "../../platform/scope.ts";
import { ChannelParams, PriceParams, PriceQuery, PricesQuery, PricesView, PriceView } from "./schema.ts";
import type { Prices } from "./service.ts";
import { skuRoutes } from "./sku-routes.ts";
import type { Skus } from "./skus.ts";

/** Prices are for everybody who may see the shop; what a unit costs the shop is not among them. */
const READ = { scope: "storefront:read" } as const;
const TAGS = ["prices"];

export function pricingRoutes({ skus, prices }: { skus: Skus; prices: Prices }): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(skuRoutes(skus));

    app.get(
      "/v1/prices/:channel/skus",
      {
        config: READ,
        schema: {
          operationId: "listPrices",
          summary: "What skus cost on a channel, with the strategy, the rule and the variant that say so",
          tags: TAGS,
          params: ChannelParams,
          querystring: PricesQuery,
          response: { 200: PricesView },
        },
      },
      async (request, reply) => {
        reply.header("cache-control", "no-cache");
        const page = await prices.list(request.params.channel, {
          ...readPage(request.query),
          tier: request.query.tier,
        });
        return { ...page, prices: page.prices.map((price) => viewFor(request, price)) };
      },
    );

    app.get(
      "/v1/prices/:channel/skus/:sku",
      {
        config: READ,
        schema: {
          operationId: "getPrice",
          summary: "What a sku costs on a channel, and why",
          tags: TAGS,
          params: PriceParams,
          querystring: PriceQuery,
          response: { 200: PriceView },
        },
      },
      async (request, reply) => {
        const { channel, sku } = request.params;
        reply.header("cache-control", "no-cache");
        return viewFor(request, await prices.get(channel, sku, request.query.tier));
      },
    );
  };
}

/** What a strategy wanted comes of costs, and where it ends of the shop's floors: shoppers see neither. */
function viewFor({ actor }: FastifyRequest, { wanted, cut, ...price }: PriceView): PriceView {
  if (!hasScope(actor, "publish") && !hasScope(actor, "operate")) return price;
  return { ...price, ...(wanted !== undefined && { wanted }), ...(cut !== undefined && { cut }) };
}
