import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
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
import { createRenewal } from "./modules/releases/renewal.ts";
import { createReleases } from "./modules/releases/service.ts";
import { storefrontRoutes } from "./modules/storefront/index.ts";
import type { Clock } from "./platform/clock.ts";
import { openConfiguredDatabase } from "./platform/database/configured.ts";
import type { Database } from "./platform/database/database.ts";
import { sendError } from "./platform/errors.ts";
import { type Health, healthRoutes } from "./platform/health.ts";
import { createOnlineKeys, ONLINE_ROLES } from "./platform/online-keys.ts";

export type App = Awaited<ReturnType<typeof createApp>>;

type Dependencies = {
  clock: Clock;
  log: Logger;
  /** From 0 to 1. Default `Math.random`. */
  random?: () => number;
  /** The built demo storefront, served at `/`. Left out, the server has only its interface. */
  storefrontFolder?: string;
};

/** The one channel that is served. */
const CHANNEL = "stable";
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
export async function createApp(config: Config, dependencies: Dependencies) {
  const { dataFolder, tenant, rootFile } = config;
  const pinned = rootFile === undefined ? undefined : await readPinnedRoot(rootFile);
  const database = await openConfiguredDatabase({ ...config.database, tenant, dataFolder }, dependencies.log);
  try {
    return await compose(config, { ...dependencies, database, pinned });
  } catch (cause) {
    await database.close();
    throw cause;
  }
}

type Opened = Dependencies & { database: Database; pinned: Uint8Array | undefined };

async function compose(config: Config, dependencies: Opened) {
  const { database, pinned, clock, log, random = Math.random, storefrontFolder } = dependencies;
  const { dataFolder, production, keys: settings, passphraseFile, renewPrices } = config;
  const keys = createOnlineKeys({ settings, passphraseFile, clock, log });
  const releases = createReleases({
    folder: join(dataFolder, "releases"),
    stateFile: join(dataFolder, "state", `${CHANNEL}.json`),
    channel: CHANNEL,
    pinned,
    production,
    clock,
    log,
  });
  const renewal = createRenewal({ releases, keys, renewPrices, clock, random, log });
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

  // Registered first, so it comes last: until then everything else may still write.
  server.addHook("onClose", () => database.close());
  await server.register(helmet, HELMET);
  await server.register(healthRoutes(findHealth));
  await server.register(releaseRoutes(releases));
  await server.register(evaluationRoutes(evaluations));
  await server.register(storefrontRoutes(storefrontFolder));

  const unwatch = await releases.watch();
  const stopRenewal = renewal.watch();
  server.addHook("preClose", async () => {
    setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
  server.addHook("onClose", stopRenewal);
  server.addHook("onClose", unwatch);

  function findHealth(): Health {
    const live = releases.find();
    const refusal = releases.findRefusal();
    const blocking: string[] = [];
    if (draining) blocking.push("SERVER_DRAINING");
    if (live === undefined) blocking.push("SERVER_NO_RELEASE", ...(refusal ? [refusal.code] : []));
    const warnings: string[] = live && refusal ? [refusal.code] : [];
    if (live?.withdrawn) warnings.push("ENGINE_RELEASE_OFF");
    if (releases.isExpired()) warnings.push("SERVER_RELEASE_EXPIRED");
    if (renewal.isLate()) warnings.push("SERVER_RELEASE_EXPIRING");
    if (renewal.isKeyMissing()) warnings.push("SERVER_KEY_MISSING");
    warnings.push(...keys.findWarnings(live?.trusted));
    const states = ONLINE_ROLES.map((role) => [role, keys.stateOf(role, live?.trusted)]);
    const details = {
      ...(live && {
        channel: { version: live.version, expires: live.expires, renewal: renewal.stateOf(live) },
      }),
      keys: Object.fromEntries(states),
    };
    return { blocking, warnings, details };
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

/** @throws HaggleError SERVER_BAD_CONFIG; whether it is a root is seen when it is verified */
async function readPinnedRoot(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new HaggleError("SERVER_BAD_CONFIG", "The root cannot be read", {
      at: "HAGGLE_ROOT",
      value: path,
      cause,
    });
  }
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
