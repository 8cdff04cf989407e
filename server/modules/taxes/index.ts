// Taxes: how much of a price is one, by the class of the goods, where they go to, and when.
//
// Invariant: a class has one rate at one time in one region; what a region does not say, those around it do, up to "*". Invariant:
// a rate is no float: a decimal string outside, parts per million inside. Whether prices have the tax in them already is not
// here but in the release's policy.
// Tables: tax_tables, tax_rates. Events: taxes.{put,deleted}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Clock } from "../../platform/clock.ts";
import { ChangeHeaders, readCondition, tagOf } from "../../platform/revision.ts";
import { byOf } from "../../platform/scope.ts";
import { ResolveBody, ResolvedView, TaxParams, TaxTableBody, TaxTablesView, TaxTableView } from "./schema.ts";
import type { Taxes } from "./service.ts";

const READ = { scope: "catalog:read", orScope: "catalog:write" } as const;
const WRITE = { scope: "catalog:write" } as const;
const TAGS = ["taxes"];
/** A thousand rates with long classes. */
const MAX_BODY_BYTES = 1024 * 1024;

export function taxRoutes({ taxes, clock }: { taxes: Taxes; clock: Clock }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.get(
      "/v1/taxes",
      {
        config: READ,
        schema: {
          operationId: "listTaxes",
          summary: "All tax tables, by their regions",
          tags: TAGS,
          response: { 200: TaxTablesView },
        },
      },
      async () => ({ tables: await taxes.list() }),
    );

    app.get(
      "/v1/taxes/:region",
      {
        config: READ,
        schema: {
          operationId: "getTaxes",
          summary: "The tax table of a region; its ETag is for a change",
          tags: TAGS,
          params: TaxParams,
          response: { 200: TaxTableView },
        },
      },
      async (request, reply) => {
        const table = await taxes.get(request.params.region);
        return reply.header("etag", tagOf(table)).send(table);
      },
    );

    app.put(
      "/v1/taxes/:region",
      {
        config: WRITE,
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "putTaxes",
          summary: "Put a tax table in the place of that of the region",
          tags: TAGS,
          headers: ChangeHeaders,
          params: TaxParams,
          body: TaxTableBody,
          response: { 200: TaxTableView },
        },
      },
      async (request, reply) => {
        const { params, body, headers } = request;
        const table = await taxes.put(params.region, body.rates, readCondition(headers), byOf(request));
        return reply.header("etag", tagOf(table)).send(table);
      },
    );

    app.delete(
      "/v1/taxes/:region",
      {
        config: WRITE,
        schema: {
          operationId: "deleteTaxes",
          summary: "Leave a region to those around it",
          tags: TAGS,
          headers: ChangeHeaders,
          params: TaxParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await taxes.remove(request.params.region, readCondition(request.headers), byOf(request));
        return reply.code(204).send(null);
      },
    );

    app.post(
      "/v1/taxes/resolve",
      {
        config: { scope: "catalog:read", orScope: "carts:read" },
        schema: {
          operationId: "resolveTaxes",
          summary: "The rates of tax classes at a place and an instant",
          tags: TAGS,
          body: ResolveBody,
          response: { 200: ResolvedView },
        },
      },
      async ({ body: { classes, region, at = clock() } }) => {
        const rates = await taxes.resolve(classes, region, at);
        return { region, at, rates: [...rates].map(([taxClass, rate]) => ({ taxClass, rate })) };
      },
    );
  };
}
