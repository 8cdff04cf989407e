import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { acceptFiles, answerProgress, LINES, readUpload } from "../../platform/file-upload.ts";
import { byOf } from "../../platform/scope.ts";
import { CampaignParams, CodeBody, CodeLook, CodeSwitch, CodesView, CodeView } from "./schema.ts";
import type { Budgets } from "./service.ts";

const WRITE = { scope: "budgets:write" } as const;
const TAGS = ["budgets"];
const FORMATS = { "text/csv": "csv", [LINES]: "ndjson" } as const;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

export function codeRoutes({
  codes,
  imports,
}: Pick<Budgets, "codes" | "imports">): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      "/v1/campaigns/:id/codes",
      {
        config: WRITE,
        schema: {
          operationId: "addCode",
          summary:
            "A code of somebody's choice that leads to the campaign: 201, or 200 where it has it already",
          tags: TAGS,
          params: CampaignParams,
          body: CodeBody,
          response: { 200: CodeView, 201: CodeView },
        },
      },
      async (request, reply) => {
        const { params, body } = request;
        const isNew = await codes.add(params.id, body, byOf(request));
        return reply.code(isNew ? 201 : 200).send(await codes.look(body.code));
      },
    );

    app.patch(
      "/v1/campaigns/:id/codes",
      {
        config: WRITE,
        schema: {
          operationId: "switchCode",
          summary: "Switch one code off, or on again",
          tags: TAGS,
          params: CampaignParams,
          body: CodeSwitch,
          response: { 200: CodeView },
        },
      },
      (request) => codes.switch(request.params.id, request.body, byOf(request)),
    );

    app.post(
      // A colon that is no parameter. The code is in the body: addresses are written into logs.
      "/v1/coupons::look",
      {
        config: { scope: "budgets:read", orScope: "budgets:write" },
        schema: {
          operationId: "lookAtCode",
          summary: "What a code is, and how often it was used",
          tags: TAGS,
          body: CodeLook,
          response: { 200: CodeView },
        },
      },
      ({ body }) => codes.look(body.code),
    );

    await app.register(fileRoutes(imports));
  };
}

function fileRoutes(imports: Budgets["imports"]): FastifyPluginAsyncTypebox {
  return async (files) => {
    acceptFiles(files, Object.keys(FORMATS));
    files.post(
      "/v1/campaigns/:id/codes/imports",
      {
        config: { ...WRITE, isLong: true },
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "importCodes",
          summary: "Put a file of codes into a campaign; accept application/x-ndjson to see how far it is",
          tags: TAGS,
          params: CampaignParams,
          consumes: Object.keys(FORMATS),
          produces: ["application/json", LINES],
          response: { 200: CodesView },
        },
      },
      (request, reply) => {
        const { source, format } = readUpload(request, FORMATS);
        const progress = imports.run(request.params.id, source, format, byOf(request));
        return answerProgress(progress, request, reply, (last) => last);
      },
    );
  };
}
