// Where the bytes of a promotion table go: a buffer that grows, with equal lists of symbols written once.

import { refuse } from "./errors.ts";
import * as L from "./layout.ts";
import type { GrowingSymbols } from "./symbols.ts";

export type TableWriter = ReturnType<typeof createTableWriter>;

const FIRST_BYTES = 16 * 1024;

/** Offsets are from the start of the table; what the table holds are addresses in the memory of the engine. */
export function createTableWriter(symbols: GrowingSymbols) {
  let view = new DataView(new ArrayBuffer(FIRST_BYTES));
  let end = 0;
  const addresses = new Map<string, number>();

  function reserve(size: number): number {
    const start = Math.ceil(end / 8) * 8;
    end = start + size;
    if (end > L.TABLE_CAPACITY) throw refuse("ENGINE_TABLE_TOO_LARGE", "promotions", end);
    if (end > view.byteLength) {
      const grown = new Uint8Array(Math.min(L.TABLE_CAPACITY, end * 2));
      grown.set(new Uint8Array(view.buffer));
      view = new DataView(grown.buffer);
    }
    return start;
  }
  function u32(at: number, value: number): void {
    view.setInt32(at, value, true);
  }
  /** The address of what `write` puts down under this name, once for each name. */
  function once(name: string, write: () => number): number {
    let address = addresses.get(name);
    if (address === undefined) {
      address = L.TABLE + write();
      addresses.set(name, address);
    }
    return address;
  }

  return {
    /** The offset of so many zeros, at a multiple of 8. Throws ENGINE_TABLE_TOO_LARGE beyond the table's region. */
    reserve,
    u8: (at: number, value: number) => view.setUint8(at, value),
    u32,
    i64: (at: number, value: number) => view.setBigInt64(at, BigInt(value), true),
    symbol: (text: string | undefined) => (text === undefined ? L.SYMBOL_UNKNOWN : symbols.intern(text)),
    once,
    /** The address of a list of symbols; null is any. */
    tags(texts: readonly string[] | null): number {
      const list = texts?.map((text) => symbols.intern(text));
      return once(`tags ${list}`, () => {
        const block = reserve(L.TAGS_SYMBOLS + (list?.length ?? 0) * 4);
        u32(block + L.TAGS_COUNT, list?.length ?? L.TAGS_ANY);
        list?.forEach((symbol, i) => {
          u32(block + L.TAGS_SYMBOLS + i * 4, symbol);
        });
        return block;
      });
    },
    finish(): Uint8Array<ArrayBuffer> {
      u32(L.TABLE_LENGTH, end);
      return new Uint8Array(view.buffer.slice(0, end));
    },
  };
}
