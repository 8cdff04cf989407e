import { request } from "node:http";
import { createEngine, type Engine } from "@haggle/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBatches } from "../../server/modules/quotes/batch.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import { readAdminKey } from "../support/api-keys.ts";
import {
  browserCart,
  createQuoteWorld,
  GROSS,
  line,
  type QuoteJson,
  type QuoteWorld,
} from "../support/quotes.ts";
import { priceOf } from "../support/rules.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// Quotes for many carts, one a line; and how browsers' decisions compare with quotes.

type Told = QuoteJson & { line: number; id?: string; comparison?: object };

const LINES = "application/x-ndjson";
let world: QuoteWorld;
let key: string;
let browser: Engine;

beforeAll(async () => {
  world = await createQuoteWorld();
  await until(async () => (await world.server.ready()).keys.receipt === "ready");
  key = await readAdminKey(world.shop.dataFolder);
  browser = await browserOf(world.published.release.bytes);
});

afterAll(() => world.close());

function browserOf(release: Uint8Array): Promise<Engine> {
  return createEngine({ bundle: world.shop.bundle.bytes, release, root: world.shop.root.bytes });
}

const cart = (id: string, ...lines: object[]) => ({ id, currency: "EUR", region: "DE", lines });

async function send(
  lines: readonly (object | string)[],
  { server = world.server, headers = {} }: { server?: TestServer; headers?: Record<string, string> } = {},
): Promise<{ status: number; type: string | null; told: Told[] }> {
  const body = lines.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n");
  const response = await fetch(`${server.url}/v1/quotes:batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": LINES, ...headers },
    body,
  });
  const told = (await response.text())
    .split("\n")
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Told);
  return { status: response.status, type: response.headers.get("content-type"), told };
}

describe("a batch", () => {
  it("answers each cart in its line, with a quote that is as good as any other or with what is wrong", async () => {
    const { status, type, told } = await send([
      cart("a", line("1", "book-1", 2)),
      "",
      "{ no JSON",
      { ...cart("c", line("1", "runner-42"), line("2", "ghost"), line("3", "spectre")) },
      { ...cart("d", line("1", "lamp-a", 1, { unitPrice: 1 })) },
      { ...cart("e", line("1", "lamp-a", 0)) },
      { ...cart("f", line("1", "lamp-a")), currency: "USD", customer: "c-gold" },
    ]);
    expect([status, type]).toEqual([200, LINES]);
    const errorOf = ({ error }: Told) => error && [error.code, error.at];
    expect(told.map((one) => [one.line, one.id, errorOf(one) ?? one.decision.total])).toEqual([
      [1, "a", 5_000],
      [3, undefined, ["SERVER_NOT_JSON", undefined]],
      [4, "c", ["QUOTE_UNKNOWN_SKU", "lines[1].sku"]],
      [5, "d", ["QUOTE_PRICE_FIELD", "lines[0].unitPrice"]],
      [6, "e", ["SERVER_BAD_REQUEST", "lines.0.quantity"]],
      [7, "f", 9_900],
    ]);
    expect(told[2]!.skus?.map(({ sku }) => sku)).toEqual(["ghost", "spectre"]);
    const single = await world.quote(cart("a", line("1", "book-1", 2)));
    expect(Object.keys(told[0]!).sort()).toEqual([...Object.keys(single.body), "id", "line"].sort());
    expect(told[0]!.decision.digest).toBe(single.body.decision.digest);
    expect(told.at(-1)!.quote.customer).toBe("c-gold");
    const used = await world.use(told[0]!.quote.id, "order-of-a-batch");
    expect(used.body.quote.state).toBe("used");
  });

  it("is answered as it comes, and the body need not have ended", async () => {
    const { say, hear, end } = converse();
    say(cart("first", line("1", "book-1")));
    expect(await hear()).toMatchObject({ line: 1, id: "first", quote: { state: "open" } });
    const second = JSON.stringify(cart("second", line("1", "lamp-b")));
    say(second.slice(0, 20), "");
    say(second.slice(20));
    expect(await hear()).toMatchObject({ line: 2, id: "second", decision: { total: 7_000 } });
    end();
    expect(await hear()).toBeUndefined();
  });

  it("reads no more than it can answer, and stops when nobody takes the answers", async () => {
    const { quotes, catalog, releases } = world.server.app;
    const batches = createBatches({ quotes, catalog, channel: releases.name });
    let pieces = 0;
    let isEnded = false;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (; pieces < 100; pieces++)
          yield Buffer.from(`${JSON.stringify(cart(`${pieces}`, line("1", "book-1")))}\n`);
      } finally {
        isEnded = true;
      }
    }
    const asker = { actor: SYSTEM_ACTOR, requestId: "1", spend() {}, onFailure() {} };
    const answers = batches.run(body(), asker);
    expect(JSON.parse((await answers.next()).value!)).toMatchObject({ line: 1, id: "0" });
    expect(pieces).toBe(0);
    expect(JSON.parse((await answers.next()).value!)).toMatchObject({ line: 2, id: "1" });
    await answers.return(undefined);
    expect([pieces, isEnded]).toEqual([1, true]);
  });

  it("goes on for others when a client goes away in its middle", async () => {
    const { say, hear, leave } = converse();
    say(cart("first", line("1", "book-1")));
    await hear();
    say(cart("second", line("1", "book-1")));
    leave();
    expect((await send([cart("other", line("1", "book-1"))])).told).toHaveLength(1);
    expect(world.server.log.filter(({ level }) => level >= 50)).toEqual([]);
  });

  it("has a thousand carts, and lines of bounded length", async () => {
    const many = await send(Array.from({ length: 1_003 }, (_, i) => ({ id: `${i}` })));
    expect(many.told).toHaveLength(1_001);
    expect(many.told[999]).toMatchObject({ line: 1_000, id: "999", error: { code: "CART_MISSING_FIELD" } });
    expect(many.told[1_000]!.error).toMatchObject({
      code: "QUOTE_BATCH_TOO_LARGE",
      at: "line 1001",
      value: 1_001,
    });
    const long = await send([cart("a", line("1", "book-1")), `{"id":"${"x".repeat(512 * 1024)}"}`, "{}"]);
    expect(long.told.map(({ error }) => error && [error.code, error.at])).toEqual([
      undefined,
      ["QUOTE_BATCH_TOO_LARGE", "line 2"],
    ]);
  });

  it("is for servers with a key, in lines of JSON, and each cart counts as a request", async () => {
    const refused = await send([cart("a")], { headers: { authorization: "" } });
    expect([refused.status, refused.told[0]!.error.code]).toEqual([401, "SERVER_UNAUTHORIZED"]);
    const json = await send([cart("a")], { headers: { "content-type": "application/json" } });
    expect([json.status, json.told[0]!.error.code]).toEqual([415, "SERVER_UNSUPPORTED_MEDIA_TYPE"]);
    const strict = await startServer(world.shop.dataFolder, { env: { HAGGLE_KEY_PER_MINUTE: "40" } });
    try {
      await until(async () => (await strict.ready()).keys.receipt === "ready");
      const { told } = await send(
        Array.from({ length: 60 }, (_, i) => cart(`${i}`, line("1", "book-1"))),
        { server: strict },
      );
      const codes = told.map(({ error }) => error?.code);
      const served = codes.indexOf("SERVER_TOO_MANY_REQUESTS");
      // The request itself is one.
      expect(served).toBeGreaterThan(0);
      expect(served).toBeLessThan(40);
      expect(codes.slice(served)).toEqual(
        Array.from({ length: 60 - served }, () => "SERVER_TOO_MANY_REQUESTS"),
      );
    } finally {
      await strict.close();
    }
  });
});

/** Lines to a server and from it, at once. */
function converse() {
  const asked = request(`${world.server.url}/v1/quotes:batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": LINES },
  });
  asked.on("error", () => {});
  const answer = new Promise<AsyncIterator<Buffer>>((resolve, reject) => {
    asked.on("response", (response) => resolve(response[Symbol.asyncIterator]()));
    asked.on("error", reject);
  });
  answer.catch(() => {});
  return {
    say: (body: object | string, end = "\n") =>
      asked.write((typeof body === "string" ? body : JSON.stringify(body)) + end),
    end: () => asked.end(),
    leave: () => asked.destroy(),
    /** Undefined at the end. */
    async hear(): Promise<object | undefined> {
      const { value } = await (await answer).next();
      return value === undefined ? undefined : JSON.parse(String(value));
    },
  };
}

describe("what a browser came to", () => {
  const asked = cart("mine", line("1", "lamp-a", 5));
  const digestOf = (unitPrice: number, engine = browser) =>
    priceOf(engine, browserCart([line("x", "lamp-a", 5)], { "lamp-a": unitPrice })).digest!;
  async function compare(claim: object, more: object = {}): Promise<object | undefined> {
    const { told } = await send([{ ...asked, ...more, compare: claim }]);
    return told[0]!.comparison;
  }

  it("is what the server came to, or drifted, and why", async () => {
    await world.priceLamps("10");
    const single = await world.quote({ ...asked, compare: { digest: digestOf(11_000) } });
    expect(single.body.decision.subtotal).toBe(55_000);
    expect((single.body as Told).comparison).toEqual({ verdict: "match" });
    expect(await compare({ digest: digestOf(11_000) })).toEqual({ verdict: "match" });
    expect(await compare({ digest: digestOf(10_000) })).toEqual({ verdict: "drift", causes: ["prices"] });
    await world.priceLamps("20");
    // What the document before said.
    expect(await compare({ digest: digestOf(11_000) })).toEqual({ verdict: "drift", causes: ["prices"] });
    expect(await compare({ digest: digestOf(12_000) }, { shippingMethod: "parcel" })).toEqual({
      verdict: "drift",
      causes: ["shipping"],
    });
    expect(await compare({ digest: digestOf(12_345) })).toEqual({ verdict: "drift", causes: ["cart"] });
    const told = await world.operate<{ error: { code: string } }>("/v1/quotes", {
      ...asked,
      compare: { digest: "x" },
    });
    expect(told.body.error.code).toBe("SERVER_BAD_REQUEST");
  });

  it("is not to be compared where the server's floors count", async () => {
    // 8,003 is the least that a lamp costs, which 50 off five of them come near to; 100 off would not.
    const policy = { ...GROSS, marginFloor: { basisPoints: 4_900, unknownCost: "ignoreLine" } } as const;
    const before = world.published.release.sha256;
    const { release } = await world.shop.publish({ version: 2, release: { policy } });
    await until(async () => (await world.quote(asked)).body.quote.release === release.sha256);
    const next = await browserOf(release.bytes);
    expect(await compare({ digest: digestOf(10_000, next) })).toEqual({
      verdict: "notComparable",
      causes: ["marginFloor"],
    });
    // And a page that was open meanwhile has the release before.
    expect(await compare({ digest: digestOf(10_000) })).toEqual({ verdict: "drift", causes: ["release"] });
    expect(await compare({ digest: digestOf(10_000), release: before, prices: 0 })).toEqual({
      verdict: "drift",
      causes: ["release"],
    });
    expect(await compare({ digest: digestOf(10_000), release: "f".repeat(64) })).toEqual({
      verdict: "drift",
      causes: ["release", "unsearched"],
    });
    const counted = await (await world.server.get("/metrics")).text();
    expect(counted).toMatch(/haggle_quote_comparisons_total\{verdict="notComparable"\} 1/);
  });
});
