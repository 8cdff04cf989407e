import { encodeUtf8 } from "@haggle/abi";

// SHA-256 without waiting: WebCrypto only answers later, and a decision's digest is a property. FIPS 180-4.

// First 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the
// first 8 (FIPS 180-4, 4.2.2 and 5.3.3), computed rather than listed. A host may round `**` as it likes: none of the
// roots times 2^32 is nearer than 0.02 to an integer, where doubles are 0.000008 apart.
const ROUND: number[] = [];
const START: number[] = [];
for (let candidate = 2; ROUND.length < 64; candidate++) {
  let divisor = 2;
  while (candidate % divisor !== 0) divisor++;
  if (divisor < candidate) continue;
  ROUND.push((candidate ** (1 / 3) * 2 ** 32) | 0);
  START.push((Math.sqrt(candidate) * 2 ** 32) | 0);
}

/** The lower-case hex SHA-256 of a text in UTF-8. */
export function sha256Text(text: string): string {
  const bytes = encodeUtf8(text);
  const { length } = bytes;
  const blocks = new DataView(new ArrayBuffer(((length + 72) >> 6) << 6));
  new Uint8Array(blocks.buffer).set(bytes);
  blocks.setUint8(length, 0x80);
  blocks.setBigUint64(blocks.byteLength - 8, BigInt(length) * 8n);
  const state = Int32Array.from(START.slice(0, 8));
  const schedule = new Int32Array(64);
  for (let at = 0; at < blocks.byteLength; at += 64) compress(state, schedule, blocks, at);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function compress(state: Int32Array, w: Int32Array, blocks: DataView, at: number): void {
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
    if (i < 16) w[i] = blocks.getInt32(at + i * 4);
    else {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i]! += word;
  });
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
