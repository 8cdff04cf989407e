import type { FastifyPluginAsync } from "fastify";
import { Type } from "typebox";

export type Health = {
  /** What keeps the server from being ready, as codes; empty when nothing does. */
  blocking: string[];
  warnings: string[];
  /** What else an operator looks for. */
  details: Readonly<Record<string, unknown>>;
};

const TAGS = ["operation"];

const Live = Type.Object({ status: Type.Literal("live") }, { additionalProperties: false });

const Codes = (description: string) => Type.Array(Type.String(), { description });

const Readiness = Type.Object(
  {
    status: Type.Union([Type.Literal("ready"), Type.Literal("not ready")]),
    reasons: Codes("What keeps the server from being ready"),
    warnings: Codes("What an operator looks after"),
  },
  {
    additionalProperties: true,
    description: "With the channel that is served, and the state of the online keys",
  },
);

const LIVE = { summary: "Whether the process answers", tags: TAGS, response: { 200: Live } };

const READY = {
  summary: "Whether a load balancer should send shoppers here",
  tags: TAGS,
  response: { 200: Readiness, 503: Readiness },
};

/** `/livez` says that the process answers, `/readyz` whether a load balancer should send shoppers here. */
export function healthRoutes(findHealth: () => Health): FastifyPluginAsync {
  return async (app) => {
    app.get("/livez", { schema: LIVE, config: { scope: "public" }, logLevel: "warn" }, (_request, reply) => {
      reply.header("cache-control", "no-store").send({ status: "live" });
    });
    app.get(
      "/readyz",
      { schema: READY, config: { scope: "public" }, logLevel: "warn" },
      (_request, reply) => {
        const { blocking, warnings, details } = findHealth();
        const ready = blocking.length === 0;
        reply
          .code(ready ? 200 : 503)
          .header("cache-control", "no-store")
          .send({ status: ready ? "ready" : "not ready", reasons: blocking, warnings, ...details });
      },
    );
  };
}
