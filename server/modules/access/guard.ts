import type { IncomingHttpHeaders } from "node:http";
import { HaggleError } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { addressOf } from "../../platform/address.ts";
import type { HttpServer } from "../../platform/http.ts";
import { createRateCounter } from "../../platform/rate-counter.ts";
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

declare module "fastify" {
  interface FastifyRequest {
    /**
     * Counts what a request asks for as so many more requests: where it is many things.
     *
     * @throws HaggleError SERVER_TOO_MANY_REQUESTS
     */
    spend(cost: number): void;
  }
}

/**
 * Asks every request on every route for what the route's scope says. To be called before the routes are registered.
 * Signed documents and health are public: nothing is looked at there, and nothing is counted but where a route says so.
 */
export function guardRoutes(server: HttpServer, { keys, tokens, anonymousScopes, perMinute }: Options): void {
  const anonymous: Actor = { ...NOBODY, scopes: anonymousScopes };
  const requests = createRateCounter({ windowMs: MINUTE_MS, capacity: MAX_COUNTERS });
  const failures = createRateCounter({ windowMs: MINUTE_MS, capacity: MAX_COUNTERS });
  server.decorateRequest("actor");
  server.decorateRequest("spend", function spend(this: FastifyRequest, cost: number): void {
    const { who, max } = limitOf(this);
    if (requests.add(keyOf(who), cost).count > max) throw tooMany(max);
  });

  // With a callback, as every request comes by: who shows nothing, and where nothing is asked, is not waited for.
  server.addHook("onRequest", (request, reply, done) => {
    request.actor = anonymous;
    const { scope, isCounted } = request.routeOptions.config;
    if (scope === undefined) return done();
    if (scope === "public")
      return done(isCounted ? count(request, reply, request.routeOptions.url) : undefined);
    const credential = findCredential(request.headers);
    if (credential === undefined) return done(admit(anonymous, request, reply));
    identify(credential, request, reply).then((actor) => done(admit(actor, request, reply)), done);
  });

  /** @returns why the request goes no further, undefined when it does */
  function admit(
    actor: Actor | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): HaggleError | undefined {
    const { scope, orScope } = request.routeOptions.config as { scope: Scope; orScope?: Scope };
    if (actor === undefined || (actor === anonymous && !hasScope(actor, scope))) {
      reply.header("www-authenticate", 'Bearer realm="haggle"');
      return new HaggleError("SERVER_UNAUTHORIZED", "A valid API key or token is needed here");
    }
    request.actor = actor;
    if (hasScope(actor, scope) || (orScope !== undefined && hasScope(actor, orScope))) {
      return count(request, reply);
    }
    return new HaggleError("SERVER_FORBIDDEN", "The key has not the scope that this needs", {
      at: "scope",
      value: scope,
    });
  }

  /** Of one route, or of all that have no limit of their own. */
  function count(request: FastifyRequest, reply: FastifyReply, route = ""): HaggleError | undefined {
    const { who, max } = limitOf(request);
    const { count, resetsInS } = requests.add(keyOf(who, route));
    reply
      .header("x-ratelimit-limit", max)
      .header("x-ratelimit-remaining", Math.max(0, max - count))
      .header("x-ratelimit-reset", resetsInS);
    return count > max ? refuseFor(reply, max, resetsInS) : undefined;
  }

  function limitOf(request: FastifyRequest): { who: string; max: number } {
    return request.actor === anonymous
      ? { who: `address:${addressOf(request)}`, max: perMinute.address }
      : { who: request.actor.id, max: perMinute.key };
  }

  async function identify(
    credential: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Actor | undefined> {
    const isKey = credential.startsWith(KEY_PREFIX);
    if (isKey && keys.isKnown(credential)) return keys.authenticate(credential);
    if (!isKey && tokens === undefined) return undefined;
    const address = addressOf(request);
    const { count, resetsInS } = failures.look(address);
    if (count > FAILURES_PER_MINUTE) throw refuseFor(reply, FAILURES_PER_MINUTE, resetsInS);
    const actor = await (isKey ? keys.authenticate(credential) : tokens!.authenticate(credential));
    if (actor === undefined) failures.add(address);
    return actor;
  }
}

/** Of two that differ none is believed. */
function findCredential(headers: IncomingHttpHeaders): string | undefined {
  const { authorization, "x-api-key": header } = headers;
  const bearer =
    authorization === undefined ? undefined : (/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? "");
  if (header === undefined) return bearer;
  return bearer === undefined || bearer === header ? String(header) : "";
}

const keyOf = (who: string, route = ""): string => `${route} ${who}`;

function refuseFor(reply: FastifyReply, perMinute: number, resetsInS: number): HaggleError {
  reply.header("retry-after", resetsInS);
  return tooMany(perMinute);
}

function tooMany(perMinute: number): HaggleError {
  return new HaggleError("SERVER_TOO_MANY_REQUESTS", "Too many requests a minute; see retry-after", {
    value: perMinute,
  });
}
