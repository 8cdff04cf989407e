import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import { Type } from "typebox";
import { nextOf, readPage } from "../../platform/page.ts";
import { ChangeHeaders, readCondition, tagOf } from "../../platform/revision.ts";
import { type Actor, byOf, hasScope } from "../../platform/scope.ts";
import {
  PricesQuery,
  PricesView,
  VariantBody,
  VariantParams,
  VariantsQuery,
  VariantsView,
  VariantView,
} from "./schema.ts";
import type { Catalog } from "./service.ts";

const READ = { scope: "storefront:read", orScope: "catalog:read" } as const;
const WRITE = { scope: "catalog:write" } as const;
const READS_COSTS = "catalog:read";
const TAGS = ["catalog"];
/** Of a list page. */
const MAX_PRICED = 100;

export function variantRoutes(catalog: Catalog): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/catalog/variants",
      {
        config: READ,
        schema: {
          operationId: "listVariants",
          summary: "Variants, in the order of their skus",
          tags: TAGS,
          querystring: VariantsQuery,
          response: { 200: VariantsView },
        },
      },
      async ({ query, actor }) => {
        if (query.costs !== undefined && !hasScope(actor, READS_COSTS)) {
          const message = "Costs and floors are not for this key";
          throw new HaggleError("SERVER_FORBIDDEN", message, { at: "scope", value: READS_COSTS });
        }
        const { after, limit } = readPage(query);
        const found = await catalog.listVariants(after, limit, query.product);
        const variants = found.map((variant) => viewFor(actor, variant));
        return { variants, ...nextOf(variants, limit, ({ sku }) => sku) };
      },
    );

    app.get(
      "/v1/catalog/variants/:sku",
      {
        config: READ,
        schema: {
          operationId: "getVariant",
          summary: "One variant; its ETag is for a change",
          tags: TAGS,
          params: VariantParams,
          response: { 200: VariantView },
        },
      },
      async ({ params, actor }, reply) => {
        const variant = await catalog.getVariant(params.sku);
        reply.header("etag", tagOf(variant));
        return viewFor(actor, variant);
      },
    );

    app.put(
      "/v1/catalog/variants/:sku",
      {
        config: WRITE,
        schema: {
          operationId: "putVariant",
          summary: "Store a variant, with all of its prices, in the place of what has its sku",
          tags: TAGS,
          params: VariantParams,
          headers: ChangeHeaders,
          body: VariantBody,
          response: { 200: VariantView },
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const variant = await catalog.putVariant(params.sku, body, readCondition(headers), byOf(request));
        reply.header("etag", tagOf(variant));
        return variant;
      },
    );

    app.delete(
      "/v1/catalog/variants/:sku",
      {
        config: WRITE,
        schema: {
          operationId: "deleteVariant",
          summary: "Sell a variant no more",
          tags: TAGS,
          params: VariantParams,
          headers: ChangeHeaders,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await catalog.removeVariant(request.params.sku, readCondition(request.headers), byOf(request));
        return reply.code(204).send(null);
      },
    );

    app.get(
      "/v1/catalog/prices",
      {
        config: READ,
        schema: {
          operationId: "listCatalogPrices",
          summary: "What some skus cost in a currency, for a page that lists them",
          tags: TAGS,
          querystring: PricesQuery,
          response: { 200: PricesView },
        },
      },
      async ({ query: { skus, currency } }) => {
        const asked = [...new Set(skus.split(","))];
        if (asked.length > MAX_PRICED) {
          const message = `At most ${MAX_PRICED} skus`;
          throw new HaggleError("SERVER_BAD_REQUEST", message, {
            at: "querystring/skus",
            value: asked.length,
          });
        }
        const found = await catalog.resolve(asked, currency);
        const prices = asked.flatMap((sku) => {
          const resolved = found.get(sku);
          return resolved === undefined ? [] : [{ sku, unitPrice: resolved.unitPrice }];
        });
        return { currency, prices, unknown: asked.filter((sku) => !found.has(sku)) };
      },
    );
  };
}

/** What a unit costs the shop, and how low it may go, is for those who may read the catalog. */
function viewFor(actor: Actor, variant: VariantView): VariantView {
  if (hasScope(actor, READS_COSTS)) return variant;
  const prices = variant.prices.map(({ currency, unitPrice }) => ({ currency, unitPrice }));
  return { ...variant, prices };
}
