// The demo storefront at `/`, and what it shows of the shop's catalog.
//
// Invariant: the page is a client like any other. It knows the public interface and, where there is one, the demo's till, and nothing
// else of the server.

import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { giveScope } from "../../platform/scope.ts";
import { Catalogue } from "./schema.ts";
import type { Showcase } from "./service.ts";

/** Built files other than pages have a digest in their names. */
const IMMUTABLE = "public, max-age=31536000, immutable";
const REVALIDATE = "no-cache";
/** Of what is asked for again: the page, and the worker that keeps it, which has one name for ever. */
const NAMED = /(?:\.html|offline-worker\.js)$/;
/** A script's address is made once on the page, by this policy, and it is always the worker's. */
const PAGE_TYPES = "trusted-types haggle-offline";

export function storefrontRoutes(showcase: Showcase, folder: string | undefined): FastifyPluginAsyncTypebox {
  return async (app) => {
    const options = {
      config: { scope: "storefront:read" },
      schema: { summary: "What the demo shop sells", response: { 200: Catalogue } },
    } as const;
    app.get("/v1/catalogue", options, async (_request, reply) => {
      reply.header("cache-control", REVALIDATE);
      return showcase.show();
    });
    if (folder === undefined) return;
    // The page itself; what it asks for has scopes of its own.
    giveScope(app, "public");
    await app.register(fastifyStatic, {
      root: folder,
      // Only the files that are there at start get a route: no look at the disk for anything else.
      wildcard: false,
      dotfiles: "deny",
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header("cache-control", NAMED.test(path) ? REVALIDATE : IMMUTABLE);
        if (!path.endsWith(".html")) return;
        const policy = String(reply.getHeader("content-security-policy"));
        reply.header("content-security-policy", policy.replace("trusted-types 'none'", PAGE_TYPES));
      },
    });
  };
}
