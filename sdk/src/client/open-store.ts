import { HaggleError } from "@haggle/abi";
import { backOffMs } from "../trust/back-off.ts";
import { indexedDbStore } from "../trust/indexed-db-store.ts";
import { memoryStore, type TrustStore } from "../trust/state.ts";
import type { HaggleOptions } from "./haggle.ts";

const NAME = "haggle";

/** How often a browser that kept nothing is tried again, and when for the first time: later and later. */
const MAX_TRIES = 6;
const RETRY_MS = 60_000;

/** What was given, or what the host has. `failed` is told once where that has no room. */
export function openStore(
  store: HaggleOptions["store"],
  channel: string,
  { failed, closed }: { failed: (error: HaggleError) => void; closed: AbortSignal },
): TrustStore {
  if (store === "memory") return memoryStore();
  if (store !== undefined) return typeof store === "function" ? store(channel) : store;
  if (typeof indexedDB === "undefined") return memoryStore();
  return fallingBack(indexedDbStore({ name: NAME, channel }), failed, closed);
}

/**
 * What a page that gave no store remembers: as much as its browser lets it. Where that has no IndexedDB, or no room in it, such as in a
 * private window, the page remembers by itself; `failed` is told of that once. Now and then the browser is tried again: somebody may
 * have made room.
 */
function fallingBack(
  browser: TrustStore,
  failed: (error: HaggleError) => void,
  closed: AbortSignal,
): TrustStore {
  const memory = memoryStore();
  let store = browser;
  let tries = 0;

  async function or<T>(work: (store: TrustStore) => Promise<T>): Promise<T> {
    try {
      return await work(store);
    } catch (cause) {
      if (!(cause instanceof HaggleError) || cause.code !== "CLIENT_STATE") throw cause;
      if (store === browser) fallBack(cause);
      return work(memory);
    }
  }

  function fallBack(cause: HaggleError): void {
    store = memory;
    if (tries === 0) failed(cause);
    if (tries === MAX_TRIES || closed.aborted) return;
    const timer = setTimeout(tryAgain, backOffMs(RETRY_MS, Number.POSITIVE_INFINITY, tries++));
    closed.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  /** What this page remembers goes there, unless another has left something: that is looked at when there is something newer. */
  async function tryAgain(): Promise<void> {
    try {
      const kept = await memory.load();
      if ((await browser.load()) === undefined && kept !== undefined) await browser.save(kept);
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw cause;
      if (cause.code === "CLIENT_STATE") {
        fallBack(cause);
        return;
      }
    }
    store = browser;
  }

  return {
    load: () => or((store) => store.load()),
    save: (state) => or((store) => store.save(state)),
    inTurn: browser.inTurn,
  };
}
