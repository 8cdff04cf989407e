import type { HttpServer } from "./http.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Pages of the origins that an operator names may ask it and read the answer, without cookies. */
    isForOrigins?: boolean;
  }
}

/** What a page may send. No key: one in a page is everybody's. No choice of a release: that is for those who test. */
const SENT = "content-type, x-haggle-unit, x-haggle-pin";
const EXPOSED = "x-haggle-release, x-haggle-arm, x-haggle-experiments, x-request-id, retry-after";
/** How long a browser need not ask again. Short, since an origin may be taken off the list. */
const MAX_AGE_S = 600;

/**
 * Lets pages of other origins ask for prices. To be called before whatever refuses a request, so that a page can read why, and
 * before any route is registered. Which origin is allowed is compared exactly, and credentials never are: what a page is told is
 * what anybody is told who has no cookie.
 */
export function allowOrigins(server: HttpServer, origins: readonly string[]): void {
  const allowed = new Set(origins);
  const paths = new Set<string>();
  server.addHook("onRoute", ({ url, config }) => {
    // A colon that begins no parameter is written twice.
    if (config?.isForOrigins) paths.add(url.replaceAll("::", ":"));
  });
  server.addHook("onRequest", (request, reply, done) => {
    const { origin } = request.headers;
    const isAsked = request.method === "OPTIONS" && paths.has(request.url);
    if (!isAsked && !request.routeOptions.config.isForOrigins) return done();
    reply.header("vary", "origin");
    if (origin === undefined || !allowed.has(origin)) return done();
    reply.header("access-control-allow-origin", origin);
    if (!isAsked) {
      reply.header("access-control-expose-headers", EXPOSED);
      return done();
    }
    reply
      .code(204)
      .header("access-control-allow-methods", "POST")
      .header("access-control-allow-headers", SENT)
      .header("access-control-max-age", MAX_AGE_S)
      .send();
  });
}
