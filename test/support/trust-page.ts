// What test/e2e/trust-browser.test.ts calls in a page: the SDK as a shop's page has it.

import { HaggleError } from "@haggle/sdk";
import { createHaggle } from "@haggle/sdk/client";
import { indexedDbStore, type TrustState } from "@haggle/sdk/trust";

const NAME = "haggle";

export type Outcome = {
  /** Of the attempt to get ready. */
  code?: string;
  version?: number;
  restored?: boolean;
  total?: number;
  /** Of all that was refused until then, alarms marked. */
  told: string[];
};

const page = {
  /** Starts a client as a page does that is loaded, and closes it when the first update is over. */
  async start({ channel, root }: { channel: string; root: string }): Promise<Outcome> {
    const told: string[] = [];
    const client = createHaggle({
      cdn: `${location.origin}/cdn`,
      root,
      channel,
      store: indexedDbStore({ name: NAME, channel }),
    });
    client.on("error", ({ code }, alarm) => told.push(alarm ? `! ${code}` : code));
    const code = await client.ready().then(() => undefined, codeOf);
    await client.refresh().catch(() => {});
    const decision = client.evaluate({
      id: "cart",
      currency: "CNY",
      now: 1_790_000_000_000,
      lines: [{ id: "1", sku: "hat", productId: "hat", categories: [], quantity: 1, unitPrice: 40_000 }],
      shipping: [],
      coupons: [],
    });
    const { version, restored } = client.state ?? {};
    client.close();
    return {
      ...(code !== undefined && { code }),
      ...(version !== undefined && { version, restored: restored === true }),
      ...(decision.ok && { total: decision.total }),
      told,
    };
  },

  /** Saves a state of one number, and tells how that went. */
  async save(channel: string, number: number): Promise<string> {
    const bytes = (length: number) => new Uint8Array(length).fill(number);
    const state: TrustState = {
      roots: [bytes(10)],
      channel: bytes(20),
      release: bytes(200_000),
      // A view of a larger buffer, as fetched bytes may be.
      bundle: bytes(4_000).subarray(100, 200),
    };
    return indexedDbStore({ name: NAME, channel })
      .save(state)
      .then(() => "saved", codeOf);
  },

  /** The number of the stored state when all its bytes have it, or why there is none. */
  async load(channel: string): Promise<number | string> {
    try {
      const state = await indexedDbStore({ name: NAME, channel }).load();
      if (state === undefined) return "nothing";
      const { roots, channel: document, release, bundle } = state;
      const parts = [...roots, document, release, bundle];
      if (bundle.buffer.byteLength !== 100) return "a larger buffer came along";
      const numbers = new Set(parts.flatMap((part) => [...new Set(part)]));
      return numbers.size === 1 ? [...numbers][0]! : "torn";
    } catch (error) {
      return codeOf(error);
    }
  },

  /** Puts anything where the state of a channel is. */
  put(channel: string, value: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const transaction = request.result.transaction("states", "readwrite");
        transaction.objectStore("states").put(value, channel);
        transaction.oncomplete = () => {
          request.result.close();
          resolve();
        };
      };
    });
  },

  /** From now on each transaction that writes is given up by the host when its request is done. */
  abortWrites(): void {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: Parameters<typeof put>) {
      const request = put.apply(this, given);
      request.addEventListener("success", () => this.transaction.abort());
      return request;
    };
  },
};

function codeOf(error: unknown): string {
  return error instanceof HaggleError ? error.code : String(error);
}

export type TrustPage = typeof page;

Object.assign(globalThis, { page });
