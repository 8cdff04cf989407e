// Runs cases of all kinds in turn, until so many are done or the time is up.

import { parentPort, workerData } from "node:worker_threads";
import { createRandom } from "../support/carts.ts";
import { openWatch } from "../support/watched-worker.ts";
import type { Fixtures } from "./fixtures.ts";
import { createKinds } from "./kinds.ts";

export type FuzzInput = {
  fixtures: Fixtures;
  seed: number;
  /** All of them when left out. */
  kind?: string;
  /** The first case. */
  first: number;
  /** Of each kind, a tenth of that for those that make engines. */
  cases: number;
  /** Of wall time, after which no case is begun. */
  minutes: number;
};

/** Those that make engines take their turn less often. */
const SLOW = ["bundles", "releases", "cdn"];
const SLOW_SHARE = 10;

/** By kind: how many cases ran, and how many of what they made was accepted. */
export type FuzzAnswer = Record<string, { cases: number; accepted: number }>;

const { fixtures, seed, kind, first, cases, minutes, watch } = workerData as FuzzInput & {
  watch: SharedArrayBuffer;
};
const show = openWatch(watch);
const kinds = Object.entries(await createKinds(fixtures)).filter(
  ([name]) => kind === undefined || name === kind,
);
const answer: FuzzAnswer = Object.fromEntries(kinds.map(([name]) => [name, { cases: 0, accepted: 0 }]));
const end = performance.now() + minutes * 60_000;
for (let number = first; number < first + cases && performance.now() < end; number++) {
  for (const [name, run] of kinds) {
    if (SLOW.includes(name) && number % SLOW_SHARE !== 0 && kind === undefined) continue;
    show(new TextEncoder().encode(`--kind ${name} --seed ${seed} --case ${number}\n`));
    // Cases that follow one another must not be alike.
    const random = createRandom(Math.imul(number + 1, 0x9e3779b1) ^ seed);
    const isAccepted = await run(random);
    answer[name]!.cases++;
    if (isAccepted) answer[name]!.accepted++;
  }
}
parentPort!.postMessage(answer);
