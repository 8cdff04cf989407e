import { HaggleError, refuse } from "@haggle/abi";
import { createEtags } from "#host";
import { maxBytesOf, pathOf, type ReleaseSource, type Wanted } from "./source.ts";

const FETCH_TIMEOUT_MS = 15_000;
/** A server's calm way to say that there is nothing, an object store's that may not be listed, and the usual ones. */
const ABSENT = [204, 403, 404, 410];

/** The documents of a Haggle server, such as `https://promotions.example.com`; `""` is the page's own origin. */
export function serverSource(url: string): ReleaseSource {
  const base = withoutSlash(url);
  return httpSource((wanted) => `${base}/v1/${routeOf(wanted)}`);
}

/** A copy of a release folder behind any web server. An answer for what is not there must not be a page with status 200. */
export function cdnSource(url: string): ReleaseSource {
  const base = withoutSlash(url);
  return httpSource((wanted) => `${base}/${pathOf(wanted)}`);
}

/** `/` before a path would make of it another host. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/** Paths of the server are those of the folder without the ending. */
function routeOf(wanted: Wanted): string {
  return pathOf(wanted).replace(/\.\w+$/, "");
}

function httpSource(urlOf: (wanted: Wanted) => string): ReleaseSource {
  const again = createEtags();
  const isPage = "document" in globalThis;
  return (wanted, signal, isAnew) => {
    const url = urlOf(wanted);
    // What is named by its digest never changes; all else is asked for again, by its ETag. A browser's cache keeps what it was
    // once given for as long as that said, which may be a year, and may have been said by somebody who had a CDN for a minute.
    const cache = isAnew ? "reload" : "sha256" in wanted ? "default" : "no-cache";
    const read: Parameters<typeof again>[0] = async (send) => {
      const timeout = AbortSignal.timeout(FETCH_TIMEOUT_MS);
      const ending = signal ? AbortSignal.any([signal, timeout]) : timeout;
      // Hosts that have no cache refuse to be asked about it.
      const ask = () => send(url, { signal: ending, ...(isPage && { cache }) });
      try {
        // A server may close a connection that it kept in the moment in which it is used again. Browsers then ask once more by
        // themselves, Node does not. Who has given up asks nobody by it.
        const response = await (isPage ? ask() : ask().catch(ask));
        const isAbsent = ABSENT.includes(response.status);
        if (response.ok && !isAbsent) return await readBody(response, wanted);
        await response.body?.cancel();
        if (isAbsent) return undefined;
        throw refuse("CLIENT_STATUS", pathOf(wanted), response.status);
      } catch (cause) {
        if (cause instanceof HaggleError) throw cause;
        if (signal?.aborted) throw signal.reason;
        throw refuse("CLIENT_NETWORK", url, undefined, cause);
      }
    };
    return again(read, url, cache);
  };
}

/** Reads no more than the document may have, whatever the length says that the server gives. */
async function readBody(response: Response, wanted: Wanted): Promise<Uint8Array> {
  const max = maxBytesOf(wanted);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    if (length > max) {
      await reader?.cancel();
      throw refuse("CLIENT_TOO_LARGE", pathOf(wanted), length);
    }
    chunks.push(part.value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
