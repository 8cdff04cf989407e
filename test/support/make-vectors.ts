// Writes the golden vectors of the wire format from abi-carts.ts, abi-tables.ts and abi-decisions.ts. Run by hand, when the format changes on purpose, and
// read the diff: the tests hold the code against these files and never write them.
//
//   node --conditions=haggle-source test/support/make-vectors.ts

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CART,
  createGrowingSymbols,
  createSymbols,
  decodeCart,
  decodeTable,
  encodeCart,
  encodeDecision,
  encodeTable,
  MAX_SYMBOLS,
  MEMORY_BYTES,
  toHex,
} from "@haggle/abi";
import { CARTS } from "./abi-carts.ts";
import { DECISIONS } from "./abi-decisions.ts";
import { TABLES } from "./abi-tables.ts";
import { metadataOf, VECTORS } from "./abi-vectors.ts";

for (const [name, vector] of Object.entries(CARTS)) {
  const memory = new Int32Array(MEMORY_BYTES / 4);
  const symbols = createSymbols(vector.symbols);
  const { length } = encodeCart(vector.cart, memory, symbols, vector.reads, vector.lines);
  const bytes = new Uint8Array(memory.buffer, CART, length);
  write("carts", name, { ...vector, bytes: toHex(bytes), sees: decodeCart(bytes, symbols) });
}

for (const [name, vector] of Object.entries(TABLES)) {
  const symbols = createGrowingSymbols(vector.symbols);
  const metadata = metadataOf(vector);
  const { bytes } = encodeTable(vector.promotions, vector.policy, metadata, symbols);
  const interned = Array.from({ length: symbols.size }, (_, i) => symbols.text(i + 1));
  const sees = decodeTable(bytes, metadata, symbols);
  write("tables", name, { ...vector, bytes: toHex(bytes), interned, sees });
}

for (const [name, vector] of Object.entries(DECISIONS)) {
  const { lines, shipping, outcomes } = vector.records;
  const counts = {
    lines: lines.length,
    shipping: shipping.length,
    promotions: outcomes.length,
    symbols: MAX_SYMBOLS,
  };
  const bytes = encodeDecision(vector.totals, vector.records);
  write("decisions", name, { ...vector, counts, bytes: toHex(bytes) });
}

function write(folder: string, name: string, vector: object): void {
  mkdirSync(join(VECTORS, folder), { recursive: true });
  writeFileSync(join(VECTORS, folder, `${name}.json`), `${JSON.stringify(vector, null, 1)}\n`);
}
