// A live cart: what it shows is what the engine says of the cart as it stands, and everybody is told once.

import { type CartLine, type Condition, encodeCart, type Promotion } from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import { type CartHost, type CartSnapshot, createCart, createEncoder } from "@haggle/sdk/cart";
import { nearestUnlocks } from "@haggle/sdk/explain";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { toAsked } from "../../sdk/src/client/ask-server.ts";
import { generateCart } from "../support/carts.ts";
import { KINDS_GROUPS, manyKinds } from "../support/many-kinds.ts";
import { type BuiltRules, buildDemoRules, expectPriced, makeEngine, priceOf } from "../support/rules.ts";

const NOW = 1_790_000_000_000;
const now = () => NOW;

let built: BuiltRules;
let engine: Engine;
beforeAll(async () => {
  built = await buildDemoRules();
  engine = await makeEngine(built);
});

const LINE: CartLine = {
  ...{
    id: "line-1",
    sku: "sku-1-0",
    productId: "product-1",
    categories: ["shoes"],
    quantity: 2,
    unitPrice: 10_000,
  },
};
const open = (host: CartHost = engine) => createCart(host, { currency: "EUR", lines: [LINE] }, { now });

/** Everything that a decision says. */
function saidOf(decision: CartSnapshot["decision"]): unknown {
  return JSON.parse(JSON.stringify(decision));
}

describe("a live cart", () => {
  it.each(["canonical", "asGiven"] as const)("shows what the engine says, lines %s", async (lines) => {
    for (const count of [0, 120]) {
      const promotions = count === 0 ? undefined : manyKinds(count, count);
      const setup = { policy: { lines, groups: KINDS_GROUPS }, ...(promotions && { promotions }) };
      const [ours, theirs] = [await makeEngine(built, setup), await makeEngine(built, setup)];
      const stroke = fc.record({
        kind: fc.constantFrom("quantity", "quantity", "line", "remove", "twin", "coupons", "customer", "bad"),
        at: fc.nat(20),
        seed: fc.nat(1000),
      });
      fc.assert(
        fc.property(fc.nat(1000), fc.array(stroke, { minLength: 1, maxLength: 10 }), (seed, strokes) => {
          const first = generateCart(seed);
          const cart = createCart(ours, first, { now });
          for (const { kind, at, seed } of strokes) {
            const other = generateCart(seed);
            const { lines } = cart.getSnapshot().cart;
            const line = lines[at % lines.length] ?? LINE;
            if (kind === "quantity") cart.setQuantity(line.id, 1 + (seed % 7));
            if (kind === "line") cart.setLine({ ...other.lines[0]!, id: line.id });
            if (kind === "remove") cart.removeLine(line.id);
            if (kind === "twin") cart.setLine({ ...line, id: `twin-${seed}` });
            if (kind === "coupons") cart.set({ coupons: other.coupons, shipping: other.shipping });
            if (kind === "customer") cart.set({ customer: other.customer });
            if (kind === "bad") cart.setQuantity(line.id, -1);
            // Another cart in between, which the module's memory is full of then.
            ours.evaluate(other);
            const { cart: shown, decision } = cart.getSnapshot();
            const expected = theirs.evaluate(structuredClone(shown));
            expect(saidOf(decision)).toEqual(saidOf(expected));
            if (expected.ok) expect(expectPriced(decision as typeof expected).bytes).toEqual(expected.bytes);
          }
        }),
        { numRuns: 30 },
      );
    }
  });

  it("has a name of its own where none is given, which a quote takes along", () => {
    const names = [open(), open(), open()].map((cart) => cart.getSnapshot().cart.id);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(toAsked({ ...generateCart(1), id: name }).id).toBe(name);
    const cart = open();
    const { id } = cart.getSnapshot().cart;
    cart.setQuantity("line-1", 5);
    expect(cart.getSnapshot().cart.id).toBe(id);
    expect(createCart(engine, { id: "mine", currency: "EUR" }).getSnapshot().cart.id).toBe("mine");
  });

  it("gives one object until something changes, which nobody can change", () => {
    const cart = open();
    const before = cart.getSnapshot();
    cart.setQuantity("line-1", 2);
    cart.setQuantity("nobody", 5);
    cart.removeLine("nobody");
    expect(cart.getSnapshot()).toBe(before);
    expect(before).toMatchObject({ source: "local", pending: false, engine });
    expect(() => Object.assign(before.cart.lines[0]!, { quantity: 9 })).toThrow(TypeError);
    cart.setQuantity("line-1", 3);
    expect(cart.getSnapshot()).not.toBe(before);
    expect(before.cart.lines[0]!.quantity).toBe(2);
    expect(saidOf(before.decision)).toEqual(saidOf(engine.evaluate(before.cart)));
  });

  it("tells at once and after each change, once for several, and not any more afterwards", () => {
    const cart = open();
    const heard: number[] = [];
    const off = cart.subscribe(({ cart }) => heard.push(cart.lines.length));
    cart.setLine({ ...LINE, id: "line-2" });
    cart.update(() => {
      cart.setLine({ ...LINE, id: "line-3" });
      cart.update(() => cart.setLine({ ...LINE, id: "line-4" }));
      cart.set({ coupons: ["WELCOME10"] });
    });
    cart.update(() => {});
    off();
    cart.removeLine("line-2");
    expect(heard).toEqual([1, 2, 4]);
  });

  it("tells each once, though one who is told changes the cart or sends others away", () => {
    const cart = open();
    const heard: number[] = [];
    cart.subscribe(({ cart: { lines } }) => {
      if (lines[0]!.quantity === 3) cart.setQuantity("line-1", 4);
      if (lines[0]!.quantity === 5) off();
    });
    const off = cart.subscribe(({ cart }) => heard.push(cart.lines[0]!.quantity));
    cart.setQuantity("line-1", 3);
    cart.setQuantity("line-1", 5);
    expect(heard).toEqual([2, 4]);
  });

  it("is priced although the change throws on the way", () => {
    const cart = open();
    const broken = () => {
      cart.setQuantity("line-1", 7);
      throw new Error("the page's own");
    };
    expect(() => cart.update(broken)).toThrow("the page's own");
    expect(cart.getSnapshot().cart.lines[0]!.quantity).toBe(7);
  });

  it("removes a line whose quantity becomes 0", () => {
    const cart = open();
    cart.setQuantity("line-1", 0);
    expect(cart.getSnapshot().cart.lines).toEqual([]);
    expect(expectPriced(engine.evaluate(cart.getSnapshot().cart)).total).toBe(0);
  });

  it("never throws, and prices the next good cart", () => {
    const cart = open();
    const codes: unknown[] = [];
    cart.subscribe(({ decision }) =>
      codes.push(decision.ok ? decision.total : [decision.error.code, decision.error.at]),
    );
    cart.setQuantity("line-1", Number.NaN);
    cart.setLine(null as unknown as CartLine);
    cart.set({ lines: 5 as unknown as CartLine[] });
    cart.set({ lines: [LINE] });
    const total = priceOf(engine, cart.getSnapshot().cart).total;
    expect(codes).toEqual([
      total,
      ["CART_NOT_INTEGER", "lines[0].quantity"],
      ["CART_NOT_INTEGER", "lines[0].quantity"],
      ["CART_WRONG_TYPE", "lines"],
      total,
    ]);
  });

  it("is priced by the clock, again when asked", () => {
    let time = NOW;
    const cart = createCart(engine, { currency: "EUR" }, { now: () => time });
    time += 1;
    expect(cart.getSnapshot().cart.now).toBe(NOW);
    cart.refresh();
    expect(cart.getSnapshot().cart.now).toBe(NOW + 1);
  });
});

describe("an encoder that remembers", () => {
  it("is asked for each price of a live cart", () => {
    const encoders: unknown[] = [];
    const cart = open({
      evaluate(cart, options) {
        encoders.push(options?.encode);
        return engine.evaluate(cart, options);
      },
    });
    cart.setQuantity("line-1", 3);
    expect(encoders).toEqual([expect.any(Function), encoders[0]]);
    let asked = 0;
    const encode: typeof encodeCart = (...given) => {
      asked += 1;
      return encodeCart(...given);
    };
    expectPriced(engine.evaluate(cart.getSnapshot().cart, { encode }));
    expect(asked).toBe(1);
  });

  it("may go from engine to engine", async () => {
    const other = await makeEngine(built, {
      promotions: manyKinds(5, 120),
      policy: { groups: KINDS_GROUPS },
    });
    const encode = createEncoder();
    const cart = generateCart(3, 20);
    for (const each of [engine, other, engine, other, other]) {
      const decision = expectPriced(each.evaluate(cart, { encode }));
      expect(saidOf(decision)).toEqual(saidOf(each.evaluate(structuredClone(cart))));
    }
  });
});

describe("what is nearest to unlock", () => {
  const filter = { categories: ["shoes"] };
  const threshold = (id: string, condition: Condition): Promotion => ({
    ...{ id, priority: 0, unlock: true, effects: [{ target: "order", amount: 1_00 }] },
    conditions: [condition],
  });

  it("comes first, in minor units or pieces", async () => {
    const promotions = [
      threshold("half", { kind: "goodsTotal", value: 400_00 }),
      threshold("near", { kind: "quantity", value: 3, filter }),
      threshold("nearer", { kind: "goodsTotal", value: 250_00 }),
      threshold("reached", { kind: "goodsTotal", value: 1_00 }),
      threshold("other", { kind: "channel", match: ["app"] }),
    ];
    const unlocking = await makeEngine(built, { promotions });
    const decision = priceOf(unlocking, open().getSnapshot().cart);
    const found = nearestUnlocks(decision, unlocking);
    expect(found.map(({ promotion, missing, unit, reached }) => [promotion, missing, unit, reached])).toEqual(
      [
        ["nearer", 50_00, "minor", 0.8],
        ["near", 1, "pieces", 2 / 3],
        ["half", 200_00, "minor", 0.5],
      ],
    );
    expect(nearestUnlocks(decision.toJSON(), { promotions: [] })).toEqual([]);
  });
});
