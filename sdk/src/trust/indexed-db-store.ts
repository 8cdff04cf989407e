import { refuse } from "@haggle/abi";
import { readState, type TrustState, type TrustStore } from "./state.ts";

const STATES = "states";
const VERSION = 1;

/**
 * Keeps the state in the page's IndexedDB `name`, one entry for a channel. A save is one transaction: whatever becomes of
 * the page, the old state or the new one is there, whole.
 *
 * @throws HaggleError CLIENT_STATE where the page has no IndexedDB, or no room in it; CLIENT_STATE_DAMAGED for an entry
 * that is no state
 */
export function indexedDbStore({ name, channel }: { name: string; channel: string }): TrustStore {
  return {
    async load() {
      const found = await run(name, "readonly", (states) => states.get(channel));
      return found === undefined ? undefined : readState(found, asBytes);
    },
    async save(state) {
      await run(name, "readwrite", (states) => states.put(copyState(state), channel));
    },
    async inTurn(work) {
      let isBegun = false;
      const begin = () => {
        isBegun = true;
        return work();
      };
      try {
        const signal = AbortSignal.timeout(PATIENCE_MS);
        return await navigator.locks.request(`${name}/${channel}`, { signal }, begin);
      } catch (cause) {
        // There are no locks here, or whoever has this one is stuck.
        if (isBegun) throw cause;
        return begin();
      }
    },
  };
}

/** A browser that is broken may never answer, and whoever waits for it has no price. */
const PATIENCE_MS = 5_000;

async function run(name: string, mode: IDBTransactionMode, ask: Ask): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new Error("IndexedDB does not answer"));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([transact(name, mode, ask, () => isLate), late]);
  } catch (cause) {
    throw refuse("CLIENT_STATE", name, undefined, cause);
  } finally {
    clearTimeout(timer);
  }
}

type Ask = (states: IDBObjectStore) => IDBRequest;

/** One request in one transaction; resolves when that is complete, which is later than when the request is. */
async function transact(
  name: string,
  mode: IDBTransactionMode,
  ask: Ask,
  isLate: () => boolean,
): Promise<unknown> {
  const database = await openDatabase(name);
  try {
    // What nobody waits for any more may be older by now than what is stored.
    if (isLate()) return undefined;
    // Strict: complete means that it is on disk, as for a file.
    const transaction = database.transaction(STATES, mode, { durability: "strict" });
    const request = ask(transaction.objectStore(STATES));
    await completed(transaction);
    return request.result;
  } finally {
    database.close();
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => request.result.createObjectStore(STATES);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    // An error aborts too, after it was told to the request alone.
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Without the larger buffers that the bytes may lie in, which a clone would take along. */
function copyState({ roots, channel, release, bundle, prices }: TrustState): TrustState {
  return {
    roots: roots.map((root) => root.slice()),
    channel: channel.slice(),
    release: release.slice(),
    bundle: bundle.slice(),
    ...(prices && { prices: prices.slice() }),
  };
}

function asBytes(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
