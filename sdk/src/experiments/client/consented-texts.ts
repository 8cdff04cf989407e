import { type KeptTexts, store } from "./kept-texts.ts";

/** `localStorage` has all of it. */
export type ConsentStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** What of ours is in a page's storage. */
const PREFIX = "haggle-";

/**
 * Keeps texts for this page, and in the page's storage only while somebody has agreed. With the consent comes what this page
 * has kept so far; without it nothing of the storage is read, and taking it back removes all that is ours there.
 */
export function createConsentedTexts(storage: ConsentStorage | undefined, consent: boolean) {
  const own = new Map<string, string>();
  let granted = consent;

  const texts: KeptTexts = {
    getItem: (place) => own.get(place) ?? (granted ? (storage?.getItem(place) ?? null) : null),
    setItem(place, text) {
      own.set(place, text);
      if (granted) storage?.setItem(place, text);
    },
  };

  return {
    texts,
    grant(agreed: boolean): void {
      granted = agreed;
      if (storage === undefined) return;
      if (agreed) for (const [place, text] of own) store(storage, place, text);
      else removeAll(storage);
    },
  };
}

function removeAll(storage: ConsentStorage): void {
  const places = Array.from({ length: storage.length }, (_, index) => storage.key(index));
  for (const place of places) if (place?.startsWith(PREFIX)) storage.removeItem(place);
}
