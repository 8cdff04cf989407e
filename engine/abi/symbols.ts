// Strings cross into wasm as numbers. A symbol is the position of a string in the bundle's list, then in the
// promotion table's; every other string is unknown (0), which equals nothing.

import { refuse } from "./errors.ts";
import { MAX_SYMBOLS, SYMBOL_UNKNOWN } from "./layout.ts";

/** The strings that rules and promotions of one release compare with. A Map, so that no key is special. */
export type Symbols = {
  /** The symbol of a string, 0 when nothing compares with it. */
  find(text: string): number;
  /** Takes a symbol that was found before as found again, where somebody notes what is found. */
  meet?(symbol: number): void;
  /** The string of a symbol. */
  text(symbol: number): string;
  readonly size: number;
};

/** While a table is being encoded. */
export type GrowingSymbols = Symbols & {
  /** The symbol of a string, given a new one when it has none. Throws ENGINE_TABLE_TOO_LARGE. */
  intern(text: string): number;
};

export function createSymbols(bundle: readonly string[]): Symbols {
  return indexTexts([...bundle], new Map());
}

/** Symbols that begin with those of a bundle. */
export function createGrowingSymbols(bundle: readonly string[]): GrowingSymbols {
  const texts = [...bundle];
  const byText = new Map<string, number>();
  return Object.assign(indexTexts(texts, byText), {
    intern(text: string) {
      const known = byText.get(text);
      if (known !== undefined) return known;
      if (texts.length === MAX_SYMBOLS) throw refuse("ENGINE_TABLE_TOO_LARGE", "symbols", text);
      byText.set(text, texts.push(text));
      return texts.length;
    },
  });
}

function indexTexts(texts: readonly string[], byText: Map<string, number>): Symbols {
  for (let i = 0; i < texts.length; i++) byText.set(texts[i]!, i + 1);
  return {
    find: (text) => byText.get(text) ?? SYMBOL_UNKNOWN,
    text: (symbol) => texts[symbol - 1] ?? "",
    get size() {
      return texts.length;
    },
  };
}
