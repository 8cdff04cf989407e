// ETags where the host has no cache that asks again by itself.

/** What is like `fetch` to who reads an answer. */
type Ask = (url: string, init: RequestInit) => Promise<Response>;
type Read = (ask: Ask) => Promise<Uint8Array | undefined>;

/**
 * Remembers the newest bytes of each document that may change, and asks by their ETag whether there are others: a look costs
 * both sides a few headers. As much is kept as there are documents of one channel. `cache` is what a browser would be told.
 */
export function createEtags() {
  const kept = new Map<string, { etag: string; bytes: Uint8Array }>();
  return async (read: Read, url: string, cache: RequestCache): Promise<Uint8Array | undefined> => {
    if (cache === "default") return read(fetch);
    // Behind a refusal nothing is taken from what was kept.
    const before = cache === "reload" ? undefined : kept.get(url);
    let answer: Response | undefined;
    const bytes = await read(async (at, init) => {
      answer = await fetch(at, before ? { ...init, headers: { "if-none-match": before.etag } } : init);
      return answer.status === NOT_MODIFIED && before ? new Response() : answer;
    });
    if (answer?.status === NOT_MODIFIED) return before?.bytes;
    const etag = answer?.headers.get("etag");
    if (bytes && etag) kept.set(url, { etag, bytes });
    else kept.delete(url);
    return bytes;
  };
}

const NOT_MODIFIED = 304;
