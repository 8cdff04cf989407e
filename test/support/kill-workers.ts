// Preloaded into a process: its worker threads die of what they are asked for. `HAGGLE_TEST_KILLS` says by kind of call the
// how manieth of them does that, counted from 1.

import { Worker } from "node:worker_threads";

const kills: Readonly<Record<string, readonly number[]>> = JSON.parse(process.env.HAGGLE_TEST_KILLS ?? "{}");
const asked = new Map<string, number>();
const post = Worker.prototype.postMessage;

Worker.prototype.postMessage = function (this: Worker, message: { kind?: string }, ...rest: []): void {
  post.call(this, message, ...rest);
  const { kind } = message;
  if (kind === undefined) return;
  const count = (asked.get(kind) ?? 0) + 1;
  asked.set(kind, count);
  if (kills[kind]?.includes(count)) void this.terminate();
};
