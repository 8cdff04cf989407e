import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createProbe, type Probe, ROUNDINGS, type Rounding } from "../support/probe.ts";

// The runtime's arithmetic inside WebAssembly, held against the same sentences written in BigInt.

const MAX = 2n ** 53n - 1n;
const PPM = 1_000_000n;

let probe: Probe;
beforeAll(async () => {
  probe = await createProbe();
});

describe("mulDiv", () => {
  it("is exact at the edges of 53, 63 and 128 bits, in every rounding", () => {
    for (const a of EDGES) {
      for (const b of EDGES) {
        for (const c of EDGES) {
          for (const rounding of ROUNDINGS) expectMulDiv(a, b, c, rounding);
        }
      }
    }
  });

  it("is exact for any operands", () => {
    fc.assert(fc.property(operand(), operand(), operand(), fc.constantFrom(...ROUNDINGS), expectMulDiv), {
      numRuns: 20_000,
    });
  });

  it("is exact where the quotient is an amount and the product is not", () => {
    fc.assert(
      fc.property(
        operand(),
        operand(),
        fc.bigInt(-MAX, MAX),
        fc.constantFrom(...ROUNDINGS),
        (a, b, quotient, rounding) => {
          // The divisor that leads back to the quotient, so that wide division is reached and does not fault.
          const c = quotient === 0n ? 1n : (a * b) / quotient;
          expectMulDiv(a, b, toI64(c), rounding);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it("rounds halves as it is told", () => {
    const halves = ROUNDINGS.map((rounding) => [
      rounding,
      ...[1n, 3n, -1n, -3n].map((a) => probe.compute("mulDiv", a, 1n, 2n, ROUNDINGS.indexOf(rounding))),
    ]);
    expect(halves).toEqual([
      ["halfUp", 1n, 2n, -1n, -2n],
      ["halfEven", 0n, 2n, -0n, -2n],
      ["halfDown", 0n, 1n, 0n, -1n],
      ["down", 0n, 1n, 0n, -1n],
      ["up", 1n, 2n, -1n, -2n],
    ]);
  });

  it("faults for a quotient of 2^64 - 1 that would round up to nothing", () => {
    expect(probe.compute("mulDiv", 2n ** 62n + 1n, 2n ** 63n - 2n, 2n ** 61n, 4)).toBe("fault");
  });
});

describe("checked sums, differences and products", () => {
  it("are exact, or fault where they leave +-2^53", () => {
    const check = (a: bigint, b: bigint) => {
      expect(probe.compute("add", a, b)).toBe(amountOr(a + b));
      expect(probe.compute("subtract", a, b)).toBe(amountOr(a - b));
      expect(probe.compute("multiply", a, b)).toBe(amountOr(a * b));
    };
    for (const a of EDGES) for (const b of EDGES) check(a, b);
    fc.assert(fc.property(operand(), operand(), check), { numRuns: 20_000 });
  });
});

describe("percentOf", () => {
  it("is the same as mulDiv by a million", () => {
    const check = (amount: bigint, ppm: bigint, rounding: Rounding) => {
      const got = probe.compute("percentOf", amount, ppm, ROUNDINGS.indexOf(rounding));
      expect(got).toBe(mulDiv(amount, ppm, PPM, rounding));
    };
    for (const amount of EDGES) {
      for (const ppm of [0n, 1n, 499_999n, 500_000n, PPM, PPM + 1n, 2n ** 31n - 1n, -1n, -(2n ** 31n)]) {
        for (const rounding of ROUNDINGS) check(amount, ppm, rounding);
      }
    }
    const ppm = fc.oneof(fc.bigInt(0n, PPM), fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n));
    fc.assert(fc.property(operand(), ppm, fc.constantFrom(...ROUNDINGS), check), { numRuns: 20_000 });
  });
});

describe("splitOverLines", () => {
  it("gives each line its share by largest remainder, ties in order", () => {
    fc.assert(
      fc.property(lines(), fraction(), (lefts, part) => {
        const amount = (sum(lefts) * part) / 1_000_000n;
        fc.pre(amount > 0n);
        const shares = probe.split(amount, lefts);
        expect(shares).toEqual(largestRemainder(amount, lefts));
        expect(sum(shares)).toBe(amount);
        for (const [i, share] of shares.entries()) expect(share <= lefts[i]! && share >= 0n).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it("gives lines in another order the same shares, but for ties", () => {
    fc.assert(
      fc.property(lines(), fraction(), fc.nat(), (lefts, part, turn) => {
        const amount = (sum(lefts) * part) / 1_000_000n;
        fc.pre(amount > 0n);
        const cut = turn % lefts.length;
        const turned = [...lefts.slice(cut), ...lefts.slice(0, cut)];
        // Which of two equal fractions gets the odd unit is the order's choice, so what each fraction got is compared.
        const byFraction = (order: readonly bigint[]) =>
          probe
            .split(amount, order)
            .map((share, i) => {
              const exact = amount * order[i]!;
              return `${exact % sum(lefts)} got ${share - exact / sum(lefts)}`;
            })
            .sort();
        expect(byFraction(turned)).toEqual(byFraction(lefts));
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes everything, one unit, and the most there can be", () => {
    expect(probe.split(MAX, [MAX])).toEqual([MAX]);
    expect(probe.split(MAX - 1n, [1n, MAX - 1n])).toEqual(largestRemainder(MAX - 1n, [1n, MAX - 1n]));
    expect(probe.split(1n, [1n, 1n, 1n])).toEqual([1n, 0n, 0n]);
    expect(probe.split(2n, [0n, 5n, 0n, 5n])).toEqual([0n, 1n, 0n, 1n]);
    const thousand = Array.from({ length: 1000 }, (_, i) => BigInt(i * 7919) % 1009n);
    expect(probe.split(12_345n, thousand)).toEqual(largestRemainder(12_345n, thousand));
  });
});

const EDGES = [0n, 1n, 2n, 3n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 43n, MAX - 1n, MAX, MAX + 1n]
  .concat([2n ** 61n, 2n ** 62n, 2n ** 63n - 1n])
  .flatMap((edge) => [edge, -edge])
  .concat(-(2n ** 63n));

/** Any i64, small and large ones alike. */
function operand(): fc.Arbitrary<bigint> {
  return fc.oneof(
    fc.bigInt(-1000n, 1000n),
    fc.bigInt(-MAX, MAX),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.constantFrom(...EDGES),
  );
}

/** What is left of the lines of a cart: their sum is an amount, and something is left. */
function lines(): fc.Arbitrary<bigint[]> {
  const left = (most: bigint) => fc.oneof(fc.constant(0n), fc.bigInt(0n, 20n), fc.bigInt(0n, most));
  return fc
    .oneof(
      fc.array(left(100_000n), { minLength: 1, maxLength: 30 }),
      fc.array(left(MAX / 12n), { minLength: 1, maxLength: 12 }),
    )
    .filter((lefts) => sum(lefts) > 0n);
}

function fraction(): fc.Arbitrary<bigint> {
  return fc.oneof(fc.constant(1_000_000n), fc.bigInt(1n, 1_000_000n));
}

function expectMulDiv(a: bigint, b: bigint, c: bigint, rounding: Rounding): void {
  const got = probe.compute("mulDiv", a, b, c, ROUNDINGS.indexOf(rounding));
  const wanted = c === 0n ? "fault" : mulDiv(a, b, c, rounding);
  // The message costs more than the comparison, so it is made only when there is something to say.
  if (got !== wanted) expect({ a, b, c, rounding, got }).toEqual({ a, b, c, rounding, got: wanted });
}

/** a x b / c, rounded once: the sentence itself, in whole numbers without an end. */
function mulDiv(a: bigint, b: bigint, c: bigint, rounding: Rounding): bigint | "fault" {
  const product = a * b;
  const divisor = magnitude(c);
  const quotient = magnitude(product) / divisor;
  const twice = (magnitude(product) % divisor) * 2n;
  const away =
    twice !== 0n &&
    (rounding === "up" ||
      (rounding !== "down" &&
        (twice > divisor ||
          (twice === divisor &&
            (rounding === "halfUp" || (rounding === "halfEven" && quotient % 2n === 1n))))));
  const result = quotient + (away ? 1n : 0n);
  return amountOr(product < 0n !== c < 0n ? -result : result);
}

/** Hamilton's method: whole parts first, then one more each to the largest fractions. */
function largestRemainder(amount: bigint, lefts: readonly bigint[]): bigint[] {
  const total = sum(lefts);
  const shares = lefts.map((left) => (amount * left) / total);
  const byFraction = lefts
    .map((left, i) => ({ i, rest: (amount * left) % total }))
    .sort((x, y) => (x.rest === y.rest ? x.i - y.i : x.rest > y.rest ? -1 : 1));
  for (const { i } of byFraction.slice(0, Number(amount - sum(shares)))) shares[i]! += 1n;
  return shares;
}

function amountOr(value: bigint): bigint | "fault" {
  return magnitude(value) <= MAX ? value : "fault";
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function toI64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
