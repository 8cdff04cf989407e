// The page's own switch. While it is cut, nothing that the page or the SDK asks for leaves this browser, and what is on its way,
// the stream of events too, breaks off. What the page needs to begin is kept, so that it begins without a server as well.

const KEPT = "haggle-page";
const CUT = "haggle-cut";
const RETRY_MS = 1_000;
/** A server that takes longer does not answer; what is kept is good enough to begin with. */
const ANSWER_MS = 5_000;

const reach = globalThis.fetch.bind(globalThis);
let line = new AbortController();
let cut = remembered();

globalThis.fetch = async (input, init) => {
  if (cut) throw new TypeError("the network is cut");
  const signals = [line.signal, ...(init?.signal ? [init.signal] : [])];
  return reach(input, { ...init, signal: AbortSignal.any(signals) });
};

export const isCut = (): boolean => cut;

/** A page that is loaded again is where it was. */
export function cutNetwork(next: boolean): void {
  cut = next;
  if (cut) line.abort(new TypeError("the network is cut"));
  else line = new AbortController();
  try {
    if (cut) sessionStorage.setItem(CUT, "");
    else sessionStorage.removeItem(CUT);
  } catch {
    // Then it is whole again with the next page.
  }
}

/** What a page begins with: the server's answer, or the one that was kept. Asks until there is either; `waits` is told each time. */
export async function fetchKept(path: string, waits: () => void): Promise<Response> {
  for (;;) {
    const response = await load(path);
    if (response?.ok) {
      void keep(path, response.clone());
      return response;
    }
    const kept = await findKept(path);
    if (kept !== undefined) return kept;
    waits();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Whole: an answer that breaks off in the middle is none. */
async function load(path: string): Promise<Response | undefined> {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MS) });
    return new Response(await response.arrayBuffer(), response);
  } catch {
    return undefined;
  }
}

/** Only secure pages may keep anything, and not where there is no room. */
async function keep(path: string, response: Response): Promise<void> {
  try {
    await (await caches.open(KEPT)).put(path, response);
  } catch {
    // Then a start needs the server.
  }
}

async function findKept(path: string): Promise<Response | undefined> {
  try {
    return await (await caches.open(KEPT)).match(path);
  } catch {
    return undefined;
  }
}

function remembered(): boolean {
  try {
    return sessionStorage.getItem(CUT) !== null;
  } catch {
    return false;
  }
}
