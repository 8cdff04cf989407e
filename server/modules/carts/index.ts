// Carts: what somebody wants to buy, for shops that let the server keep it.
//
// Invariant: nobody changes what he has not seen: each change names the revision that it follows (If-Match). Invariant: there is
// no price in a cart; a quote says what it costs. Invariant: a cart that nobody changes for thirty days is gone.
// Tables: carts.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import { MatchHeaders, readMatch, tagOf } from "../../platform/revision.ts";
import { CartChange, CartParams, CartView, MergeBody, NewCart } from "./schema.ts";
import type { Carts } from "./service.ts";

const READ = { scope: "carts:read", orScope: "carts:write" } as const;
const WRITE = { scope: "carts:write" } as const;
const TAGS = ["carts"];
/** A thousand lines of ordinary length. */
const MAX_BODY_BYTES = 512 * 1024;

export function cartRoutes(carts: Carts): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/carts",
      {
        config: WRITE,
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "createCart",
          summary: "Begin a cart; its ETag is for the first change",
          tags: TAGS,
          headers: IdempotencyHeaders,
          body: NewCart,
          response: { 200: CartView, 201: CartView },
        },
      },
      async (request, reply) => {
        const { cart, isRepeat } = await carts.create(request.body, readRepeatable(request));
        return reply
          .code(isRepeat ? 200 : 201)
          .header("etag", tagOf(cart))
          .send(cart);
      },
    );

    app.get(
      "/v1/carts/:id",
      {
        config: READ,
        schema: {
          operationId: "getCart",
          summary: "One cart; its ETag is for a change",
          tags: TAGS,
          params: CartParams,
          response: { 200: CartView },
        },
      },
      async (request, reply) => {
        const cart = await carts.get(request.params.id);
        return reply.header("etag", tagOf(cart)).send(cart);
      },
    );

    app.patch(
      "/v1/carts/:id",
      {
        config: WRITE,
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "changeCart",
          summary: "Put lines into a cart, take some out, say where it goes to",
          tags: TAGS,
          headers: MatchHeaders,
          params: CartParams,
          body: CartChange,
          response: { 200: CartView },
        },
      },
      async ({ params, body, headers }, reply) => {
        const cart = await carts.change(params.id, body, readMatch(headers));
        return reply.header("etag", tagOf(cart)).send(cart);
      },
    );

    app.post(
      "/v1/carts/:id/merge",
      {
        config: WRITE,
        schema: {
          operationId: "mergeCarts",
          summary: "Put another cart into this one, as when a guest logs in; the other one is gone",
          tags: TAGS,
          headers: MatchHeaders,
          params: CartParams,
          body: MergeBody,
          response: { 200: CartView },
        },
      },
      async ({ params, body, headers }, reply) => {
        const cart = await carts.merge(params.id, body.from, readMatch(headers));
        return reply.header("etag", tagOf(cart)).send(cart);
      },
    );

    app.delete(
      "/v1/carts/:id",
      {
        config: WRITE,
        schema: {
          operationId: "deleteCart",
          summary: "Throw a cart away",
          tags: TAGS,
          headers: MatchHeaders,
          params: CartParams,
          response: { 204: Type.Null() },
        },
      },
      async ({ params, headers }, reply) => {
        await carts.remove(params.id, readMatch(headers));
        return reply.code(204).send(null);
      },
    );
  };
}
