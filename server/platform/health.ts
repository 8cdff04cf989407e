import type { FastifyPluginAsync } from "fastify";

export type Health = {
  /** What keeps the server from being ready, as codes; empty when nothing does. */
  blocking: string[];
  warnings: string[];
  /** What else an operator looks for. */
  details: Readonly<Record<string, unknown>>;
};

/** `/livez` says that the process answers, `/readyz` whether a load balancer should send shoppers here. */
export function healthRoutes(findHealth: () => Health): FastifyPluginAsync {
  return async (app) => {
    app.get("/livez", { config: { scope: "public" }, logLevel: "warn" }, (_request, reply) => {
      reply.header("cache-control", "no-store").send({ status: "live" });
    });
    app.get("/readyz", { config: { scope: "public" }, logLevel: "warn" }, (_request, reply) => {
      const { blocking, warnings, details } = findHealth();
      const ready = blocking.length === 0;
      reply
        .code(ready ? 200 : 503)
        .header("cache-control", "no-store")
        .send({ status: ready ? "ready" : "not ready", reasons: blocking, warnings, ...details });
    });
  };
}
