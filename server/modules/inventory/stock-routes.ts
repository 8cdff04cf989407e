import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import {
  ListQuery,
  LocationBody,
  LocationParams,
  LocationsView,
  LocationView,
  LogQuery,
  LogView,
  MovementsBody,
  MovementsView,
  SkuParams,
  StocksView,
  StockView,
  StrategyBody,
} from "./schema.ts";
import type { Inventory } from "./service.ts";
import type { By } from "./stock.ts";

const READ = { scope: "inventory:read", orScope: "inventory:write" } as const;
const WRITE = { scope: "inventory:write" } as const;
const TAGS = ["stock"];
/** When no limit is stated. */
const PAGE = 100;
/** A thousand movements with long skus and causes. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

export function stockRoutes({ locations, stock }: Inventory): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/locations",
      {
        config: READ,
        schema: {
          summary: "Where stock is, in the order of priority",
          tags: TAGS,
          response: { 200: LocationsView },
        },
      },
      async () => ({ locations: await locations.list() }),
    );

    app.get(
      "/v1/locations/:id",
      {
        config: READ,
        schema: {
          operationId: "getLocation",
          summary: "One location",
          tags: TAGS,
          params: LocationParams,
          response: { 200: LocationView },
        },
      },
      (request) => locations.get(request.params.id),
    );

    app.put(
      "/v1/locations/:id",
      {
        config: WRITE,
        schema: {
          operationId: "putLocation",
          summary: "Say where stock may be, and when it is asked for",
          tags: TAGS,
          params: LocationParams,
          body: LocationBody,
          response: { 200: LocationView },
        },
      },
      (request) => locations.put(request.params.id, request.body, byOf(request)),
    );

    app.delete(
      "/v1/locations/:id",
      {
        config: WRITE,
        schema: {
          operationId: "deleteLocation",
          summary: "Close a location at which nothing is",
          tags: TAGS,
          params: LocationParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await locations.remove(request.params.id, byOf(request));
        return reply.code(204).send(null);
      },
    );

    app.get(
      "/v1/inventory/allocation",
      {
        config: READ,
        schema: {
          summary: "How orders are spread over locations",
          tags: TAGS,
          response: { 200: StrategyBody },
        },
      },
      () => locations.findStrategy(),
    );

    app.put(
      "/v1/inventory/allocation",
      {
        config: WRITE,
        schema: {
          summary: "Say how orders are spread over locations",
          tags: TAGS,
          body: StrategyBody,
          response: { 200: StrategyBody },
        },
      },
      (request) => locations.putStrategy(request.body, byOf(request)),
    );

    app.post(
      "/v1/stock/movements",
      {
        config: WRITE,
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "moveStock",
          summary: "What came, went, was counted or was moved: all of it or none",
          tags: TAGS,
          headers: IdempotencyHeaders,
          body: MovementsBody,
          response: { 200: MovementsView, 201: MovementsView },
        },
      },
      async (request, reply) => {
        const { movements } = request.body;
        const { answer, isRepeat } = await stock.move(movements, byOf(request), readRepeatable(request));
        return reply.code(isRepeat ? 200 : 201).send(answer);
      },
    );

    app.get(
      "/v1/stock",
      {
        config: READ,
        schema: {
          summary: "What is in stock, in the order of skus",
          operationId: "listStock",
          tags: TAGS,
          querystring: ListQuery,
          response: { 200: StocksView },
        },
      },
      async (request) => {
        const { after = "", limit = String(PAGE) } = request.query;
        const shown = await stock.list(after, Number(limit));
        const last = shown.length === Number(limit) ? shown.at(-1)?.sku : undefined;
        return { stock: shown, ...(last !== undefined && { next: last }) };
      },
    );

    app.get(
      "/v1/stock/:sku",
      {
        config: READ,
        schema: {
          operationId: "getStock",
          summary: "What is in stock of a sku, and where",
          tags: TAGS,
          params: SkuParams,
          response: { 200: StockView },
        },
      },
      (request) => stock.get(request.params.sku),
    );

    app.get(
      "/v1/stock/:sku/movements",
      {
        config: READ,
        schema: {
          operationId: "listMovements",
          summary: "What changed the stock of a sku, the newest first",
          tags: TAGS,
          params: SkuParams,
          querystring: LogQuery,
          response: { 200: LogView },
        },
      },
      async ({ params, query }) => {
        const limit = Number(query.limit ?? PAGE);
        const before = Number(query.before ?? Number.MAX_SAFE_INTEGER);
        const movements = await stock.listMovements(params.sku, before, limit);
        const last = movements.length === limit ? movements.at(-1) : undefined;
        return { movements, ...(last !== undefined && { next: String(last.number) }) };
      },
    );
  };
}

function byOf({ actor, id }: FastifyRequest): By {
  return { actor, requestId: id };
}
