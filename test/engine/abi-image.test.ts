// A cart that is encoded again after a change is the cart encoded as a whole, whatever was changed and whatever lay in the
// memory in between.

import {
  CART,
  type Cart,
  type CartLine,
  createEncoder,
  createSymbols,
  decodeCart,
  type EncodedCart,
  encodeCart,
  HaggleError,
  type LineMode,
  MEMORY_BYTES,
  READS_GROUPS,
  type Symbols,
} from "@haggle/abi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carts, KNOWN } from "../support/abi-arbitraries.ts";

const ALL_READS = 127;
const memory = new Int32Array(MEMORY_BYTES / 4);
const whole = new Int32Array(MEMORY_BYTES / 4);
const whole2 = new Int32Array(MEMORY_BYTES / 4);

/** What becomes of a cart at a stroke. */
type Change =
  | { kind: "quantity"; at: number; quantity: number; inPlace: boolean }
  | { kind: "line"; at: number; from: number; keeps: readonly (keyof CartLine)[] }
  | { kind: "add" | "remove" | "spoil" | "swap"; at: number; from: number }
  | { kind: "else"; from: number; keeps: readonly (keyof Cart)[] }
  | { kind: "other" | "now"; from: number };

const FIELDS: (keyof CartLine)[] = [
  "id",
  "sku",
  "productId",
  "categories",
  "unitPrice",
  "attributes",
  "taxRate",
];
const PARTS: (keyof Cart)[] = [
  "channel",
  "shipping",
  "customer",
  "coupons",
  "allowances",
  "currency",
  "market",
];

function changes(): fc.Arbitrary<Change> {
  const at = fc.nat(40);
  const from = fc.nat(40);
  const quantity = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 9 }) },
    fc.constantFrom(0, -1, 1.5, 1e7, NaN),
  );
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("quantity" as const), at, quantity, inPlace: fc.boolean() }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant("line" as const), at, from, keeps: fc.subarray(FIELDS) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constantFrom("add", "remove", "spoil", "swap"), at, from }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("else" as const), from, keeps: fc.subarray(PARTS) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("other", "now"), from }) },
  );
}

/** The cart after a change; goods come from a second cart, so that some of them are equal. */
function change(cart: Cart, goods: Cart, stroke: Change): Cart {
  const lines = cart.lines.slice();
  const { length } = lines;
  if (stroke.kind === "now") return { ...cart, now: stroke.from };
  if (stroke.kind === "else") {
    const kept = Object.fromEntries(stroke.keeps.map((key) => [key, cart[key]]));
    return { ...goods, ...kept, id: cart.id, lines };
  }
  if (!("at" in stroke)) return cart;
  const at = length === 0 ? 0 : stroke.at % length;
  // One that was spoiled before is whole again when it changes.
  const line = lines[at] ?? goods.lines[0];
  switch (stroke.kind) {
    case "quantity":
      if (line === undefined) return cart;
      if (stroke.inPlace) line.quantity = stroke.quantity;
      else lines[at] = { ...line, quantity: stroke.quantity };
      break;
    case "line": {
      const other = goods.lines[stroke.from % goods.lines.length];
      if (line === undefined || other === undefined) return cart;
      lines[at] = {
        ...other,
        ...Object.fromEntries(stroke.keeps.map((key) => [key, line[key]])),
        id: line.id,
      } as CartLine;
      if (!stroke.keeps.includes("id")) lines[at].id = `other-${stroke.from}`;
      break;
    }
    case "add": {
      const other = goods.lines[stroke.from % goods.lines.length];
      if (other === undefined) return cart;
      lines.splice(at, 0, { ...other, id: `new-${stroke.from}` });
      break;
    }
    case "remove":
      lines.splice(at, 1);
      break;
    case "swap":
      if (line === undefined) return cart;
      lines[at] = lines[stroke.from % length]!;
      lines[stroke.from % length] = line;
      break;
    case "spoil":
      if (line === undefined) return cart;
      lines[at] = SPOILED[stroke.from % SPOILED.length]!(line);
  }
  return { ...cart, lines };
}

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
        fc.array(changes(), { minLength: 1, maxLength: 12 }),
        (first, goods, strokes) => {
          const encode = createEncoder();
          // One object for all encodings, as an engine's is.
          const ours = noting(known);
          let cart = structuredClone(first);
          for (const stroke of [undefined, ...strokes]) {
            if (stroke !== undefined) cart = change(cart, goods, stroke);
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
      { numRuns: 400 },
    );
    expect(kept).toBeGreaterThan(1_000);
  });
});
