// One cart in, one decision out: what the storefront computes by itself, computed again by the server's engine.
//
// Invariant: stateless. No stock, coupon or budget is touched, and the caller can hold nobody to the answer.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { errorBody, statusOf } from "../../platform/errors.ts";
import { EvaluationBody } from "./schema.ts";
import type { Evaluations } from "./service.ts";

/** 1,000 lines, the engine's limit, of 500 bytes each: a line with tax, cost, categories and attributes has 200 to 350. */
const MAX_BODY_BYTES = 512 * 1024;

export function evaluationRoutes(evaluations: Evaluations): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      "/v1/evaluations",
      { config: { scope: "evaluate" }, schema: { body: EvaluationBody }, bodyLimit: MAX_BODY_BYTES },
      (request, reply) => {
        const decision = evaluations.evaluate(request.body);
        reply.type("application/json; charset=utf-8").header("cache-control", "no-store");
        if (decision.ok) return reply.send(JSON.stringify(decision));
        return reply.code(statusOf(decision.error.code)).send(errorBody(decision.error, request.id));
      },
    );
  };
}
