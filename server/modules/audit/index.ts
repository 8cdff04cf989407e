// Who changed what: a log that is only appended to, chained by hashes, whose end is kept signed outside of the database.
//
// Invariant: a change and its record are one transaction. The application's role may not update or delete a record.
// Invariant: what verifies an export (`haggle audit verify`) believes neither this server nor its database.
// Tables: audit_records, audit_heads. Events: none; a record is made of each.

import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { LINES } from "../../platform/file-upload.ts";
import { HeadView, Page, PageQuery } from "./schema.ts";
import type { Audit } from "./service.ts";

const SCOPE = { scope: "audit" } as const;
const DEFAULT_LIMIT = 100;

export function auditRoutes(audit: Audit, findSigned: () => object | undefined): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/audit",
      {
        config: SCOPE,
        schema: {
          summary: "The audit log, or what of it is looked for, newest first",
          querystring: PageQuery,
          response: { 200: Page },
        },
      },
      async (request, reply) => {
        const { before, from, until, limit = DEFAULT_LIMIT, ...exact } = request.query;
        const page = await audit.list({
          ...exact,
          ...(before && { before: Number(before) }),
          ...(from && { from: Number(from) }),
          ...(until && { until: Number(until) }),
          limit: Number(limit),
        });
        return reply.header("cache-control", "no-store").send(page);
      },
    );

    app.get(
      "/v1/audit/head",
      { config: SCOPE, schema: { summary: "Where the audit log ends", response: { 200: HeadView } } },
      async (_request, reply) => {
        const signed = findSigned();
        reply.header("cache-control", "no-store");
        return reply.send({ head: await audit.head(), ...(signed !== undefined && { signed }) });
      },
    );

    app.get(
      "/v1/audit/export",
      {
        config: SCOPE,
        exposeHeadRoute: false,
        schema: { summary: "The whole audit log, a JSON object a line", produces: [LINES] },
      },
      (_request, reply) => {
        reply.header("cache-control", "no-store").type(LINES);
        return reply.send(Readable.from(audit.exportLines(findSigned())));
      },
    );
  };
}
