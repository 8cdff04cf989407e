import { type KeptTexts, store } from "./kept-texts.ts";

/** `localStorage` has all of it; one that cannot be listed loses what this page knows of when consent is taken back. */
export type ConsentStorage = Pick<Storage, "getItem" | "setItem" | "removeItem"> &
  Partial<Pick<Storage, "key" | "length">>;

/** What of ours is in a page's storage. */
const PREFIX = "haggle-";

/**
 * Keeps texts for this page, and in the page's storage only while somebody has agreed. With the consent comes what this page
 * has kept so far; without it nothing of the storage is read, and taking it back removes all that is ours there.
 */
export function createConsentedTexts(storage: ConsentStorage | undefined, consent: boolean) {
  const own = new Map<string, string>();
  /** Asked for or written by this page. */
  const known = new Set<string>();
  let granted = consent;

  const texts: KeptTexts = {
    getItem(place) {
      known.add(place);
      return own.get(place) ?? (granted ? (storage?.getItem(place) ?? null) : null);
    },
    setItem(place, text) {
      known.add(place);
      own.set(place, text);
      if (granted) storage?.setItem(place, text);
    },
  };

  return {
    texts,
    /** `places`: more that may be there, though this page has not asked for them yet. Never throws. */
    grant(agreed: boolean, places: readonly string[] = []): void {
      granted = agreed;
      if (storage === undefined) return;
      if (agreed) for (const [place, text] of own) store(storage, place, text);
      else for (const place of new Set([...places, ...known, ...list(storage)])) remove(storage, place);
    },
  };
}

/** All that is ours, where a storage can be listed. */
function list(storage: ConsentStorage): string[] {
  try {
    const places = Array.from({ length: storage.length ?? 0 }, (_, index) => storage.key?.(index));
    return places.filter((place) => typeof place === "string").filter((place) => place.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** What cannot be removed does not keep the rest. */
function remove(storage: ConsentStorage, place: string): void {
  try {
    storage.removeItem(place);
  } catch {
    // The browser refuses, and nothing of it will be read or written any more.
  }
}
