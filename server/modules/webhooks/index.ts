// Events over HTTP to whoever asked for them, by Standard Webhooks: signed, tried again, and told apart by their ids.
//
// Invariant: a message goes out at least once for each webhook that was enabled when its event was handled, in no
// promised order. The `webhook-id` is the same on every try.
// Invariant: nothing is sent to an address that is not public, whatever a name resolves to between check and connection.
// Invariant: a secret is in the database only encrypted, and in an answer only when it is made.
// Tables: webhooks, webhook_deliveries. Events: webhook.created, .updated, .deleted, .secret_rotated, .pinged,
// .redelivered, .disabled.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply } from "fastify";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import { byOf } from "../../platform/scope.ts";
import {
  Deliveries,
  DeliveryParams,
  DeliveryQuery,
  NewWebhook,
  Nothing,
  Queued,
  Webhook,
  WebhookChange,
  WebhookParams,
  Webhooks as WebhooksSchema,
  WebhookWithoutSecret,
  WebhookWithSecret,
} from "./schema.ts";
import type { Webhooks } from "./service.ts";

const CONFIG = { scope: "admin" } as const;
const TAGS = ["webhooks"];
const DEFAULT_LIMIT = 20;
/** 200 is what a repeated request is told, by which nothing new is made. */
const MADE = { 200: WebhookWithoutSecret, 201: WebhookWithSecret };

export function webhookRoutes(webhooks: Webhooks): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/webhooks",
      {
        config: CONFIG,
        schema: {
          operationId: "createWebhook",
          summary: "Send events to an address; the answer has the secret of its signatures, this once",
          tags: TAGS,
          headers: IdempotencyHeaders,
          body: NewWebhook,
          response: MADE,
        },
      },
      async (request, reply) =>
        send(reply, await webhooks.create(request.body, byOf(request), readRepeatable(request))),
    );

    app.get(
      "/v1/webhooks",
      {
        config: CONFIG,
        schema: {
          operationId: "listWebhooks",
          summary: "All webhooks",
          tags: TAGS,
          response: { 200: WebhooksSchema },
        },
      },
      async () => ({ webhooks: await webhooks.list() }),
    );

    app.get(
      "/v1/webhooks/:id",
      {
        config: CONFIG,
        schema: {
          operationId: "getWebhook",
          summary: "One webhook",
          tags: TAGS,
          params: WebhookParams,
          response: { 200: Webhook },
        },
      },
      (request) => webhooks.get(request.params.id),
    );

    app.patch(
      "/v1/webhooks/:id",
      {
        config: CONFIG,
        schema: {
          operationId: "updateWebhook",
          summary: "Change a webhook, or enable it again after the server disabled it",
          tags: TAGS,
          params: WebhookParams,
          body: WebhookChange,
          response: { 200: Webhook },
        },
      },
      (request) => webhooks.update(request.params.id, request.body, byOf(request)),
    );

    app.delete(
      "/v1/webhooks/:id",
      {
        config: CONFIG,
        schema: {
          operationId: "deleteWebhook",
          summary: "Send no more to an address, and forget what was sent",
          tags: TAGS,
          params: WebhookParams,
          response: { 204: Nothing },
        },
      },
      async (request, reply) => {
        await webhooks.remove(request.params.id, byOf(request));
        return reply.code(204).send(null);
      },
    );

    app.post(
      "/v1/webhooks/:id/secret",
      {
        config: CONFIG,
        schema: {
          operationId: "rotateWebhookSecret",
          summary: "A new secret; for a day messages have signatures of both",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: WebhookParams,
          response: MADE,
        },
      },
      async (request, reply) =>
        send(reply, await webhooks.rotateSecret(request.params.id, byOf(request), readRepeatable(request))),
    );

    app.post(
      "/v1/webhooks/:id/ping",
      {
        config: CONFIG,
        schema: {
          operationId: "pingWebhook",
          summary: "Send a message of type webhook.ping, to try the receiver out",
          tags: TAGS,
          params: WebhookParams,
          response: { 202: Queued },
        },
      },
      async (request, reply) =>
        reply.code(202).send({ delivery: await webhooks.ping(request.params.id, byOf(request)) }),
    );

    app.get(
      "/v1/webhooks/:id/deliveries",
      {
        config: CONFIG,
        schema: {
          operationId: "listDeliveries",
          summary: "What was sent in the last thirty days, and what the receiver said",
          tags: TAGS,
          params: WebhookParams,
          querystring: DeliveryQuery,
          response: { 200: Deliveries },
        },
      },
      async (request) => {
        const { limit = DEFAULT_LIMIT, before } = request.query;
        const page = { limit: Number(limit), ...(before !== undefined && { before: Number(before) }) };
        return { deliveries: await webhooks.listDeliveries(request.params.id, page) };
      },
    );

    app.post(
      "/v1/webhooks/:id/deliveries/:delivery/redeliver",
      {
        config: CONFIG,
        schema: {
          operationId: "redeliver",
          summary: "Send a message again, with the id that it had",
          tags: TAGS,
          params: DeliveryParams,
          response: { 202: Queued },
        },
      },
      async (request, reply) => {
        const { id, delivery } = request.params;
        await webhooks.redeliver(id, delivery, byOf(request));
        return reply.code(202).send({ delivery });
      },
    );
  };
}

/** A secret that was told before is not told again. */
function send(reply: FastifyReply, made: object): FastifyReply {
  return reply.code("secret" in made ? 201 : 200).send(made);
}
