import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ErrorSchema } from "../../platform/error-schema.ts";
import { asFailure, errorBody } from "../../platform/errors.ts";
import { byOf } from "../../platform/scope.ts";
import { withoutPause } from "../../platform/without-pause.ts";
import { ImportParams, ImportQuery, ImportView } from "./schema.ts";
import type { Catalog } from "./service.ts";

const READ = { scope: "catalog:read", orScope: "catalog:write" } as const;
/** A file of a hundred thousand rows is longer on its way than any other request. */
const WRITE = { scope: "catalog:write", isLong: true } as const;
const TAGS = ["catalog"];
const LINES = "application/x-ndjson";
const FORMATS = { "text/csv": "csv", "application/json": "json", [LINES]: "ndjson" } as const;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

const Refused = Type.Object(
  { ...ErrorSchema.properties, import: ImportView },
  { additionalProperties: false },
);

export function importRoutes(imports: Catalog["imports"]): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/catalog/imports/:id",
      {
        config: READ,
        schema: {
          operationId: "getImport",
          summary: "How far a file is on its way into the catalog, and what is wrong with its rows",
          tags: TAGS,
          params: ImportParams,
          response: { 200: ImportView },
        },
      },
      (request) => imports.get(request.params.id),
    );

    await app.register(fileRoutes(imports));
  };
}

function fileRoutes(imports: Catalog["imports"]): FastifyPluginAsyncTypebox {
  return async (files) => {
    files.removeAllContentTypeParsers();
    // As it comes: nothing holds a whole file.
    files.addContentTypeParser(Object.keys(FORMATS), (_request, body, done) => done(null, body));
    files.post(
      "/v1/catalog/imports",
      {
        config: WRITE,
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "importCatalog",
          summary:
            "Put a file of variants into the catalog; accept application/x-ndjson to see how far it is",
          tags: TAGS,
          consumes: Object.keys(FORMATS),
          produces: ["application/json", LINES],
          querystring: ImportQuery,
          response: { 201: ImportView, 422: Refused },
        },
      },
      async (request, reply) => {
        const { mode = "all-or-nothing", dryRun = "false" } = request.query;
        const ask = { format: formatOf(request), mode, dryRun: dryRun === "true" };
        const source = withoutPause(request.body as Readable);
        const progress = imports.run(source, ask, byOf(request));
        // Too many at once is said before anything is answered.
        const begun = await progress.next();
        if (request.headers.accept?.includes(LINES)) return sendLines(begun.value, progress, request, reply);
        let last: ImportView = begun.value;
        for await (const view of progress) last = view;
        return last.state === "done" ? reply.code(201).send(last) : sendRefused(last, request, reply);
      },
    );
  };
}

function formatOf({ headers, body }: FastifyRequest): (typeof FORMATS)[keyof typeof FORMATS] {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (body instanceof Readable && Object.hasOwn(FORMATS, type)) return FORMATS[type as keyof typeof FORMATS];
  throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", `A file is ${Object.keys(FORMATS).join(", ")}`);
}

/** 422 whatever the code of the first fault says: rows are told beside. */
function sendRefused(view: ImportView, request: FastifyRequest, reply: FastifyReply) {
  return reply.code(422).send({ ...errorBody(refusalOf(view), request.id), import: view });
}

function refusalOf({ errors, rows }: ImportView): HaggleError {
  const [{ line, field }] = errors as [ImportView["errors"][number]];
  const message = `${rows.refused} of ${rows.read} rows are wrong`;
  return new HaggleError("CATALOG_REFUSED", message, {
    at: field === undefined ? `line ${line}` : `line ${line}: ${field}`,
  });
}

/** A view a line; the last one says how it ended, or is an error. */
function sendLines(
  first: ImportView,
  progress: AsyncGenerator<ImportView>,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(first)}\n`;
    try {
      for await (const view of progress) yield `${JSON.stringify(view)}\n`;
    } catch (cause) {
      const failure = asFailure(cause as Error);
      request.log.warn({ err: cause, code: failure.code }, "an import ended early");
      yield `${JSON.stringify(errorBody(failure, request.id))}\n`;
    }
  }
  const answer = Readable.from(lines());
  // Also where nobody is there any more who would begin to read it.
  answer.once("close", () => void progress.return(undefined));
  return reply.code(200).type(LINES).send(answer);
}
