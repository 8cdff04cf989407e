// A cart that is encoded again after a change is the cart encoded as a whole, whatever was changed and whatever lay in the
// memory in between.

import {
  CART,
  CART_CAPACITY,
  type Cart,
  type CartLine,
  createEncoder,
  createSymbols,
  decodeCart,
  type EncodedCart,
  encodeCart,
  HaggleError,
  type LineMode,
  MAX_ATTRIBUTES,
  MAX_CATEGORIES,
  MAX_LINES,
  MAX_QUANTITY,
  MEMORY_BYTES,
  READS_GROUPS,
  type Symbols,
} from "@haggle/abi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carts, KNOWN } from "../support/abi-arbitraries.ts";
import { ALL_READS } from "../support/abi-vectors.ts";

const memory = new Int32Array(MEMORY_BYTES / 4);
const whole = new Int32Array(MEMORY_BYTES / 4);
const whole2 = new Int32Array(MEMORY_BYTES / 4);

/** What becomes of a cart at a stroke: `kind` says what, the rest where and by what. */
type Stroke = {
  kind: keyof typeof CHANGES;
  at: number;
  from: number;
  quantity: number;
  /** What a line takes over from another one. */
  fields: readonly (keyof CartLine)[];
  /** What a cart takes over from another one. */
  part: Exclude<keyof Cart, "lines">;
};

function strokes(): fc.Arbitrary<Stroke> {
  const kinds: [weight: number, kind: Stroke["kind"]][] = [
    [5, "quantity"],
    [2, "quantityInPlace"],
    [5, "fields"],
    [3, "price"],
    [2, "twin"],
    [1, "add"],
    [1, "remove"],
    [1, "swap"],
    [1, "spoil"],
    [2, "part"],
    [1, "segments"],
    [1, "nothing"],
  ];
  return fc.record({
    kind: fc.oneof(...kinds.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
    at: fc.nat(40),
    from: fc.nat(40),
    quantity: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 9 }) },
      fc.constantFrom(0, -1, 1.5, 1e7, Number.NaN),
    ),
    fields: fc.subarray(["id", "sku", "productId", "categories", "unitPrice", "attributes", "taxRate"]),
    part: fc.constantFrom(
      ...(["id", "currency", "now", "channel", "market", "timeZone", "paymentMethod"] as const),
      ...(["shipping", "customer", "coupons", "allowances"] as const),
    ),
  });
}

/** Each changes lines of a cart, or gives other parts of it; goods come from a second cart. */
const CHANGES = {
  quantity: ({ lines, at }, { quantity }) => {
    lines[at] = { ...lines[at]!, quantity };
  },
  quantityInPlace: ({ lines, at }, { quantity }) => {
    lines[at]!.quantity = quantity;
  },
  fields: ({ lines, at, other }, { fields, from }) => {
    const taken = Object.fromEntries(fields.map((field) => [field, other[field]]));
    lines[at] = { ...lines[at]!, ...taken, ...(fields.includes("id") && { id: `id-${from}` }) };
  },
  price: ({ lines, at }, { from }) => {
    lines[at] = { ...lines[at]!, unitPrice: Math.max(0, lines[at]!.unitPrice + (from % 5) - 2) };
  },
  twin: ({ lines, at }, { from, quantity }) => {
    lines.splice(at, 0, { ...lines[at]!, id: `twin-${from}`, quantity });
  },
  add: ({ lines, at, other }, { from }) => {
    lines.splice(at, 0, { ...other, id: `new-${from}` });
  },
  remove: ({ lines, at }) => {
    lines.splice(at, 1);
  },
  swap: ({ lines, at }, { from }) => {
    const [one, two] = [lines[at]!, lines[from % lines.length]!];
    lines[at] = two;
    lines[from % lines.length] = one;
  },
  spoil: ({ lines, at }, { from }) => {
    lines[at] = SPOILED[from % SPOILED.length]!(lines[at]!);
  },
  part: ({ goods }, { part, from }) => ({ [part]: from < 15 ? WRONG[part] : goods[part] }),
  segments: ({ cart: { customer } }, { from }) =>
    customer && { customer: { ...customer, segments: from > 20 ? ["vip"] : ["web", "vip"] } },
  nothing: () => ({}),
} satisfies Record<string, Change>;

type Change = (
  change: { cart: Cart; goods: Cart; lines: CartLine[]; at: number; other: CartLine },
  stroke: Stroke,
) => unknown;

function changed(cart: Cart, goods: Cart, stroke: Stroke): Cart {
  const other = goods.lines[stroke.from % goods.lines.length];
  const lines = cart.lines.slice();
  // One that was spoiled before is whole again.
  for (const [i, line] of lines.entries()) if (line === null) lines[i] = { ...LINE, id: `whole-${i}` };
  if (lines.length === 0 || other === undefined) return { ...cart, lines: [{ ...LINE }] };
  const at = stroke.at % lines.length;
  const change: Change = CHANGES[stroke.kind];
  return { ...cart, lines, ...Object(change({ cart, goods, lines, at, other }, stroke)) };
}

const LINE: CartLine = {
  ...{ id: "line", sku: "sku-1", productId: "product-1", categories: ["shoes"], quantity: 1, unitPrice: 5 },
};

/** None of them is what its place asks for. */
const WRONG: Partial<Record<keyof Cart, unknown>> = {
  id: "",
  now: -1,
  currency: "XXX",
  market: 5,
  coupons: [1],
};

const SPOILED: ((line: CartLine) => CartLine)[] = [
  () => null as unknown as CartLine,
  (line) => ({ ...line, taxRate: "x" }),
  (line) => ({ ...line, unitPrice: Number.MAX_SAFE_INTEGER }),
  (line) => ({ ...line, categories: ["ok", ""] }),
  (line) => ({ ...line, attributes: { color: 1.5 } }),
  (line) => ({ ...line, id: "" }),
  (line) => ({ ...line, unitCost: 1n as unknown as number }),
];

/** Symbols that note what is found, as the index of candidates does. */
function noting(symbols: Symbols): Symbols & { found: Set<number> } {
  const found = new Set<number>();
  return {
    ...symbols,
    found,
    meet: (symbol) => void found.add(symbol),
    find(text) {
      const symbol = symbols.find(text);
      if (symbol !== 0) found.add(symbol);
      return symbol;
    },
  };
}

type Outcome = { encoded?: EncodedCart; error?: unknown };

function outcomeOf(encode: () => EncodedCart): Outcome {
  try {
    return { encoded: encode() };
  } catch (error) {
    return { error: error instanceof HaggleError ? [error.code, error.at, error.value] : String(error) };
  }
}

/** The words that an encoding writes: equal in two memories that were filled with different ones. */
function writtenWords(cart: Cart, symbols: Symbols, reads: number, mode: LineMode): Map<number, number> {
  const end = (CART >> 2) + 40_000;
  whole.fill(0x11111111, CART >> 2, end);
  whole2.fill(0x22222222, CART >> 2, end);
  const { length } = encodeCart(cart, whole, symbols, reads, mode);
  encodeCart(cart, whole2, symbols, reads, mode);
  const written = new Map<number, number>();
  for (let at = CART >> 2; at < (CART + length) >> 2; at++) {
    if (whole[at] === whole2[at]) written.set(at, whole[at]!);
  }
  return written;
}

describe("a cart that is encoded again", () => {
  const known = createSymbols(KNOWN);

  it.each<[LineMode, number]>([
    ["canonical", ALL_READS],
    ["canonical", ALL_READS & ~READS_GROUPS],
    ["canonical", 0],
    ["asGiven", ALL_READS],
    ["asGiven", ALL_READS & ~READS_GROUPS],
  ])("is the whole cart, %s, what is read %i", (mode, reads) => {
    let kept = 0;
    fc.assert(
      fc.property(
        carts(),
        carts(),
        fc.array(strokes(), { minLength: 1, maxLength: 12 }),
        (first, goods, list) => {
          const encode = createEncoder();
          // One object for all encodings, as an engine's is.
          const ours = noting(known);
          let cart = structuredClone(first);
          for (const stroke of [undefined, ...list]) {
            if (stroke !== undefined) cart = changed(cart, goods, stroke);
            const theirs = noting(known);
            ours.found.clear();
            const expected = outcomeOf(() => encodeCart(cart, whole, theirs, reads, mode));
            memory.fill(0x33333333, CART >> 2, (CART >> 2) + 40_000);
            const outcome = outcomeOf(() => encode(cart, memory, ours, reads, mode));
            expect(outcome).toEqual(expected);
            if (outcome.encoded === undefined) {
              expect(memory[CART >> 2]).toBe(0);
              continue;
            }
            kept++;
            expect([...ours.found].sort()).toEqual([...theirs.found].sort());
            for (const [at, word] of writtenWords(cart, known, reads, mode)) {
              if (memory[at] !== word)
                expect([at - (CART >> 2), memory[at]]).toEqual([at - (CART >> 2), word]);
            }
            const bytes = (words: Int32Array) => new Uint8Array(words.buffer, CART, outcome.encoded!.length);
            expect(decodeCart(bytes(memory), known)).toEqual(decodeCart(bytes(whole), known));
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(kept).toBeGreaterThan(1_000);
  });

  it("looks at no line but the changed one", () => {
    const looked: string[] = [];
    const watched = (id: string, unitPrice: number): CartLine => ({
      ...{ ...LINE, id, sku: id, unitPrice },
      get categories() {
        looked.push(id);
        return LINE.categories;
      },
    });
    const lines = [watched("a", 1), watched("b", 2), watched("c", 3)];
    const cart: Cart = { id: "c", currency: "EUR", now: 1, lines, shipping: [], coupons: [] };
    const encode = createEncoder();
    const lookedAt = (changed: Cart) => {
      looked.length = 0;
      encode(changed, memory, known, ALL_READS, "canonical");
      return [...new Set(looked)];
    };
    expect(lookedAt(cart)).toEqual(["a", "b", "c"]);
    expect(lookedAt({ ...cart, now: 2 })).toEqual([]);
    lines[1]!.quantity = 5;
    expect(lookedAt({ ...cart })).toEqual([]);
    const others = lines.with(2, watched("c", 4));
    expect(lookedAt({ ...cart, lines: others })).toEqual(["c"]);
  });

  it("is refused at each limit where the whole is, and in its room just below it", () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `category-${i}`);
    const named = (count: number) => Object.fromEntries(many(count).map((name) => [name, 1]));
    // All of them are known, so all of them take room.
    const all = createSymbols([...many(MAX_ATTRIBUTES + 1), "sku-1", "product-1", "shoes"]);
    const full = { categories: many(MAX_CATEGORIES), attributes: named(MAX_ATTRIBUTES) };
    const lines = Array.from({ length: MAX_LINES }, (_, i) => ({ ...LINE, id: `l${i}`, unitPrice: i + 1 }));
    const small: Cart = { id: "c", currency: "EUR", now: 1, lines, shipping: [], coupons: [] };
    const most: Cart = { ...small, lines: lines.map((line) => ({ ...line, ...full })) };
    const last = MAX_LINES - 1;
    const withLast = (cart: Cart, line: Partial<CartLine>) => ({
      ...cart,
      lines: cart.lines.with(last, { ...cart.lines[last]!, ...line }),
    });
    const codes: unknown[] = [];
    for (const mode of ["canonical", "asGiven"] as const) {
      for (const start of [small, most]) {
        const encode = createEncoder();
        // Grows line by line, beyond what room there was at first.
        const grown = [1, 2, 3].map((count) => ({
          ...start,
          lines: start.lines.map((line, i) => (i % 3 < count ? { ...line, ...full } : line)),
        }));
        const strokes = [
          ...[start, ...grown],
          withLast(start, full),
          withLast(start, { categories: many(MAX_CATEGORIES + 1) }),
          start,
          withLast(start, { attributes: named(MAX_ATTRIBUTES + 1) }),
          start,
          withLast(start, { quantity: MAX_QUANTITY }),
          withLast(start, { quantity: MAX_QUANTITY + 1 }),
          start,
          withLast(start, { unitPrice: Number.MAX_SAFE_INTEGER }),
          start,
          { ...start, lines: [...start.lines, { ...LINE, id: "more" }] },
        ];
        for (const cart of strokes) {
          const expected = outcomeOf(() => encodeCart(cart, whole, all, ALL_READS, mode));
          const outcome = outcomeOf(() => encode(cart, memory, all, ALL_READS, mode));
          expect(outcome).toEqual(expected);
          if (expected.error !== undefined) codes.push((expected.error as unknown[]).slice(0, 2).join(" "));
          const { length = 4 } = outcome.encoded ?? {};
          expect(length).toBeLessThanOrEqual(CART_CAPACITY);
          const bytes = (words: Int32Array) => Buffer.from(words.buffer, CART, length);
          if (outcome.encoded === undefined) expect(memory[CART >> 2]).toBe(0);
          else expect(decodeCart(bytes(memory), all)).toEqual(decodeCart(bytes(whole), all));
        }
      }
    }
    expect([...new Set(codes)]).toEqual([
      "CART_TOO_LARGE lines[999].categories",
      "CART_TOO_LARGE lines[999].attributes",
      "CART_OUT_OF_RANGE lines[999].quantity",
      "CART_SUM_OVERFLOW lines",
      "CART_TOO_LARGE lines",
    ]);
  });
});
