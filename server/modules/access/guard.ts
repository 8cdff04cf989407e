import type { IncomingHttpHeaders } from "node:http";
import rateLimit from "@fastify/rate-limit";
import { HaggleError } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { addressOf } from "../../platform/address.ts";
import type { HttpServer } from "../../platform/http.ts";
import { type Actor, hasScope, NOBODY, type Scope } from "../../platform/scope.ts";
import { KEY_PREFIX } from "./key-format.ts";
import type { Keys } from "./service.ts";
import type { Tokens } from "./tokens.ts";

type Options = {
  keys: Pick<Keys, "authenticate" | "isKnown">;
  tokens: Tokens | undefined;
  /** What is allowed to those who show nothing. */
  anonymousScopes: readonly Scope[];
  /** Requests a minute of one key, and of one address without a key. Each process counts for itself. */
  perMinute: { key: number; address: number };
};

const MINUTE_MS = 60_000;
/** Counters that are kept: an attacker of many addresses pushes out the oldest, and no memory grows. */
const MAX_COUNTERS = 10_000;
/** Credentials that turn out to be wrong, for each address: each costs a question to the database, or a signature. */
const FAILURES_PER_MINUTE = 100;

/**
 * Asks every request on every route for what the route's scope says. To be called before the routes are registered.
 * Signed documents and health are public: nothing is looked at there, and nothing is counted but where a route says so.
 */
export async function guardRoutes(
  server: HttpServer,
  { keys, tokens, anonymousScopes, perMinute }: Options,
): Promise<void> {
  const anonymous: Actor = { ...NOBODY, scopes: anonymousScopes };
  server.decorateRequest("actor");
  server.addHook("onRoute", (route) => {
    if (route.config?.scope === "public") route.config.rateLimit ??= false;
  });
  await server.register(rateLimit, {
    max: (request) => (isAnonymous(request) ? perMinute.address : perMinute.key),
    timeWindow: MINUTE_MS,
    cache: MAX_COUNTERS,
    keyGenerator: (request) => (isAnonymous(request) ? `address:${addressOf(request)}` : request.actor.id),
    errorResponseBuilder: (_request, { max }) => tooMany(max),
  });
  const countFailures = server.createRateLimit({
    max: FAILURES_PER_MINUTE,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => `failure:${addressOf(request)}`,
  });

  server.addHook("onRequest", async (request, reply) => {
    request.actor = anonymous;
    const { scope, orScope } = request.routeOptions.config;
    if (scope === undefined || scope === "public") return;
    const credential = findCredential(request.headers);
    const actor = credential === undefined ? anonymous : await identify(credential, request, reply);
    if (actor === undefined || (actor === anonymous && !hasScope(actor, scope))) {
      reply.header("www-authenticate", 'Bearer realm="haggle"');
      throw new HaggleError("SERVER_UNAUTHORIZED", "A valid API key or token is needed here");
    }
    request.actor = actor;
    if (hasScope(actor, scope) || (orScope !== undefined && hasScope(actor, orScope))) return;
    throw new HaggleError("SERVER_FORBIDDEN", "The key has not the scope that this needs", {
      at: "scope",
      value: scope,
    });
  });

  async function identify(
    credential: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Actor | undefined> {
    const isKey = credential.startsWith(KEY_PREFIX);
    if (isKey && keys.isKnown(credential)) return keys.authenticate(credential);
    if (!isKey && tokens === undefined) return undefined;
    const count = await countFailures(request, { increment: false });
    if (!count.isAllowed && count.isExceeded) {
      reply.header("retry-after", count.ttlInSeconds);
      throw tooMany(count.max);
    }
    const actor = await (isKey ? keys.authenticate(credential) : tokens!.authenticate(credential));
    if (actor === undefined) await countFailures(request);
    return actor;
  }

  const isAnonymous = ({ actor }: FastifyRequest): boolean => actor === anonymous;
}

/** Of two that differ none is believed. */
function findCredential(headers: IncomingHttpHeaders): string | undefined {
  const { authorization, "x-api-key": header } = headers;
  const bearer =
    authorization === undefined ? undefined : (/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? "");
  if (header === undefined) return bearer;
  return bearer === undefined || bearer === header ? String(header) : "";
}

function tooMany(perMinute: number): HaggleError {
  return new HaggleError("SERVER_TOO_MANY_REQUESTS", "Too many requests a minute; see retry-after", {
    value: perMinute,
  });
}
