// The routes of what a shop sells.

import type { IncomingMessage } from "node:http";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { LINES } from "../../platform/file-upload.ts";
import { nextOf, readPage } from "../../platform/page.ts";
import { byOf } from "../../platform/scope.ts";
import { parseRows, readLines } from "./rows.ts";
import { ListQuery, PutView, type SkuFields, SkuParams, SkusView, SkuView, StockBody } from "./schema.ts";
import type { Skus } from "./skus.ts";

const PUBLISH = { scope: "publish" } as const;
const TAGS = ["skus"];
/** A hundred thousand rows, each with some hundreds of characters. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const Nothing = Type.Null();

export function skuRoutes(skus: Skus): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    await app.register(async (bulk) => {
      // What is wrong is told by rows, all of it at once.
      bulk.removeAllContentTypeParsers();
      const asList = async (_request: FastifyRequest, body: string) => parseRows(body);
      const asLines = (_request: FastifyRequest, body: IncomingMessage) => readLines(body, MAX_BODY_BYTES);
      bulk.addContentTypeParser("application/json", { parseAs: "string" }, asList);
      bulk.addContentTypeParser(LINES, asLines);
      bulk.put(
        "/v1/skus",
        {
          config: PUBLISH,
          bodyLimit: MAX_BODY_BYTES,
          schema: {
            operationId: "putSkus",
            summary: "Store skus in the place of those of their names: a list, or one a line; all or none",
            tags: TAGS,
            consumes: ["application/json", LINES],
            response: { 200: PutView },
          },
        },
        async (request) => {
          const { body } = request;
          if (!Array.isArray(body)) {
            throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", `The body is JSON, or ${LINES}`);
          }
          return skus.put(body as SkuFields[], byOf(request));
        },
      );
    });

    app.get(
      "/v1/skus",
      {
        config: PUBLISH,
        schema: {
          operationId: "listSkus",
          summary: "What the shop sells, in the order of skus",
          tags: TAGS,
          querystring: ListQuery,
          response: { 200: SkusView },
        },
      },
      async (request) => {
        const { after, limit } = readPage(request.query);
        const shown = await skus.list(after, limit);
        return { skus: shown, ...nextOf(shown, limit, ({ sku }) => sku) };
      },
    );

    app.get(
      "/v1/skus/:sku",
      {
        config: PUBLISH,
        schema: {
          operationId: "getSku",
          summary: "One sku",
          tags: TAGS,
          params: SkuParams,
          response: { 200: SkuView },
        },
      },
      (request) => skus.get(request.params.sku),
    );

    app.patch(
      "/v1/skus/:sku",
      {
        config: PUBLISH,
        schema: {
          operationId: "setStock",
          summary: "Say how many pieces are left",
          tags: TAGS,
          params: SkuParams,
          body: StockBody,
          response: { 200: SkuView },
        },
      },
      (request) => skus.setStock(request.params.sku, request.body.stock, byOf(request)),
    );

    app.delete(
      "/v1/skus/:sku",
      {
        config: PUBLISH,
        schema: {
          operationId: "deleteSku",
          summary: "Sell a sku no more",
          tags: TAGS,
          params: SkuParams,
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        await skus.remove(request.params.sku, byOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}
