// SHA-256 without waiting: WebCrypto only answers later, and a decision's digest is a property. FIPS 180-4.

// First 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the
// first 8 (FIPS 180-4, 4.2.2 and 5.3.3), computed rather than listed: integer roots, so every host agrees.
const ROUND = new Int32Array(64);
const START = new Int32Array(8);
for (let candidate = 2, found = 0; found < 64; candidate++) {
  let isPrime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) isPrime &&= candidate % divisor !== 0;
  if (!isPrime) continue;
  if (found < 8) START[found] = fractionBits(BigInt(candidate), 2n);
  ROUND[found++] = fractionBits(BigInt(candidate), 3n);
}

/** floor(2^32 x n^(1/degree)) modulo 2^32, by bisection on integers. */
function fractionBits(n: bigint, degree: bigint): number {
  const target = n << (32n * degree);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** degree <= target) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
}

/** The lower-case hex SHA-256 of a text in UTF-8. */
export function sha256Text(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const length = bytes.length;
  const blocks = new DataView(new ArrayBuffer(((length + 72) >> 6) << 6));
  new Uint8Array(blocks.buffer).set(bytes);
  blocks.setUint8(length, 0x80);
  blocks.setUint32(blocks.byteLength - 8, Math.floor(length / 2 ** 29));
  blocks.setUint32(blocks.byteLength - 4, length << 3);
  const state = START.slice();
  const schedule = new Int32Array(64);
  for (let at = 0; at < blocks.byteLength; at += 64) compress(state, schedule, blocks, at);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function compress(state: Int32Array, w: Int32Array, blocks: DataView, at: number): void {
  for (let i = 0; i < 64; i++) {
    if (i < 16) {
      w[i] = blocks.getInt32(at + i * 4);
      continue;
    }
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const sums = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i]! += sums[i]!;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
