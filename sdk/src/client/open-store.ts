import { HaggleError } from "@haggle/abi";
import { indexedDbStore } from "../trust/indexed-db-store.ts";
import { memoryStore, type TrustStore } from "../trust/state.ts";
import type { HaggleOptions } from "./haggle.ts";

const NAME = "haggle";

/** What was given, or what the host has. `failed` is told once where that has no room. */
export function openStore(
  store: HaggleOptions["store"],
  channel: string,
  failed: (error: HaggleError) => void,
): TrustStore {
  if (store === undefined) return defaultStore(channel, failed);
  if (store === "memory") return memoryStore();
  return typeof store === "function" ? store(channel) : store;
}

/**
 * What a page that gave no store remembers: as much as its browser lets it. Where that has no IndexedDB, or no room in it,
 * such as in a private window, the page remembers as long as it lives; `failed` is told of that once.
 */
function defaultStore(channel: string, failed: (error: HaggleError) => void): TrustStore {
  if (typeof indexedDB === "undefined") return memoryStore();
  let store = indexedDbStore({ name: NAME, channel });

  async function or<T>(attempt: Promise<T>, instead: (store: TrustStore) => Promise<T>): Promise<T> {
    const tried = store;
    try {
      return await attempt;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || cause.code !== "CLIENT_STATE") throw cause;
      if (store === tried) {
        store = memoryStore();
        failed(cause);
      }
      return instead(store);
    }
  }

  return {
    load: () => or(store.load(), (memory) => memory.load()),
    save: (state) => or(store.save(state), (memory) => memory.save(state)),
  };
}
