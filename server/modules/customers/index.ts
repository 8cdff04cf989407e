// Customers: whom the shop sells to, as far as prices depend on it. Segments, a tier, attributes, and what was counted.
//
// Invariant: nothing here says who somebody is. An id is the shop's own and means nothing to others; fields are those of an allow
// list; values are single words, numbers and truths. Invariant: a counter is never below 0, and is only ever added to or set.
// Invariant: no segment says in which variant of an experiment somebody is. Invariant: who is erased is gone.
// Tables: customers, customer_counters. Events: customer.{put,erased}, customers.put.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import { Type } from "typebox";
import { LINES } from "../../platform/file-upload.ts";
import { nextOf, readPage } from "../../platform/page.ts";
import { ChangeHeaders, readCondition, tagOf } from "../../platform/revision.ts";
import { byOf } from "../../platform/scope.ts";
import { checkFields } from "./fields.ts";
import {
  CustomerBody,
  CustomerParams,
  CustomersQuery,
  CustomersView,
  CustomerView,
  PutView,
} from "./schema.ts";
import type { Customers } from "./service.ts";

const READ = { scope: "customers:read", orScope: "customers:write" } as const;
const WRITE = { scope: "customers:write" } as const;
const TAGS = ["customers"];
/** Ten thousand customers of ordinary size. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export function customerRoutes(customers: Customers): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    await app.register(async (bulk) => {
      bulk.removeAllContentTypeParsers();
      bulk.addContentTypeParser(
        LINES,
        { parseAs: "string" },
        async (_request: unknown, body: string) => body,
      );
      bulk.put(
        "/v1/customers",
        {
          config: WRITE,
          bodyLimit: MAX_BODY_BYTES,
          schema: {
            operationId: "putCustomers",
            summary:
              "Store customers in the place of those of their ids, one a line; what is wrong is told by rows",
            tags: TAGS,
            consumes: [LINES],
            response: { 200: PutView },
          },
        },
        async (request) => {
          const { body } = request;
          if (typeof body === "string") return customers.putLines(body, byOf(request));
          throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", `The body is ${LINES}`);
        },
      );
    });

    app.get(
      "/v1/customers",
      {
        config: READ,
        schema: {
          operationId: "listCustomers",
          summary: "Customers, in the order of their ids",
          tags: TAGS,
          querystring: CustomersQuery,
          response: { 200: CustomersView },
        },
      },
      async ({ query }) => {
        const page = readPage(query);
        const shown = await customers.list({ ...page, segment: query.segment });
        return { customers: shown, ...nextOf(shown, page.limit, ({ id }) => id) };
      },
    );

    app.get(
      "/v1/customers/:id",
      {
        config: READ,
        schema: {
          operationId: "getCustomer",
          summary: "One customer; its ETag is for a change",
          tags: TAGS,
          params: CustomerParams,
          response: { 200: CustomerView },
        },
      },
      async (request, reply) => {
        const customer = await customers.get(request.params.id);
        return reply.header("etag", tagOf(customer)).send(customer);
      },
    );

    app.put(
      "/v1/customers/:id",
      {
        config: WRITE,
        // Before the schema, which would call it any unknown field.
        preValidation: async ({ body }) => checkFields(body),
        schema: {
          operationId: "putCustomer",
          summary: "Say what a customer is like",
          tags: TAGS,
          headers: ChangeHeaders,
          params: CustomerParams,
          body: CustomerBody,
          response: { 200: CustomerView },
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const customer = await customers.put(params.id, body, readCondition(headers), byOf(request));
        return reply.header("etag", tagOf(customer)).send(customer);
      },
    );

    app.delete(
      "/v1/customers/:id",
      {
        config: WRITE,
        schema: {
          operationId: "eraseCustomer",
          summary: "Forget a customer",
          tags: TAGS,
          headers: ChangeHeaders,
          params: CustomerParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await customers.erase(request.params.id, readCondition(request.headers), byOf(request));
        return reply.code(204).send(null);
      },
    );
  };
}
