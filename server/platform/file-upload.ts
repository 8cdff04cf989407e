// Files that are taken as they arrive, and an answer that tells how far they are.

import { Readable } from "node:stream";
import { HaggleError } from "@haggle/abi";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { asFailure, errorBody } from "./errors.ts";
import { withoutPause } from "./without-pause.ts";

/** JSON values, one a line. */
export const LINES = "application/x-ndjson";

/** Requests of this scope may have bodies of these media types, and no others: streams, which nothing holds whole. */
export function acceptFiles(app: FastifyInstance, types: readonly string[]): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...types], (_request, body, done) => done(null, body));
}

/**
 * What a request brings, and its format by its media type.
 *
 * @throws HaggleError SERVER_UNSUPPORTED_MEDIA_TYPE
 */
export function readUpload<Format>(
  { headers, body }: Pick<FastifyRequest, "headers" | "body">,
  formats: Readonly<Record<string, Format>>,
): { source: AsyncIterable<Uint8Array>; format: Format } {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!(body instanceof Readable) || !Object.hasOwn(formats, type)) {
    const types = Object.keys(formats).join(", ");
    throw new HaggleError("SERVER_UNSUPPORTED_MEDIA_TYPE", `A file is one of ${types}`);
  }
  return { source: withoutPause(body), format: formats[type]! };
}

/**
 * Answers with each view of `progress`, one a line, for who accepts that; the last one says how it ended, or is an error. Everybody
 * else gets what `send` makes of the last view. What the first one throws is thrown, since nothing was answered then.
 *
 * @returns what the route's handler returns; by its type nothing, for a route's schema knows no lines
 */
export async function answerProgress<View>(
  progress: AsyncGenerator<View>,
  request: FastifyRequest,
  reply: FastifyReply,
  send: (last: View) => unknown,
): Promise<never> {
  const begun = await progress.next();
  if (request.headers.accept?.includes(LINES)) {
    return sendLines(begun.value, progress, request, reply) as never;
  }
  let last: View = begun.value;
  for await (const view of progress) last = view;
  return send(last) as never;
}

function sendLines<View>(
  first: View,
  progress: AsyncGenerator<View>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(first)}\n`;
    try {
      for await (const view of progress) yield `${JSON.stringify(view)}\n`;
    } catch (cause) {
      const failure = asFailure(cause as Error);
      request.log.warn({ err: cause, code: failure.code }, "an import ended early");
      yield `${JSON.stringify(errorBody(failure, request.id))}\n`;
    }
  }
  const answer = Readable.from(lines());
  // Also where nobody is there any more who would begin to read it.
  answer.once("close", () => void progress.return(undefined));
  return reply.code(200).type(LINES).send(answer);
}
