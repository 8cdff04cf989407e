import {
  type Cart,
  canonicalCart,
  encodeBase64,
  encodeUtf8,
  MAX_ENVELOPE_BYTES,
  type Receipt,
} from "@haggle/abi";
import { createEngine, type Engine, type PricedDecision, sha256Hex, verifyRoot } from "@haggle/sdk";
import { type ReceiptOptions, verifyReceipt } from "@haggle/sdk/receipts";
import { signDocument } from "@haggle/sdk/sign";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShop, makeCart, makeLine, type Shop, testSigner } from "../support/release.ts";

// A receipt in the hands of somebody who asks no server: what he was shown with it belongs to it, or he is told what does not.

const HOUR_MS = 60 * 60 * 1000;
const issued = Date.now() - 1_000;
const expires = issued + HOUR_MS;
const cart = makeCart({ lines: [makeLine(), makeLine({ id: "line-2", sku: "socks" })] }) as Cart;

let shop: Shop;
let engine: Engine;
let decision: PricedDecision;
let receipt: Receipt;
let text: string;
let root: Uint8Array;

beforeAll(async () => {
  shop = await createShop();
  const { release } = await shop.sign();
  root = shop.root.bytes;
  engine = await createEngine({ bundle: shop.bundle.bytes, release: release.bytes, root });
  decision = engine.evaluate(cart) as PricedDecision;
  receipt = {
    type: "receipt",
    tenant: "demo",
    quote: "quote_1",
    currency: decision.currency,
    cart: await sha256Hex(encodeUtf8(canonicalCart(cart))),
    decision: decision.digest!,
    release: engine.release,
    issued,
    expires,
  };
  text = await sign(receipt);
});
afterAll(() => shop.remove());

async function sign(said: Receipt, number = 1): Promise<string> {
  const { bytes } = await signDocument(said, [await testSigner(number)]);
  return Buffer.from(bytes).toString("base64url");
}

function verify(options: Partial<ReceiptOptions> = {}, input: string | Uint8Array = text) {
  return verifyReceipt(input, { root, ...options });
}

describe("a receipt", () => {
  it("is read as the server answers it, as its bytes and as their text", async () => {
    const bytes = new Uint8Array(Buffer.from(text, "base64url"));
    for (const input of [text, bytes, new TextDecoder().decode(bytes)]) {
      expect((await verify({}, input)).receipt).toEqual(receipt);
    }
    expect((await verify({ root: await verifyRoot(root) })).receipt).toEqual(receipt);
  });

  it("belongs to its quote, its cart and its decision, whatever the cart and its lines are called", async () => {
    const quote = { id: "quote_1", release: engine.release, expires, total: decision.total };
    const again = { ...cart, id: "another", now: 5, lines: cart.lines.toReversed() };
    const renamed = { ...again, lines: again.lines.map((line, at) => ({ ...line, id: `renamed-${at}` })) };
    const shown = {
      now: Date.now(),
      quote,
      cart: renamed,
      decision: engine.evaluate(renamed) as PricedDecision,
    };
    expect((await verify(shown)).receipt.quote).toBe("quote_1");
    // And as it comes in an answer.
    const sent: unknown = JSON.parse(JSON.stringify(decision));
    await verify({ decision: sent as PricedDecision });
  });

  it("proves what was offered when its time is over, to whoever does not ask for the time", async () => {
    await verify();
    await expect(verify({ now: expires })).rejects.toMatchObject({ code: "DOCUMENT_EXPIRED" });
    const future = { now: issued - HOUR_MS, root: await verifyRoot(root) };
    await expect(verify(future)).rejects.toMatchObject({ code: "DOCUMENT_ISSUED_IN_FUTURE" });
    // A time that is none is no way to leave it out.
    await expect(verify({ now: Number.NaN })).rejects.toThrow("DOCUMENT_");
  });
});

describe("what does not belong to a receipt", () => {
  const line = cart.lines[0]!;
  /** The first line in two, whose goods are merged again. */
  const splitLine = (first: number, second: number) => ({
    ...cart,
    lines: [{ ...line, quantity: first }, { ...line, id: "more", quantity: second }, cart.lines[1]],
  });
  const carts: [what: string, cart: unknown][] = [
    ["another quantity", { ...cart, lines: [{ ...line, quantity: 3 }, cart.lines[1]] }],
    ["another price", { ...cart, lines: [{ ...line, unitPrice: 1 }, cart.lines[1]] }],
    ["a line less", { ...cart, lines: [line] }],
    ["another currency", { ...cart, currency: "EUR" }],
    ["a coupon", { ...cart, coupons: ["FREE"] }],
    [
      "a customer",
      { ...cart, customer: { id: "c", segments: [], loggedIn: true, orders: 0, attributes: {} } },
    ],
    ["nothing at all", null],
    ["a text", "cart"],
    ["lines that are none", { ...cart, lines: [null] }],
    ["a price that is none", { ...cart, lines: [{ ...line, unitPrice: Number.NaN }] }],
    ["a quantity below zero, which another makes up for", splitLine(line.quantity + 3, -3)],
    ["a quantity of nothing", splitLine(line.quantity, 0)],
    ["quantities in parts", splitLine(line.quantity - 0.5, 0.5)],
  ];

  it.each(carts)("a cart with %s", async (_, other) => {
    await expect(verify({ cart: other as Cart })).rejects.toMatchObject({
      ...{ name: "HaggleError", code: "RECEIPT_OTHER_CART", at: "receipt.cart" },
    });
  });

  it("a cart whose lines the policy takes as they are given", async () => {
    const asGiven = { ...receipt, cart: await sha256Hex(encodeUtf8(canonicalCart(cart, "asGiven"))) };
    const input = await sign(asGiven);
    await verify({ cart, lines: "asGiven" }, input);
    const turned = { ...cart, lines: cart.lines.toReversed() };
    await expect(verify({ cart: turned, lines: "asGiven" }, input)).rejects.toThrow("RECEIPT_OTHER_CART");
  });

  it("a decision of another cart, release or currency, and one without a digest", async () => {
    const other = engine.evaluate({ ...cart, lines: [line] }) as PricedDecision;
    const { currency, release, digest } = decision;
    for (const [shown, at] of [
      [other, "receipt.decision"],
      [{ currency, release, digest: null }, "receipt.decision"],
      [{ currency, digest, release: "0".repeat(64) }, "receipt.release"],
      [{ release, digest, currency: "EUR" }, "receipt.currency"],
      [{} as PricedDecision, "receipt.release"],
      [null as unknown as PricedDecision, "receipt.release"],
    ] as const) {
      await expect(verify({ decision: shown })).rejects.toMatchObject({ code: "RECEIPT_OTHER_DECISION", at });
    }
  });

  it("another quote, or one that says otherwise", async () => {
    for (const [quote, at] of [
      [{ id: "quote_2" }, "receipt.quote"],
      [null as unknown as { id: string }, "receipt.quote"],
      [{ id: "quote_1", release: "0".repeat(64) }, "receipt.release"],
      [{ id: "quote_1", expires: expires + 1 }, "receipt.expires"],
    ] as const) {
      await expect(verify({ quote })).rejects.toMatchObject({ code: "RECEIPT_OTHER_QUOTE", at });
    }
  });
});

describe("a receipt that nobody signed like this", () => {
  it("is refused before anything that came with it is looked at", async () => {
    const shown = { quote: { id: "another" }, cart: null as unknown as Cart };
    const envelope = JSON.parse(Buffer.from(text, "base64url").toString());
    const payload = JSON.parse(Buffer.from(envelope.payload, "base64").toString());
    const changed = Buffer.from(JSON.stringify({ ...payload, quote: "another" })).toString("base64");
    const forged = JSON.stringify({ ...envelope, payload: changed });
    await expect(verify(shown, forged)).rejects.toMatchObject({ code: "DOCUMENT_BAD_SIGNATURE" });
    await expect(verify(shown, await sign(receipt, 2))).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
    const { channel } = await shop.sign();
    const other = Buffer.from(channel.bytes).toString("base64url");
    await expect(verify({}, other)).rejects.toMatchObject({ code: "DOCUMENT_WRONG_TYPE" });
  });

  it("is refused where the root's tenant is another, and by a key of another role", async () => {
    const signer = await testSigner(1);
    const { root: document } = await verifyRoot(root);
    const other = await signDocument({ ...document, tenant: "other" }, [signer]);
    await expect(verify({ root: other.bytes })).rejects.toMatchObject({ code: "DOCUMENT_WRONG_TENANT" });
    const { publicKey } = await testSigner(2);
    const keyid = await sha256Hex(publicKey);
    const keys = {
      ...document.keys,
      [keyid]: { algorithm: "ed25519", public: encodeBase64(publicKey) } as const,
    };
    const roles = { ...document.roles, release: { keyids: [keyid], threshold: 1 } };
    const shared = await signDocument({ ...document, keys, roles }, [signer]);
    await verify({ root: shared.bytes });
    const byAuthors = verify({ root: shared.bytes }, await sign(receipt, 2));
    await expect(byAuthors).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
  });

  it("is refused as text that has another spelling, or is too long to be one", async () => {
    const padded = text.padEnd(Math.ceil((text.length + 1) / 4) * 4, "=");
    for (const input of [padded, `${text}!`, ` ${text}`, `${text}+`, "", "x"]) {
      await expect(verify({}, input)).rejects.toMatchObject({
        code: expect.stringMatching(/^DOCUMENT_(BAD_BASE64|NOT_JSON)$/),
      });
    }
    const long = "A".repeat(MAX_ENVELOPE_BYTES * 2);
    await expect(verify({}, long)).rejects.toMatchObject({ code: "DOCUMENT_TOO_LARGE" });
  });

  it("is refused under a development root, unless that is asked for", async () => {
    const dev = await createShop({ development: true });
    try {
      const said = { root: dev.root.bytes };
      await expect(verify(said)).rejects.toMatchObject({ code: "DOCUMENT_DEVELOPMENT" });
      await verify({ ...said, development: true });
    } finally {
      await dev.remove();
    }
  });
});
