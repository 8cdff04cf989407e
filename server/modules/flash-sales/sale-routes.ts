import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { ChangeHeaders, readCondition, tagOf } from "../../platform/revision.ts";
import { SaleBody, SaleParams, SalesView, SaleView } from "./schema.ts";
import type { FlashSales } from "./service.ts";

const READ = { scope: "inventory:read", orScope: "inventory:write" } as const;
const WRITE = { scope: "inventory:write" } as const;
const TAGS = ["flash sales"];

export function saleRoutes(sales: FlashSales): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/flash-sales",
      {
        config: READ,
        schema: {
          operationId: "listFlashSales",
          summary: "The newest flash sales, and how many wait for them",
          tags: TAGS,
          response: { 200: SalesView },
        },
      },
      async () => ({ sales: await sales.list() }),
    );

    app.get(
      "/v1/flash-sales/:id",
      {
        config: READ,
        schema: {
          operationId: "getFlashSale",
          summary: "One flash sale; its ETag is for a change",
          tags: TAGS,
          params: SaleParams,
          response: { 200: SaleView },
        },
      },
      async (request, reply) => {
        const sale = await sales.get(request.params.id);
        return reply.header("etag", tagOf(sale)).send(sale);
      },
    );

    app.put(
      "/v1/flash-sales/:id",
      {
        config: WRITE,
        schema: {
          operationId: "putFlashSale",
          summary: "Say what is sold when, how many are let in, and how many pieces each gets",
          tags: TAGS,
          headers: ChangeHeaders,
          params: SaleParams,
          body: SaleBody,
          response: { 200: SaleView },
        },
      },
      async ({ params, body, headers, actor, id }, reply) => {
        const by = { actor, requestId: id };
        const sale = await sales.put(params.id, body, readCondition(headers), by);
        return reply.header("etag", tagOf(sale)).send(sale);
      },
    );

    app.post(
      "/v1/flash-sales/:id/end",
      {
        config: WRITE,
        schema: {
          operationId: "endFlashSale",
          summary: "End a flash sale that runs: from now on its skus are sold as all others are",
          tags: TAGS,
          headers: ChangeHeaders,
          params: SaleParams,
          response: { 200: SaleView },
        },
      },
      async ({ params, headers, actor, id }, reply) => {
        const sale = await sales.end(params.id, readCondition(headers), { actor, requestId: id });
        return reply.header("etag", tagOf(sale)).send(sale);
      },
    );

    app.delete(
      "/v1/flash-sales/:id",
      {
        config: WRITE,
        schema: {
          operationId: "deleteFlashSale",
          summary: "Call a flash sale off before it begins",
          tags: TAGS,
          headers: ChangeHeaders,
          params: SaleParams,
          response: { 204: Type.Null() },
        },
      },
      async ({ params, headers, actor, id }, reply) => {
        await sales.remove(params.id, readCondition(headers), { actor, requestId: id });
        return reply.code(204).send(null);
      },
    );
  };
}
