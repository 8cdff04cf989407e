import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cartOf,
  createQuoteWorld,
  line,
  type QuoteAnswer,
  type QuoteWorld,
  refusalOf,
  VARIANTS,
} from "../support/quotes.ts";
import { SHOES } from "../support/release.ts";
import { caller } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Who may use what a shop stands by, for how long, and what ends it.

const MINUTE_MS = 60_000;

let world: QuoteWorld;
let second: TestServer;

beforeAll(async () => {
  world = await createQuoteWorld();
  second = await world.start();
  await until(async () => (await second.ready()).keys.receipt === "ready");
});
afterAll(() => world.close());

const quote = (body: object, headers: Record<string, string> = {}) =>
  world.quote(body, world.operate, headers);

describe("using a quote", () => {
  const fresh = async (...lines: object[]) =>
    (await quote(cartOf(...(lines.length > 0 ? lines : [line("1", "book-1")])))).body;

  it("is done once, by one order, which has the same answer again", async () => {
    const asked = { ...cartOf(line("1", "book-1", 2)), shippingMethod: "parcel", paymentMethod: "card" };
    const { quote: made, decision } = (await quote(asked)).body;
    const used = await world.use(made.id, "order-1");
    const told = { quote: { ...made, state: "used", order: "order-1" }, decision };
    // What the shop's order has to be of.
    expect([used.status, used.body]).toEqual([
      200,
      { ...told, asked: { ...asked, id: expect.stringMatching(/^cart_/) } },
    ]);
    expect((await world.use(made.id, "order-1")).body).toEqual(used.body);
    expect(refusalOf(await world.use(made.id, "order-2"))).toEqual([409, "QUOTE_USED", "id", made.id]);
    const unknown = `quote_${"x".repeat(24)}`;
    expect(refusalOf(await world.use(unknown, "order-1"))).toEqual([404, "QUOTE_UNKNOWN", "id", unknown]);
    // One of the server's own uses its quote when it is placed.
    const { quote: other } = await fresh();
    const own = other.id.replace("quote_", "order_");
    expect(refusalOf(await world.use(other.id, own))).toEqual([400, "SERVER_BAD_REQUEST", "body/order", own]);
    const shopper = caller(world.server);
    expect((await world.use(made.id, "order-1", shopper)).status).toBe(401);
  });

  it("succeeds for one of many orders at two servers", async () => {
    const { quote: made } = await fresh();
    const calls = await Promise.all([world.operator(world.server), world.operator(second)]);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => world.use(made.id, `race-${i % 8}`, calls[i % 2])),
    );
    const won = answers.filter(({ status }) => status === 200);
    const [{ body } = { body: undefined }] = won;
    // Each order asks at both servers.
    expect(won.map((one) => one.body.quote.order)).toEqual([body?.quote.order, body?.quote.order]);
    expect(new Set(answers.filter((one) => !won.includes(one)).map((one) => one.body.error.code))).toEqual(
      new Set(["QUOTE_USED"]),
    );
  });

  it("is undone with the transaction of the order that it was part of", async () => {
    const { quote: made } = await fresh();
    const { quotes } = world.server.app;
    const usable = await quotes.prepare(made.id, "order-3");
    const order = world.database.transaction(async (tx) => {
      expect(await quotes.use(tx, usable)).toBe(false);
      throw new Error("the order fails");
    });
    await expect(order).rejects.toThrow("the order fails");
    expect((await world.use(made.id, "order-4")).status).toBe(200);
    // Whoever prepared before is too late.
    const late = world.database.transaction((tx) => quotes.use(tx, usable));
    await expect(late).rejects.toThrow("QUOTE_USED");
  });

  it("holds although prices, goods and strategies are others meanwhile, and is priced again to the same digest", async () => {
    await world.priceLamps("10");
    const { quote: made, decision } = await fresh(line("1", "lamp-a", 2), line("2", "runner-42"));
    await world.priceLamps("20");
    const dearer = { ...VARIANTS["runner-42"], prices: [{ currency: "EUR", unitPrice: 99_000 }] };
    const put = (variant: object) =>
      world.operate("/v1/catalog/variants/runner-42", variant, { method: "PUT" });
    await put(dearer);
    const now = await fresh(line("1", "lamp-a", 2), line("2", "runner-42"));
    expect(now.decision.subtotal).toBe(24_000 + 99_000);
    for (const { app } of [world.server, second])
      expect(await app.quotes.replay(made.id)).toEqual({ digest: decision.digest, quoted: decision.digest });
    expect((await world.use(made.id, "order-5")).body.quote.total).toBe(decision.total);
    await put(VARIANTS["runner-42"]!);
  });

  it("is refused after its time, which is told while it is known", async () => {
    const { quote: made, pin } = await fresh();
    world.time.now = made.expires - 1;
    try {
      const pinned = (given: string) =>
        world.quote(cartOf(line("1", "book-1")), world.operate, { "x-haggle-pin": given });
      const kept = (await pinned(pin)).body;
      world.time.now = made.expires;
      expect(refusalOf(await world.use(made.id, "order-6"))).toEqual([
        409,
        "QUOTE_EXPIRED",
        "id",
        made.expires,
      ]);
      expect((await world.operate<QuoteAnswer["body"]>(`/v1/quotes/${made.id}`)).body.quote.state).toBe(
        "expired",
      );
      // Nobody stays for ever on what is taken back by asking once more with each new pin.
      for (const one of [pin, kept.pin])
        expect((await pinned(one)).body.error?.code).toBe("SERVER_BAD_TOKEN");
      expect((await world.use(kept.quote.id, "order-6")).status).toBe(200);
      await world.server.app.quotes.sweep();
      expect((await world.operate(`/v1/quotes/${made.id}`)).status).toBe(200);
      world.time.now = made.expires + 60 * MINUTE_MS;
      await Promise.all([world.server, second].map(({ app }) => app.quotes.sweep()));
      expect((await world.operate(`/v1/quotes/${made.id}`)).status).toBe(404);
    } finally {
      world.time.now = undefined;
    }
  });

  it("is refused after a kill of what the quote came from, with another quote, and of nothing else", async () => {
    const shoes = await fresh(line("1", "runner-42"));
    const books = await fresh();
    const { quotes } = world.server.app;
    const usable = await quotes.prepare(shoes.quote.id, "order-7");
    const kill = { kind: "promotion", id: SHOES, channel: "stable", confirm: true, reason: "wrong" };
    expect((await world.operate("/v1/kills", kill)).status).toBe(201);
    // Also where an order was on its way.
    const late = world.database.transaction((tx) => quotes.use(tx, usable));
    await expect(late).rejects.toThrow("QUOTE_REVOKED");
    const refused = await world.use(shoes.quote.id, "order-7");
    expect(refusalOf(refused)).toEqual([409, "QUOTE_REVOKED", "id", shoes.quote.id]);
    const { instead } = refused.body;
    expect([shoes.decision.discountTotal, instead?.decision.discountTotal]).toEqual([2_000, 0]);
    expect((await world.use(instead!.quote.id, "order-7")).status).toBe(200);
    expect((await world.operate<QuoteAnswer["body"]>(`/v1/quotes/${shoes.quote.id}`)).body.quote.state).toBe(
      "revoked",
    );
    expect((await world.use(books.quote.id, "order-8")).status).toBe(200);
    // With what was switched off then, and not now.
    const { digest } = shoes.decision;
    expect(await world.server.app.quotes.replay(shoes.quote.id)).toEqual({ digest, quoted: digest });
    const undo = new URLSearchParams({ kind: "promotion", id: SHOES, channel: "stable", reason: "over" });
    await world.operate(`/v1/kills?${undo}`, undefined, { method: "DELETE" });
    // What was revoked stays so.
    expect((await world.use(shoes.quote.id, "order-9")).body.error.code).toBe("QUOTE_REVOKED");
  });

  it("tells who used what, and forgets a customer who is erased", async () => {
    const made = (await quote({ ...cartOf(line("1", "book-1")), customer: "c-17" })).body.quote;
    await world.use(made.id, "order-10");
    const events = await world.database.query<{ type: string; data: object }>(
      "select type, data from outbox_events where subject = $1",
      [made.id],
    );
    const { id, release, total } = made;
    expect(events).toEqual([
      { type: "quote.used", data: { quote: id, order: "order-10", release, total, currency: "EUR" } },
    ]);
    expect(await world.erase("c-17")).toBe(204);
    expect((await world.operate(`/v1/quotes/${made.id}`)).status).toBe(404);
  });
});
