// Quotes: what the shop says that a cart costs, and stands by for a while.
//
// Invariant: no price, cost or rate is taken from whoever asks, and no cost leaves. Invariant: what was answered is durable, and
// is priced again by its release to the same digest. Invariant: a quote is used by one order, once; neither new prices nor a
// rollback end it before its time, a kill of what it came from does.
// Tables: quotes. Events: quote.used, but of our own orders, which tell it; quote.revoked.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type HaggleError, refuse } from "@haggle/abi";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { addressOf } from "../../platform/address.ts";
import { errorBody, sendError, statusOf } from "../../platform/errors.ts";
import { IdempotencyHeaders, readRepeatable } from "../../platform/idempotency.ts";
import { NOBODY } from "../../platform/scope.ts";
import { type Budgets, TooManyAttempts } from "../budgets/service.ts";
import { encodeVariants, VARY, type Wishes } from "../evaluations/service.ts";
import { QuoteRefusal } from "./refusals.ts";
import { checkFields } from "./request.ts";
import { type Said, takeSaid } from "./said.ts";
import {
  GiveBackBody,
  GivenBackView,
  NewQuoteView,
  QuoteBody,
  QuoteParams,
  QuoteView,
  UseBody,
} from "./schema.ts";
import type { Quotes } from "./service.ts";

const EVALUATE = { scope: "evaluate" } as const;
/** Whoever places orders. */
const RESERVE = { scope: "reserve" } as const;
const TAGS = ["quotes"];
/** A thousand lines of ordinary length. */
const MAX_BODY_BYTES = 512 * 1024;

type Dependencies = { quotes: Quotes; wishes: Wishes; budgets: Pick<Budgets, "attempts"> };

export function quoteRoutes({ quotes, wishes, budgets }: Dependencies): FastifyPluginAsyncTypebox {
  const saidBy = new WeakMap<FastifyRequest, Said>();

  /** Of a browser that enters codes: what says in the end which of them were good. @throws TooManyAttempts */
  function countCodes(request: FastifyRequest, ids: readonly string[] = []) {
    const isTried = ids.length > 0 && request.actor.id === NOBODY.id;
    return isTried ? budgets.attempts.begin(addressOf(request), ids) : undefined;
  }

  return async (app) => {
    app.setErrorHandler(sendRefusal);
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/v1/quotes",
      {
        config: { ...EVALUATE, isForOrigins: true },
        bodyLimit: MAX_BODY_BYTES,
        // Before the schema, which would tell a price from any other field that there is not.
        preValidation: async (request) => {
          const { body, actor } = request;
          checkFields(body);
          const isNobody = actor.id === NOBODY.id;
          if (isNobody) checkNamed(body);
          saidBy.set(request, takeSaid(body, isNobody ? quotes.shopperAttributes : undefined));
        },
        schema: {
          operationId: "createQuote",
          summary: "What a cart costs, by the server's own prices, and the shop stands by it",
          tags: TAGS,
          body: QuoteBody,
          response: { 201: NewQuoteView },
        },
      },
      async (request, reply) => {
        reply.header("vary", VARY);
        const asked = await quotes.readAsked(request.body);
        const tellGood = countCodes(request, asked.coupons);
        const wished = wishes.read(request, reply, asked.customer);
        const made = await quotes.quote(asked, wished, request.body.compare, saidBy.get(request));
        const { quote, decision, receipt, pin, priced, coupons, allowances, ignored, comparison } = made;
        tellGood?.(asked.coupons!.filter((_, i) => coupons![i]!.state !== "refused"));
        reply.header("x-haggle-release", quote.release).header("x-haggle-arm", priced.assigned.arm);
        if (priced.variants.length > 0) reply.header("x-haggle-experiments", encodeVariants(priced.variants));
        // The decision is text already.
        const rest = JSON.stringify({ receipt, pin, coupons, allowances, ignored, comparison });
        const text = `{"quote":${JSON.stringify(quote)},"decision":${decision},${rest.slice(1)}`;
        return reply
          .code(201)
          .type("application/json; charset=utf-8")
          .send(text as never);
      },
    );

    app.get(
      "/v1/quotes/:id",
      {
        config: EVALUATE,
        schema: {
          operationId: "getQuote",
          summary: "One quote, and whether the shop still stands by it",
          tags: TAGS,
          params: QuoteParams,
          response: { 200: QuoteView },
        },
      },
      async ({ params }) => quotes.get(params.id),
    );

    app.post(
      "/v1/quotes/:id/use",
      {
        config: RESERVE,
        schema: {
          operationId: "useQuote",
          summary: "An order is placed for it: once, and for the same order with the same answer",
          tags: TAGS,
          params: QuoteParams,
          body: UseBody,
          response: { 200: QuoteView },
        },
      },
      async ({ params, body }) => quotes.useAlone(params.id, body.order),
    );

    app.post(
      "/v1/quotes/:id/give-back",
      {
        config: RESERVE,
        schema: {
          operationId: "giveQuoteBack",
          summary:
            "What an order of another system took of coupons and budgets goes back, when it is cancelled or returned",
          tags: TAGS,
          headers: IdempotencyHeaders,
          params: QuoteParams,
          body: GiveBackBody,
          response: { 200: GivenBackView },
        },
      },
      async (request) => {
        const { params, body } = request;
        const repeatable = readRepeatable(request);
        // All of it goes back once by itself.
        if (body.shares !== undefined && repeatable === undefined)
          throw refuse("ORDER_KEY_NEEDED", "headers/idempotency-key");
        return { claims: await quotes.giveBack(params.id, body.shares ?? "all", repeatable) };
      },
    );
  };
}

/** Whoever could name a customer would choose his prices. */
function checkNamed(body: unknown): void {
  if (typeof body !== "object" || body === null) return;
  const named = ["customer", "cart", "loggedIn"].find((field) => Object.hasOwn(body, field));
  if (named !== undefined) throw refuse("QUOTE_FORBIDDEN", `body/${named}`);
}

/** What is told beside the error: all skus that are missing, or another quote. */
function sendRefusal(
  error: FastifyError | HaggleError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (error instanceof TooManyAttempts) reply.header("retry-after", error.resetsInS);
  if (error instanceof QuoteRefusal) {
    reply.code(statusOf(error.code)).type("application/json; charset=utf-8");
    reply.send({ ...errorBody(error, request.id), ...error.beside });
    return;
  }
  sendError(error, request, reply);
}
