/** What a page keeps texts in: `localStorage`, or `sessionStorage`. */
export type KeptTexts = Pick<Storage, "getItem" | "setItem">;

/** Keeps texts as long as the program runs. */
export function createMemoryTexts(): KeptTexts {
  const texts = new Map<string, string>();
  return {
    getItem: (place) => texts.get(place) ?? null,
    setItem: (place, text) => void texts.set(place, text),
  };
}

/** The JSON that is kept there, undefined for anything else and where the storage refuses: whoever can write a page's storage writes what he likes. */
export function findStored<T>(
  storage: KeptTexts,
  place: string,
  isOne: (value: unknown) => value is T,
): T | undefined {
  try {
    const text = storage.getItem(place);
    const value: unknown = text === null ? undefined : JSON.parse(text);
    return isOne(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Where the storage refuses, as a full or a private one does, nothing is kept. */
export function store(storage: KeptTexts, place: string, text: string): void {
  try {
    storage.setItem(place, text);
  } catch {
    // Whatever it throws, the page goes on without it.
  }
}
