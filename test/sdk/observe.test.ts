import { runInNewContext } from "node:vm";
import { encodeBase64 } from "@haggle/abi";
import { createEngine, type Engine, type PricedDecision, RefusedDecision } from "@haggle/sdk";
import { type Bootstrap, createHaggle } from "@haggle/sdk/client";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { measureMarks } from "../../sdk/src/marks.ts";
import { type Evaluation, type OnEvaluate, observeEvaluate, tellEvaluation } from "../../sdk/src/observe.ts";
import { createShop, makeCart, type Shop } from "../support/release.ts";

// What a shop hears of each price, and that hearing it changes none.

let engine: Engine;
let shop: Shop;
let bootstrap: Bootstrap;

beforeAll(async () => {
  shop = await createShop();
  const { release, channel } = await shop.sign();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  bootstrap = {
    ...{ roots: [text(shop.root.bytes)], channel: text(channel.bytes), release: text(release.bytes) },
    bundle: encodeBase64(shop.bundle.bytes),
  };
  engine = await createEngine({ bundle: shop.bundle.bytes, release: release.bytes, root: shop.root.bytes });
});
afterAll(() => shop.remove());
afterEach(() => vi.restoreAllMocks());

const observed = (hook: OnEvaluate | undefined) => observeEvaluate(engine.evaluate, hook, () => engine);

describe("the hook", () => {
  it("is told what a price took, of which release it is, and nothing of who buys what", () => {
    const seen: Evaluation[] = [];
    const decision = observed((each) => seen.push(each))(makeCart()) as PricedDecision;
    expect(decision.total).toBe(31_000);
    expect(seen).toEqual([
      {
        source: "local",
        ok: true,
        code: undefined,
        durationMs: expect.any(Number),
        fuelUsed: decision.fuelUsed,
        lines: 1,
        release: engine.release,
        bundle: engine.bundle,
      },
    ]);
    expect(seen[0]!.durationMs).toBeGreaterThanOrEqual(0);
    // (How long it took is a number of its own, which may hold any digits.)
    expect(JSON.stringify([{ ...seen[0]!, durationMs: 0 }])).not.toMatch(
      /cart-1|trail-runner|\b(20|31)000\b/,
    );
  });

  it("is told of what is refused, by which engine, whatever the cart is", () => {
    const seen: Evaluation[] = [];
    const hostile = Object.defineProperty({}, "lines", {
      get() {
        throw new Error("no lines");
      },
    });
    const evaluate = observed((each) => seen.push(each));
    for (const cart of [undefined, "cart", makeCart({ currency: "euro" })]) {
      expect(evaluate(cart)).toBeInstanceOf(RefusedDecision);
    }
    expect(seen.map(({ ok, code, lines, release }) => [ok, code, lines, release])).toEqual([
      [false, "CART_NOT_OBJECT", 0, engine.release],
      [false, "CART_NOT_OBJECT", 0, engine.release],
      [false, "CART_UNKNOWN_CURRENCY", 1, engine.release],
    ]);
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    expect(evaluate(hostile)).toBeInstanceOf(RefusedDecision);
    expect(told).toHaveBeenCalledOnce();
  });

  it("is passed on what the caller asks with", () => {
    const candidates = ["shoes-ten-percent"];
    const cart = makeCart({ lines: [] });
    const plain = engine.evaluate(cart, { candidates }) as PricedDecision;
    const decision = observed(() => {})(cart, { candidates }) as PricedDecision;
    expect(decision.promotions).toEqual(plain.promotions);
  });

  it("breaks no price by what it throws, or rejects with", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    const hooks: OnEvaluate[] = [
      () => {
        throw new Error("collector is down");
      },
      async () => {
        throw new Error("collector is down");
      },
      // Of a frame around the page, say, whose promises are not this realm's.
      runInNewContext('async () => { throw { message: "collector is down" }; }') as OnEvaluate,
    ];
    for (const hook of hooks) expect(observed(hook)(makeCart())).toMatchObject({ ok: true, total: 31_000 });
    // Rejected promises are handled in a turn behind this one.
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(3));
    expect(told.mock.calls.map(([from, error]) => [from, (error as Error).message])).toEqual([
      ["onEvaluate", "collector is down"],
      ["onEvaluate", "collector is down"],
      ["onEvaluate", "collector is down"],
    ]);
  });

  it("costs nothing where there is none: the function stays what it was", () => {
    expect(observed(undefined)).toBe(engine.evaluate);
    tellEvaluation(undefined, { source: "server", durationMs: 1, cart: {} }, { ok: true });
  });
});

describe("marks", () => {
  afterEach(() => performance.clearMeasures());
  const names = () => performance.getEntriesByType("measure").map(({ name }) => name);

  it("note steps that went well, at once or later, and give what they gave", async () => {
    expect(measureMarks("evaluate", () => 7)).toBe(7);
    expect(names()).toEqual(["haggle.evaluate"]);
    const compiled = measureMarks("compile", () => Promise.resolve("module"));
    expect(names()).toEqual(["haggle.evaluate"]);
    expect(await compiled).toBe("module");
    expect(names()).toEqual(["haggle.evaluate", "haggle.compile"]);
  });

  it("are made by a client that is asked for them, of every step on the way to a price", async () => {
    const seen: Evaluation[] = [];
    const haggle = createHaggle({
      ...{ root: shop.root.bytes, bootstrap, store: "memory", url: "http://127.0.0.1:1" },
      ...{ marks: true, onEvaluate: (each) => seen.push(each) },
    });
    try {
      expect(haggle.evaluate(makeCart())).toMatchObject({ ok: false });
      await haggle.ready();
      expect(haggle.evaluate(makeCart())).toMatchObject({ ok: true });
    } finally {
      haggle.close();
    }
    expect(new Set(names())).toEqual(
      new Set(["haggle.evaluate", "haggle.verify", "haggle.compile", "haggle.instantiate"]),
    );
    expect(seen.map(({ ok, code, release }) => [ok, code, release])).toEqual([
      [false, "CLIENT_NO_RELEASE", undefined],
      [true, undefined, engine.release],
    ]);
  });

  it("note nothing of what failed, which fails as it did", async () => {
    const failing = () => {
      throw new Error("no");
    };
    expect(() => measureMarks("instantiate", failing)).toThrow("no");
    await expect(measureMarks("verify", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(names()).toEqual([]);
  });

  it("fail no step where a page has put something else in the place of `performance`", async () => {
    vi.spyOn(performance, "measure").mockImplementation(() => {
      throw new Error("not now");
    });
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      expect(measureMarks("evaluate", () => 7)).toBe(7);
      expect(await measureMarks("compile", () => Promise.resolve("module"))).toBe("module");
      await new Promise(setImmediate);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });
});
