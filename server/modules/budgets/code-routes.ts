import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { asFailure, errorBody } from "../../platform/errors.ts";
import { byOf } from "../../platform/scope.ts";
import { withoutPause } from "../../platform/without-pause.ts";
import { CampaignParams, CodeBody, CodeLook, CodeSwitch, CodesView, CodeView } from "./schema.ts";
import type { Budgets } from "./service.ts";

const WRITE = { scope: "budgets:write" } as const;
const TAGS = ["budgets"];
const LINES = "application/x-ndjson";
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
    files.removeAllContentTypeParsers();
    // As it comes: nothing holds a whole file.
    files.addContentTypeParser(Object.keys(FORMATS), (_request, body, done) => done(null, body));
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
      async (request, reply) => {
        const { params, body, headers } = request;
        const format = formatOf(request);
        const progress = imports.run(params.id, withoutPause(body as Readable), format, byOf(request));
        // That there is no such campaign is said before anything is answered.
        const begun = await progress.next();
        if (headers.accept?.includes(LINES)) return sendLines(begun.value, progress, request, reply);
        let last: CodesView = begun.value;
        for await (const view of progress) last = view;
        return last;
      },
    );
  };
}

function formatOf({ headers, body }: FastifyRequest): (typeof FORMATS)[keyof typeof FORMATS] {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (body instanceof Readable && Object.hasOwn(FORMATS, type)) return FORMATS[type as keyof typeof FORMATS];
  throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", `A file is ${Object.keys(FORMATS).join(" or ")}`);
}

/** A view a line; the last one says how it ended, or is an error. */
function sendLines(
  first: CodesView,
  progress: AsyncGenerator<CodesView>,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(first)}\n`;
    try {
      for await (const view of progress) yield `${JSON.stringify(view)}\n`;
    } catch (cause) {
      const failure = asFailure(cause as Error);
      request.log.warn({ err: cause, code: failure.code }, "an import of codes ended early");
      yield `${JSON.stringify(errorBody(failure, request.id))}\n`;
    }
  }
  const answer = Readable.from(lines());
  // Also where nobody is there any more who would begin to read it.
  answer.once("close", () => void progress.return(undefined));
  return reply
    .code(200)
    .type(LINES)
    .send(answer as never);
}
