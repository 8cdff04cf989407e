// The OpenFeature Remote Evaluation Protocol (OFREP 0.3.0): any OpenFeature client asks which variant, which release and which
// parameters somebody has.
//
// Invariant: an answer advises. No price follows from it: whoever prices assigns by himself, so whom a browser names is of no use
// to it, and nothing is remembered of what it asks. Invariant: the tag of a bulk answer covers the rules and the context.
// Tables: none. Events: none.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type Code, explainError, HaggleError } from "@haggle/abi";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { addressOf } from "../../platform/address.ts";
import { asFailure, sendError, statusOf } from "../../platform/errors.ts";
import { createEventStreams, encodeEvent, type StreamEvent } from "../../platform/event-streams.ts";
import { NOBODY } from "../../platform/scope.ts";
import { FlagParams, FlagsBody } from "./schema.ts";
import type { Asker, Flags } from "./service.ts";

const EVALUATE = { scope: "evaluate", isData: true } as const;
const JSON_TYPE = "application/json; charset=utf-8";
const STREAM = "/ofrep/v1/events";
/** Whose flags are meant, as Flipt has its namespace and flagd its selector: the context is what conditions see, and no address. */
const CHANNEL = "x-haggle-channel";
/** What OFREP says to it in its own words; whoever may not ask gets the answer that all routes give. */
const PROTOCOL_CODES: { readonly [C in Code]?: string } = {
  SERVER_NOT_JSON: "PARSE_ERROR",
  SERVER_UNSUPPORTED_MEDIA_TYPE: "PARSE_ERROR",
  SERVER_BAD_REQUEST: "INVALID_CONTEXT",
  // Not 404, which says that there is no such flag and lets programs go on with a default of their own.
  SERVER_UNKNOWN_CHANNEL: "GENERAL",
};
const MAX_KEY = 256;
/** Levels of a context: whoever sends a thousand brackets must not end the stack. */
const MAX_DEPTH = 32;

type Refusal = { errorCode: string; errorDetails: string };

export function flagRoutes(flags: Flags): FastifyPluginAsyncTypebox {
  return async (app) => {
    const refetch = (): StreamEvent => {
      const etag = flags.tag();
      return { name: "message", id: etag, data: { type: "refetchEvaluation", etag } };
    };
    const streams = createEventStreams(encodeEvent({ name: "message", data: { type: "refetchEvaluation" } }));
    const unsubscribe = flags.subscribe(() => streams.send(STREAM, refetch()));
    app.addHook("preClose", () => {
      unsubscribe();
      streams.close();
    });
    app.setErrorHandler(sendFailure);

    const channelOf = ({ headers }: FastifyRequest): string => {
      const named = headers[CHANNEL];
      return named === undefined ? flags.channel : String(named);
    };

    app.post(
      "/ofrep/v1/evaluate/flags/:key",
      {
        config: EVALUATE,
        schema: { summary: "One flag (OFREP)", params: FlagParams, body: FlagsBody },
      },
      (request, reply) => {
        reply.header("cache-control", "no-store").type(JSON_TYPE);
        const { key } = request.params;
        const asker = readAsker(request);
        if ("errorCode" in asker) return reply.code(400).send(JSON.stringify({ key, ...asker }));
        const found = flags.of(channelOf(request)).evaluate(key, asker);
        if (typeof found === "string") return reply.send(found);
        return Promise.resolve(found).then((answer) =>
          answer === undefined ? notFound(reply, key) : reply.send(answer),
        );
      },
    );

    app.post(
      "/ofrep/v1/evaluate/flags",
      { config: EVALUATE, schema: { summary: "All flags (OFREP)", body: FlagsBody } },
      async (request, reply) => {
        reply.header("cache-control", "private, no-cache").type(JSON_TYPE);
        const asker = readAsker(request);
        if ("errorCode" in asker) return reply.code(400).send(JSON.stringify(asker));
        const channel = channelOf(request);
        const own = flags.of(channel);
        const etag = flags.tagFor(channel, asker);
        reply.header("etag", `"${etag}"`);
        if (hasTag(request.headers["if-none-match"], etag)) return reply.code(304).send();
        const list = await own.evaluateAll(asker);
        return reply.send(`{"flags":${list},"eventStreams":${EVENT_STREAMS}}`);
      },
    );

    app.get(
      STREAM,
      {
        config: { scope: "public" },
        schema: {
          summary: "A stream that says when flags may be others (OFREP)",
          produces: ["text/event-stream"],
        },
        exposeHeadRoute: false,
      },
      (request, reply) => {
        const lastEventId = request.headers["last-event-id"]?.toString();
        // Something may have changed between the answer that named the stream and now.
        const stream = streams.open(addressOf(request), STREAM, [refetch()], lastEventId);
        if (stream === undefined) {
          throw new HaggleError("SERVER_TOO_MANY_STREAMS", "Too many event streams are open; poll the flags");
        }
        reply
          .header("access-control-allow-origin", "*")
          .header("cross-origin-resource-policy", "cross-origin");
        reply.header("cache-control", "no-store").header("x-accel-buffering", "no");
        return reply.type("text/event-stream").send(stream);
      },
    );
  };
}

/** Of the address that the client asks: it need not know another one, nor this server its own. */
const EVENT_STREAMS = JSON.stringify([{ type: "sse", endpoint: { requestUri: STREAM } }]);

function readAsker({ body, actor }: FastifyRequest): Asker | Refusal {
  if (!isObject(body)) return { errorCode: "PARSE_ERROR", errorDetails: "The body is an object" };
  const { context = {} } = body;
  if (!isObject(context)) return { errorCode: "INVALID_CONTEXT", errorDetails: "The context is an object" };
  const { targetingKey } = context;
  if (targetingKey === undefined || targetingKey === "") {
    return { errorCode: "TARGETING_KEY_MISSING", errorDetails: "context.targetingKey says who it is for" };
  }
  if (typeof targetingKey !== "string" || targetingKey.length > MAX_KEY) {
    const errorDetails = `context.targetingKey is a string of at most ${MAX_KEY} characters`;
    return { errorCode: "INVALID_CONTEXT", errorDetails };
  }
  if (isDeeper(context, MAX_DEPTH)) {
    return { errorCode: "INVALID_CONTEXT", errorDetails: `The context has at most ${MAX_DEPTH} levels` };
  }
  return { targetingKey, context, isTrusted: actor.id !== NOBODY.id };
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (isDeeper(inner, levels - 1)) return true;
  return false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notFound(reply: FastifyReply, key: string): FastifyReply {
  const errorDetails = "There is no experiment, channel or parameter of this name";
  return reply.code(404).send(JSON.stringify({ key, errorCode: "FLAG_NOT_FOUND", errorDetails }));
}

function sendFailure(
  error: FastifyError | HaggleError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const failure = asFailure(error);
  const status = statusOf(failure.code);
  const errorCode = PROTOCOL_CODES[failure.code];
  if (errorCode !== undefined) {
    const { key } = (request.params ?? {}) as { key?: string };
    const body = { ...(key !== undefined && { key }), errorCode, errorDetails: explainError(failure) };
    reply.code(400).type(JSON_TYPE).send(JSON.stringify(body));
    return;
  }
  if (status < 500) {
    sendError(error, request, reply);
    return;
  }
  request.log.error({ err: error, code: failure.code }, "request failed");
  reply
    .code(status)
    .type(JSON_TYPE)
    .send(JSON.stringify({ errorDetails: failure.code }));
}

function hasTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((part) => part.trim().replace(/^W\//, "") === `"${tag}"`);
}
