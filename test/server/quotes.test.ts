import { createEngine, type PricedDecision } from "@haggle/sdk";
import { verifyReceipt } from "@haggle/sdk/receipts";
import { readConfig } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  browserCart,
  cartOf,
  createQuoteWorld,
  line,
  type QuoteWorld,
  refusalOf,
} from "../support/quotes.ts";
import { caller } from "../support/rollout.ts";
import { until } from "../support/server.ts";

// What a shop stands by: what it costs, for whom, and what proves it.

const MINUTE_MS = 60_000;

let world: QuoteWorld;

beforeAll(async () => {
  world = await createQuoteWorld({ receipts: false });
});

afterAll(() => world.close());

const quote = (body: object, headers: Record<string, string> = {}) =>
  world.quote(body, world.operate, headers);
const refusedWith = async (more: object) =>
  refusalOf(await quote({ ...cartOf(line("1", "book-1")), ...more }));
describe("without a key that signs receipts", () => {
  it("nothing is quoted, and /readyz says so", async () => {
    expect((await world.server.ready()).warnings).not.toContain("SERVER_KEY_MISSING");
    const refused = await quote(cartOf(line("1", "book-1")));
    expect(refusalOf(refused)).toEqual([503, "SERVER_KEY_MISSING", "receipt", undefined]);
    const { warnings, keys } = await world.server.ready();
    expect([warnings, keys.receipt]).toEqual([expect.arrayContaining(["SERVER_KEY_MISSING"]), "missing"]);
    await world.shop.giveKey("receipt");
    await until(async () => (await world.server.ready()).keys.receipt === "ready");
    expect((await quote(cartOf(line("1", "book-1")))).status).toBe(201);
    expect((await world.server.ready()).warnings).not.toContain("SERVER_KEY_MISSING");
  });
});

describe("a quote", () => {
  it("has prices, taxes and shipping of the server's own tables, and its digest is a browser's", async () => {
    await world.priceLamps("10");
    const { status, body } = await quote({
      ...cartOf(
        line("1", "runner-42", 2),
        line("2", "lamp-a"),
        line("3", "book-1", 1, { subscription: true }),
      ),
      shippingMethod: "parcel",
    });
    expect(status).toBe(201);
    // 10 % off shoes, 50 off from 300 on.
    expect(body.decision).toMatchObject({
      subtotal: 2 * 20_000 + 11_000 + 2_500,
      discountTotal: 4_000 + 5_000,
      shippingTotal: 990,
      total: 53_500 - 9_000 + 990,
    });
    const prices = { version: expect.any(Number), strategy: expect.stringMatching(/^v2026/) };
    expect(body.quote).toMatchObject({ state: "open", total: 45_490, prices, policy: "default" });
    expect(body.quote.expires - body.quote.created).toBe(15 * MINUTE_MS);
    const { published, shop } = world;
    const browser = await createEngine({
      bundle: shop.bundle.bytes,
      release: published.release.bytes,
      root: shop.root.bytes,
    });
    const cart = browserCart(
      [line("a", "book-1", 1, { subscription: true }), line("b", "runner-42", 2), line("c", "lamp-a")],
      { "lamp-a": 11_000 },
    );
    const shipping = [{ id: "parcel", method: "standard", price: 990, taxRate: "19" }];
    const decision = browser.evaluate({ ...cart, shipping }) as PricedDecision;
    expect(decision.taxTotal).toBe(body.decision.taxTotal);
    expect(body.decision.digest).toBe(decision.digest);
  });

  it("shows nothing of costs and floors", async () => {
    const { body } = await quote(cartOf(line("1", "lamp-a"), line("2", "runner-42"), line("3", "book-1")));
    const shown = await world.operate(`/v1/quotes/${body.quote.id}`);
    const receipt = Buffer.from(body.receipt, "base64url").toString();
    const payload = Buffer.from(JSON.parse(receipt).payload, "base64").toString();
    for (const text of [JSON.stringify(body), JSON.stringify(shown.body), payload]) {
      expect(text).not.toMatch(/unitCost|minUnitPrice/);
      // Ids, digests and signatures may have any digits.
      expect(text.replaceAll(/"[\w.=+/-]{20,}"/g, "")).not.toMatch(/\b(?:6007|8003|11019|1013)\b/);
    }
    const asked = {
      currency: "EUR",
      region: "DE",
      id: expect.stringMatching(/^cart_/),
      lines: expect.any(Array),
    };
    expect(shown.body).toEqual({ quote: body.quote, asked, decision: body.decision });
    const stored = await world.server.app.quotes.replay(body.quote.id);
    expect(stored.digest).toBe(body.decision.digest);
  });

  it("is for whom a server with a key names: his tier's price, and what he may have", async () => {
    await world.save(`id: gold
rule: price-by-tier
skus: [lamp-a]
tiers: [gold]
parameters: { percent2: "30" }`);
    await world.costs(world.server, "lamp-a", 8_003, "?tier=gold");
    const asked = cartOf(line("1", "lamp-a"));
    const golden = await quote({ ...asked, customer: "c-gold" });
    // His floor, which the rule's price does not pass.
    expect([golden.body.decision.subtotal, golden.body.quote.customer]).toEqual([8_003, "c-gold"]);
    expect((await quote(asked)).body.decision.subtotal).toBe(10_000);
    expect((await quote({ ...asked, customer: "c-nobody-told-of" })).body.decision.subtotal).toBe(10_000);
    const shopper = caller(world.server);
    for (const [named, at] of [
      [{ customer: "c-gold" }, "customer"],
      [{ loggedIn: true }, "loggedIn"],
      [{ cart: `cart_${"x".repeat(24)}` }, "cart"],
    ] as const) {
      const refused = await world.quote({ ...asked, ...named }, shopper);
      expect(refusalOf(refused)).toEqual([403, "QUOTE_FORBIDDEN", `body/${at}`, undefined]);
    }
    const own = await world.quote(asked, shopper);
    expect([own.status, own.headers.get("set-cookie")]).toEqual([201, null]);
  });

  it("is in the variants of whom it is for, which another server would give him too", async () => {
    const variants = ["control", "b"].map((key) => ({ key, weight: 0.5 }));
    const key = "shades";
    await world.operate("/v1/experiments", { channel: "stable", key, unit: "customer", variants });
    await world.operate(`/v1/experiments/${key}/start`, { reason: "to see" });
    const asked = { ...cartOf(line("1", "book-1")), customer: "c-gold" };
    const { headers, body } = await until(async () => {
      const answer = await quote(asked);
      return answer.headers.has("x-haggle-experiments") && answer;
    });
    const told = headers.get("x-haggle-experiments");
    expect(told).toMatch(/^shades=(control|b)$/);
    const [row] = await world.database.query<{ segments: string[] }>(
      "select cart->'customer'->'segments' as segments from quotes where quote_id = $1",
      [body.quote.id],
    );
    expect(row?.segments).toEqual(["vip", `experiment:${told}`]);
    // Who is named by the header alone is kept, for the sake of his variants, and erased like any other.
    const named = await quote(cartOf(line("1", "book-1")), { "x-haggle-unit": "c-in-header" });
    expect(named.body.quote.customer).toBeUndefined();
    expect(await world.erase("c-in-header")).toBe(204);
    expect((await world.operate(`/v1/quotes/${named.body.quote.id}`)).status).toBe(404);
    await world.operate(`/v1/experiments/${key}/end`, {});
  });

  it("is of goods as the catalog knows them, whatever else somebody says of them", async () => {
    const said = { color: "red", watts: 1, engraving: "mum" };
    const { body } = await quote(cartOf(line("1", "lamp-a", 1, { attributes: said })));
    const [row] = await world.database.query<{ attributes: object }>(
      "select cart->'lines'->0->'attributes' as attributes from quotes where quote_id = $1",
      [body.quote.id],
    );
    expect(row?.attributes).toEqual({ color: "black", watts: 9, engraving: "mum" });
  });

  it("is in the currency that is asked for, and prices of strategies in theirs alone", async () => {
    await world.priceLamps("10");
    expect((await quote(cartOf(line("1", "lamp-a")))).body.decision.subtotal).toBe(11_000);
    const dollars = await quote({ ...cartOf(line("1", "lamp-a")), currency: "USD" });
    expect([dollars.body.decision.subtotal, dollars.body.quote.prices]).toEqual([9_900, undefined]);
  });

  it("of a cart that the server keeps is of the revision that was seen", async () => {
    const made = await world.operate<{ id: string }>("/v1/carts", {
      currency: "EUR",
      region: "DE",
      customer: "c-gold",
      lines: [line("1", "book-1", 3)],
      coupons: ["LATER"],
    });
    const { id } = made.body;
    const { body } = await quote({ cart: id, revision: 1, shippingMethod: "parcel" });
    expect(body.decision).toMatchObject({ subtotal: 7_500, shippingTotal: 490, coupons: [] });
    expect(body.quote.customer).toBe("c-gold");
    expect(refusalOf(await quote({ cart: id, revision: 2 }))).toEqual([412, "SERVER_CHANGED", "revision", 1]);
    const twice = await quote({ cart: id, lines: [line("1", "book-1")] });
    expect(refusalOf(twice)).toEqual([400, "SERVER_BAD_REQUEST", "body/lines", undefined]);
    expect((await quote({ cart: `cart_${"x".repeat(24)}` })).body.error.code).toBe("SERVER_UNKNOWN_CART");
  });
});

describe("what is refused", () => {
  type Refusal = [more: object, code: string, at: string];
  const lines = (more: object) => ({ lines: [line("1", "book-1"), line("2", "book-1", 1, more)] });

  it.each<Refusal>([
    ...["total", "discountTotal", "allowances"].map((at): Refusal => [{ [at]: 1 }, "QUOTE_PRICE_FIELD", at]),
    ...["unitPrice", "unitCost", "minUnitPrice", "taxRate", "price", "listPrice", "discount"].map(
      (name): Refusal => [lines({ [name]: 1 }), "QUOTE_PRICE_FIELD", `lines[1].${name}`],
    ),
    ...["campaigns", "now"].map((at): Refusal => [{ [at]: 1 }, "QUOTE_UNKNOWN_FIELD", at]),
    [lines({ productId: "lamp" }), "QUOTE_UNKNOWN_FIELD", "lines[1].productId"],
    [lines({ categories: ["shoes"] }), "QUOTE_UNKNOWN_FIELD", "lines[1].categories"],
  ])("what is the shop's to say, and what nobody knows: %j", async (more, code, at) => {
    expect(await refusedWith(more)).toEqual([422, code, at, undefined]);
  });

  it.each<[object, unknown[]]>([
    [{ lines: [line("1", "book-1"), line("1", "lamp-a")] }, [422, "CART_DUPLICATE_LINE", "lines[1].id", "1"]],
    [
      { lines: [line("1", "book-1", 1, { attributes: { firstName: "x" } })] },
      [422, "SERVER_PERSONAL_FIELD", "lines[0].attributes.firstName", undefined],
    ],
    [{ currency: undefined }, [422, "CART_MISSING_FIELD", "currency", undefined]],
    [{ lines: undefined }, [422, "CART_MISSING_FIELD", "lines", undefined]],
    [{ currency: "XXL" }, [422, "CART_UNKNOWN_CURRENCY", "currency", "XXL"]],
    [{ region: "FR", shippingMethod: "parcel" }, [422, "SHIPPING_NOT_OFFERED", "shippingMethod", "parcel"]],
    [{ shippingMethod: "drone" }, [404, "SHIPPING_UNKNOWN_METHOD", "shippingMethod", "drone"]],
    [{ revision: 2 }, [400, "SERVER_BAD_REQUEST", "revision", 2]],
  ])("what makes no cart: %j", async (more, refusal) => {
    expect(await refusedWith(more)).toEqual(refusal);
  });

  it("all skus that are not sold, together", async () => {
    const missing = await quote(
      cartOf(line("1", "book-1"), line("2", "ghost"), line("3", "lamp-a"), line("4", "spectre")),
    );
    expect(refusalOf(missing)).toEqual([422, "QUOTE_UNKNOWN_SKU", "lines[1].sku", "ghost"]);
    expect(missing.body.skus).toEqual([
      { at: "lines[1].sku", sku: "ghost" },
      { at: "lines[3].sku", sku: "spectre" },
    ]);
    const foreign = await quote({
      ...cartOf(line("1", "lamp-a"), line("2", "book-1"), line("3", "lamp-b")),
      currency: "USD",
    });
    expect(refusalOf(foreign)).toEqual([422, "QUOTE_NO_PRICE", "lines[1].sku", "book-1"]);
    expect(foreign.body.skus?.map(({ sku }) => sku)).toEqual(["book-1", "lamp-b"]);
  });
});

describe("a receipt", () => {
  it("is signed by the key of its role, and says what the shop stands by", async () => {
    const { body } = await quote({ ...cartOf(line("1", "book-1")), customer: "c-gold" });
    const root = world.shop.root.bytes;
    const { receipt } = await verifyReceipt(body.receipt, {
      ...{ root, now: body.quote.created, quote: body.quote, decision: body.decision },
    });
    expect(receipt).toEqual({
      type: "receipt",
      tenant: expect.any(String),
      quote: body.quote.id,
      customer: "c-gold",
      currency: "EUR",
      cart: expect.stringMatching(/^[0-9a-f]{64}$/),
      decision: body.decision.digest,
      release: body.quote.release,
      issued: body.quote.created,
      expires: body.quote.expires,
    });
    await expect(verifyReceipt(body.receipt, { root, now: body.quote.expires })).rejects.toThrow(
      "DOCUMENT_EXPIRED",
    );
    const bytes = Buffer.from(body.receipt, "base64url");
    const envelope = JSON.parse(bytes.toString());
    const payload = Buffer.from(envelope.payload, "base64").toString().replace("c-gold", "c-lead");
    const forged = JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64") });
    await expect(verifyReceipt(forged, { root })).rejects.toThrow("DOCUMENT_BAD_SIGNATURE");
  });
});

it("holds for as long as an operator says, within an hour", () => {
  const read = (minutes?: string) => readConfig({ HAGGLE_QUOTE_MINUTES: minutes ?? "" }).quoteTtlMs;
  expect([read(), read("60")]).toEqual([15 * MINUTE_MS, 60 * MINUTE_MS]);
  for (const minutes of ["0", "61", "soon"]) expect(() => read(minutes)).toThrow("HAGGLE_QUOTE_MINUTES");
});
