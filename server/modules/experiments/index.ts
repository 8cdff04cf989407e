// Experiments: who is in which variant of what, said by people, signed by the server, the same in browsers and here.
//
// Invariant: a change, the document that says it, its audit record and its event are one transaction, or nothing of it.
// Invariant: a variant carries no parameters: what it changes is in the release that authors signed, or in the strategies
// within the bounds they signed. Invariant: an experiment that has begun moves nobody unless somebody says that it is meant.
// Tables: experiments, experiment_heads, experiment_documents (append-only), experiment_units, experiment_events (append-only),
// experiment_analyses, experiment_winners. Topic: experiments.
// Events: experiment.{created,changed,started,paused,resumed,ended,winner}.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { byOf } from "../../platform/scope.ts";
import { REVALIDATE, sendDocument } from "../../platform/send-document.ts";
import type { Approvals, Approved } from "../access/service.ts";
import {
  ChangeBody,
  CreateBody,
  DocumentParams,
  ExperimentParams,
  ListQuery,
  PreviewBody,
  StartBody,
  VerbBody,
} from "./schema.ts";
import type { Asker, Change, Experiments, present, Verb } from "./service.ts";

type Dependencies = { experiments: Experiments; approvals: Approvals };

type Act = { key: string; verb: Verb; revision: number; reason?: string | undefined };

const OPERATE = { scope: "operate" } as const;
const PUBLIC = { scope: "public" } as const;
/** 1,000 units of 256 characters. */
const MAX_UNITS_BYTES = 512 * 1024;

export function experimentRoutes({ experiments, approvals }: Dependencies): FastifyPluginAsyncTypebox {
  approvals.register(
    "experiment.change",
    async (tx, { reason, ...change }: Change & { reason?: string }, approved) => {
      const row = await experiments.changeIn(tx, change, askerOf(approved, reason));
      return { result: { experiment: row.key, revision: row.revision }, afterCommit: experiments.settle };
    },
  );
  approvals.register("experiment.act", async (tx, { reason, ...act }: Act, approved) => {
    const row = await experiments.actIn(tx, act, askerOf(approved, reason));
    return { result: { experiment: row.key, state: row.state }, afterCommit: experiments.settle };
  });

  return async (app) => {
    app.get(
      "/v1/experiments/document/:channel",
      {
        config: PUBLIC,
        schema: {
          summary: "The signed experiments of a channel; 204 while there are none",
          params: DocumentParams,
        },
      },
      (request, reply) => {
        const { channel } = request.params;
        reply
          .header("access-control-allow-origin", "*")
          .header("cross-origin-resource-policy", "cross-origin");
        experiments.checkChannel(channel);
        const document = experiments.findDocument(channel);
        // Every client asks for what may come some day.
        if (document === undefined) return reply.header("cache-control", REVALIDATE).code(204).send();
        return sendDocument(request, reply, document, { type: "application/json", caching: REVALIDATE });
      },
    );

    app.post(
      "/v1/experiments",
      { config: OPERATE, schema: { summary: "Draft an experiment", body: CreateBody } },
      async (request, reply) =>
        send(reply, await experiments.create(request.body, { ...byOf(request) }), 201),
    );

    app.get(
      "/v1/experiments",
      {
        config: OPERATE,
        schema: { summary: "Experiments, in the order of their keys", querystring: ListQuery },
      },
      async (request, reply) => send(reply, await experiments.list(request.query.channel), 200),
    );

    app.get(
      "/v1/experiments/:key",
      { config: OPERATE, schema: { summary: "One experiment", params: ExperimentParams } },
      async (request, reply) => send(reply, await experiments.get(request.params.key), 200),
    );

    app.put(
      "/v1/experiments/:key",
      {
        config: OPERATE,
        schema: {
          summary: "Say an experiment anew; one that has begun asks whether it is meant",
          params: ExperimentParams,
          body: ChangeBody,
        },
      },
      async (request, reply) => {
        const { reason, revision, confirm, newPhase, ...fields } = request.body;
        const { key } = request.params;
        const row = await experiments.getRow(key);
        if (revision !== undefined && revision !== row.revision)
          throw refuse("SERVER_EXPERIMENT_STATE", "revision", row.revision);
        // Of another revision, such as one that began meanwhile, somebody else might have to say yes.
        const change: Change = { key, fields, revision: row.revision, confirm, newPhase };
        const run = () => experiments.change(change, { ...byOf(request), reason });
        // What runs nowhere changes nothing for anybody.
        if (row.state !== "running") return send(reply, await run(), 200);
        const payload = { ...change, reason };
        const gated = { ...byOf(request), action: "experiment.change", payload, channel: row.channel };
        return send(reply, await approvals.gate(gated, run), 200);
      },
    );

    app.post(
      "/v1/experiments/:key/preview",
      {
        config: OPERATE,
        schema: {
          summary: "Who would move if an experiment were said like this",
          params: ExperimentParams,
          body: PreviewBody,
        },
        bodyLimit: MAX_UNITS_BYTES,
      },
      async (request, reply) => {
        const { newPhase, units, ...fields } = request.body;
        return send(reply, await experiments.preview(request.params.key, { fields, newPhase, units }), 200);
      },
    );

    app.post(
      "/v1/experiments/:key/start",
      {
        config: OPERATE,
        schema: { summary: "Begin to assign by a draft", params: ExperimentParams, body: StartBody },
        bodyLimit: MAX_UNITS_BYTES,
      },
      async (request, reply) => {
        const { units, reason } = request.body;
        const row = await experiments.getRow(request.params.key);
        const warnings = await experiments.warn(row, units ?? []);
        const done = await gated(request, row, "start", reason);
        return send(reply, { ...done, warnings }, 200);
      },
    );

    app.post(
      "/v1/experiments/:key/resume",
      {
        config: OPERATE,
        schema: { summary: "Assign again as before the pause", params: ExperimentParams, body: VerbBody },
      },
      async (request, reply) => {
        const row = await experiments.getRow(request.params.key);
        return send(reply, await gated(request, row, "resume", request.body.reason), 200);
      },
    );

    // What stops something waits for nobody.
    for (const verb of ["pause", "end"] as const) {
      app.post(
        `/v1/experiments/:key/${verb}`,
        {
          config: OPERATE,
          schema: { summary: `Ask an experiment to ${verb}`, params: ExperimentParams, body: VerbBody },
        },
        async (request, reply) => {
          const { key } = request.params as { key: string };
          const { reason } = request.body as { reason?: string };
          return send(reply, await experiments.act(key, verb, { ...byOf(request), reason }), 200);
        },
      );
    }
  };

  function gated(
    request: FastifyRequest,
    { key, channel, revision }: Awaited<ReturnType<Experiments["getRow"]>>,
    verb: "start" | "resume",
    reason: string | undefined,
  ): Promise<ReturnType<typeof present> | { approval: string }> {
    const payload: Act = { key, verb, revision, reason };
    const change = { ...byOf(request), action: "experiment.act", payload, channel };
    return approvals.gate(change, () => experiments.act(key, verb, { ...byOf(request), reason }));
  }
}

/** The one who says yes does it; who asked for it is told beside. */
function askerOf({ requester, approver, requestId }: Approved, reason: string | undefined): Asker {
  const told = `asked for by ${requester.name}`;
  return { actor: approver, requestId, reason: reason === undefined ? told : `${reason} (${told})` };
}

function send(reply: FastifyReply, done: object, code: number): FastifyReply {
  reply.header("cache-control", "no-store");
  return reply.code("approval" in done ? 202 : code).send(done);
}
