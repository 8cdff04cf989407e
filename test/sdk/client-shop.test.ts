import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Cart, verifyRoot } from "@haggle/sdk";
import { createHaggle, type Evaluation, type Haggle, type HaggleOptions } from "@haggle/sdk/client";
import { clientExperiments } from "@haggle/sdk/experiments-client";
import { verifyReceipt } from "@haggle/sdk/receipts";
import { signRoot } from "@haggle/toolchain";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { browserCart, createQuoteWorld, GROSS, line, type QuoteWorld } from "../support/quotes.ts";
import { SHOES, testSigner } from "../support/release.ts";
import { serveFolder } from "../support/serve-folder.ts";
import { until } from "../support/server.ts";
import { createWebStorage } from "../support/web-storage.ts";

// What a client asks of the server: the price of a cart where this host makes none, and the one that the shop stands by.

const TO = { region: "DE" };

const unitOf = (token: string) => ({ unit: `u-${token}`, token, expires: Date.now() + 86_400_000 });

let world: QuoteWorld;
let haggle: Haggle | undefined;

beforeAll(async () => {
  world = await createQuoteWorld();
});
afterEach(() => haggle?.close());
afterAll(() => world.close());

function open(options: Partial<HaggleOptions> = {}): Haggle {
  haggle = createHaggle({ url: world.server.url, root: world.shop.root.bytes, ...options });
  return haggle;
}

/** One that has no release: it trusts another root than the shop's. */
async function openWithout(options: Partial<HaggleOptions> = {}): Promise<Haggle> {
  const { bytes } = await signRoot({ signer: await testSigner(2), now: Date.now() });
  const opened = open({ root: bytes, ...options });
  await expect(opened.ready()).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
  return opened;
}

describe("a quote", () => {
  const cart = browserCart([line("1", "runner-42", 2), line("2", "book-1")]);

  it("is the server's, signed, and the same as what was shown", async () => {
    const opened = open();
    await opened.ready();
    const { quote, decision, receipt, preview, isSame, comparison } = await opened.quote(cart, TO);
    expect(comparison).toEqual({ verdict: "match" });
    expect(isSame).toBe(true);
    expect(preview).toMatchObject({ ok: true, total: quote.total, digest: decision.digest });
    // What was shown here, and the cart that it was shown for, are what the shop has signed.
    if (!preview.ok) throw preview.error;
    const shown = { quote, cart, decision: preview };
    const verify = (more: object) =>
      verifyReceipt(receipt, { root: world.shop.root.bytes, now: Date.now(), ...shown, ...more });
    expect((await verify({})).receipt).toMatchObject({ quote: quote.id, release: quote.release });
    const more = { ...cart, lines: [{ ...cart.lines[0]!, quantity: 3 }, cart.lines[1]!] };
    await expect(verify({ cart: more })).rejects.toMatchObject({ code: "RECEIPT_OTHER_CART" });
    const other = opened.evaluate(more);
    await expect(verify({ decision: other })).rejects.toMatchObject({ code: "RECEIPT_OTHER_DECISION" });
  });

  it("is for the cart with its variants, where an experiment runs", async () => {
    const fields = { channel: "stable", key: "receipts", unit: "session" };
    const variants = ["control", "b"].map((key) => ({ key, weight: 0.5 }));
    expect((await world.operate("/v1/experiments", { ...fields, variants })).status).toBe(201);
    expect((await world.operate("/v1/experiments/receipts/start", {})).status).toBe(200);
    try {
      const experiments = clientExperiments({ storage: createWebStorage() });
      const opened = open({ experiments });
      await opened.ready();
      const { receipt, isSame } = await opened.quote(cart, TO);
      expect(isSame).toBe(true);
      const verify = (shown: Cart) => verifyReceipt(receipt, { root: world.shop.root.bytes, cart: shown });
      await verify(experiments.apply(cart, {}));
      await expect(verify(cart)).rejects.toMatchObject({ code: "RECEIPT_OTHER_CART" });
    } finally {
      await world.operate("/v1/experiments/receipts/end", {});
    }
  });

  it("says what of a preview was otherwise", async () => {
    const opened = open();
    await opened.ready();
    const cheap = browserCart([line("1", "runner-42", 2)], { "runner-42": 10_000 });
    const { isSame, comparison, preview, quote } = await opened.quote(cheap, TO);
    expect(isSame).toBe(false);
    expect(comparison).toMatchObject({ verdict: "drift" });
    expect(preview.ok && preview.subtotal).toBe(20_000);
    expect(quote.total).toBeGreaterThan(20_000);
  });

  it("keeps its shopper on the release that priced him, until that is killed", async () => {
    const opened = open();
    await opened.ready();
    const { quote: first } = await opened.quote(cart, TO);
    const { release } = await world.shop.publish({ version: 2, rules: [SHOES], release: { policy: GROSS } });
    await until(() => opened.state?.release === release.sha256);
    const { quote: second, isSame } = await opened.quote(cart, TO);
    expect([second.release, second.total, isSame]).toEqual([first.release, first.total, false]);
    // Whoever else comes has the new one, whatever is still answered to him.
    const asked = opened.quote(cart, TO);
    await opened.setContext({});
    await asked;
    expect((await opened.quote(cart, TO)).quote.release).toBe(release.sha256);

    const body = {
      kind: "promotion",
      id: SHOES,
      channel: "stable",
      confirm: true,
      reason: "it gives too much",
    };
    expect((await world.operate("/v1/kills", body)).status).toBe(201);
    const { decision } = await opened.quote(cart, TO);
    expect(decision).toMatchObject({ release: release.sha256, discountTotal: 0 });
  });

  it("has another try without a pin that has ended, and one with another token", async () => {
    const sent: unknown[] = [];
    const kept = new Map([["haggle-assignment/stable", JSON.stringify(unitOf("old"))]]);
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    // A database that is no more has taken all with it that it had signed.
    const shop = createServer((request, response) => {
      const { "x-haggle-unit": token, "x-haggle-pin": pin } = request.headers;
      const answer = (status: number, body: object) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      if (request.url === "/v1/assignments") return void answer(200, unitOf("new"));
      if (request.url !== "/v1/quotes") return void answer(404, {});
      sent.push([token, pin]);
      const at = sent.length === 2 ? "pin" : sent.length > 2 && token === "old" ? "assignment" : undefined;
      if (at) return void answer(403, { error: { code: "SERVER_BAD_TOKEN", at } });
      answer(201, { pin: `pin ${sent.length}`, quote: { total: 1 }, decision: {} });
    });
    await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = shop.address() as AddressInfo;
      const opened = open({
        url: `http://127.0.0.1:${port}`,
        experiments: clientExperiments({ storage }),
      });
      await opened.ready().catch(() => {});
      await opened.quote(cart, TO);
      await opened.quote(cart, TO);
      expect(sent).toEqual([
        ["old", undefined],
        ["old", "pin 1"],
        ["old", undefined],
        ["new", undefined],
      ]);
      await opened.quote(cart, TO);
      expect(sent.at(-1)).toEqual(["new", "pin 4"]);
    } finally {
      shop.closeAllConnections();
      shop.close();
    }
  });

  it("is refused in the server's words", async () => {
    const opened = open();
    await opened.ready();
    const [known] = cart.lines;
    const lines = [{ ...known!, sku: "no-such" }];
    await expect(opened.quote({ ...cart, lines }, TO)).rejects.toMatchObject({
      code: "QUOTE_UNKNOWN_SKU",
      at: "lines[0].sku",
    });
    await expect(opened.quote(cart, { ...TO, shippingMethod: "rocket" })).rejects.toMatchObject({
      name: "HaggleError",
    });
    for (const none of [null, { ...cart, lines: null }, { ...cart, lines: [null] }]) {
      await expect(opened.quote(none as never, TO)).rejects.toMatchObject({ code: "CART_WRONG_TYPE" });
    }
  });

  it("ends with its signal, and needs a server", async () => {
    const opened = open();
    const reason = new Error("gone");
    await expect(opened.quote(cart, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    opened.close();
    const cdn = await serveFolder(world.shop.folder);
    const alone = open({ url: undefined, cdn: cdn.url });
    await alone.ready();
    await expect(alone.quote(cart)).rejects.toMatchObject({ code: "CLIENT_NO_SERVER" });
    alone.close();
    // The server quotes, whoever has the documents.
    const both = open({ cdn: cdn.url });
    await both.ready();
    expect((await both.quote(cart, TO)).quote.state).toBe("open");
    await cdn.close();
  });
});

describe("a decision", () => {
  const cart: Cart = browserCart([line("1", "runner-42", 2)]);

  it("is made here where there is a release", async () => {
    const opened = open();
    await opened.ready();
    const { source, decision } = await opened.decide(cart);
    expect(source).toBe("local");
    expect(decision).toMatchObject({
      ok: true,
      digest: (opened.evaluate(cart) as { digest: string }).digest,
    });
    expect(opened.fallback).toBeUndefined();
  });

  it("is the server's where this host has none, and says why", async () => {
    const seen: Evaluation[] = [];
    const opened = await openWithout({ onEvaluate: (one) => seen.push(one) });
    expect(opened.fallback).toMatchObject({ code: "DOCUMENT_THRESHOLD" });
    expect(opened.evaluate(cart)).toMatchObject({ ok: false, error: { code: "CLIENT_NO_RELEASE" } });
    const { source, decision } = await opened.decide(cart);
    expect([source, decision.ok]).toEqual(["server", true]);
    const here = open();
    await here.ready();
    expect(decision).toMatchObject(JSON.parse(JSON.stringify(here.evaluate(cart))) as object);
    expect(seen.at(-1)).toMatchObject({ source: "server", ok: true, lines: 1, code: undefined });
    opened.close();
  });

  it("that the server refuses is refused", async () => {
    const opened = await openWithout();
    const { source, decision } = await opened.decide({
      ...cart,
      lines: [{ ...cart.lines[0]!, quantity: -1 }],
    });
    expect(source).toBe("server");
    expect(decision).toMatchObject({
      ok: false,
      error: { code: "CART_NEGATIVE", at: "lines[0].quantity" },
    });
  });

  it("that nobody answers is refused, and one that is not waited for ends", async () => {
    const opened = open({ url: "http://127.0.0.1:1" });
    await opened.ready().catch(() => {});
    expect(opened.fallback).toMatchObject({ code: "CLIENT_NETWORK" });
    expect((await opened.decide(cart)).decision).toMatchObject({
      ok: false,
      error: { code: "CLIENT_NETWORK" },
    });
    const reason = new Error("typed on");
    const leaving = new AbortController();
    const asked = opened.decide(cart, { signal: leaving.signal });
    leaving.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it("is the server's when what is here is stale, and the preview when nobody answers", async () => {
    const { root } = await verifyRoot(world.shop.root.bytes);
    expect(root.version).toBe(1);
    const opened = open({ pollMs: 600_000 });
    await opened.ready();
    const snapshot = opened.snapshot()!;
    opened.close();
    const now = Date.now;
    // A machine that slept until the promise was over.
    Date.now = () => now() + 48 * 3_600_000;
    try {
      const late = open({ url: "http://127.0.0.1:1", bootstrap: snapshot });
      await late.ready();
      expect(late.state).toMatchObject({ stale: true, restored: true });
      expect((await late.decide(cart)).source).toBe("local");
      late.close();
      const told: number[] = [];
      const fed = open({ bootstrap: snapshot });
      fed.on("stale", ({ expires }) => told.push(expires));
      await fed.ready();
      expect((await fed.decide(cart)).source).toBe("server");
      expect(told).toEqual([fed.state?.expires]);
    } finally {
      Date.now = now;
    }
  });
});
