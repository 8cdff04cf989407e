// The demo's own checkout, in the place of a shop's backend: it says who buys, has his order placed, takes the money, sends the goods
// off and takes them back. All of it is done by the services; here is only who may.
//
// Invariant: a visitor finds his own orders and nobody else's: the first step of an order's history names who placed it, and whoever
// has not that visitor's cookie is told that there is none.

import { hash, randomBytes } from "node:crypto";
import { refuse } from "@haggle/abi";
import type { Wished } from "../modules/evaluations/service.ts";
import type { Means } from "../modules/storefront/schema.ts";
import type { CartBody, OrderShown, QuoteShown, UnitsBody } from "../modules/storefront/till-schema.ts";
import type { Repeatable } from "../platform/idempotency.ts";
import type { Actor } from "../platform/scope.ts";
import type { Services } from "../services.ts";
import { HOME } from "./seed.ts";

type Dependencies = {
  quotes: Pick<Services["quotes"], "quote">;
  commerce: Services["commerce"];
};

/** Means of payment of the sandbox, as the page names them. */
export const MEANS: readonly Means[] = [
  { token: "tok_ok", name: "a card that pays" },
  { token: "tok_declined", name: "a card that is declined" },
  { token: "tok_timeout", name: "a bank that answers late" },
];

/** Who is logged in as one of these, of the demo's customers. */
export const MEMBERS: Readonly<Record<CartBody["segment"] & string, string>> = { vip: "c-252b3" };

const SECRET_BYTES = 18;
/** What a cookie of ours looks like. */
const SECRET = /^[A-Za-z0-9_-]{24}$/;

/** A new one, for the visitor's cookie. */
export function drawSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** Undefined for those whose cookie is none of ours. The secret itself is kept nowhere. */
export function visitorOf(secret: string | undefined): Actor | undefined {
  if (secret === undefined || !SECRET.test(secret)) return undefined;
  return { id: `visitor_${hash("sha256", secret).slice(0, 32)}`, name: "a visitor", scopes: [] };
}

export function createTill({ quotes, commerce: { orders, payments, shipments, refunds } }: Dependencies) {
  /** @throws HaggleError ORDER_UNKNOWN, also of somebody else's */
  async function check(visitor: Actor | undefined, id: string): Promise<Actor> {
    const { history } = await orders.get(id);
    if (visitor === undefined || history[0]?.actor !== visitor.id) throw refuse("ORDER_UNKNOWN", "id", id);
    return visitor;
  }

  async function show(visitor: Actor | undefined, id: string): Promise<OrderShown> {
    await check(visitor, id);
    const [order, { entries }, returns] = await Promise.all([
      orders.get(id),
      orders.getLedger(id),
      refunds.list(id),
    ]);
    return { ...order, entries, returns };
  }

  return {
    /** @throws HaggleError what `quotes.quote` throws */
    async quote(asked: Parameters<Dependencies["quotes"]["quote"]>[0], wished: Wished): Promise<QuoteShown> {
      const { quote, receipt, coupons = [] } = await quotes.quote(asked, wished, undefined);
      return { quote: quote.id, total: quote.total, receipt, coupons };
    },
    /** @throws HaggleError what `orders.place` throws */
    async place(quote: string, visitor: Actor, repeatable: Repeatable): Promise<OrderShown> {
      const { order } = await orders.place({ quote }, repeatable, visitor);
      return show(visitor, order.id);
    },
    show,
    /** Pending where nobody knows yet what the bank did. @throws HaggleError ORDER_UNKNOWN, what `payments.pay` throws, PAYMENT_DECLINED */
    async pay(
      id: string,
      token: string,
      visitor: Actor | undefined,
      repeatable: Repeatable,
    ): Promise<OrderShown> {
      await check(visitor, id);
      const { state, declined } = await payments.pay(id, { token }, repeatable);
      if (state === "declined") throw refuse("PAYMENT_DECLINED", "token", declined);
      return show(visitor, id);
    },
    /** All of it leaves. @throws HaggleError ORDER_UNKNOWN, what `shipments.ship` throws */
    async ship(id: string, visitor: Actor | undefined, repeatable: Repeatable): Promise<OrderShown> {
      const { id: actor } = await check(visitor, id);
      await shipments.ship(id, {}, actor, repeatable);
      return show(visitor, id);
    },
    /** @throws HaggleError ORDER_UNKNOWN, what `refunds.preview` throws */
    async preview(id: string, { lines }: UnitsBody, visitor: Actor | undefined) {
      await check(visitor, id);
      return refunds.preview(id, { lines });
    },
    /** Once for each key, and on sale again at home. @throws HaggleError ORDER_UNKNOWN, what `refunds.make` throws */
    async takeBack(
      id: string,
      body: UnitsBody,
      { visitor, requestId }: { visitor: Actor | undefined; requestId: string },
      repeatable: Repeatable,
    ) {
      const by = { actor: await check(visitor, id), requestId };
      const asked = { ...body, reason: "unwanted", restock: HOME };
      return (await refunds.make(id, asked, by, repeatable)).answer;
    },
  };
}
