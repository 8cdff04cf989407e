// What is told of units in experiments: that they saw a variant, and what came of it.
//
// Invariant: what was answered with 202 is in PostgreSQL, and an event of one id is there once.
// Invariant: no more events wait than the queue holds; whoever comes then is told to come back, and nothing of his is kept.
// Tables: experiment_events (append-only). Events: none.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { EventsAnswer, EventsBody, EventsParams, MetricBody, MetricParams } from "./event-schema.ts";
import type { ExperimentEvents } from "./events.ts";

/** 500 events with all their fields, and long units. */
const MAX_BODY_BYTES = 512 * 1024;

export function experimentEventRoutes(events: ExperimentEvents): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/experiments/:key/events",
      {
        config: { scope: "ingest" },
        schema: {
          summary: "Exposures and outcomes of an experiment; answered when they are in the database",
          params: EventsParams,
          body: EventsBody,
          response: { 202: EventsAnswer },
        },
        bodyLimit: MAX_BODY_BYTES,
      },
      async (request, reply) => {
        const { events: told } = request.body;
        await events.accept(request.params.key, told);
        return reply.code(202).send({ accepted: told.length });
      },
    );

    app.post(
      "/metrics/ab/:variant",
      {
        config: { scope: "ingest" },
        schema: {
          summary: "One exposure or outcome of a variant",
          params: MetricParams,
          body: MetricBody,
          response: { 202: EventsAnswer },
        },
      },
      async (request, reply) => {
        await events.acceptOne(request.params.variant, request.body);
        return reply.code(202).send({ accepted: 1 });
      },
    );
  };
}
