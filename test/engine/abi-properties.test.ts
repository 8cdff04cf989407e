import {
  type Attribute,
  CART,
  type Cart,
  canonicalCart,
  createGrowingSymbols,
  createSymbols,
  DECISION,
  DECISION_GREEDY,
  DEFAULT_POLICY,
  type DecisionRecords,
  decodeCart,
  decodeDecision,
  decodeTable,
  encodeCart,
  encodeDecision,
  encodeTable,
  HaggleError,
  isSameGoods,
  lineDetail,
  MAX_COUPONS,
  MAX_LINES,
  MAX_SHIPPING,
  MAX_SYMBOLS,
  MEMORY_BYTES,
  orderLines,
  type ParameterValue,
  parsePercent,
  type SeenAttributes,
  type SeenCart,
  TABLE,
} from "@haggle/abi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amount, carts, decisions, KNOWN, recordOf, tables } from "../support/abi-arbitraries.ts";
import {
  ALL_READS,
  type CartVector,
  type DecisionVector,
  fromHex,
  metadataOf,
  readVectors,
  type TableVector,
} from "../support/abi-vectors.ts";

// What is encoded comes back, for any cart, table and decision; and bytes that nobody encoded are refused.

const MAX = Number.MAX_SAFE_INTEGER;

describe("carts", () => {
  const memory = new Int32Array(MEMORY_BYTES / 4);
  const symbols = createSymbols(KNOWN);

  it("come back as the engine is meant to see them", () => {
    fc.assert(
      fc.property(carts(), (cart) => {
        const { length } = encodeCart(cart, memory, symbols, ALL_READS);
        const seen = decodeCart(new Uint8Array(memory.buffer, CART, length), symbols);
        expect(seen).toEqual(seenOf(cart));
      }),
      { numRuns: 3_000 },
    );
  });

  it("keep their lines as they are given where the policy wants them so", () => {
    fc.assert(
      fc.property(carts(), (cart) => {
        const { length, order, ends } = encodeCart(cart, memory, symbols, ALL_READS, "asGiven");
        const seen = decodeCart(new Uint8Array(memory.buffer, CART, length), symbols);
        expect(seen.lines.map(({ quantity, unitPrice }) => [quantity, unitPrice])).toEqual(
          cart.lines.map(({ quantity, unitPrice }) => [quantity, unitPrice]),
        );
        expect(order).toEqual(cart.lines.map((_, i) => i));
        expect(ends).toBe(undefined);
      }),
      { numRuns: 500 },
    );
  });

  it("as given differ when their lines are turned round, and in canonical order they do not", () => {
    const line = { id: "1", sku: "a", productId: "a", categories: [], quantity: 1, unitPrice: 5 };
    const lines = [line, { ...line, id: "2", unitPrice: 3 }, { ...line, id: "3" }];
    const cart: Cart = { id: "c", currency: "EUR", now: 0, lines, shipping: [], coupons: [] };
    const turned = { ...cart, lines: [lines[1]!, lines[0]!, lines[2]!] };
    expect(canonicalCart(turned)).toBe(canonicalCart(cart));
    expect(canonicalCart(turned, "asGiven")).not.toBe(canonicalCart(cart, "asGiven"));
    expect(canonicalCart(cart, "asGiven")).not.toBe(canonicalCart(cart));
  });

  it("of the largest size fit their region", () => {
    const texts = Array.from({ length: 64 }, (_, i) => `text-${i}`);
    const all = createSymbols(texts);
    const attributes = Object.fromEntries(texts.map((text) => [text, 1]));
    const cart: Cart = {
      id: "c",
      currency: "EUR",
      now: 0,
      lines: Array.from({ length: MAX_LINES }, (_, i) => {
        const sku = `sku-${i}`;
        return { id: sku, sku, productId: sku, categories: texts, quantity: 1, unitPrice: 1, attributes };
      }),
      shipping: Array.from({ length: MAX_SHIPPING }, (_, i) => ({ id: `s${i}`, method: "m", price: 1 })),
      coupons: texts.slice(0, MAX_COUPONS),
    };
    const { length } = encodeCart(cart, memory, all, ALL_READS);
    expect(decodeCart(new Uint8Array(memory.buffer, CART, length), all).lines).toHaveLength(MAX_LINES);
  });

  it("that were cut or changed are refused, or decoded within their bytes", () => {
    const vectors = readVectors<CartVector>("carts").map(([, vector]) => vector);
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.nat(),
        fc.nat(),
        fc.nat(2 ** 32 - 1),
        (vector, cut, at, word) => {
          const bytes = mutate(fromHex(vector.bytes), cut, at, word);
          refusesOrDecodes("CART_BAD_BYTES", () => decodeCart(bytes, createSymbols(vector.symbols)));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe("promotion tables", () => {
  it("come back with the parameters of each promotion complete", () => {
    fc.assert(
      fc.property(tables(), ({ schema, promotions }) => {
        const metadata = metadataOf({
          rules: [
            { name: "rule", parameters: { type: "object", additionalProperties: false, properties: schema } },
          ],
          symbols: KNOWN,
          reads: 0,
        });
        const symbols = createGrowingSymbols(KNOWN);
        const encoded = encodeTable(promotions, DEFAULT_POLICY, metadata, symbols);
        const decoded = decodeTable(encoded.bytes, metadata, symbols);
        expect(encoded.promotions.map(({ id }) => id).toSorted()).toEqual(
          promotions.map(({ id }) => id).toSorted(),
        );
        for (const [i, promotion] of encoded.promotions.entries()) {
          const complete = Object.entries(schema).map(
            ([name, { default: standard, "x-haggle-type": type }]) => {
              const value = promotion.parameters?.[name] ?? (standard as ParameterValue);
              const given = promotion.parameters && Object.hasOwn(promotion.parameters, name);
              const used = given ? promotion.parameters![name]! : value;
              return [name, type === "percent" ? parsePercent(used, "") : used];
            },
          );
          expect(decoded.promotions[i]).toMatchObject({
            parameters: Object.fromEntries(complete),
            priority: promotion.priority,
            coupon: promotion.coupon ?? "",
            flags: expect.toSatisfy(
              (flags: string[]) => flags.includes("serverOnly") === (promotion.serverOnly ?? false),
            ),
            from: promotion.window?.from ?? 0,
            until: promotion.window?.until ?? MAX,
          });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("that were cut or changed are refused, or decoded within their bytes", () => {
    const vectors = readVectors<TableVector>("tables").map(([, vector]) => vector);
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.nat(),
        fc.nat(),
        fc.nat(2 ** 32 - 1),
        (vector, cut, at, word) => {
          const bytes = mutate(fromHex(vector.bytes), cut, at, word);
          const symbols = createSymbols(vector.interned);
          refusesOrDecodes("PROMOTION_BAD_BYTES", () => decodeTable(bytes, metadataOf(vector), symbols));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe("decisions", () => {
  it("come back record by record", () => {
    fc.assert(
      fc.property(
        decisions(),
        fc.array(amount(), { minLength: 6, maxLength: 6 }),
        (records, [a, b, c, d, e, f]) => {
          const totals = {
            currency: 0x525545,
            subtotal: a!,
            discountTotal: b!,
            shippingTotal: c!,
            total: d!,
            taxTotal: e!,
            cash: f!,
            flags: DECISION_GREEDY,
          };
          const words = new Int32Array(encodeDecision(totals, records).buffer);
          expect(decodeDecision(words, countsOf(records))).toEqual(records);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("that were cut or changed are refused, or decoded within their bytes", () => {
    const vectors = readVectors<DecisionVector>("decisions").map(([, vector]) => vector);
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.nat(),
        fc.nat(),
        fc.nat(2 ** 32 - 1),
        (vector, cut, at, word) => {
          const bytes = mutate(fromHex(vector.bytes), cut, at, word);
          const words = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
          refusesOrDecodes("ENGINE_DECISION_INVALID", () => decodeDecision(words, vector.counts));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

/** What the engine must see of a cart, by the words of the specification. */
function seenOf(cart: Cart): SeenCart {
  const digits: Record<string, number> = { EUR: 2, JPY: 0, KWD: 3 };
  const known = (value: string | undefined) => (value !== undefined && KNOWN.includes(value) ? value : null);
  const all = (values: readonly string[]) => [...new Set(values)].filter((value) => KNOWN.includes(value));
  const ppm = (rate: string | undefined) => (rate === undefined ? null : parsePercent(rate, ""));
  const seen = (given: Readonly<Record<string, Attribute>> | undefined): SeenAttributes =>
    recordOf(
      Object.entries(given ?? {})
        .filter(([key]) => KNOWN.includes(key))
        .map(([key, value]) => [key, typeof value === "string" ? known(value) : value]),
    );
  const records: Cart["lines"][number][] = [];
  for (const position of orderLines(cart.lines)) {
    const line = cart.lines[position]!;
    const last = records.at(-1);
    if (last && isSameGoods(last, line))
      records[records.length - 1] = { ...last, quantity: last.quantity + line.quantity };
    else records.push(line);
  }
  // The order itself is held against its definition: cheapest first, then sku, then the rest.
  const keys = records.map(
    ({ unitPrice, sku, ...rest }) => [unitPrice, sku, lineDetail({ unitPrice, sku, ...rest })] as const,
  );
  expect(keys).toEqual(keys.toSorted((a, b) => a[0] - b[0] || compare(a[1], b[1]) || compare(a[2], b[2])));
  const numbers = (values: string[]) => {
    const seenSoFar = [...new Set(values)];
    return values.map((value) => seenSoFar.indexOf(value) + 1);
  };
  const skuGroups = numbers(records.map(({ sku }) => sku));
  const productGroups = numbers(records.map(({ productId }) => productId));
  const { customer } = cart;
  return {
    currency: cart.currency,
    minorDigits: digits[cart.currency]!,
    now: cart.now,
    channel: known(cart.channel),
    market: known(cart.market),
    timeZone: known(cart.timeZone),
    paymentMethod: known(cart.paymentMethod),
    lines: records.map((line, i) => ({
      sku: known(line.sku),
      product: known(line.productId),
      skuGroup: skuGroups[i]!,
      productGroup: productGroups[i]!,
      categories: all(line.categories),
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      unitCost: line.unitCost ?? null,
      minUnitPrice: line.minUnitPrice ?? null,
      taxRate: ppm(line.taxRate),
      subscription: line.subscription ?? false,
      attributes: seen(line.attributes),
    })),
    shipping: cart.shipping.map(({ method, price, taxRate }) => ({
      method: known(method),
      price,
      taxRate: ppm(taxRate),
    })),
    customer: customer
      ? {
          segments: all(customer.segments),
          tier: known(customer.tier),
          loggedIn: customer.loggedIn,
          orders: customer.orders,
          attributes: seen(customer.attributes),
        }
      : null,
    coupons: all(cart.coupons),
    allowances: recordOf(Object.entries(cart.allowances ?? {}).filter(([key]) => KNOWN.includes(key))),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function countsOf({ lines, shipping, outcomes }: DecisionRecords) {
  return {
    lines: lines.length,
    shipping: shipping.length,
    promotions: outcomes.length,
    symbols: MAX_SYMBOLS,
  };
}

/** Cuts the bytes, or overwrites one word with anything or with something that looks like an address or a count. */
function mutate(
  bytes: Uint8Array<ArrayBuffer>,
  cut: number,
  at: number,
  word: number,
): Uint8Array<ArrayBuffer> {
  if (cut % 4 === 0) return bytes.slice(0, ((cut >> 2) % bytes.length) & ~3);
  const changed = bytes.slice();
  const value = [word, word % 300, CART + (word % 400), TABLE + (word % 400), DECISION + (word % 400)][
    cut % 5
  ]!;
  new DataView(changed.buffer).setUint32((at % (bytes.length >> 2)) * 4, value, true);
  return changed;
}

/** Bytes from anywhere are decoded or refused with the code: never an out-of-bounds error, never without an end. */
function refusesOrDecodes(code: string, decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(HaggleError);
    expect((error as HaggleError).code).toBe(code);
  }
}
