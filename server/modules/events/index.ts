// Events that a subscriber could not take, for those who mend what was wrong and have them told again.
//
// Invariant: an event is dead or under way, never both and never neither. Replayed it has its old id and number, and comes before
// what waits of its subject; what was told meanwhile is not told again.
// Tables: outbox_failures and outbox_held, of platform/outbox. Events: events.replayed.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { DeadEvent, DeadPlace } from "../../platform/outbox.ts";
import { nextOf, readPage } from "../../platform/page.ts";
import { byOf } from "../../platform/scope.ts";
import { DeadEvents, DeadParams, DeadQuery, Replayed, SubscriberParams } from "./schema.ts";
import type { Events } from "./service.ts";

const CONFIG = { scope: "operate" } as const;
const TAGS = ["events"];

export function eventRoutes(events: Events): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.get(
      "/v1/events/dead",
      {
        config: CONFIG,
        schema: {
          operationId: "listDeadEvents",
          summary: "Events that subscribers gave up in the last ninety days, the newest first",
          tags: TAGS,
          querystring: DeadQuery,
          response: { 200: DeadEvents },
        },
      },
      async (request) => {
        const { subscriber, before, after } = request.query;
        const { limit } = readPage(request.query);
        const dead = await events.listDead({
          subscriber,
          before: before === undefined ? undefined : Number(before),
          after: after === undefined ? undefined : placeOf(after),
          limit,
        });
        return { dead, ...nextOf(dead, limit, nameOf) };
      },
    );

    app.post(
      "/v1/events/dead/:subscriber/replay",
      {
        config: CONFIG,
        schema: {
          operationId: "replayDeadEvents",
          summary: "Tell a subscriber again all that it gave up, the oldest first",
          tags: TAGS,
          params: SubscriberParams,
          response: { 202: Replayed },
        },
      },
      async (request, reply) =>
        reply.code(202).send({ replayed: await events.replayAll(request.params.subscriber, byOf(request)) }),
    );

    app.post(
      "/v1/events/dead/:subscriber/:event/replay",
      {
        config: CONFIG,
        schema: {
          operationId: "replayDeadEvent",
          summary: "Tell a subscriber again one that it gave up",
          tags: TAGS,
          params: DeadParams,
          response: { 202: Replayed },
        },
      },
      async (request, reply) => {
        const { subscriber, event } = request.params;
        return reply.code(202).send({ replayed: await events.replayOne(subscriber, event, byOf(request)) });
      },
    );
  };
}

function nameOf({ failedAt, event, subscriber }: DeadEvent): string {
  return `${failedAt}.${event.id}.${subscriber}`;
}

function placeOf(name: string): DeadPlace {
  const [failedAt, event, subscriber] = name.split(".") as [string, string, string];
  return { failedAt: Number(failedAt), event, subscriber };
}
