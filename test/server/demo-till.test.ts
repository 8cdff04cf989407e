import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRows } from "../../server/demo/files.ts";
import { MEMBERS } from "../../server/demo/till.ts";
import type { OrderShown, QuoteShown, ReturnShown } from "../../server/modules/storefront/till-schema.ts";
import { readAdminKey, withKey } from "../support/api-keys.ts";
import { startPaymentsSandbox } from "../support/payments-sandbox.ts";
import { createShop, type Shop } from "../support/release.ts";
import { type Answer, type Call, caller, type ErrorJson } from "../support/rollout.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// The demo's checkout, as its page asks it: a visitor is whoever has the cookie.

const SOCKS = "merino-socks";
const CART = { lines: [{ sku: SOCKS, quantity: 3 }], shippingMethod: "standard" };
/** By pairs of socks and a delivery. */
const TOTAL = 3 * 1_990 + 1_200;
const NOBODYS_ORDER = `order_${"A".repeat(24)}`;

let sandbox: Awaited<ReturnType<typeof startPaymentsSandbox>>;
let shop: Shop;
let server: TestServer;
let keys = 0;

type Visitor = {
  /** With a key of its own where none is said. */
  ask<T>(path: string, body?: object, key?: string): Promise<Answer<T & ErrorJson>>;
  /** An order of his. */
  order(): Promise<OrderShown>;
  cookie(): string | undefined;
};

beforeAll(async () => {
  sandbox = await startPaymentsSandbox();
  shop = await createShop();
  await shop.giveKey("receipt");
  await shop.publish();
  server = await startServer(shop.dataFolder, { isDemo: true, env: sandbox.env });
  await sandbox.tell(server);
});
afterAll(async () => {
  await server.close();
  await shop.remove();
  await sandbox.close();
});

/** Somebody who comes for the first time. */
function visit(): Visitor {
  const call: Call = caller(server);
  let cookie: string | undefined;
  const ask: Visitor["ask"] = async <T>(path: string, body?: object, key = `key-${++keys}`) => {
    const headers = { "idempotency-key": key, ...(cookie !== undefined && { cookie }) };
    const method = body === undefined && !path.endsWith("/ship") ? "GET" : "POST";
    const answer = await call<T & ErrorJson>(path, body, { method, headers });
    cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return answer;
  };
  return {
    ask,
    order: async () => {
      const { body } = await ask<QuoteShown>("/demo/quotes", CART);
      return (await ask<OrderShown>("/demo/orders", { quote: body.quote })).body;
    },
    cookie: () => cookie,
  };
}

const codeOf = ({ status, body }: Answer<ErrorJson>) => [status, body.error?.code];

/** Paid and sent off. */
async function buy(visitor: Visitor): Promise<string> {
  const { order } = await visitor.order();
  await visitor.ask(`/demo/orders/${order.id}/pay`, { token: "tok_ok" });
  expect((await visitor.ask(`/demo/orders/${order.id}/ship`)).status).toBe(200);
  return order.id;
}

describe("the demo's till", () => {
  it("sells a cart, takes its money, sends it off and takes a unit back", async () => {
    const visitor = visit();
    const placed = await visitor.order();
    expect(placed).toMatchObject({ order: { state: "awaiting_payment", total: TOTAL, captured: 0 } });
    expect(placed.entries.filter(({ line }) => line === SOCKS)).toEqual([
      { part: "line", line: SOCKS, firstUnit: 0, units: 3, kind: "price", amountEach: 1_990 },
    ]);
    const at = `/demo/orders/${placed.order.id}`;
    const declined = await visitor.ask(`${at}/pay`, { token: "tok_declined" });
    expect(codeOf(declined)).toEqual([402, "PAYMENT_DECLINED"]);
    const { body: paid } = await visitor.ask<OrderShown>(`${at}/pay`, { token: "tok_ok" });
    expect(paid.order).toMatchObject({ state: "paid", captured: TOTAL });
    const { body: sent } = await visitor.ask<OrderShown>(`${at}/ship`);
    expect(sent.history.map(({ to }) => to).slice(-3)).toEqual(["paid", "fulfilling", "shipped"]);
    const lines = [{ line: SOCKS, units: 1 }];
    const { body: preview } = await visitor.ask<ReturnShown>(`${at}/returns/preview`, { lines });
    expect(preview).toMatchObject({ refund: 1_990, lines: [{ line: SOCKS, firstUnit: 0, units: 1 }] });
    await visitor.ask<ReturnShown>(`${at}/returns`, { lines, refund: 1_990 });
    const shown = await until(async () => {
      const { body } = await visitor.ask<OrderShown>(at);
      return body.order.refunded === 1_990 && body;
    });
    expect(shown.order.state).toBe("returned_in_part");
    expect(shown.returns).toEqual([{ number: 1, refund: 1_990, lines: [{ line: SOCKS, units: 1 }] }]);
  });

  it("is told by a bank that does not answer", async () => {
    const visitor = visit();
    const { order } = await visitor.order();
    const asked = visitor.ask(`/demo/orders/${order.id}/pay`, { token: "tok_timeout" });
    await until(
      async () => (await visitor.ask<OrderShown>(`/demo/orders/${order.id}`)).body.order.state === "paid",
    );
    expect((await asked).status).toBe(200);
  });

  it("does what is asked again once, and says what the first one did", async () => {
    const visitor = visit();
    const { body: quote } = await visitor.ask<QuoteShown>("/demo/quotes", CART);
    const place = () => visitor.ask<OrderShown>("/demo/orders", { quote: quote.quote }, "placing");
    expect((await place()).body).toEqual((await place()).body);
    const id = await buy(visitor);
    const body = { lines: [{ line: SOCKS, units: 1 }], refund: 1_990 };
    const back = () => visitor.ask<ReturnShown>(`/demo/orders/${id}/returns`, body, "back");
    expect((await back()).body).toEqual((await back()).body);
    expect((await visitor.ask<OrderShown>(`/demo/orders/${id}`)).body.returns).toHaveLength(1);
    const other = { ...body, lines: [{ line: SOCKS, units: 2 }] };
    const changed = await visitor.ask(`/demo/orders/${id}/returns`, other, "back");
    expect(codeOf(changed)).toEqual([422, "SERVER_IDEMPOTENCY_KEY"]);
  });

  it("finds the first order of a visitor whose answer is lost, cookie and all", async () => {
    const call = caller(server);
    const quoted = await call<QuoteShown>("/demo/quotes", CART);
    const cookie = quoted.headers.get("set-cookie")!.split(";")[0]!;
    const place = () =>
      call<OrderShown>(
        "/demo/orders",
        { quote: quoted.body.quote },
        { headers: { cookie, "idempotency-key": "lost" } },
      );
    const lost = await place();
    expect([lost.status, lost.headers.get("set-cookie")]).toEqual([200, null]);
    expect((await place()).body).toEqual(lost.body);
  });

  it("gives nothing back but what was shown", async () => {
    const visitor = visit();
    const id = await buy(visitor);
    const body = { lines: [{ line: SOCKS, units: 1 }], refund: 9_999 };
    expect(codeOf(await visitor.ask(`/demo/orders/${id}/returns`, body))).toEqual([409, "RETURN_CHANGED"]);
  });

  it("knows a member, and a code by its campaign", async () => {
    const customers = await readRows<{ id: string; segments: string[] }>("customers.ndjson");
    for (const [segment, customer] of Object.entries(MEMBERS)) {
      expect(customers.find(({ id }) => id === customer)?.segments).toContain(segment);
    }
    const visitor = visit();
    const coupons = async (coupon: string) =>
      (await visitor.ask<QuoteShown>("/demo/quotes", { ...CART, segment: "vip", coupon })).body.coupons;
    expect(await coupons("welcome10")).toEqual([{ state: "notApplied" }]);
    expect(await coupons("OPEN-SESAME")).toEqual([{ state: "refused" }]);
    const { body } = await visitor.ask<QuoteShown>("/demo/quotes", { ...CART, segment: "vip" });
    const { order } = (await visitor.ask<OrderShown>("/demo/orders", { quote: body.quote })).body;
    const told = await server.get(`/v1/orders/${order.id}`, withKey(await readAdminKey(shop.dataFolder)));
    expect(await told.json()).toMatchObject({ order: { customer: MEMBERS.vip } });
  });

  it("counts codes that are none", async () => {
    const visitor = visit();
    const statuses = new Set<number>();
    for (let tries = 0; tries < 25; tries += 1) {
      statuses.add((await visitor.ask("/demo/quotes", { ...CART, coupon: `GUESS-${tries}` })).status);
    }
    expect(statuses).toEqual(new Set([200, 429]));
  });
});

describe("an order of the demo", () => {
  it.each<[string, string, object | undefined]>([
    ["seen", "", undefined],
    ["paid", "/pay", { token: "tok_ok" }],
    ["sent off", "/ship", undefined],
    ["priced for a return", "/returns/preview", { lines: [{ line: SOCKS, units: 1 }] }],
    ["sent back", "/returns", { lines: [{ line: SOCKS, units: 1 }] }],
  ])("is not %s by another visitor, nor by one who has no cookie", async (_, path, body) => {
    const visitor = visit();
    const stranger = visit();
    const { order } = await visitor.order();
    expect(codeOf(await stranger.ask(`/demo/orders/${order.id}${path}`, body))).toEqual([
      404,
      "ORDER_UNKNOWN",
    ]);
    await stranger.order();
    expect(stranger.cookie()).not.toBe(visitor.cookie());
    const answer = await stranger.ask(`/demo/orders/${order.id}${path}`, body);
    expect(codeOf(answer)).toEqual([404, "ORDER_UNKNOWN"]);
    // In the words in which one is told that there is none.
    const none = await stranger.ask(`/demo/orders/${NOBODYS_ORDER}${path}`, body);
    expect(answer.body.error.message.replace(order.id, NOBODYS_ORDER)).toBe(none.body.error.message);
    expect((await visitor.ask<OrderShown>(`/demo/orders/${order.id}`)).body).toMatchObject({
      order: { state: "awaiting_payment", captured: 0 },
    });
  });

  it("is not told to who places its quote again", async () => {
    const visitor = visit();
    const { body } = await visitor.ask<QuoteShown>("/demo/quotes", CART);
    await visitor.ask("/demo/orders", { quote: body.quote });
    expect(codeOf(await visit().ask("/demo/orders", { quote: body.quote }))).toEqual([404, "ORDER_UNKNOWN"]);
  });

  it("is not made by the till where a shop's backend has made it", async () => {
    const { body } = await visit().ask<QuoteShown>("/demo/quotes", CART);
    const headers = { ...withKey(await readAdminKey(shop.dataFolder)), "idempotency-key": "backend" };
    const { order } = await (
      await server.post(
        "/v1/orders",
        { quote: body.quote },
        { "content-type": "application/json", ...headers },
      )
    ).json();
    expect(codeOf(await visit().ask(`/demo/orders/${order.id}`))).toEqual([404, "ORDER_UNKNOWN"]);
  });

  it("has a cookie that no script reads and no other site sends", async () => {
    const { body } = await visit().ask<QuoteShown>("/demo/quotes", CART);
    const headers = { "content-type": "application/json", "idempotency-key": "cookie" };
    const placed = await server.post("/demo/orders", { quote: body.quote }, headers);
    expect(placed.headers.get("set-cookie")).toMatch(
      /^haggle-visitor=[\w-]{24}; Path=\/demo; HttpOnly; SameSite=Strict$/,
    );
  });

  it.each([
    ["/demo/orders", { quote: `quote_${"A".repeat(24)}` }],
    [`/demo/orders/${NOBODYS_ORDER}/pay`, { token: "tok_ok" }],
    [`/demo/orders/${NOBODYS_ORDER}/returns`, { lines: [{ line: SOCKS, units: 1 }] }],
  ])("needs a key at %s", async (path, body) => {
    const answer = await server.post(path, body);
    expect([answer.status, (await answer.json()).error.code]).toEqual([400, "ORDER_KEY_NEEDED"]);
  });
});

describe("where there is no demo", () => {
  it.each<[string, Parameters<typeof startServer>[1]]>([
    ["another shop", {}],
    ["production, whatever is asked of it", { production: true, isDemo: true }],
  ])("there is no till: %s", async (_, options) => {
    const plain = await createShop();
    await plain.publish();
    const own = await startServer(plain.dataFolder, options);
    const urls = own.app.routes.map(({ url }) => url);
    expect(urls.filter((url) => url.startsWith("/demo"))).toEqual([]);
    expect((await own.post("/demo/orders", { quote: `quote_${"A".repeat(24)}` })).status).toBe(404);
    const catalogue = await own.get("/v1/catalogue", withKey(await readAdminKey(plain.dataFolder)));
    expect((await catalogue.json()).means).toEqual([]);
    await own.close();
    await plain.remove();
  });

  it("the till is no part of the interface", async () => {
    const { paths } = await (await server.get("/openapi.json")).json();
    expect(Object.keys(paths).filter((path) => path.startsWith("/demo"))).toEqual([]);
    expect((await (await server.get("/v1/catalogue")).json()).means).toHaveLength(3);
  });
});
