import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import { addressOf } from "../../platform/address.ts";
import { sendError } from "../../platform/errors.ts";
import { NOBODY } from "../../platform/scope.ts";
import { TooManyAttempts } from "./attempts.ts";
import { ResolveBody, ResolvedView } from "./schema.ts";
import type { Budgets } from "./service.ts";

export function resolveRoutes({
  resolve,
  idsOf,
  attempts,
}: Pick<Budgets, "resolve" | "idsOf" | "attempts">): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.setErrorHandler((error: Error, request, reply) => {
      if (error instanceof TooManyAttempts) reply.header("retry-after", error.resetsInS);
      sendError(error, request, reply);
    });
    app.post(
      // A colon that is no parameter.
      "/v1/coupons::resolve",
      {
        config: { scope: "evaluate", isForOrigins: true },
        schema: {
          operationId: "resolveCoupon",
          summary:
            "The campaign's symbol of a code that is good now, for a cart in the browser; 404 for any other",
          tags: ["budgets"],
          body: ResolveBody,
          response: { 200: ResolvedView },
        },
      },
      async (request) => {
        const { code, customer } = request.body;
        const isNobody = request.actor.id === NOBODY.id;
        // Whoever could name a customer would find out whose codes are whose.
        if (isNobody && customer !== undefined) throw refuse("SERVER_FORBIDDEN", "body/customer");
        const ids = idsOf([code]);
        const tell = isNobody ? attempts.begin(addressOf(request), ids) : undefined;
        const campaign = await resolve(code, customer ?? null);
        tell?.(ids);
        return { campaign };
      },
    );
  };
}
