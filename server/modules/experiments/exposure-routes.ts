// What browsers tell of the variants that they showed.
//
// Invariant: a token proves one unit, and of it counts the variant that the server gives that unit, once; no outcome is taken.
// Invariant: what was answered as accepted is in PostgreSQL. Tables: experiment_events (append-only). Events: none.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import { addressOf } from "../../platform/address.ts";
import { openToPages } from "../../platform/any-page.ts";
import { ExposuresAnswer, ExposuresBody } from "./exposure-schema.ts";
import type { Exposures } from "./exposures.ts";

/** 50 exposures with the longest keys, and a token. */
const MAX_BODY_BYTES = 16 * 1024;

export function exposureRoutes(exposures: Exposures): FastifyPluginAsyncTypebox {
  return async (app) => {
    openToPages(app);
    app.post(
      "/v1/exposures",
      {
        // The token in the body is the key: it was made for one shopper.
        config: { scope: "public" },
        schema: {
          summary: "Which variants a browser showed; answered when what counts is in the database",
          body: ExposuresBody,
          response: { 202: ExposuresAnswer },
        },
        bodyLimit: MAX_BODY_BYTES,
      },
      async (request, reply) => {
        try {
          return reply.code(202).send(await exposures.accept(request.body, addressOf(request)));
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
