// The till by HTTP, for the demo's page alone: no part of the product's interface, and not there in production.

import cookie from "@fastify/cookie";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  CartBody,
  OrderParams,
  OrderShown,
  PayBody,
  PlaceBody,
  QuoteShown,
  ReturnShown,
  UnitsBody,
} from "../modules/storefront/till-schema.ts";
import { addressOf } from "../platform/address.ts";
import { IdempotencyHeaders, type Repeatable, readRepeatable } from "../platform/idempotency.ts";
import type { Actor } from "../platform/scope.ts";
import type { Services } from "../services.ts";
import { createTill, drawSecret, MEMBERS, visitorOf } from "./till.ts";

/** Whoever may have a cart priced. */
const config = { scope: "evaluate" } as const;
const COOKIE = "haggle-visitor";
const SHOWN = { 200: OrderShown };
const hide = true;
const headers = IdempotencyHeaders;
const params = OrderParams;

type Place = { currency: string; region: string };

/** `place`: where the demo shop sells. */
export function tillRoutes(
  services: Pick<Services, "quotes" | "commerce" | "wishes" | "budgets">,
  { currency, region }: Place,
): FastifyPluginAsyncTypebox {
  const { quotes, wishes, budgets } = services;
  const till = createTill(services);
  return async (app) => {
    await app.register(cookie);
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    app.post(
      "/demo/quotes",
      { config, schema: { hide, body: CartBody, response: { 200: QuoteShown } } },
      async (request, reply) => {
        // Already here, so that an order is his whose answer is lost on its way, cookie and all.
        if (findVisitor(request) === undefined) welcome(request, reply);
        const { lines, shippingMethod, segment, coupon } = request.body;
        const asked = await quotes.readAsked({
          currency,
          region,
          lines: lines.map((line) => ({ id: line.sku, ...line })),
          shippingMethod,
          ...(segment !== undefined && { customer: MEMBERS[segment] }),
          ...(coupon !== undefined && { coupons: [coupon] }),
        });
        // As of any browser: codes are not to be tried out here either.
        const { coupons: ids = [] } = asked;
        const tellGood = ids.length === 0 ? undefined : budgets.attempts.begin(addressOf(request), ids);
        const shown = await till.quote(asked, wishes.read(request, reply, asked.customer));
        tellGood?.(ids.filter((_, i) => shown.coupons[i]?.state !== "refused"));
        return shown;
      },
    );

    app.post(
      "/demo/orders",
      { config, schema: { hide, headers, body: PlaceBody, response: SHOWN } },
      async (request, reply) => {
        const visitor = findVisitor(request) ?? welcome(request, reply);
        return till.place(request.body.quote, visitor, repeatableOf(request, visitor));
      },
    );

    app.get("/demo/orders/:id", { config, schema: { hide, params, response: SHOWN } }, async (request) =>
      till.show(findVisitor(request), request.params.id),
    );

    app.post(
      "/demo/orders/:id/pay",
      { config, schema: { hide, headers, params, body: PayBody, response: SHOWN } },
      async (request) => {
        const visitor = findVisitor(request);
        return till.pay(request.params.id, request.body.token, visitor, repeatableOf(request, visitor));
      },
    );

    app.post(
      "/demo/orders/:id/ship",
      { config, schema: { hide, headers, params, response: SHOWN } },
      async (request) => {
        const visitor = findVisitor(request);
        return till.ship(request.params.id, visitor, repeatableOf(request, visitor));
      },
    );

    app.post(
      "/demo/orders/:id/returns/preview",
      { config, schema: { hide, params, body: UnitsBody, response: { 200: ReturnShown } } },
      async (request) => till.preview(request.params.id, request.body, findVisitor(request)),
    );

    app.post(
      "/demo/orders/:id/returns",
      { config, schema: { hide, headers, params, body: UnitsBody, response: { 200: ReturnShown } } },
      async (request) => {
        const { id: requestId, params, body } = request;
        const visitor = findVisitor(request);
        return till.takeBack(params.id, body, { visitor, requestId }, repeatableOf(request, visitor));
      },
    );
  };
}

function findVisitor({ cookies }: FastifyRequest): Actor | undefined {
  return visitorOf(cookies[COOKIE]);
}

/** For as long as his browser is open. */
function welcome(request: FastifyRequest, reply: FastifyReply): Actor {
  const secret = drawSecret();
  const secure = request.protocol === "https";
  reply.setCookie(COOKIE, secret, { path: "/demo", httpOnly: true, sameSite: "strict", secure });
  return visitorOf(secret)!;
}

/** Each visitor's keys are his own. @throws HaggleError ORDER_KEY_NEEDED */
function repeatableOf(request: FastifyRequest, visitor: Actor | undefined): Repeatable {
  const repeatable = readRepeatable(request);
  if (repeatable === undefined) throw refuse("ORDER_KEY_NEEDED", "headers/idempotency-key");
  return { ...repeatable, actor: visitor?.id ?? repeatable.actor };
}
