// Who may do what: API keys and their rotation, and changes that wait for a second person.
//
// Invariant: a key is told once, when it is made; only its HMAC is stored, and no log, error or answer has it.
// Invariant: who repeats a request by its Idempotency-Key makes no second key, and is not told the first one again.
// Invariant: what is unknown, revoked, expired or another tenant's gets one answer. A revoked key ends within a second
// in every process.
// Invariant: nobody approves what they requested, with whichever key they made for themselves; a request is executed once, in the transaction that says so.
// Tables: access_settings, access_keys, approvals. Events: key.created, key.rotated, key.revoked, approval.requested,
// approval.approved, approval.declined.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import type { Approvals } from "./approvals.ts";
import {
  ApprovalDecision,
  ApprovalList,
  ApprovalView,
  Executed,
  IdParams,
  KeyList,
  KeyView,
  MadeKey,
  NewKey,
  Rotation,
} from "./schema.ts";
import type { By, Keys } from "./service.ts";

const ADMIN = { scope: "admin" } as const;
const OPERATE = { scope: "operate" } as const;
const DEFAULT_GRACE_MS = 24 * 60 * 60 * 1000;
/** 200 is what a repeated request is told, by which no second key is made. */
const MADE = { 200: KeyView, 201: MadeKey };

export function accessRoutes(keys: Keys, approvals: Approvals): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/keys",
      {
        config: ADMIN,
        schema: {
          summary: "A new API key; shown this once",
          headers: IdempotencyHeaders,
          body: NewKey,
          response: MADE,
        },
      },
      async (request, reply) => {
        const made = await keys.create(by(request), request.body, readRepeatable(request));
        return send(reply, made);
      },
    );

    app.get(
      "/v1/keys",
      {
        config: ADMIN,
        schema: { summary: "All API keys, without their secrets", response: { 200: KeyList } },
      },
      async () => ({
        keys: await keys.list(),
      }),
    );

    app.post(
      "/v1/keys/:id/rotate",
      {
        config: ADMIN,
        schema: {
          summary: "A new key in the place of one, which goes on for a while",
          headers: IdempotencyHeaders,
          params: IdParams,
          body: Rotation,
          response: MADE,
        },
      },
      async (request, reply) => {
        const { graceMs = DEFAULT_GRACE_MS } = request.body;
        return send(
          reply,
          await keys.rotate(by(request), request.params.id, graceMs, readRepeatable(request)),
        );
      },
    );

    app.delete(
      "/v1/keys/:id",
      { config: ADMIN, schema: { summary: "End a key at once", params: IdParams } },
      async (request, reply) => {
        await keys.revoke(by(request), request.params.id);
        return reply.code(204).send();
      },
    );

    app.get(
      "/v1/approvals",
      {
        config: OPERATE,
        schema: {
          summary: "Changes that wait for a second person, and what became of others",
          response: { 200: ApprovalList },
        },
      },
      async () => ({
        approvals: await approvals.list(),
      }),
    );

    app.post(
      "/v1/approvals/:id/approve",
      {
        config: OPERATE,
        schema: {
          summary: "Let a change of somebody else happen",
          params: IdParams,
          body: ApprovalDecision,
          response: { 200: Executed },
        },
      },
      (request) => approvals.approve(by(request), request.params.id, request.body.reason),
    );

    app.post(
      "/v1/approvals/:id/decline",
      {
        config: OPERATE,
        schema: {
          summary: "Do not let a change happen",
          params: IdParams,
          body: ApprovalDecision,
          response: { 200: ApprovalView },
        },
      },
      (request) => approvals.decline(by(request), request.params.id, request.body.reason),
    );
  };
}

/** A key that was made before comes without itself. */
function send(reply: FastifyReply, made: object): FastifyReply {
  return reply.code("key" in made ? 201 : 200).send(made);
}

function by({ actor, id }: FastifyRequest): By {
  return { actor, requestId: id };
}
