// One cart in, one decision out: what the storefront computes by itself, computed again by the server's engine. During a
// rollout the shopper's unit says by which release; an operator may choose one, and a pinned cart keeps its own. Variants of
// experiments are given to those who are assigned, pinned or not, and never to an overridden cart.
//
// Invariant: no stock, coupon or budget is touched, and the caller can hold nobody to the answer.
// Invariant: without a rollout, or an experiment over sessions, nobody gets a cookie. Invariant: no cart claims a variant.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { nameAllMissing } from "@haggle/abi";
import { errorBody, statusOf } from "../../platform/errors.ts";
import { EvaluationBody } from "./schema.ts";
import type { Evaluations } from "./service.ts";
import { encodeVariants, VARY, type Wishes } from "./wishes.ts";

/** 1,000 lines, the engine's limit, of 500 bytes each: a line with tax, cost, categories and attributes has 200 to 350. */
const MAX_BODY_BYTES = 512 * 1024;

type Dependencies = { evaluations: Evaluations; wishes: Wishes };

export function evaluationRoutes({ evaluations, wishes }: Dependencies): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      "/v1/evaluations",
      {
        config: { scope: "evaluate", isForOrigins: true },
        schema: { summary: "What the promotions make of a cart", body: EvaluationBody },
        bodyLimit: MAX_BODY_BYTES,
      },
      async (request, reply) => {
        reply.header("cache-control", "no-store").header("vary", VARY);
        const wished = wishes.read(request, reply);
        const { decision, assigned, variants } = await evaluations.evaluate(request.body, wished);
        reply.header("x-haggle-release", assigned.release).header("x-haggle-arm", assigned.arm);
        if (variants.length > 0) reply.header("x-haggle-experiments", encodeVariants(variants));
        reply.type("application/json; charset=utf-8");
        if (decision.ok) return reply.send(JSON.stringify(decision));
        const error = nameAllMissing(decision.error, request.body);
        return reply.code(statusOf(error.code)).send(errorBody(error, request.id));
      },
    );
  };
}
