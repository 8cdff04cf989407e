import type { HaggleError } from "@haggle/abi";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { errorBody, sendError, statusOf } from "../../platform/errors.ts";
import { ShortOfStock } from "../inventory/service.ts";
import { QuoteRefusal } from "../quotes/service.ts";

/** What is told beside the error: which goods are gone, or another quote. */
export function sendRefusal(
  error: FastifyError | HaggleError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const beside =
    error instanceof ShortOfStock
      ? { short: error.short }
      : error instanceof QuoteRefusal
        ? error.beside
        : undefined;
  if (beside === undefined) {
    sendError(error, request, reply);
    return;
  }
  const failure = error as HaggleError;
  reply.code(statusOf(failure.code)).type("application/json; charset=utf-8");
  reply.send({ ...errorBody(failure, request.id), ...beside });
}
