import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { nextOf, readPage } from "../../platform/page.ts";
import { ChangeHeaders, readCondition, tagOf } from "../../platform/revision.ts";
import { byOf } from "../../platform/scope.ts";
import { ProductBody, ProductParams, ProductsQuery, ProductsView, ProductView } from "./schema.ts";
import type { Catalog } from "./service.ts";

const READ = { scope: "storefront:read", orScope: "catalog:read" } as const;
const WRITE = { scope: "catalog:write" } as const;
const TAGS = ["catalog"];

export function productRoutes(catalog: Catalog): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/catalog/products",
      {
        config: READ,
        schema: {
          operationId: "listProducts",
          summary: "Products, in the order of their ids",
          tags: TAGS,
          querystring: ProductsQuery,
          response: { 200: ProductsView },
        },
      },
      async ({ query }) => {
        const { after, limit } = readPage(query);
        const products = await catalog.listProducts(after, limit);
        return { products, ...nextOf(products, limit, ({ id }) => id) };
      },
    );

    app.get(
      "/v1/catalog/products/:id",
      {
        config: READ,
        schema: {
          operationId: "getProduct",
          summary: "One product; its ETag is for a change",
          tags: TAGS,
          params: ProductParams,
          response: { 200: ProductView },
        },
      },
      async (request, reply) => {
        const product = await catalog.getProduct(request.params.id);
        reply.header("etag", tagOf(product));
        return product;
      },
    );

    app.put(
      "/v1/catalog/products/:id",
      {
        config: WRITE,
        schema: {
          operationId: "putProduct",
          summary: "Store a product in the place of what has its id",
          tags: TAGS,
          params: ProductParams,
          headers: ChangeHeaders,
          body: ProductBody,
          response: { 200: ProductView },
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const product = await catalog.putProduct(params.id, body, readCondition(headers), byOf(request));
        reply.header("etag", tagOf(product));
        return product;
      },
    );

    app.delete(
      "/v1/catalog/products/:id",
      {
        config: WRITE,
        schema: {
          operationId: "deleteProduct",
          summary: "Delete a product that has no variants",
          tags: TAGS,
          params: ProductParams,
          headers: ChangeHeaders,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await catalog.removeProduct(request.params.id, readCondition(request.headers), byOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}
