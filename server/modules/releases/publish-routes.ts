// What authors, operators and admins bring into the registry. Bodies are the signed bytes themselves.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  type Code,
  HaggleError,
  MAX_BUNDLE_BYTES,
  MAX_ENVELOPE_BYTES,
  MAX_PRICES_ENVELOPE_BYTES,
  MAX_RELEASE_ENVELOPE_BYTES,
} from "@haggle/abi";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { errorBody, sendError } from "../../platform/errors.ts";
import { byOf } from "../../platform/scope.ts";
import type { Approvals } from "../access/service.ts";
import type { Pointing, Publishing, Put } from "./publishing.ts";
import {
  ChannelParams,
  DigestParams,
  ListQuery,
  PointAnswer,
  PointBody,
  PutAnswer,
  ReleaseList,
  RootParams,
} from "./schema.ts";
import type { Releases } from "./service.ts";

type Dependencies = { publishing: Publishing; releases: Releases; approvals: Approvals };

const PUBLISH = { scope: "publish" } as const;
const PUT_ANSWERS = { 200: PutAnswer, 201: PutAnswer };

export function publishRoutes({ publishing, releases, approvals }: Dependencies): FastifyPluginAsyncTypebox {
  approvals.register("channel.point", async (tx, payload: Pointing, { requester, approver, requestId }) => {
    const told = `asked for by ${requester.name}`;
    const reason = payload.reason === undefined ? told : `${payload.reason} (${told})`;
    const next = await publishing.pointIn(tx, { ...payload, reason }, { actor: approver, requestId });
    return { result: { channel: next.channel, version: next.version }, afterCommit: releases.refresh };
  });

  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });
    app.setErrorHandler(sendRefusal);

    app.get(
      "/v1/releases",
      {
        config: PUBLISH,
        schema: {
          summary: "Releases that the registry holds, newest first",
          querystring: ListQuery,
          response: { 200: ReleaseList },
        },
      },
      ({ query }) => publishing.list(query.before === undefined ? undefined : Number(query.before)),
    );

    app.put(
      "/v1/channels/:channel/release",
      {
        config: { scope: "operate" },
        schema: {
          summary: "Point a channel at a release",
          params: ChannelParams,
          body: PointBody,
          response: { 200: PointAnswer, 202: PointAnswer },
        },
      },
      async (request, reply) => {
        const { channel } = request.params;
        const payload = { ...request.body, channel };
        if (approvals.guards(channel)) await publishing.checkPointing(payload);
        const change = { ...byOf(request), action: "channel.point", payload, channel };
        const done = await approvals.gate(change, () => publishing.point(payload, byOf(request)));
        if ("approval" in done) return reply.code(202).send(done);
        const { version, minRelease } = done;
        return reply.send({ channel, version, release: payload.release, minRelease });
      },
    );

    await app.register(documentRoutes(publishing));
  };
}

/** Their bodies are taken as bytes, up to what such a document may have and not a byte more. */
function documentRoutes(publishing: Publishing): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    for (const type of ["application/json", "application/wasm"]) {
      app.addContentTypeParser(type, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    }

    app.put(
      "/v1/bundles/:sha256",
      {
        config: PUBLISH,
        bodyLimit: MAX_BUNDLE_BYTES,
        schema: {
          summary: "Store a bundle under its digest; again is no change",
          consumes: ["application/wasm"],
          params: DigestParams,
          response: PUT_ANSWERS,
        },
      },
      async (request, reply) => {
        const bytes = bytesOf(request, "application/wasm");
        return send(reply, await publishing.putBundle(request.params.sha256, bytes, byOf(request)));
      },
    );

    app.post(
      "/v1/releases",
      {
        config: PUBLISH,
        bodyLimit: MAX_RELEASE_ENVELOPE_BYTES,
        schema: {
          summary: "Store a signed release, whose bundles are there",
          consumes: ["application/json"],
          response: PUT_ANSWERS,
        },
      },
      async (request, reply) => {
        const bytes = bytesOf(request, "application/json");
        return send(reply, await publishing.putRelease(bytes, byOf(request)));
      },
    );

    app.put(
      "/v1/root/:version",
      {
        config: { scope: "admin" },
        bodyLimit: MAX_ENVELOPE_BYTES,
        schema: {
          summary: "Store the next version of the root",
          consumes: ["application/json"],
          params: RootParams,
          response: PUT_ANSWERS,
        },
      },
      async (request, reply) => {
        const bytes = bytesOf(request, "application/json");
        return send(reply, await publishing.putRoot(Number(request.params.version), bytes, byOf(request)));
      },
    );

    app.put(
      "/v1/prices/:channel",
      {
        config: PUBLISH,
        bodyLimit: MAX_PRICES_ENVELOPE_BYTES,
        schema: {
          summary: "Store a signed prices document of a channel",
          consumes: ["application/json"],
          params: ChannelParams,
          response: PUT_ANSWERS,
        },
      },
      async (request, reply) => {
        const bytes = bytesOf(request, "application/json");
        return send(reply, await publishing.putPrices(request.params.channel, bytes, byOf(request)));
      },
    );
  };
}

/** @throws HaggleError SERVER_UNSUPPORTED_MEDIA_TYPE */
function bytesOf({ body, headers }: FastifyRequest, type: string): Uint8Array {
  const given = headers["content-type"]?.split(";")[0]?.trim();
  if (body instanceof Uint8Array && given === type) return new Uint8Array(body);
  throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", `The body is ${type}`, {
    at: "content-type",
    value: given,
  });
}

function send(reply: FastifyReply, put: Put): FastifyReply {
  return reply.code(put.isNew ? 201 : 200).send(put);
}

/** Who comes too late, or with another document of the same name. */
const CONFLICTS: ReadonlySet<Code> = new Set<Code>(["DOCUMENT_ROLLBACK", "DOCUMENT_EQUIVOCATION"]);
/** What is named in a body and not there: the address is right. */
const UNKNOWN: ReadonlySet<Code> = new Set<Code>(["SERVER_UNKNOWN_BUNDLE", "SERVER_UNKNOWN_RELEASE"]);

/** What a verifier refuses is the fault of who brought it. */
function sendRefusal(
  error: FastifyError | HaggleError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  if (!(error instanceof HaggleError)) return sendError(error, request, reply);
  const { code } = error;
  if (!/^(DOCUMENT|SIGNATURE|PROFILE|PROMOTION|ENGINE)_/.test(code) && !UNKNOWN.has(code)) {
    return sendError(error, request, reply);
  }
  reply.code(CONFLICTS.has(code) ? 409 : 422).type("application/json; charset=utf-8");
  return reply.send(errorBody(error, request.id));
}
