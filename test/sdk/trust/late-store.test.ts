import { indexedDbStore } from "@haggle/sdk/trust";
import { afterEach, expect, it, vi } from "vitest";
import { stateNumber } from "../../support/numbered-state.ts";

// A browser's storage that answers when nobody waits for it any more. What it does in time is in test/e2e/trust-browser.test.ts.

afterEach(() => void vi.useRealTimers());

/** One that opens when the test says so, and what is done to it. */
function stubIndexedDb() {
  const request: { result?: object; onsuccess?: () => void } = {};
  const done: string[] = [];
  vi.stubGlobal("indexedDB", { open: () => request });
  return {
    done,
    answer(): void {
      const note = (what: string) => () => void done.push(what);
      request.result = { transaction: note("transaction"), close: note("close") };
      request.onsuccess!();
    },
  };
}

it("is given up after 5 s, and what is late writes over nothing and stays open for nobody", async () => {
  vi.useFakeTimers();
  const database = stubIndexedDb();
  const store = indexedDbStore({ name: "haggle", channel: "stable" });
  const outcome = store.save(stateNumber(1)).catch((cause: unknown) => cause);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(await outcome).toMatchObject({ code: "CLIENT_STATE", at: "haggle" });
  database.answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(database.done).toEqual(["close"]);
});
