import type { Promotion } from "@haggle/abi";
import { createHaggle, type Haggle, type HaggleOptions } from "@haggle/sdk/client";
import { clientExperiments } from "@haggle/sdk/experiments-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readAdminKey, withKey } from "../support/api-keys.ts";
import { browserCart, cartOf, createQuoteWorld, line, type QuoteWorld } from "../support/quotes.ts";
import { caller } from "../support/rollout.ts";

// Attributes of goods that are no catalog's: a shopper chose them. Whose word counts, and that page and server come to one price by it.

const off = (id: string, attributes: Record<string, readonly string[]>): Promotion => ({
  id,
  effects: [{ target: "unit", percent: "10", filter: { attributes } }],
  priority: 4,
});

let world: QuoteWorld;
let clients: Haggle[] = [];

beforeAll(async () => {
  world = await createQuoteWorld({
    promotions: [off("engraved", { engraved: ["yes"] }), off("clearance", { clearance: ["yes"] })],
    env: { HAGGLE_SHOPPER_ATTRIBUTES: "engraved, giftWrap", HAGGLE_ANONYMOUS: "1" },
  });
});
afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
});
afterAll(() => world.close());

/** A page, or with `headers` a program that has a key. */
async function open(options: Partial<HaggleOptions> = {}): Promise<Haggle> {
  const client = createHaggle({
    ...{ url: world.server.url, root: world.shop.root.bytes, store: "memory", pollMs: 600_000 },
    experiments: clientExperiments({ consent: false }),
    ...options,
  });
  clients.push(client);
  await client.ready();
  return client;
}

/** Lamps as the catalog describes them, and what a shopper says of them beside. */
function lamps(said: Record<string, string | number | boolean>) {
  const cart = browserCart([line("1", "lamp-b", 2), line("2", "book-1")]);
  const [first, ...rest] = cart.lines;
  return { ...cart, lines: [{ ...first!, attributes: { ...first!.attributes, ...said } }, ...rest] };
}

const stored = async (id: string) => {
  const [row] = await world.database.query<{ attributes: object }>(
    "select cart->'lines'->0->'attributes' as attributes from quotes where quote_id = $1",
    [id],
  );
  return row?.attributes;
};

describe("what a shopper says of his goods", () => {
  it("makes the price on both sides where the shop lets him, and both are the same to the digest", async () => {
    const client = await open();
    const cart = lamps({ engraved: "yes", giftWrap: true });
    const { quote, isSame, comparison, ignored, preview } = await client.quote(cart, { region: "DE" });
    expect([isSame, comparison, ignored]).toEqual([true, { verdict: "match" }, undefined]);
    expect([quote.total, preview.ok && preview.total]).toEqual([15_100, 15_100]);
    expect(await stored(quote.id)).toEqual({ watts: 9, engraved: "yes", giftWrap: true });
  });

  it("counts for nothing where it is not his to say, which is told, with the reason why the page was wrong", async () => {
    const client = await open();
    const cart = lamps({ clearance: "yes", note: "for my mum, with love" });
    const { quote, isSame, comparison, ignored, preview } = await client.quote(cart, { region: "DE" });
    expect(ignored).toEqual(["lines[0].attributes.clearance", "lines[0].attributes.note"]);
    expect([isSame, comparison]).toEqual([false, { verdict: "drift", causes: ["attributes"] }]);
    expect([quote.total, preview.ok && preview.total]).toEqual([16_500, 15_100]);
    expect(await stored(quote.id)).toEqual({ watts: 9 });
  });

  it("is never more than what the catalog says of the same", async () => {
    const client = await open();
    const { quote, ignored, comparison } = await client.quote(lamps({ watts: 1, engraved: "yes" }), {
      region: "DE",
    });
    expect([ignored, comparison]).toEqual([
      ["lines[0].attributes.watts"],
      { verdict: "drift", causes: ["attributes"] },
    ]);
    expect(await stored(quote.id)).toEqual({ watts: 9, engraved: "yes" });
  });

  it("is the shop's own word where a program with a key says it", async () => {
    const client = await open({ headers: withKey(await readAdminKey(world.shop.dataFolder)) });
    const { quote, isSame, ignored } = await client.quote(lamps({ clearance: "yes" }), { region: "DE" });
    expect([isSame, quote.total, ignored]).toEqual([true, 15_100, undefined]);
    await expect(client.quote(lamps({ firstName: "x" }), { region: "DE" })).rejects.toMatchObject({
      code: "SERVER_PERSONAL_FIELD",
    });
  });

  it("is one word, as all that is kept, and what is no attribute at all is no failure of the server", async () => {
    const shopper = caller(world.server);
    const ask = (attributes: unknown) => world.quote(cartOf({ ...line("1", "lamp-b"), attributes }), shopper);
    const text = await ask({ engraved: "for my mum" });
    expect([text.status, text.body.error.code]).toEqual([400, "SERVER_BAD_REQUEST"]);
    for (const attributes of [{ note: { deep: [1] } }, {}]) expect((await ask(attributes)).status).toBe(201);
    for (const attributes of ["engraved", ["engraved"]]) expect((await ask(attributes)).status).toBe(400);
  });
});
