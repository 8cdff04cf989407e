import { randomUUID } from "node:crypto";
import { join } from "node:path";
import helmet from "@fastify/helmet";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import fastify from "fastify";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { evaluationRoutes } from "./modules/evaluations/index.ts";
import { createEvaluations } from "./modules/evaluations/service.ts";
import { releaseRoutes } from "./modules/releases/index.ts";
import { createReleases } from "./modules/releases/service.ts";
import { storefrontRoutes } from "./modules/storefront/index.ts";
import type { Clock } from "./platform/clock.ts";
import { sendError } from "./platform/errors.ts";
import { healthRoutes, type Reasons } from "./platform/health.ts";

export type App = Awaited<ReturnType<typeof createApp>>;

type Dependencies = {
  clock: Clock;
  log: Logger;
  /** The built demo storefront, served at `/`. Left out, the server has only its interface. */
  storefrontFolder?: string;
};

/** No route but evaluations takes a body. */
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

/**
 * Makes every service in the order of their dependencies and registers every module. The caller listens.
 *
 * @example
 * const { server } = await createApp(readConfig(process.env), { clock: systemClock, log: createLog("info") });
 * await server.listen({ port: 8787 });
 */
export async function createApp(config: Config, { clock, log, storefrontFolder }: Dependencies) {
  const folder = join(config.dataFolder, "releases");
  const releases = createReleases({ folder, channel: "stable", production: config.production, clock, log });
  const evaluations = createEvaluations({ releases });
  let draining = false;

  const server = fastify({
    loggerInstance: log,
    genReqId: () => randomUUID(),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false },
    },
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    forceCloseConnections: "idle",
    // Connections that are still open while the server drains get an answer, and `Connection: close` with it.
    return503OnClosing: false,
    frameworkErrors: sendError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  server.removeContentTypeParser("text/plain");
  server.setErrorHandler(sendError);
  server.setNotFoundHandler((request) => {
    throw new HaggleError("SERVER_NOT_FOUND", `Nothing answers ${request.method} here`, {
      value: request.url,
    });
  });
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (draining) reply.header("connection", "close");
  });

  await server.register(helmet, HELMET);
  await server.register(healthRoutes(findReasons));
  await server.register(releaseRoutes(releases));
  await server.register(evaluationRoutes(evaluations));
  await server.register(storefrontRoutes(storefrontFolder));

  const unwatch = await releases.watch();
  server.addHook("preClose", async () => {
    setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
  server.addHook("onClose", unwatch);

  function findReasons(): Reasons {
    const refusal = releases.findRefusal();
    const blocking: string[] = [];
    if (draining) blocking.push("SERVER_DRAINING");
    if (releases.find() === undefined) blocking.push("SERVER_NO_RELEASE", ...(refusal ? [refusal.code] : []));
    const warnings = releases.find() && refusal ? [refusal.code as string] : [];
    if (releases.isExpired()) warnings.push("SERVER_RELEASE_EXPIRED");
    return { blocking, warnings };
  }

  return {
    server,
    releases,
    /** Not ready any more from now on; `server.close()` follows when load balancers have seen it. */
    drain(): void {
      draining = true;
    },
  };
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
