import { spawn } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createEngine, type Engine } from "@haggle/sdk";
import fc from "fast-check";
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
  VARIANTS,
} from "../support/quotes.ts";
import { SHOES } from "../support/release.ts";
import type { Replayed, Stored } from "../support/replay-quotes.ts";
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
  it("answers each cart in its line, with a quote or with what is wrong", async () => {
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

describe("a quote equals its replay", () => {
  const sku = fc.constantFrom("lamp-a", "lamp-b", "runner-42", "book-1");
  const more = fc.record(
    {
      customer: fc.constantFrom("c-gold", "c-17"),
      region: fc.constantFrom("DE", "DE-BY", "FR"),
      shippingMethod: fc.constant("parcel"),
      market: fc.constantFrom("de", "at"),
      paymentMethod: fc.constantFrom("card", "cash"),
    },
    { requiredKeys: [] },
  );
  const lines = fc.uniqueArray(
    fc.record({ id: fc.stringMatching(/^[a-z0-9]{1,6}$/), sku, quantity: fc.integer({ min: 1, max: 2 }) }),
    { minLength: 1, maxLength: 10, selector: ({ id }) => id },
  );
  const carts = fc
    .tuple(lines, more)
    .filter(
      ([, { region, shippingMethod }]) => shippingMethod === undefined || region?.startsWith("DE") === true,
    )
    .map(([lines, more]) => ({ currency: "EUR", lines, ...more }));
  /** Each is quoted while another release or other prices hold. */
  async function quoteSome(count: number): Promise<Told[]> {
    const { told } = await send(fc.sample(carts, count));
    expect(told.flatMap(({ error }) => error ?? [])).toEqual([]);
    return told;
  }

  it("whatever was in the cart, and whatever is another since, here and in another process", async () => {
    const quoted = await quoteSome(60);
    const bounds = [{ sku: "lamp-*", minUnitPrice: 1_000, maxUnitPrice: 20_000 }];
    const content = { rules: [SHOES], release: { policy: GROSS, bounds } };
    const { release } = await world.shop.publish({ version: 3, ...content });
    const next = async () => (await world.quote(cart("x", line("1", "book-1")))).body.quote.release;
    await until(async () => (await next()) === release.sha256);
    await world.priceLamps("15");
    quoted.push(...(await quoteSome(60)));
    await world.priceLamps("30");
    quoted.push(...(await quoteSome(60)));
    expect(new Set(quoted.map(({ quote }) => quote.release)).size).toBe(2);
    expect(new Set(quoted.map(({ decision }) => decision.digest)).size).toBeGreaterThan(120);

    await world.priceLamps("5");
    const dearer = { ...VARIANTS["runner-42"]!, prices: [{ currency: "EUR", unitPrice: 99_000 }] };
    await world.operate("/v1/catalog/variants/runner-42", dearer, { method: "PUT" });
    await world.operate("/v1/customers/c-gold", { segments: [], tier: "none" }, { method: "PUT" });
    await world.operate("/v1/taxes/DE", { rates: [{ taxClass: "standard", rate: "21" }] }, { method: "PUT" });
    for (const { quote, decision } of quoted) {
      const { digest } = decision;
      expect(await world.server.app.quotes.replay(quote.id)).toEqual({ digest, quoted: digest });
    }
    const replayed = await replayElsewhere(quoted);
    expect(replayed).toEqual(quoted.map(({ decision }) => ({ digest: decision.digest, decision })));
  });

  /** By the rows of the database and the files of the release folder, without a server. */
  async function replayElsewhere(quoted: readonly Told[]): Promise<Replayed[]> {
    const rows = await world.database.query<{ id: string; cart: Stored["cart"] }>(
      "select quote_id as id, cart from quotes",
    );
    const cartOf = new Map(rows.map(({ id, cart }) => [id, cart]));
    const { folder } = world.shop;
    const quotes = quoted.map(
      ({ quote, decision }): Stored => ({
        release: join(folder, `releases/${quote.release}.json`),
        bundle: join(folder, `bundles/${decision.bundle}.wasm`),
        cart: cartOf.get(quote.id)!,
      }),
    );
    const program = join(import.meta.dirname, "../support/replay-quotes.ts");
    const child = spawn(process.execPath, ["--conditions=haggle-source", program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(JSON.stringify({ root: join(folder, "root.json"), quotes }));
    return JSON.parse(await text(child.stdout)) as Replayed[];
  }
});
