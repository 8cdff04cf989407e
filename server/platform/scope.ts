// Who asks, and what a route asks of them. Every route declares a scope in its `config`; a server with one that does not
// does not start, so that nothing is open because somebody forgot it.

import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import type { HttpServer } from "./http.ts";

export const SCOPES = [
  "storefront:read",
  "evaluate",
  "ingest",
  "reserve",
  "inventory:read",
  "inventory:write",
  "catalog:read",
  "catalog:write",
  "customers:read",
  "customers:write",
  "carts:read",
  "carts:write",
  "budgets:read",
  "budgets:write",
  "orders:read",
  "orders:write",
  "payments:read",
  "payments:write",
  "publish",
  "operate",
  "audit",
  /** Has every scope. */
  "admin",
] as const;

export type Scope = (typeof SCOPES)[number];

/** Who does something, as the audit log names it. `id` is unique and never changes, `name` is for people. */
export type Actor = { id: string; name: string; scopes: readonly Scope[] };

/** Who changes something, and in which request: as it is told of and recorded. */
export type By = { actor: Actor; requestId?: string | undefined };

export function byOf({ actor, id }: Pick<FastifyRequest, "actor" | "id">): By {
  return { actor, requestId: id };
}

/** What the server does by itself: schedules, gates, renewals. */
export const SYSTEM_ACTOR: Actor = { id: "server", name: "server", scopes: ["admin"] };

/** Whoever shows no key, as far as nothing is allowed to them. */
export const NOBODY: Actor = { id: "anonymous", name: "anonymous", scopes: [] };

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the caller's key must have. "public": anybody, without a key (signed documents, health). */
    scope?: Scope | "public";
    /** Instead of it: what is enough for those who only look. */
    orScope?: Scope;
    /** Of a public route: an address may ask it as often as it may ask all others together. */
    isCounted?: boolean;
  }
  interface FastifyRequest {
    actor: Actor;
  }
}

export function hasScope(actor: Actor, scope: Scope): boolean {
  return actor.scopes.includes(scope) || actor.scopes.includes("admin");
}

/**
 * Refuses to start with a route that declares no scope. To be called before any route is registered.
 *
 * @returns the routes, which fill up as they are registered
 */
export function requireScopes(server: HttpServer): readonly RouteOptions[] {
  const routes: RouteOptions[] = [];
  server.addHook("onRoute", (route) => {
    routes.push(route);
  });
  // Not in onRoute itself: the routes of a foreign plugin get theirs from a later hook, see `giveScope`.
  server.addHook("onReady", async () => {
    const open = routes.filter(({ config }) => config?.scope === undefined);
    const names = open.map(({ method, url }) => `${method} ${url}`);
    if (names.length > 0) throw new Error(`routes without a scope: ${names.join(", ")}`);
  });
  return routes;
}

/** Gives a scope to all routes of this plugin that declare none: for those that a foreign plugin makes. */
export function giveScope(app: FastifyInstance, scope: Scope | "public"): void {
  app.addHook("onRoute", (route) => {
    route.config = { scope, ...route.config };
  });
}
