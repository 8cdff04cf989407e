// A live cart over a client: rules that change while somebody shops, and prices from the server where none can be made here.

import { type CartLine, refuse } from "@haggle/abi";
import { createCart, createPriceList, type LiveCart } from "@haggle/sdk/cart";
import type { Haggle } from "@haggle/sdk/client";
import { afterEach, describe, expect, it } from "vitest";
import { useClientWorld } from "../support/client-world.ts";
import { makeLine, SHOES } from "../support/release.ts";
import { startServer, until } from "../support/server.ts";

const world = useClientWorld();
const LINE = makeLine() as CartLine;
const PIECE = { ...LINE, quantity: 1 };
const PARTS = { currency: "CNY", lines: [LINE] };

let cart: LiveCart | undefined;
afterEach(() => {
  cart?.close();
  cart = undefined;
});

const totalOf = () => {
  const { decision } = cart!.getSnapshot();
  return decision.ok ? decision.total : decision.error.code;
};

/** A client in a host that runs no WebAssembly. */
async function openBlocked(): Promise<Haggle> {
  const haggle = world.open({
    compile: () => Promise.reject(refuse("ENGINE_WASM_BLOCKED", "bundle")),
  });
  await haggle.ready().catch(() => {});
  expect(haggle.fallback?.code).toBe("ENGINE_WASM_BLOCKED");
  return haggle;
}

describe("a live cart", () => {
  it("waits for the first release, and follows the next one", async () => {
    await world.publish();
    const haggle = world.open();
    cart = createCart(haggle, PARTS);
    const prices = createPriceList(haggle, { currency: "CNY" });
    const seen: unknown[] = [];
    cart.subscribe(({ pending }) => seen.push([totalOf(), pending]));
    await until(() => !cart!.getSnapshot().pending);
    const first = prices.priceOf(PIECE);
    expect(first).toMatchObject({ ok: true, total: 18_000 });
    await world.publish({ version: 2, rules: [SHOES] });
    await until(() => totalOf() === 36_000);
    expect(seen).toEqual([
      ["CLIENT_NO_RELEASE", true],
      [31_000, false],
      [36_000, false],
    ]);
    expect(prices.priceOf(PIECE)).not.toBe(first);
    prices.close();
  });

  it("has the server's price where none can be made here, and keeps what it showed until then", async () => {
    await world.publish();
    const haggle = await openBlocked();
    cart = createCart(haggle, PARTS, { restMs: 1 });
    expect(cart.getSnapshot()).toMatchObject({ source: "server", pending: true });
    expect(totalOf()).toBe("ENGINE_WASM_BLOCKED");
    await until(() => !cart!.getSnapshot().pending);
    expect(totalOf()).toBe(31_000);
    cart.setQuantity("line-1", 1);
    expect(cart.getSnapshot()).toMatchObject({ pending: true, cart: { lines: [{ quantity: 1 }] } });
    expect(totalOf()).toBe(31_000);
    await until(() => !cart!.getSnapshot().pending);
    expect(totalOf()).toBe(18_000);
  });

  it("asks once for what changes quickly, and shows only what was asked last", async () => {
    await world.publish();
    const haggle = await openBlocked();
    const asked: number[] = [];
    const host = {
      ...{ evaluate: haggle.evaluate, on: haggle.on, fallback: haggle.fallback },
      decide: (...[asking, options]: Parameters<Haggle["decide"]>) => {
        asked.push(asking.lines[0]!.quantity);
        return haggle.decide(asking, options);
      },
    };
    cart = createCart(host, PARTS, { restMs: 1 });
    for (const quantity of [3, 4, 5]) cart.setQuantity("line-1", quantity);
    await until(() => asked.length === 1);
    // On its way already, and not wanted any more.
    cart.setQuantity("line-1", 1);
    const shown: unknown[] = [];
    cart.subscribe(({ pending }) => !pending && shown.push(totalOf()));
    await until(() => !cart!.getSnapshot().pending);
    expect([asked, shown]).toEqual([[5, 1], [18_000]]);
  });

  it("says why when the server does not answer either, and asks again until it does", async () => {
    await world.publish();
    const haggle = await openBlocked();
    const { port } = new URL(world.server.url);
    await world.server.close();
    cart = createCart(haggle, PARTS, { restMs: 1 });
    // That nothing runs here, or that a look has failed since.
    const reason = haggle.fallback!.code;
    const told: unknown[] = [];
    cart.subscribe(({ pending, failure }) => told.push([totalOf(), pending, failure?.code]));
    await until(() => cart!.getSnapshot().failure);
    const waiting = cart.getSnapshot();
    expect(waiting).toMatchObject({ pending: true, source: "server" });
    world.server = await startServer(world.shop.dataFolder, { port: Number(port) });
    await until(() => !cart!.getSnapshot().pending);
    // Each failing try is not told again.
    expect(told).toEqual([
      [reason, true, undefined],
      ["CLIENT_NETWORK", true, "CLIENT_NETWORK"],
      [31_000, false, undefined],
    ]);
    // What was shown stays until there is another price, and another change asks for itself.
    await world.server.close();
    cart.setQuantity("line-1", 1);
    await until(() => cart!.getSnapshot().failure);
    expect([totalOf(), cart.getSnapshot().pending]).toEqual([31_000, true]);
    cart.setQuantity("line-1", 2);
    expect(cart.getSnapshot()).toMatchObject({ pending: true, failure: undefined });
    world.server = await startServer(world.shop.dataFolder, { port: Number(port) });
    await until(() => !cart!.getSnapshot().pending);
    expect([totalOf(), cart.getSnapshot().cart.lines[0]?.quantity]).toEqual([31_000, 2]);
  });

  it("asks for a cart that the server refuses no second time", async () => {
    await world.publish();
    const haggle = await openBlocked();
    let asked = 0;
    const host = {
      ...{ evaluate: haggle.evaluate, on: haggle.on, fallback: haggle.fallback },
      decide: (...given: Parameters<Haggle["decide"]>) => {
        asked++;
        return haggle.decide(...given);
      },
    };
    cart = createCart(host, { ...PARTS, currency: "XXX" }, { restMs: 1 });
    await until(() => !cart!.getSnapshot().pending);
    expect(cart.getSnapshot()).toMatchObject({ failure: undefined, decision: { ok: false } });
    expect([totalOf(), asked]).toEqual(["CART_UNKNOWN_CURRENCY", 1]);
  });

  it("asks nobody and stays as it is once it is closed", async () => {
    await world.publish();
    const haggle = await openBlocked();
    cart = createCart(haggle, PARTS, { restMs: 1 });
    await until(() => !cart!.getSnapshot().pending);
    cart.close();
    const last = cart.getSnapshot();
    cart.setQuantity("line-1", 1);
    cart.refresh();
    expect(cart.getSnapshot()).toBe(last);
  });
});
