import type { FastifyPluginAsync } from "fastify";

/** What keeps the server from being ready, as codes; empty when nothing does. */
export type Reasons = { blocking: string[]; warnings: string[] };

/** `/livez` says that the process answers, `/readyz` whether a load balancer should send shoppers here. */
export function healthRoutes(findReasons: () => Reasons): FastifyPluginAsync {
  return async (app) => {
    app.get("/livez", { logLevel: "warn" }, (_request, reply) => {
      reply.header("cache-control", "no-store").send({ status: "live" });
    });
    app.get("/readyz", { logLevel: "warn" }, (_request, reply) => {
      const { blocking, warnings } = findReasons();
      const ready = blocking.length === 0;
      reply
        .code(ready ? 200 : 503)
        .header("cache-control", "no-store")
        .send({ status: ready ? "ready" : "not ready", reasons: blocking, warnings });
    });
  };
}
