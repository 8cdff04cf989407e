import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { startNodeWorker } from "../../extension/server/node-worker.ts";
import { createWorker, type Worker } from "../../extension/worker/caller.ts";
import { Superseded, WorkerEnded } from "../../extension/worker/errors.ts";

// The server's half of its worker, with a thread that does what the real one must never do: it hangs and it dies. What is
// asked is said by the project's one file.

const THREAD = `
const { existsSync, writeFileSync } = require("node:fs");
const { parentPort } = require("node:worker_threads");
parentPort.on("message", async (asked) => {
  if ("abort" in asked) return parentPort.postMessage({ id: asked.abort, value: "aborted" });
  const { id, argument } = asked;
  const [wish] = Object.keys(argument.files);
  if (wish === "late") await new Promise((resolve) => setTimeout(resolve, 4_000));
  if (wish === "hang") for (;;);
  if (wish === "die") process.exit(3);
  if (wish.startsWith("die once ")) {
    const mark = wish.slice("die once ".length);
    if (!existsSync(mark)) {
      writeFileSync(mark, "");
      process.exit(3);
    }
  }
  if (wish === "slow") for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    parentPort.postMessage(i < 3 ? { alive: true } : { id, progress: { done: i, of: 5 } });
  }
  if (wish === "wait") return;
  if (wish === "refuse") return parentPort.postMessage({ id, error: { name: "HaggleError", message: "No at x", code: "CLI_CASES", at: "x" } });
  parentPort.postMessage({ id, value: wish });
});
`;
/** Longer than a thread takes to start on a busy machine. */
const PATIENCE_MS = 60_000;
/** For the tests that wait for it: shorter than what is late, longer than what says in between that it lives. */
const SILENCE_MS = 3_000;

let folder: string;
let starts: number;
let ends: number;
let worker: Worker;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-worker-"));
  await writeFile(join(folder, "worker.cjs"), THREAD);
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(() => {
  starts = 0;
  ends = 0;
  worker = startWith(PATIENCE_MS);
});
afterEach(() => worker.close());

function startWith(silenceMs: number, startMs = silenceMs, idle: { idleMs?: number } = {}): Worker {
  const file = pathToFileURL(join(folder, "worker.cjs"));
  const texts = { "runtime.json": "{}", "policies.json": "{}" };
  const start = () => {
    starts += 1;
    const started = startNodeWorker(file, { texts, options: { isPlain: false } });
    return {
      ...started,
      end() {
        ends += 1;
        started.end();
      },
    };
  };
  return createWorker(start, { silenceMs, startMs, ...idle });
}

const ask = (wish: string, options?: Parameters<Worker["call"]>[2]) =>
  worker.call("check", { files: { [wish]: "" } }, options) as Promise<unknown>;

it("is started when something is asked, and answers each in turn", async () => {
  expect(starts).toBe(0);
  expect(await Promise.all([ask("a"), ask("b")])).toEqual(["a", "b"]);
  expect(starts).toBe(1);
});

it("is ended when its thread is stuck, and another one answers what comes next", async () => {
  worker = startWith(SILENCE_MS, PATIENCE_MS);
  expect(await ask("before")).toBe("before");
  const lost = [ask("hang"), ask("a"), ask("b", { latest: "key" }), ask("c", { latest: "key" })];
  for (const each of await Promise.allSettled(lost)) {
    expect(each).toMatchObject({ status: "rejected", reason: expect.any(WorkerEnded) });
  }
  expect(await ask("after")).toBe("after");
  expect(starts).toBe(2);
});

it("is not ended while it says that it lives, or how far it is", async () => {
  worker = startWith(SILENCE_MS, PATIENCE_MS);
  const told: number[] = [];
  expect(await ask("slow", { onProgress: ({ done }) => void told.push(done) })).toBe("slow");
  expect(told).toEqual([3, 4]);
  expect(starts).toBe(1);
});

it("is started anew when it died, twice of the same", async () => {
  await expect(ask("die")).rejects.toThrow(/exit code 3/);
  expect(starts).toBe(2);
  expect(await ask("after")).toBe("after");
});

it("is asked once more for what died with it, and then for what waited behind that", async () => {
  const once = `die once ${join(folder, "mark")}`;
  const wishes = [ask(once, { latest: "key" }), ask("behind", { latest: "key" }), ask("beside")];
  expect(await Promise.all(wishes)).toEqual([once, "behind", "beside"]);
  expect(starts).toBe(2);
});

it("is asked for what waits behind a call of which it dies, and not again for one that nobody wants", async () => {
  const dying = [ask("die", { latest: "key" }), ask("behind", { latest: "key" })];
  expect(await Promise.allSettled(dying)).toMatchObject([
    { status: "rejected", reason: expect.any(WorkerEnded) },
    { status: "fulfilled", value: "behind" },
  ]);
  expect(starts).toBe(3);
  const controller = new AbortController();
  const unwanted = ask("wait", { signal: controller.signal });
  const deadly = ask(`die once ${join(folder, "other mark")}`);
  controller.abort(new Error("enough"));
  await expect(unwanted).rejects.toThrow("enough");
  await deadly;
  expect(starts).toBe(4);
});

it("does the newest of those with one key, and none that another one took the place of", async () => {
  const calls = ["a", "b", "c", "d"].map((wish) => ask(wish, { latest: "key" }));
  const other = ask("other", { latest: "another key" });
  expect(
    (await Promise.allSettled(calls)).map((each) => ("value" in each ? each.value : each.reason)),
  ).toEqual(["a", expect.any(Superseded), expect.any(Superseded), "d"]);
  expect(await other).toBe("other");
  expect(await ask("e", { latest: "key" })).toBe("e");
});

it("is told when nobody wants to know any more", async () => {
  const controller = new AbortController();
  const call = ask("wait", { signal: controller.signal, latest: "key" });
  const next = ask("next", { latest: "key" });
  controller.abort(new Error("enough"));
  await expect(call).rejects.toThrow("enough");
  // Its answer to that gives the next one its turn.
  expect(await next).toBe("next");
  await expect(ask("a", { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
});

it("hands on what it was refused, with its code and place", async () => {
  await expect(ask("refuse")).rejects.toMatchObject({
    name: "HaggleError",
    code: "CLI_CASES",
    at: "x",
    message: "No at x",
  });
});

it("may be slow with its first word, and with no other", async () => {
  worker = startWith(SILENCE_MS, PATIENCE_MS);
  expect(await ask("late")).toBe("late");
  await expect(ask("hang")).rejects.toThrow(WorkerEnded);
  expect(starts).toBe(1);
});

it("is ended when nobody asks it anything for a while, not while it works, and started again", async () => {
  worker = startWith(PATIENCE_MS, PATIENCE_MS, { idleMs: 200 });
  // Which takes twenty times as long.
  expect(await ask("late")).toBe("late");
  expect([starts, ends]).toEqual([1, 0]);
  await expect.poll(() => ends).toBe(1);
  expect(await ask("after")).toBe("after");
  expect(starts).toBe(2);
});
