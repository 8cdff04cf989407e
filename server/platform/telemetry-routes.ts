import type { FastifyPluginAsync } from "fastify";
import type { HttpServer } from "./http.ts";
import type { Scope } from "./scope.ts";
import type { Telemetry } from "./telemetry.ts";

/** Counts and times every request. To be called before the routes are registered. */
export function observeRequests(server: HttpServer, telemetry: Telemetry): void {
  server.addHook("onResponse", (request, reply, done) => {
    done();
    // Streams last as long as a page is open, which says nothing about this server.
    if (String(reply.getHeader("content-type")).startsWith("text/event-stream")) return;
    // The pattern, not the address: addresses are without number, and hold ids.
    const route = request.routeOptions.url ?? "unmatched";
    telemetry.observeRequest(
      { method: request.method, route, status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
  });
}

/** What Prometheus scrapes. */
export function telemetryRoutes(telemetry: Telemetry, scope: Scope | "public"): FastifyPluginAsync {
  return async (app) => {
    const schema = {
      summary: "Metrics for Prometheus",
      tags: ["operation"],
      produces: [telemetry.contentType.split(";")[0]!],
    };
    app.get("/metrics", { config: { scope }, schema, logLevel: "warn" }, async (_request, reply) =>
      reply
        .header("cache-control", "no-store")
        .type(telemetry.contentType)
        .send(await telemetry.render()),
    );
  };
}
