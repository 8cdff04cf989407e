// Shipping: the ways in which goods come to a customer, where they go to, and what they cost by weight or by subtotal.
//
// Invariant: a shipment has one price by a method, or the method does not take it; what a promotion makes of that price is not
// decided here.
// Tables: shipping_methods. Events: shipping_method.{put,deleted}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { ChangeHeaders, readCondition, tagOf } from "../../platform/revision.ts";
import { byOf } from "../../platform/scope.ts";
import { MethodBody, MethodParams, MethodsView, MethodView, PricedView, ShipmentBody } from "./schema.ts";
import type { Shipping } from "./service.ts";

const READ = { scope: "catalog:read", orScope: "catalog:write" } as const;
const WRITE = { scope: "catalog:write" } as const;
const TAGS = ["shipping"];
/** Fifty currencies with all of their steps. */
const MAX_BODY_BYTES = 512 * 1024;

export function shippingRoutes(shipping: Shipping): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.get(
      "/v1/shipping-methods",
      {
        config: READ,
        schema: {
          operationId: "listShippingMethods",
          summary: "All shipping methods, by their ids",
          tags: TAGS,
          response: { 200: MethodsView },
        },
      },
      async () => ({ methods: await shipping.list() }),
    );

    app.get(
      "/v1/shipping-methods/:id",
      {
        config: READ,
        schema: {
          operationId: "getShippingMethod",
          summary: "One shipping method; its ETag is for a change",
          tags: TAGS,
          params: MethodParams,
          response: { 200: MethodView },
        },
      },
      async (request, reply) => {
        const method = await shipping.get(request.params.id);
        return reply.header("etag", tagOf(method)).send(method);
      },
    );

    app.put(
      "/v1/shipping-methods/:id",
      {
        config: WRITE,
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "putShippingMethod",
          summary: "Say how goods come to a customer, and for how much",
          tags: TAGS,
          headers: ChangeHeaders,
          params: MethodParams,
          body: MethodBody,
          response: { 200: MethodView },
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const method = await shipping.put(params.id, body, readCondition(headers), byOf(request));
        return reply.header("etag", tagOf(method)).send(method);
      },
    );

    app.delete(
      "/v1/shipping-methods/:id",
      {
        config: WRITE,
        schema: {
          operationId: "deleteShippingMethod",
          summary: "Offer a shipping method no more",
          tags: TAGS,
          headers: ChangeHeaders,
          params: MethodParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await shipping.remove(request.params.id, readCondition(request.headers), byOf(request));
        return reply.code(204).send(null);
      },
    );

    app.post(
      "/v1/shipping-methods/quote",
      {
        config: { scope: "catalog:read", orScope: "carts:read" },
        schema: {
          operationId: "quoteShipping",
          summary: "What a shipment costs by each method that takes it",
          tags: TAGS,
          body: ShipmentBody,
          response: { 200: PricedView },
        },
      },
      async (request) => ({ methods: await shipping.quote(request.body) }),
    );
  };
}
