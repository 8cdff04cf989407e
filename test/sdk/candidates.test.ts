// Which promotions the engine looks at: an index against asking each promotion.

import {
  CANDIDATES,
  type Cart,
  CONTROL,
  CONTROL_CANDIDATE_COUNT,
  compileTable,
  createSymbols,
  DEFAULT_POLICY,
  encodeBase64,
  encodeCart,
  MEMORY_BYTES,
  PROMOTION_KEYS,
  type Promotion,
  type Release,
  TABLE,
  TABLE_HEADER,
} from "@haggle/abi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findKey } from "../../engine/abi/table-keys.ts";
import { createCandidates } from "../../sdk/src/candidates.ts";
import { readTable } from "../../sdk/src/table.ts";
import { CATEGORIES, generateCart } from "../support/carts.ts";

const METADATA = { rules: [], symbols: ["standard", "color"], reads: 0 } as unknown as Parameters<
  typeof compileTable
>[2];

const memory = new Int32Array(MEMORY_BYTES >> 2);

function prepare(promotions: readonly Promotion[]) {
  const compiled = compileTable(promotions, DEFAULT_POLICY, METADATA);
  const symbols = createSymbols([...METADATA.symbols, ...compiled.symbols]);
  const table = { bytes: encodeBase64(compiled.bytes), symbols: compiled.symbols };
  const release = { table, promotions: compiled.promotions } as unknown as Release;
  const read = readTable(release, symbols);
  return { promotions: compiled.promotions, symbols, ...read };
}

type Prepared = ReturnType<typeof prepare>;

function select({ words, symbols, reads }: Prepared, cart: Cart, off: Uint8Array, forced: number[] = []) {
  memory.fill(0);
  const found = createCandidates(words, symbols, off);
  found.begin();
  encodeCart(cart, memory, found.symbols, reads);
  const candidates = [...found.select(memory, forced)];
  const count = memory[(CONTROL + CONTROL_CANDIDATE_COUNT) >> 2]!;
  expect([...memory.subarray(CANDIDATES >> 2, (CANDIDATES >> 2) + count)]).toEqual(candidates);
  return candidates;
}

/** Every string of a cart that a key may name. */
function textsOf(cart: Cart): Set<string | undefined> {
  return new Set([
    ...cart.coupons,
    ...(cart.customer?.segments ?? []),
    ...cart.shipping.map(({ method }) => method),
    ...cart.lines.flatMap(({ sku, productId, categories }) => [sku, productId, ...categories]),
    ...[cart.channel, cart.market, cart.paymentMethod, cart.customer?.tier],
  ]);
}

const EFFECTS = [{ target: "order", amount: 1 }] as const;

/** Promotions with each kind of key, and some without. */
function promotion(kind: number, which: number, i: number): Promotion {
  const common = { id: `p${i}`, priority: which };
  const text = CATEGORIES[which % CATEGORIES.length]!;
  switch (kind) {
    case 0:
      return { ...common, effects: EFFECTS, coupon: which % 2 === 0 ? "WELCOME10" : "OTHER" };
    case 1: {
      const filter = { categories: [text] };
      return { ...common, effects: EFFECTS, conditions: [{ kind: "quantity", value: 1, filter }] };
    }
    case 2:
      return {
        ...common,
        effects: [{ target: "line", percent: "10", filter: { skus: [`sku-${which}-1`] } }],
      };
    case 3: {
      const products = [`product-${which}`, `product-${which + 1}`];
      return { ...common, effects: [{ target: "unit", percent: "10", filter: { products } }] };
    }
    case 4:
      return { ...common, effects: EFFECTS, conditions: [{ kind: "segments", match: ["vip"] }] };
    case 5:
      return { ...common, effects: EFFECTS, conditions: [{ kind: "shippingMethod", match: ["express"] }] };
    case 6:
      return { ...common, effects: EFFECTS, conditions: [{ kind: "channel", match: ["app"] }] };
    default:
      return { ...common, effects: EFFECTS };
  }
}

const off = (promotions: readonly unknown[], ...indices: number[]) =>
  Uint8Array.from(promotions, (_, i) => (indices.includes(i) ? 1 : 0));

describe("candidates", () => {
  const lists = fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.nat(59)), {
    minLength: 65,
    maxLength: 200,
  });

  it("are those whose key the cart meets, those without one, and those that are forced; never one that is off", () => {
    fc.assert(
      fc.property(
        lists,
        fc.nat(1000),
        fc.array(fc.nat(64)),
        fc.array(fc.nat(64)),
        (list, seed, switched, forced) => {
          const prepared = prepare(list.map(([kind, which], i) => promotion(kind, which, i)));
          const cart = generateCart(seed);
          const texts = textsOf(cart);
          const expected = prepared.promotions.flatMap((each, i) => {
            const key = findKey(each);
            const isMet = key === undefined || key.some((text) => texts.has(text)) || forced.includes(i);
            return isMet && !switched.includes(i) ? [i] : [];
          });
          const switchedOff = off(prepared.promotions, ...switched);
          expect(select(prepared, cart, switchedOff, forced)).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("of one cart do not stay for the next", () => {
    const prepared = prepare(Array.from({ length: 100 }, (_, i) => promotion(2, i % 60, i)));
    const candidates = createCandidates(prepared.words, prepared.symbols, off(prepared.promotions));
    const run = (seed: number) => {
      candidates.begin();
      encodeCart(generateCart(seed), memory, candidates.symbols, prepared.reads);
      return [...candidates.select(memory, [])];
    };
    const first = run(1);
    expect(run(2)).not.toEqual(first);
    expect(run(1)).toEqual(first);
    expect(first.length).toBeLessThan(20);
  });

  it("are all where there are few, or where none has a key", () => {
    const few = prepare(Array.from({ length: 64 }, (_, i) => promotion(2, i, i)));
    expect(select(few, generateCart(1), off(few.promotions, 3)).length).toBe(63);
    const keyless = prepare(Array.from({ length: 300 }, (_, i) => promotion(7, i, i)));
    expect(select(keyless, generateCart(1), off(keyless.promotions)).length).toBe(300);
  });

  it("of 20,000 promotions are found among them", () => {
    const many = Array.from({ length: 20_000 }, (_, i): Promotion => {
      const filter = { skus: [i < 100 ? "sku-here" : `sku-${i}`] };
      return { id: `p${i}`, priority: 0, effects: [{ target: "line", percent: "10", filter }] };
    });
    const line = { id: "1", sku: "sku-here", productId: "p", categories: [], quantity: 1, unitPrice: 1 };
    const prepared = prepare(many);
    const found = select(prepared, { ...generateCart(1), lines: [line] }, off(many));
    expect(found.map((i) => prepared.promotions[i]!.id).sort()).toEqual(
      many
        .slice(0, 100)
        .map(({ id }) => id)
        .sort(),
    );
  });
});

describe("a table whose keys cannot be", () => {
  const spoil = (change: (words: Int32Array, keyAt: number) => void) => {
    const prepared = prepare(Array.from({ length: 65 }, (_, i) => promotion(2, i % 60, i)));
    const keyAt = (TABLE_HEADER + PROMOTION_KEYS) >> 2;
    change(prepared.words, keyAt);
    return () => createCandidates(prepared.words, prepared.symbols, off(prepared.promotions));
  };

  it.each<[string, (words: Int32Array, keyAt: number) => void]>([
    ["lies in front of the table", (words, keyAt) => (words[keyAt] = TABLE - 8)],
    ["lies behind it", (words, keyAt) => (words[keyAt] = TABLE + words.byteLength)],
    ["lies between words", (words, keyAt) => words[keyAt]!++],
    [
      "has more symbols than there is room",
      (words, keyAt) => (words[(words[keyAt]! - TABLE) >> 2] = 2 ** 30),
    ],
    ["has fewer than none", (words, keyAt) => (words[(words[keyAt]! - TABLE) >> 2] = -5)],
    [
      "names a symbol that there is not",
      (words, keyAt) => (words[((words[keyAt]! - TABLE) >> 2) + 1] = 9999),
    ],
  ])("%s is refused", (_, change) => {
    expect(spoil(change)).toThrowError(expect.objectContaining({ code: "PROMOTION_BAD_BYTES" }));
  });
});
