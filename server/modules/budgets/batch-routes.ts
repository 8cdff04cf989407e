import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import { byOf } from "../../platform/scope.ts";
import { BatchBody, BatchesView, BatchParams, BatchView, CampaignParams } from "./schema.ts";
import type { Budgets } from "./service.ts";

const READ = { scope: "budgets:read", orScope: "budgets:write" } as const;
const WRITE = { scope: "budgets:write" } as const;
const TAGS = ["budgets"];

export function batchRoutes(batches: Budgets["batches"]): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      "/v1/campaigns/:id/batches",
      {
        config: WRITE,
        schema: {
          operationId: "createBatch",
          summary: "Have up to 1,000,000 codes made; the batch tells how far it is",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: CampaignParams,
          body: BatchBody,
          response: { 202: BatchView },
        },
      },
      async (request, reply) => {
        const { params, body } = request;
        const batch = await batches.create(params.id, body, byOf(request), readRepeatable(request));
        return reply.code(202).send(batch);
      },
    );

    app.get(
      "/v1/campaigns/:id/batches",
      {
        config: READ,
        schema: {
          operationId: "listBatches",
          summary: "The newest batches of codes of a campaign",
          tags: TAGS,
          params: CampaignParams,
          response: { 200: BatchesView },
        },
      },
      async ({ params }) => ({ batches: await batches.list(params.id) }),
    );

    app.get(
      "/v1/campaigns/:id/batches/:batch",
      {
        config: READ,
        schema: {
          operationId: "getBatch",
          summary: "How many codes of a batch are made",
          tags: TAGS,
          params: BatchParams,
          response: { 200: BatchView },
        },
      },
      ({ params }) => batches.get(params.id, params.batch),
    );

    app.post(
      "/v1/campaigns/:id/batches/:batch/export",
      {
        config: { ...WRITE, isLong: true },
        schema: {
          operationId: "exportBatch",
          summary: "The codes of a batch, a line each; an hour after they were told whole they are forgotten",
          tags: TAGS,
          params: BatchParams,
          produces: ["text/csv"],
        },
      },
      async (request, reply) => {
        const { id, batch } = request.params;
        const codes = await batches.export(id, batch, byOf(request));
        return reply.type("text/csv; charset=utf-8").send(Readable.from(codes, { objectMode: false }));
      },
    );
  };
}
