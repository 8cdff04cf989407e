import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { HaggleError } from "@haggle/abi";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { errorBody, sendError } from "../../platform/errors.ts";
import { linesOf, type Reservation, ShortOfStock } from "./decide.ts";
import type { Holder } from "./rations.ts";
import type { Reservations } from "./reservations.ts";
import { AttemptBody, ExtendBody, OrderParams, ReservationView, ReserveBody } from "./schema.ts";

/** A checkout reserves; it neither counts stock nor moves it. */
const RESERVE = { scope: "reserve" } as const;
const READ = { scope: "reserve", orScope: "inventory:read" } as const;
const TAGS = ["reservations"];

/** Whose share of what is on a flash sale a token is for. `unit`: of whom it must be. */
export type OpenPurchase = (token: string, unit: string | undefined) => Holder;

export function reservationRoutes(
  reservations: Reservations,
  openPurchase: OpenPurchase,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.setErrorHandler(sendRefusal);

    app.get(
      "/v1/reservations/:order",
      {
        config: READ,
        schema: {
          operationId: "getReservation",
          summary: "What is reserved for an order, and what became of it",
          tags: TAGS,
          params: OrderParams,
          response: { 200: ReservationView },
        },
      },
      async (request) => toView(await reservations.get(request.params.order)),
    );

    app.put(
      "/v1/reservations/:order",
      {
        config: RESERVE,
        schema: {
          operationId: "reserve",
          summary: "Hold all lines of an order, or none; the same attempt again has the same answer",
          tags: TAGS,
          params: OrderParams,
          body: ReserveBody,
          response: { 200: ReservationView, 201: ReservationView },
        },
      },
      async (request, reply) => {
        const { deadlineMs, purchaseToken, unit, ...body } = request.body;
        const holder = purchaseToken === undefined ? undefined : openPurchase(purchaseToken, unit);
        const asked = { order: request.params.order, ...body, holder };
        const { reservation, isRepeat } = await reservations.reserve(asked, { deadlineMs });
        return reply.code(isRepeat ? 200 : 201).send(toView(reservation));
      },
    );

    app.post(
      "/v1/reservations/:order/confirm",
      {
        config: RESERVE,
        schema: {
          operationId: "confirmReservation",
          summary: "The order is paid: its pieces leave what is on hand",
          tags: TAGS,
          params: OrderParams,
          body: AttemptBody,
          response: { 200: ReservationView },
        },
      },
      async ({ params, body: { attempt, deadlineMs }, actor }) => {
        const meant = { order: params.order, attempt };
        return toView((await reservations.confirm(meant, actor.id, { deadlineMs })).reservation);
      },
    );

    app.post(
      "/v1/reservations/:order/release",
      {
        config: RESERVE,
        schema: {
          operationId: "releaseReservation",
          summary: "The order is off: its pieces are on sale again",
          tags: TAGS,
          params: OrderParams,
          body: AttemptBody,
          response: { 200: ReservationView },
        },
      },
      async ({ params, body: { attempt, deadlineMs } }) => {
        const meant = { order: params.order, attempt };
        return toView((await reservations.release(meant, { deadlineMs })).reservation);
      },
    );

    app.post(
      "/v1/reservations/:order/extend",
      {
        config: RESERVE,
        schema: {
          operationId: "extendReservation",
          summary: "Hold it for so long from now, and never shorter than before",
          tags: TAGS,
          params: OrderParams,
          body: ExtendBody,
          response: { 200: ReservationView },
        },
      },
      async ({ params, body: { attempt, ttlMs, deadlineMs } }) => {
        const meant = { order: params.order, attempt };
        return toView((await reservations.extend(meant, ttlMs, { deadlineMs })).reservation);
      },
    );
  };
}

function toView({ claim: _claim, share: _share, ...reservation }: Reservation): ReservationView {
  return { ...reservation, lines: linesOf(reservation) };
}

/** A shop tells its customer which of his goods are gone. */
function sendRefusal(
  error: FastifyError | HaggleError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (error instanceof ShortOfStock) {
    reply.code(409).type("application/json; charset=utf-8");
    reply.send({ ...errorBody(error, request.id), short: error.short });
    return;
  }
  sendError(error, request, reply);
}
