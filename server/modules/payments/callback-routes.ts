import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import { ProviderParams, Received } from "./schema.ts";
import type { Payments } from "./service.ts";

/** Its signature says who it is. */
const SIGNED = { scope: "public", isCounted: true } as const;

/** Their bodies are taken as bytes: a signature is of those, and of no value that was read from them. */
export function callbackRoutes(payments: Pick<Payments, "receive">): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
      done(null, body),
    );

    app.post(
      "/v1/payments/callbacks/:provider",
      {
        config: SIGNED,
        schema: {
          operationId: "receivePaymentCallback",
          summary: "A provider tells what became of a payment: signed, as often and as late as it likes",
          tags: ["payments"],
          consumes: ["application/json"],
          params: ProviderParams,
          response: { 200: Received },
        },
      },
      async ({ params, headers, body }) => {
        if (!Buffer.isBuffer(body))
          throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", "A callback is JSON");
        await payments.receive(params.provider, headers, body);
        return { received: true as const };
      },
    );
  };
}
