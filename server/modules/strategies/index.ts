// Pricing strategies: one file says which pricing rule prices which skus. Saved in a folder, or sent, it is checked against
// the live release and in force at once; each state it ever had is a version that can be looked at and brought back.
//
// Invariant: a set comes into force whole or not at all; whatever is refused, what was in force stays, over restarts too.
// Invariant: a version never changes what it means. Invariant: what is pinned no file moves, on no server.
// Invariant: what a release cannot price is withdrawn, never priced by the strategy behind it.
// Tables: strategy_versions, strategy_heads. Topic: strategies.
// Events: strategies.{activated,refused,pinned,unpinned}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import { byOf } from "../../platform/scope.ts";
import type { Approved } from "../access/service.ts";
import { type FileDependencies, fileRoutes } from "./file-routes.ts";
import {
  DiffQuery,
  DiffView,
  ListQuery,
  MoveView,
  Overview,
  ReasonBody,
  RollbackBody,
  VersionParams,
  VersionWithText,
} from "./schema.ts";
import type { Strategies } from "./service.ts";
import type { VersionRow } from "./store.ts";
import type { Asker } from "./versions.ts";

const OPERATE = { scope: "operate" } as const;
const TAGS = ["strategies"];
/** Of a page of versions. */
const PAGE = 50;

export function strategyRoutes(dependencies: FileDependencies): FastifyPluginAsyncTypebox {
  const { strategies, approvals, channel } = dependencies;

  approvals.register(
    "strategies.activate",
    async (tx, { version }: { version: string }, approved) => {
      const state = await strategies.activateIn(tx, version, askerOf(approved));
      return { result: { version, state }, afterCommit: strategies.refresh };
    },
    ({ version }: { version: string }) => strategies.checkToday(version),
  );
  approvals.register("strategies.unpin", async (tx, { reason }: { reason?: string }, approved) => {
    const active = await strategies.unpinIn(tx, { ...askerOf(approved), ...(reason && { reason }) });
    return { result: { active }, afterCommit: strategies.refresh };
  });

  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.get(
      "/v1/strategies",
      {
        config: OPERATE,
        schema: {
          operationId: "listStrategies",
          summary: "What is in force, why a file is not, and all versions, newest first",
          tags: TAGS,
          querystring: ListQuery,
          response: { 200: Overview },
        },
      },
      async ({ query: { before } }) => {
        await strategies.refresh();
        const rows = await strategies.list(before === undefined ? undefined : Number(before));
        const last = rows.length === PAGE ? rows.at(-1) : undefined;
        return {
          ...strategies.status(),
          versions: rows.map(viewOf),
          ...(last !== undefined && last.number > 1 && { next: String(last.number) }),
        };
      },
    );

    app.get(
      "/v1/strategies/:version",
      {
        config: OPERATE,
        schema: {
          operationId: "getStrategies",
          summary: "One version, with its file",
          tags: TAGS,
          params: VersionParams,
          response: { 200: VersionWithText },
        },
      },
      async ({ params: { version } }) => ({
        ...viewOf(await strategies.get(version)),
        text: await strategies.getText(version),
      }),
    );

    app.get(
      "/v1/strategies/:version/diff",
      {
        config: OPERATE,
        schema: {
          operationId: "diffStrategies",
          summary: "What a version changes, by strategy and field",
          tags: TAGS,
          params: VersionParams,
          querystring: DiffQuery,
          response: { 200: DiffView },
        },
      },
      async ({ params: { version }, query }) => {
        const from = query.from ?? strategies.status().active;
        if (from === undefined)
          throw new HaggleError("STRATEGY_STATE", "Nothing is in force", { at: "from" });
        return { from, to: version, ...(await strategies.diff(from, version)) };
      },
    );

    app.post(
      "/v1/strategies/rollback",
      {
        config: OPERATE,
        schema: {
          operationId: "rollbackStrategies",
          summary: "Back to a version that was in force, as far as today's release can price it",
          tags: TAGS,
          body: RollbackBody,
          response: { 200: MoveView },
        },
      },
      async (request) => {
        const { version, pin = false, reason } = request.body;
        return { active: await strategies.rollback(version, { ...byOf(request), reason, pin }) };
      },
    );

    app.post(
      "/v1/strategies/pin",
      {
        config: OPERATE,
        schema: {
          operationId: "pinStrategies",
          summary: "Keep what is in force, whatever files say",
          tags: TAGS,
          body: ReasonBody,
          response: { 200: MoveView },
        },
      },
      async (request) => ({
        active: await strategies.pin({ ...byOf(request), reason: request.body.reason }),
      }),
    );

    app.post(
      "/v1/strategies/unpin",
      {
        config: OPERATE,
        schema: {
          operationId: "unpinStrategies",
          summary: "Follow files again, and take what came meanwhile",
          tags: TAGS,
          body: ReasonBody,
          response: { 200: MoveView, 202: MoveView },
        },
      },
      async (request, reply) => {
        const { reason } = request.body;
        const change = {
          ...byOf(request),
          action: "strategies.unpin",
          payload: { ...(reason && { reason }) },
          channel,
        };
        const done = await approvals.gate(change, async () => ({
          active: await strategies.unpin({ ...byOf(request), reason }),
        }));
        return reply.code("approval" in done ? 202 : 200).send(done);
      },
    );

    await app.register(fileRoutes(dependencies));
    await app.register(schemaRoute(strategies));
  };
}

/** For editors, which show no key: what it tells is in the bundle, which is public. */
function schemaRoute(strategies: Strategies): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/v1/schemas/strategies.json",
      {
        config: { scope: "public" },
        schema: {
          operationId: "getStrategySchema",
          summary: "The JSON schema of strategy files, typed by the live release's pricing rules",
          tags: TAGS,
          produces: ["application/schema+json"],
        },
      },
      (_request, reply) => {
        reply.header("cache-control", "no-cache").type("application/schema+json; charset=utf-8");
        return reply.send(strategies.describe());
      },
    );
  };
}

function viewOf({ actorId: _id, actorName: by, activatedAt, ...row }: VersionRow) {
  return { ...row, by, ...(activatedAt !== null && { activatedAt }) };
}

/** The one who says yes does it; who asked for it is told beside. */
function askerOf({ requester, approver, requestId }: Approved): Asker {
  return { actor: approver, requestId, reason: `asked for by ${requester.name}` };
}
