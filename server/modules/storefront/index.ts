// The demo storefront at `/`, and what it shows of the shop's catalog.
//
// Invariant: the page is a client like any other. It knows the public interface and, where there is one, the demo's till, and nothing
// else of the server. Invariant: until the next start the page and its files are those of one build, whatever is built meanwhile.

import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { toDocument } from "../../platform/document.ts";
import { IMMUTABLE, sendDocument } from "../../platform/send-document.ts";
import { Catalogue } from "./schema.ts";
import type { Showcase } from "./service.ts";

const REVALIDATE = "no-cache";
/** Of what is asked for again: the page, and the worker that keeps it, which has one name for ever. All others have a digest in theirs. */
const NAMED = /(?:\.html|offline-worker\.js)$/;
const PAGE = "index.html";
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};
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
    for (const name of await readdir(folder)) {
      const type = TYPES[extname(name)];
      if (type === undefined) continue;
      // From memory: a build beside a running server takes away what its pages name.
      const document = toDocument(await readFile(join(folder, name)));
      const caching = NAMED.test(name) ? REVALIDATE : IMMUTABLE;
      for (const path of name === PAGE ? ["/", `/${PAGE}`] : [`/${name}`]) {
        // What the page asks for has scopes of its own.
        app.get(path, { config: { scope: "public" }, schema: { hide: true } }, (request, reply) => {
          if (name === PAGE) {
            const policy = String(reply.getHeader("content-security-policy"));
            reply.header("content-security-policy", policy.replace("trusted-types 'none'", PAGE_TYPES));
          }
          return sendDocument(request, reply, document, { type, caching });
        });
      }
    }
  };
}
