// A list of prices is what each of its goods costs in a cart of its own.

import type { Cart } from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import { createPriceList, type ListItem, priceList } from "@haggle/sdk/cart";
import { beforeAll, describe, expect, it } from "vitest";
import { generateCart } from "../support/carts.ts";
import { KINDS_GROUPS, manyKinds } from "../support/many-kinds.ts";
import { type BuiltRules, buildDemoRules, makeEngine } from "../support/rules.ts";

const GOODS = 1_000;

let built: BuiltRules;
let engine: Engine;
beforeAll(async () => {
  built = await buildDemoRules();
  engine = await makeEngine(built);
});

/** Goods as a shop lists them, and who looks at them; some of them are no goods at all. */
function makeList(seed: number): { items: ListItem[]; context: Omit<Cart, "lines"> } {
  const { lines, ...context } = generateCart(seed, GOODS);
  const items = lines.map(({ id: _, quantity: __, ...item }, i): ListItem => {
    if (i % 97 === 5) return { ...item, unitPrice: -1 };
    return i % 3 === 0 ? { ...item, categories: item.categories.slice(1) } : item;
  });
  return { items, context };
}

describe("a price list", () => {
  it.each([
    ["canonical", 0],
    ["asGiven", 0],
    ["canonical", 120],
    ["asGiven", 120],
  ] as const)("is 1,000 carts of one line each, lines %s, %i promotions", async (lines, count) => {
    const promotions = count === 0 ? {} : { promotions: manyKinds(count, count) };
    const list = await makeEngine(built, { policy: { lines, groups: KINDS_GROUPS }, ...promotions });
    for (const seed of [1, 2]) {
      const { items, context } = makeList(seed);
      const decisions = priceList(list, items, context);
      expect(decisions.length).toBe(GOODS);
      const applied = new Set<string>();
      for (const [i, decision] of decisions.entries()) {
        const line = { ...items[i]!, id: "item", quantity: 1 };
        const expected = list.evaluate({ ...context, lines: [line] });
        expect(JSON.stringify(decision)).toBe(JSON.stringify(expected));
        if (!decision.ok) continue;
        for (const { promotion } of decision.lines[0]!.discounts) applied.add(promotion);
      }
      expect(applied.size).toBeGreaterThan(1);
      expect(decisions.filter(({ ok }) => !ok).length).toBe(11);
    }
  });

  it("prices more than one piece where it is asked to", () => {
    const { items, context } = makeList(3);
    const [one, three] = priceList(engine, [items[0]!, { ...items[0]!, quantity: 3 }], context);
    expect(one!.ok && three!.ok && three!.subtotal / one!.subtotal).toBe(3);
  });
});

describe("prices that are kept", () => {
  it("are the same objects until the context changes", () => {
    const { items, context } = makeList(4);
    const [item] = items as [ListItem];
    const prices = createPriceList(engine, context);
    let heard = 0;
    const off = prices.subscribe(() => {
      heard += 1;
    });
    const before = prices.priceOf(item);
    expect(prices.priceOf({ ...item, categories: [...item.categories] })).toBe(before);
    expect(JSON.stringify(before)).toBe(JSON.stringify(priceList(engine, [item], context)[0]));
    prices.setContext({ ...context, currency: "XXX" });
    expect(prices.priceOf(item)).toMatchObject({ ok: false, error: { code: "CART_UNKNOWN_CURRENCY" } });
    off();
    prices.setContext(context);
    expect(heard).toBe(2);
  });

  it("never throw, and are one object for each of the goods, whatever they hold", () => {
    const { items, context } = makeList(5);
    const [item] = items as [ListItem];
    const round: Record<string, unknown> = { ...item };
    round.self = round;
    const attributes: Record<string, unknown> = {};
    attributes.own = attributes;
    const unreadable = {
      ...item,
      get sku(): string {
        throw new Error("the page's own");
      },
    };
    const wrong = [Number.NaN, Number.POSITIVE_INFINITY, null, undefined, 5n, "5", -1].map((unitPrice) => ({
      ...item,
      unitPrice,
    }));
    const odd = [...wrong, { ...item, attributes }, unreadable, null, undefined, "goods"] as ListItem[];
    const prices = createPriceList(engine, context);
    const decisions = odd.map((each) => prices.priceOf(each));
    expect(odd.map((each) => prices.priceOf(each) === decisions[odd.indexOf(each)])).toEqual(
      odd.map(() => true),
    );
    expect(decisions.map((decision) => !decision.ok && decision.error.code)).toEqual([
      ...["CART_NOT_INTEGER", "CART_NOT_INTEGER", "CART_WRONG_TYPE", "CART_MISSING_FIELD"],
      ...["CART_WRONG_TYPE", "CART_WRONG_TYPE", "CART_NEGATIVE"],
      ...[false, "ENGINE_UNKNOWN", "CART_WRONG_TYPE", "CART_MISSING_FIELD", "CART_WRONG_TYPE"],
    ]);
    expect(JSON.stringify(priceList(engine, odd, context))).toBe(JSON.stringify(decisions));
    // What the engine does not read tells no goods apart.
    expect(prices.priceOf(round as ListItem)).toBe(prices.priceOf(item));
  });

  it("stay the same objects for more goods than are kept", () => {
    const { items, context } = makeList(6);
    const goods = Array.from({ length: 10_001 }, (_, i) => ({ ...items[0]!, unitPrice: i }));
    const prices = createPriceList(engine, context);
    const first = goods.map((each) => prices.priceOf(each));
    expect(goods.every((each, i) => prices.priceOf(each) === first[i])).toBe(true);
    goods[0]!.unitPrice = 7;
    expect(prices.priceOf(goods[0]!)).not.toBe(first[0]);
  });

  it("are those of the time when they were asked for anew", () => {
    const { items, context } = makeList(7);
    let time = context.now;
    const seen: unknown[] = [];
    const host = {
      evaluate(cart: unknown) {
        seen.push((cart as Cart).now);
        return engine.evaluate(cart);
      },
    };
    const prices = createPriceList(host, { currency: "EUR" }, { now: () => time });
    let heard = 0;
    prices.subscribe(() => {
      heard += 1;
    });
    const before = prices.priceOf(items[0]!);
    time += 60_000;
    expect(prices.priceOf(items[0]!)).toBe(before);
    prices.refresh();
    expect(prices.priceOf(items[0]!)).not.toBe(before);
    expect(seen).toEqual([context.now, context.now + 60_000]);
    prices.close();
    prices.refresh();
    expect(heard).toBe(2);
  });
});
