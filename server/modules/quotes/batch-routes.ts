import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import type { FastifyReply } from "fastify";
import { LINES } from "../../platform/file-upload.ts";
import { withoutPause } from "../../platform/without-pause.ts";
import type { Batches } from "./batch.ts";

/** A thousand carts of a hundred lines. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Answers that wait to be taken before no more are made. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Whoever takes none of them for so long is gone. */
const TAKEN_WITHIN_MS = 30_000;

export function batchRoutes(batches: Batches): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    // As it comes: nothing holds the whole of it.
    app.addContentTypeParser(LINES, (_request, body, done) => done(null, body));
    app.post(
      // A colon that is no parameter.
      "/v1/quotes::batch",
      {
        // Whoever places orders: it is for many customers, whom it names.
        config: { scope: "reserve", isLong: true },
        bodyLimit: MAX_BODY_BYTES,
        schema: {
          operationId: "createQuotes",
          summary: "Quotes for up to 1,000 carts, one a line, answered in their order as they come",
          tags: ["quotes"],
          consumes: [LINES],
          produces: [LINES],
        },
      },
      (request, reply) => {
        const { actor, body, id, log } = request;
        if (!(body instanceof Readable)) {
          throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", `The body is ${LINES}`);
        }
        const answers = batches.run(withoutPause(body), {
          actor,
          requestId: id,
          spend: (carts) => request.spend(carts),
          onFailure(cause) {
            // Whoever goes away in the middle of his body is no failure of ours.
            if (!reply.raw.destroyed) log.error({ err: cause }, "a cart of a batch got no quote");
          },
        });
        const options = { objectMode: false, highWaterMark: MAX_WAITING_BYTES };
        return reply
          .header("cache-control", "no-store")
          .type(LINES)
          .send(Readable.from(whileTaken(answers, reply), options));
      },
    );
  };
}

/** Ends the connection of a client that sends and never reads: it would hold its body, and ours, for ever. */
async function* whileTaken(answers: AsyncGenerator<string>, reply: FastifyReply): AsyncGenerator<string> {
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const text of answers) {
      timer = setTimeout(() => reply.raw.destroy(), TAKEN_WITHIN_MS);
      yield text;
      clearTimeout(timer);
    }
  } finally {
    clearTimeout(timer);
  }
}
