// The routes whose bodies are a file of strategies, as text.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import type { FastifyRequest } from "fastify";
import { byOf } from "../../platform/scope.ts";
import type { Approvals } from "../access/service.ts";
import { CheckView, PutView, VersionParams } from "./schema.ts";
import type { Strategies } from "./service.ts";
import { MAX_FILE_BYTES } from "./yaml-file.ts";

export type FileDependencies = {
  strategies: Strategies;
  approvals: Approvals;
  /** Whose approvals are asked for: strategies are of all channels. */
  channel: string;
};

const PUBLISH = { scope: "publish" } as const;
const TAGS = ["strategies"];
const YAML_TYPES = ["application/yaml", "application/x-yaml", "text/yaml"];

export function fileRoutes({ strategies, approvals, channel }: FileDependencies): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(YAML_TYPES, { parseAs: "string" }, (_request, body, done) => done(null, body));

    app.put(
      "/v1/strategies/:version",
      {
        config: PUBLISH,
        bodyLimit: MAX_FILE_BYTES,
        schema: {
          operationId: "putStrategies",
          summary: "Store a version under its name and bring it into force; again is no change",
          tags: TAGS,
          consumes: YAML_TYPES,
          params: VersionParams,
          response: { 200: PutView, 201: PutView, 202: PutView },
        },
      },
      async (request, reply) => {
        const { version } = request.params;
        const by = byOf(request);
        const { outcome, faults: warnings } = await strategies.put(version, textOf(request), by);
        const change = { ...by, action: "strategies.activate", payload: { version }, channel };
        const done = await approvals.gate(change, async () => ({
          state: await strategies.activate(version, by),
        }));
        if ("approval" in done) {
          return reply.code(202).send({ version, state: "stored", approval: done.approval, warnings });
        }
        return reply.code(outcome === "new" ? 201 : 200).send({ version, state: done.state, warnings });
      },
    );

    app.post(
      "/v1/strategies/check",
      {
        config: PUBLISH,
        bodyLimit: MAX_FILE_BYTES,
        schema: {
          operationId: "checkStrategies",
          summary: "Everything that is wrong with a file, for the live release",
          tags: TAGS,
          consumes: YAML_TYPES,
          response: { 200: CheckView },
        },
      },
      async (request) => {
        const { version, faults } = await strategies.check(textOf(request));
        return { ok: version !== undefined, ...(version !== undefined && { version }), faults };
      },
    );
  };
}

/** @throws HaggleError SERVER_UNSUPPORTED_MEDIA_TYPE when there is no body at all, and so no type */
function textOf({ body }: FastifyRequest): string {
  if (typeof body === "string") return body;
  throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", "The body is the file as application/yaml");
}
