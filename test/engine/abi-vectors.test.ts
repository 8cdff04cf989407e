import {
  CART,
  createGrowingSymbols,
  createSymbols,
  DECISION,
  decodeCart,
  decodeDecision,
  decodeTable,
  encodeCart,
  encodeDecision,
  encodeTable,
  MEMORY_BYTES,
  TABLE,
  toHex,
} from "@haggle/abi";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type CartVector,
  type DecisionVector,
  fromHex,
  metadataOf,
  readVectors,
  type TableVector,
} from "../support/abi-vectors.ts";
import {
  cartReads,
  decisionReads,
  parameterReads,
  promotionReads,
  type Reads,
} from "../support/expected-reads.ts";
import { createProbe, type Probe } from "../support/probe.ts";

// The wire format, held against committed bytes from both sides: TypeScript, and WebAssembly through the runtime's
// own accessors.

/** What to do when bytes are others on purpose. */
const REMAKE = "if the format is meant to change, run test/support/make-vectors.ts and read the diff";

let probe: Probe;
beforeAll(async () => {
  probe = await createProbe();
});

describe.each(readVectors<CartVector>("carts"))("cart %s", (_, vector) => {
  const symbols = createSymbols(vector.symbols);

  it("is encoded to these bytes, whatever the memory held before", () => {
    for (const rubbish of [0, -1]) {
      const memory = new Int32Array(MEMORY_BYTES / 4).fill(rubbish);
      const { length } = encodeCart(vector.cart, memory, symbols, vector.reads, vector.lines);
      const bytes = new Uint8Array(memory.buffer, CART, length);
      // Padding is not written, so it keeps what was there: the vectors have zeros.
      if (rubbish === 0) expect(toHex(bytes), REMAKE).toBe(vector.bytes);
      expect(decodeCart(bytes, symbols)).toEqual(vector.sees);
    }
  });

  it("is decoded to what the engine sees", () => {
    expect(decodeCart(fromHex(vector.bytes), symbols)).toEqual(vector.sees);
  });

  it("is seen alike by every accessor inside WebAssembly", () => {
    probe.memory.set(fromHex(vector.bytes), CART);
    const got = probe.list("readCart", vector.symbols.length);
    expectReads(got, cartReads(vector.sees, vector.symbols));
  });
});

describe.each(readVectors<TableVector>("tables"))("promotion table %s", (_, vector) => {
  const metadata = metadataOf(vector);

  it("is encoded to these bytes", () => {
    const symbols = createGrowingSymbols(vector.symbols);
    const { bytes } = encodeTable(vector.promotions, vector.policy, metadata, symbols);
    expect(toHex(bytes), REMAKE).toBe(vector.bytes);
    const texts = Array.from({ length: symbols.size }, (_, i) => symbols.text(i + 1));
    expect(texts).toEqual(vector.interned);
  });

  it("does not depend on the order of the promotions in the file", () => {
    const symbols = createGrowingSymbols(vector.symbols);
    const turned = vector.promotions.toReversed();
    expect(toHex(encodeTable(turned, vector.policy, metadata, symbols).bytes)).toBe(vector.bytes);
  });

  it("is decoded to what the engine sees", () => {
    const symbols = createSymbols(vector.interned);
    expect(decodeTable(fromHex(vector.bytes), metadata, symbols)).toEqual(vector.sees);
  });

  it("is seen alike inside WebAssembly, every parameter in its place", () => {
    probe.memory.set(fromHex(vector.bytes), TABLE);
    const got = probe.list("readPromotions");
    // Of each promotion `readPromotions` of probe.rule.ts puts twelve figures, then the address of its parameters.
    const perPromotion = 13;
    const isBlock = (i: number) => i > 0 && i % perPromotion === 0;
    expectReads(
      got.filter((_, i) => !isBlock(i)),
      promotionReads(vector.sees, vector),
    );
    const blocks = got.filter((_, i) => isBlock(i));
    for (const [i, promotion] of vector.sees.promotions.entries()) {
      if (promotion.rule !== "every-type") expect(blocks[i]).toBe(0n);
      else {
        const reads = probe.list("readParameters", blocks[i]!, vector.interned.length);
        expectReads(reads, parameterReads(promotion, vector.interned));
      }
    }
  });
});

describe.each(readVectors<DecisionVector>("decisions"))("decision %s", (_, vector) => {
  it("is encoded to these bytes", () => {
    expect(toHex(encodeDecision(vector.totals, vector.records)), REMAKE).toBe(vector.bytes);
  });

  it("is decoded to its records", () => {
    const words = new Int32Array(fromHex(vector.bytes).buffer);
    expect(decodeDecision(words, vector.counts)).toEqual(vector.records);
  });

  it("is read alike inside WebAssembly", () => {
    probe.memory.set(fromHex(vector.bytes), DECISION);
    expectReads(probe.list("readDecision"), decisionReads(vector));
  });
});

function expectReads(got: readonly bigint[], expected: Reads): void {
  const labelled = got.map((value, i) => [expected[i]?.[0] ?? `number ${i}`, value]);
  expect(labelled).toEqual(expected);
}
