// Preloaded into a process: its worker threads die of what they are asked for. `HAGGLE_TEST_KILLS` says by kind of call the
// how manieth of them does that, counted from 1.

import { Worker } from "node:worker_threads";

const kills: Readonly<Record<string, readonly number[]>> = JSON.parse(process.env.HAGGLE_TEST_KILLS ?? "{}");
const asked = new Map<string, number>();
const post = Worker.prototype.postMessage;

Worker.prototype.postMessage = function (this: Worker, message: { kind?: string }, ...rest: []): void {
  const { kind } = message;
  const count = kind === undefined ? 0 : (asked.get(kind) ?? 0) + 1;
  if (kind !== undefined) asked.set(kind, count);
  // It is not told what it dies of: it might answer before it does.
  if (kind !== undefined && kills[kind]?.includes(count)) void this.terminate();
  else post.call(this, message, ...rest);
};
