import type { FastifyInstance } from "fastify";

/**
 * Routes that pages of any origin ask without a key. A browser sends a text to another origin, also as the last word of a page,
 * without asking first whether it may; it is JSON all the same. Nothing here may count on a cookie: none comes along.
 */
export function openToPages(
  app: Pick<FastifyInstance, "addHook" | "addContentTypeParser" | "getDefaultJsonParser">,
): void {
  app.addHook("onRequest", async (_request, reply) => {
    reply
      .header("access-control-allow-origin", "*")
      .header("cross-origin-resource-policy", "cross-origin")
      .header("cache-control", "no-store");
  });
  app.addContentTypeParser("text/plain", { parseAs: "string" }, app.getDefaultJsonParser("error", "error"));
}
