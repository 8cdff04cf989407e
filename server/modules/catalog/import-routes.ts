import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ErrorSchema } from "../../platform/error-schema.ts";
import { errorBody } from "../../platform/errors.ts";
import { acceptFiles, answerProgress, LINES, readUpload } from "../../platform/file-upload.ts";
import { byOf } from "../../platform/scope.ts";
import { ImportParams, ImportQuery, ImportView } from "./schema.ts";
import type { Catalog } from "./service.ts";

const READ = { scope: "catalog:read", orScope: "catalog:write" } as const;
/** A file of a hundred thousand rows is longer on its way than any other request. */
const WRITE = { scope: "catalog:write", isLong: true } as const;
const TAGS = ["catalog"];
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
    acceptFiles(files, Object.keys(FORMATS));
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
      (request, reply) => {
        const { mode = "all-or-nothing", dryRun = "false" } = request.query;
        const { source, format } = readUpload(request, FORMATS);
        const progress = imports.run(source, { format, mode, dryRun: dryRun === "true" }, byOf(request));
        return answerProgress(progress, request, reply, (last) =>
          last.state === "done" ? reply.code(201).send(last) : sendRefused(last, request, reply),
        );
      },
    );
  };
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
