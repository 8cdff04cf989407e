// The HTTP server without what it serves: limits against slow and large callers, one answer for every failure, headers.

import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "@fastify/helmet";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import fastify, { type FastifyInstance, type RawServerDefault } from "fastify";
import type { Logger } from "pino";
import { trustOf } from "./address.ts";
import { sendError } from "./errors.ts";
import { createLazySchemas } from "./lazy-schemas.ts";
import { RequestLog } from "./request-log.ts";
import { readTraceParent } from "./tracing.ts";

/** In words: what is inferred names the namespace of a default import, which resolution as bundlers do it does not have. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  Logger,
  TypeBoxTypeProvider
>;

declare module "fastify" {
  interface FastifyContextConfig {
    /** For programs alone, and small: it goes without what protects pages. */
    isData?: boolean;
    /** Takes files: its body may be longer on its way than that of any other request. Who reads it minds the pauses. */
    isLong?: boolean;
  }
}

type Dependencies = {
  log: Logger;
  /** From then on every answer closes its connection. */
  isDraining: () => boolean;
  /** Addresses and networks whose `x-forwarded-for` is believed; nobody's when left out. */
  trustedProxies?: readonly string[];
  /** Makes code of all schemas before it is ready, for whom the first request may be no slower than the others. */
  isWarm?: boolean;
};

/** What a route takes that does not say more: a cart, at most. */
const MAX_BODY_BYTES = 64 * 1024;
/** A request is a cart at most: slower than this is a dead phone or a slow-loris. */
const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const CHECK_CONNECTIONS_MS = 500;
/**
 * Node stops its own timeouts when it closes, and browsers open sockets ahead of need: one that never asks would hold
 * the program. Requests under way have had their time by then.
 */
const CLOSE_GRACE_MS = 5_000;
/** Node's default, said aloud: the whole head of a request. */
const MAX_HEADER_BYTES = 16 * 1024;
/** A digest has 64 characters, a channel's name as many. */
const MAX_PARAM_LENGTH = 100;

/** Makes the server; routes are registered by the caller. */
export async function createHttpServer({
  log,
  isDraining,
  trustedProxies = [],
  isWarm = false,
}: Dependencies): Promise<HttpServer> {
  const { compilersFactory, compileAll } = createLazySchemas();
  const pageHeaders = await readPageHeaders();
  /** Of whom a long file is being read. */
  const patient = new WeakSet<object>();
  const server = fastify({
    loggerInstance: log,
    trustProxy: trustedProxies.length > 0 && trustOf(trustedProxies),
    genReqId: () => randomUUID(),
    childLoggerFactory: (logger, bindings, options, request) =>
      // Of the framework's logger, which knows what of a request is written down.
      new RequestLog(log, () =>
        logger.child({ ...bindings, ...readTraceParent(request.headers.traceparent) }, options),
      ),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    ajv: {
      // `verbose` tells the value that is wrong.
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        verbose: true,
      },
    },
    schemaController: { compilersFactory },
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    forceCloseConnections: "idle",
    clientErrorHandler: (cause, socket) => {
      const { code } = cause as { code?: string };
      if (code === "ERR_HTTP_REQUEST_TIMEOUT" && patient.has(socket)) return;
      log.debug({ err: cause }, "a connection was given up");
      if (code === "ECONNRESET" || socket.destroyed) return;
      if (socket.writable) socket.write(REFUSALS[code ?? ""] ?? refusal("400 Bad Request"));
      socket.destroy(cause);
    },
    // Connections that are still open while the server drains get an answer, and `Connection: close` with it.
    return503OnClosing: false,
    frameworkErrors: sendError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  if (isWarm) server.addHook("onReady", async () => compileAll());
  server.removeContentTypeParser("text/plain");
  server.setErrorHandler(sendError);
  server.setNotFoundHandler((request) => {
    throw new HaggleError("SERVER_NOT_FOUND", `Nothing answers ${request.method} here`, {
      value: request.url,
    });
  });
  // With a callback, as every request comes by: nothing here is waited for.
  server.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    reply.headers(request.routeOptions.config.isData ? DATA_HEADERS : pageHeaders);
    if (isDraining()) reply.header("connection", "close");
    if (request.routeOptions.config.isLong) {
      const { socket } = request.raw;
      patient.add(socket);
      reply.raw.once("close", () => patient.delete(socket));
    }
    done();
  });
  server.addHook("preClose", async () => {
    setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
  return server;
}

/** What somebody is told who never came as far as a route. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: refusal("408 Request Timeout"),
  HPE_HEADER_OVERFLOW: refusal("431 Request Header Fields Too Large"),
};

function refusal(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}

/** Of all that pages are protected by, what an answer needs that no browser shows or runs. */
const DATA_HEADERS = { "x-content-type-options": "nosniff" } as const;

/** What helmet says of every answer. Its plugin works that out for each request anew, at half the cost of a small answer. */
async function readPageHeaders(): Promise<Readonly<Record<string, string>>> {
  const asked = fastify();
  await asked.register(helmet, HELMET);
  asked.get("/", (_request, reply) => reply.send(reply.raw.getHeaders()));
  const { payload } = await asked.inject("/");
  await asked.close();
  return JSON.parse(payload) as Record<string, string>;
}

const SELF = ["'self'"];
const NONE = ["'none'"];

/** Rule names and messages are hostile text, so the pages run nothing but their own files and signed wasm. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      "default-src": NONE,
      "script-src": ["'self'", "'wasm-unsafe-eval'"],
      "style-src": SELF,
      "img-src": ["'self'", "data:"],
      "connect-src": SELF,
      "form-action": SELF,
      "base-uri": NONE,
      "frame-ancestors": NONE,
      "require-trusted-types-for": ["'script'"],
      "trusted-types": NONE,
    },
  },
  // With these two a page is cross-origin isolated: no shared memory with strangers, and timers of 5 µs.
  crossOriginOpenerPolicy: { policy: "same-origin" as const },
  crossOriginEmbedderPolicy: { policy: "require-corp" as const },
  referrerPolicy: { policy: "no-referrer" as const },
  xFrameOptions: { action: "deny" as const },
};
