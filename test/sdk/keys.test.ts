import { readFileSync } from "node:fs";
import { toHex } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { signerFromSeed } from "@haggle/sdk/sign";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const FIELD = 2n ** 255n - 19n;
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

type Point = { x: bigint; y: bigint };

describe("importPublicKey", () => {
  it("refuses every spelling of the eight points of small order", async () => {
    const spellings = torsionPoints().flatMap(({ x, y }) => {
      const signs = x === 0n ? [0n, 1n] : [x & 1n];
      return signs.flatMap((sign) =>
        [y, y + FIELD].filter((value) => value < 2n ** 255n).map((value) => encode(value, sign)),
      );
    });
    // Eight points; x = 0 has two signs (1 and -1), y = 0 and y = 1 a second spelling above the field.
    expect(new Set(spellings.map(toHex)).size).toBe(14);
    for (const bytes of spellings) await expectRefused(bytes);
  });

  it("refuses every y that is not below the field's prime", async () => {
    for (let y = FIELD; y < 2n ** 255n; y += 1n) {
      for (const sign of [0n, 1n]) await expectRefused(encode(y, sign));
    }
  });

  it("refuses the published weak keys, which WebCrypto itself takes", async () => {
    for (const file of ["small-order.pk", "noncanonical.pk"]) {
      const bytes = Uint8Array.from(
        readFileSync(new URL(`../vectors/wasmsign2/keys/${file}`, import.meta.url)),
      ).slice(1);
      await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
      await expectRefused(bytes);
    }
  });

  it("refuses any other length", async () => {
    for (const length of [0, 31, 33, 64]) await expectRefused(new Uint8Array(length).fill(9));
  });

  it("takes the key of any seed and names it by its SHA-256", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (seed) => {
        const { publicKey } = await signerFromSeed(seed);
        const key = await importPublicKey(publicKey);
        expect(key.keyid).toBe(
          toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(publicKey)))),
        );
      }),
      { numRuns: 30 },
    );
  });
});

async function expectRefused(bytes: Uint8Array): Promise<void> {
  await expect(importPublicKey(bytes), toHex(bytes)).rejects.toMatchObject({ code: "SIGNATURE_BAD_KEY" });
}

function encode(y: bigint, sign: bigint): Uint8Array {
  const value = y | (sign << 255n);
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}

/** The eight multiples of a point of order 8, found as group order x point: not taken from any list. */
function torsionPoints(): Point[] {
  for (let y = 2n; ; y += 1n) {
    const point = decompress(y);
    if (!point) continue;
    const torsion = multiply(point, GROUP_ORDER);
    const multiples = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n].map((factor) => multiply(torsion, factor));
    if (new Set(multiples.map(({ x, y }) => `${x},${y}`)).size === 8) return multiples;
  }
}

const D = modulo(-121665n * invert(121666n));

/** The twisted Edwards curve -x² + y² = 1 + d x² y² of RFC 8032, section 5.1. */
function decompress(y: bigint): Point | undefined {
  const square = modulo((y * y - 1n) * invert(D * y * y + 1n));
  let x = power(square, (FIELD + 3n) / 8n);
  if (modulo(x * x - square) !== 0n) x = modulo(x * power(2n, (FIELD - 1n) / 4n));
  return modulo(x * x - square) === 0n ? { x, y } : undefined;
}

function add(a: Point, b: Point): Point {
  const product = modulo(D * a.x * b.x * a.y * b.y);
  return {
    x: modulo((a.x * b.y + a.y * b.x) * invert(1n + product)),
    y: modulo((a.y * b.y + a.x * b.x) * invert(1n - product)),
  };
}

function multiply(point: Point, factor: bigint): Point {
  let result: Point = { x: 0n, y: 1n };
  for (let rest = factor, base = point; rest > 0n; rest >>= 1n, base = add(base, base)) {
    if (rest & 1n) result = add(result, base);
  }
  return result;
}

function invert(value: bigint): bigint {
  return power(value, FIELD - 2n);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let rest = exponent, square = modulo(base); rest > 0n; rest >>= 1n, square = modulo(square * square)) {
    if (rest & 1n) result = modulo(result * square);
  }
  return result;
}

function modulo(value: bigint): bigint {
  return ((value % FIELD) + FIELD) % FIELD;
}
