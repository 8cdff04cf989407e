import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { refuse } from "@haggle/abi";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { Units } from "../rollout/service.ts";
import type { Queue } from "./queue.ts";
import { SaleParams, StandingView, TicketHeaders } from "./schema.ts";
import type { Standing } from "./standing.ts";

/** Whoever may have carts priced. */
const JOIN = { scope: "evaluate" } as const;
/** The ticket says who it is: a page asks for itself, without a key. */
const TICKET = { scope: "public", isCounted: true } as const;
const TAGS = ["flash sales"];

export function queueRoutes(queue: Queue, units: Units): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      "/v1/flash-sales/:id/queue",
      {
        config: JOIN,
        schema: {
          operationId: "joinFlashSale",
          summary: "Queue for a flash sale; who does so again has the same place",
          tags: TAGS,
          params: SaleParams,
          response: { 200: StandingView, 201: StandingView },
        },
      },
      async (request, reply) => {
        const { unit } = units.resolve(request, reply, { unit: true, session: false });
        // It is kept, so it is nobody's address.
        if (unit!.includes("@")) throw refuse("SERVER_BAD_REQUEST", "x-haggle-unit");
        const { isNew, ...standing } = await queue.join(request.params.id, unit!);
        return sendStanding(reply.code(isNew ? 201 : 200), standing);
      },
    );

    app.get(
      "/v1/flash-sales/:id/queue",
      {
        config: TICKET,
        schema: {
          operationId: "getFlashSalePlace",
          summary: "How many are before the holder of a ticket, or the purchase token when it is his turn",
          tags: TAGS,
          params: SaleParams,
          headers: TicketHeaders,
          response: { 200: StandingView },
        },
      },
      async ({ params, headers }, reply) =>
        sendStanding(reply, await queue.look(params.id, headers["x-haggle-ticket"])),
    );

    app.delete(
      "/v1/flash-sales/:id/queue",
      {
        config: TICKET,
        schema: {
          operationId: "leaveFlashSale",
          summary: "Give up a place or a turn",
          tags: TAGS,
          params: SaleParams,
          headers: TicketHeaders,
          response: { 204: Type.Null() },
        },
      },
      async ({ params, headers }, reply) => {
        await queue.leave(params.id, headers["x-haggle-ticket"]);
        return reply.code(204).send(null);
      },
    );
  };
}

function sendStanding(reply: FastifyReply, { view, retryAfterS }: Standing): FastifyReply {
  if (retryAfterS !== undefined) reply.header("retry-after", retryAfterS);
  return reply.send(view);
}
