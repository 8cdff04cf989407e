// One cart in, one decision out: what the storefront computes by itself, computed again by the server's engine. During a
// rollout the shopper's unit says by which release; an operator may choose one, and a pinned cart keeps its own. Variants of
// experiments are given to those who are assigned, never to an overridden or a pinned cart.
//
// Invariant: no stock, coupon or budget is touched, and the caller can hold nobody to the answer.
// Invariant: without a rollout, or an experiment over sessions, nobody gets a cookie. Invariant: no cart claims a variant.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import type { Assignment } from "@haggle/sdk/experiments";
import type { FastifyRequest } from "fastify";
import { errorBody, statusOf } from "../../platform/errors.ts";
import type { Experiments } from "../experiments/service.ts";
import type { Assignments, Override, Units } from "../rollout/service.ts";
import { EvaluationBody } from "./schema.ts";
import type { Evaluations } from "./service.ts";

type Dependencies = {
  evaluations: Evaluations;
  assignments: Assignments;
  experiments: Pick<Experiments, "findRunning">;
  units: Units;
  /** Whose releases price here. */
  channel: string;
};

/** 1,000 lines, the engine's limit, of 500 bytes each: a line with tax, cost, categories and attributes has 200 to 350. */
const MAX_BODY_BYTES = 512 * 1024;
/** All that an answer depends on besides the cart. */
const VARY = "cookie, x-haggle-unit, x-haggle-release, x-canary, x-haggle-preview, x-haggle-pin";
const DIGEST = /^[0-9a-f]{64}$/;

export function evaluationRoutes(dependencies: Dependencies): FastifyPluginAsyncTypebox {
  const { evaluations, assignments, experiments, units, channel } = dependencies;
  return async (app) => {
    app.post(
      "/v1/evaluations",
      {
        config: { scope: "evaluate" },
        schema: { summary: "What the promotions make of a cart", body: EvaluationBody },
        bodyLimit: MAX_BODY_BYTES,
      },
      async (request, reply) => {
        reply.header("cache-control", "no-store").header("vary", VARY);
        const override = readOverride(request);
        const pin = readHeader(request, "x-haggle-pin");
        // Only who is assigned needs to be somebody.
        const isAssigned = override === undefined && pin === undefined;
        const running = isAssigned ? experiments.findRunning(channel) : [];
        const needs = {
          unit: isAssigned && assignments.needsUnit(channel),
          session: running.some(({ unit }) => unit === "session"),
        };
        const shopper = needs.unit || running.length > 0 ? units.resolve(request, reply, needs) : undefined;
        const { decision, assigned, variants } = await evaluations.evaluate(request.body, {
          channel,
          unit: shopper?.unit,
          shopper,
          override,
          preview: readHeader(request, "x-haggle-preview"),
          pin,
          actor: request.actor,
        });
        reply.header("x-haggle-release", assigned.release).header("x-haggle-arm", assigned.arm);
        if (variants.length > 0) reply.header("x-haggle-experiments", encodeVariants(variants));
        reply.type("application/json; charset=utf-8");
        if (decision.ok) return reply.send(JSON.stringify(decision));
        return reply.code(statusOf(decision.error.code)).send(errorBody(decision.error, request.id));
      },
    );
  };
}

/** `summer-threshold=b, free-shipping=control`. */
function encodeVariants(variants: readonly Assignment[]): string {
  return variants.map(({ experiment, variant }) => `${experiment}=${variant}`).join(", ");
}

/** @throws HaggleError SERVER_BAD_REQUEST */
function readOverride(request: FastifyRequest): Override | undefined {
  const release = readHeader(request, "x-haggle-release");
  const canary = readHeader(request, "x-canary");
  if (release !== undefined && canary !== undefined)
    throw wrong("x-canary", "One of x-haggle-release and x-canary");
  if (release !== undefined) {
    if (!DIGEST.test(release)) throw wrong("x-haggle-release", "Not a SHA-256 in lower-case hex", release);
    return { release };
  }
  if (canary === undefined) return undefined;
  if (canary === "always" || canary === "never") return { canary };
  throw wrong("x-canary", "Neither always nor never", canary);
}

function readHeader({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function wrong(at: string, message: string, value?: string): HaggleError {
  return new HaggleError("SERVER_BAD_REQUEST", message, { at, value });
}
