// Rollouts move a channel from one release to another by steps and take a bad one back; kills switch something off at once.
//
// Invariant: what a rollout does is one transaction: its state, the channel document, its history, the audit record and the
// event, or nothing of it. Invariant: as the weight grows nobody leaves the new release (one seed, one moving border).
// Invariant: SDKs' reports, overridden traffic and pinned carts take no part in a verdict.
// Tables: rollouts, rollout_transitions (append-only), token_secrets. Topic: rollout.
// Events: rollout.{started,advanced,paused,resumed,awaiting_approval,approved,completed,rolled_back,superseded}, kill.{made,lifted}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply } from "fastify";
import { openToPages } from "../../platform/any-page.ts";
import type { Clock } from "../../platform/clock.ts";
import { byOf } from "../../platform/scope.ts";
import type { Approvals, Approved } from "../access/service.ts";
import type { Releases } from "../releases/service.ts";
import type { Assignments } from "./assignment.ts";
import type { Kills, Target } from "./kills.ts";
import type { Verb } from "./machine.ts";
import { previewRollout } from "./preview.ts";
import {
  AskBody,
  AssignmentBody,
  KillBody,
  LiftQuery,
  ListQuery,
  PreviewBody,
  PreviewTokenBody,
  ReasonBody,
  RolloutParams,
  StartBody,
} from "./schema.ts";
import type { CheckedRollout, Rollouts, Seen } from "./service.ts";
import type { Tokens } from "./tokens.ts";
import type { Asker } from "./transitions.ts";
import type { Units } from "./unit.ts";

type Dependencies = {
  rollouts: Rollouts;
  kills: Kills;
  assignments: Assignments;
  units: Units;
  tokens: Tokens;
  approvals: Approvals;
  releases: Releases;
  clock: Clock;
};

type Act = Seen & { id: string; verb: Verb; reason?: string | undefined };

const OPERATE = { scope: "operate" } as const;
/** Whoever watches a rollout need not be able to end it. */
const LOOK = { scope: "operate", orScope: "audit" } as const;
/** An SDK asks again long before; until then it may report what it saw. */
const ASSIGNMENT_LIFE_MS = 24 * 3_600_000;
/**
 * What takes a release further, or switches something on again, waits for a second person where a channel wants one. What
 * stops it never does.
 */
const GATED: ReadonlySet<Verb> = new Set(["promote", "approve"]);

export function rolloutRoutes(dependencies: Dependencies): FastifyPluginAsyncTypebox {
  const { rollouts, kills, assignments, units, tokens, approvals, releases, clock } = dependencies;

  approvals.register("rollout.start", async (tx, payload: CheckedRollout & { reason?: string }, approved) => {
    const id = await rollouts.startIn(tx, payload, askerOf(approved, payload.reason));
    return { result: { rollout: id }, afterCommit: rollouts.settle };
  });
  approvals.register("rollout.act", async (tx, { id, verb, reason, ...seen }: Act, approved) => {
    await rollouts.actIn(tx, id, verb, askerOf(approved, reason), seen);
    return { result: { rollout: id }, afterCommit: rollouts.settle };
  });
  approvals.register(
    "kill.lift",
    async (tx, { reason, ...target }: Target & { reason: string }, approved) => {
      const { version } = await kills.liftIn(tx, target, askerOf(approved, reason));
      return { result: { channel: target.channel, version }, afterCommit: rollouts.settle };
    },
  );

  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/rollouts",
      {
        config: OPERATE,
        schema: { summary: "Begin to move a channel to another release, by steps", body: StartBody },
      },
      async (request, reply) => {
        const { body } = request;
        const asker = { ...byOf(request), reason: body.reason };
        const payload = await rollouts.checkStart(body);
        const change = { ...byOf(request), action: "rollout.start", payload, channel: body.channel };
        const done = await approvals.gate(change, () => rollouts.start(payload, asker));
        return send(reply, done, 201);
      },
    );

    app.get(
      "/v1/rollouts",
      { config: LOOK, schema: { summary: "Rollouts, newest first", querystring: ListQuery } },
      (request) => {
        const { channel, before } = request.query;
        return rollouts.list({ ...(channel && { channel }), ...(before && { before: Number(before) }) });
      },
    );

    app.get(
      "/v1/rollouts/:id",
      {
        config: LOOK,
        schema: { summary: "One rollout, and why it is where it is", params: RolloutParams },
      },
      (request) => rollouts.get(request.params.id),
    );

    app.get(
      "/v1/rollouts/:id/metrics",
      {
        config: LOOK,
        schema: {
          summary: "What was observed of both releases since the step began, and what the gates say to it",
          params: RolloutParams,
        },
      },
      (request) => rollouts.measure(request.params.id),
    );

    for (const verb of ["pause", "resume", "approve", "promote", "rollback"] as const) {
      const body = verb === "promote" || verb === "rollback" ? ReasonBody : AskBody;
      app.post(
        `/v1/rollouts/:id/${verb}`,
        { config: OPERATE, schema: { summary: `Ask a rollout to ${verb}`, params: RolloutParams, body } },
        async (request, reply) => {
          const { id } = request.params as { id: string };
          const { reason } = request.body as { reason?: string };
          const run = () => rollouts.act(id, verb, { ...byOf(request), reason });
          if (!GATED.has(verb)) return send(reply, await run(), 200);
          const { channel, step, revision } = await rollouts.get(id);
          const payload: Act = { id, verb, reason, step, revision };
          const change = { ...byOf(request), action: "rollout.act", payload, channel };
          return send(reply, await approvals.gate(change, run), 200);
        },
      );
    }

    app.post(
      "/v1/rollouts/preview",
      {
        config: OPERATE,
        schema: { summary: "Who would move, before a weight is changed", body: PreviewBody },
      },
      (request) => previewRollout(releases, request.body),
    );

    app.post(
      "/v1/rollouts/:id/preview-tokens",
      {
        config: OPERATE,
        schema: {
          summary: "A token with which a person sees the new release for a while",
          params: RolloutParams,
          body: PreviewTokenBody,
        },
      },
      async (request, reply) => {
        const { id } = await rollouts.get(request.params.id);
        const expires = clock() + request.body.lifeMs;
        return reply.code(201).send({ token: tokens.seal("preview", { rollout: id }, expires), expires });
      },
    );

    app.post(
      "/v1/kills",
      {
        config: OPERATE,
        schema: { summary: "Switch a promotion, a rule or a release off, at once", body: KillBody },
      },
      async (request, reply) => {
        const { reason, confirm: _meant, ...target } = request.body;
        const { version, off } = await kills.kill(target, { ...byOf(request), reason });
        return reply.code(201).send({ channel: target.channel, version, off });
      },
    );

    app.delete(
      "/v1/kills",
      {
        config: OPERATE,
        schema: { summary: "Switch on again what was switched off", querystring: LiftQuery },
      },
      async (request, reply) => {
        const { query } = request;
        const { reason, ...target } = query;
        const change = { ...byOf(request), action: "kill.lift", payload: query, channel: target.channel };
        const done = await approvals.gate(change, async () => {
          const { version, off } = await kills.lift(target, { ...byOf(request), reason });
          return { channel: target.channel, version, off };
        });
        return send(reply, done, 200);
      },
    );

    const forPages: FastifyPluginAsyncTypebox = async (pages) => {
      openToPages(pages);
      pages.post(
        "/v1/assignments",
        {
          config: { scope: "evaluate" },
          schema: {
            summary: "Which release a shopper has, with a token that proves it",
            body: AssignmentBody,
          },
        },
        async (request, reply) => {
          const { channel = releases.name, renews } = request.body;
          const shopper = units.resolve(request, reply, { unit: true, session: false, renews });
          const named = { unit: shopper.unit!, isSession: shopper.customer === undefined };
          return reply.send(assignments.describe(channel, named, clock() + ASSIGNMENT_LIFE_MS));
        },
      );
    };
    await app.register(forPages);
  };
}

/** The one who says yes does it; who asked for it is told beside. */
function askerOf({ requester, approver, requestId }: Approved, reason: string | undefined): Asker {
  const told = `asked for by ${requester.name}`;
  return { actor: approver, requestId, reason: reason === undefined ? told : `${reason} (${told})` };
}

function send(reply: FastifyReply, done: object | { approval: string }, code: number): FastifyReply {
  return reply.code("approval" in done ? 202 : code).send(done);
}
