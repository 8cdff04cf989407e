// What requests under a rollout took and cost, and whether that lets it go on. Every process adds up in memory what it observes and
// writes its sums each second; gates read the sums of all of them, with bounds that hold however often one looks.
//
// Invariant: a process that is killed loses the last second, and writing twice counts once.
// Invariant: of a shopper, money and stopped rules count once in a step, in each process, and only of one whom a server knows.
// Invariant: what was overridden by hand, and what SDKs report, counts for no gate. Reports can have a rollout paused.
// Tables: observations. Events: none; what follows from a judgement is the rollout module's.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import { addressOf } from "../../platform/address.ts";
import type { Reports } from "./reports.ts";
import { ReportAnswer, ReportBody } from "./schema.ts";

const MAX_BODY_BYTES = 4 * 1024;

export function reportRoutes(reports: Reports): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      "/v1/reports",
      {
        // The token in the body is the key: it was made for one shopper and one release.
        config: { scope: "public" },
        schema: {
          summary: "What an SDK saw: advice, which is counted for no gate",
          body: ReportBody,
          response: { 202: ReportAnswer },
        },
        bodyLimit: MAX_BODY_BYTES,
      },
      async (request, reply) => {
        reply.header("cache-control", "no-store");
        try {
          const counted = reports.accept(request.body, addressOf(request));
          return reply.code(202).send({ counted });
        } catch (cause) {
          if (cause instanceof HaggleError && cause.code === "SERVER_TOO_MANY_REQUESTS") {
            reply.header("retry-after", Math.ceil(Number(cause.value) / 1_000));
          }
          throw cause;
        }
      },
    );
  };
}
