// Times subjects against each other: in one process, in interleaved rounds, by CPU time, so that a busy machine slows
// all of them alike and what another process takes is not counted.

import { setImmediate } from "node:timers/promises";
import type { Cart } from "@haggle/sdk";
import type { Subject } from "./subject.ts";

export type Timing = {
  subject: string;
  /** Microseconds of CPU per evaluation by round; rounds of all subjects belong together. */
  cpu: number[];
  /** The least wall time of a round, in microseconds per evaluation. */
  wall: number;
};

export type Plan = {
  rounds: number;
  /** How long each subject runs in each round. */
  roundMs: number;
  /** The carts of a round: the same objects every time, or fresh ones that were never looked at. */
  makeCarts: (count: number) => Cart[];
};

/** The most carts made at once, so that fresh ones stay in a young heap. */
const MOST_CARTS = 1024;
const WARM_CPU_MS = 300;

export async function measure(subjects: readonly Subject[], plan: Plan): Promise<Timing[]> {
  const counts: number[] = [];
  for (const subject of subjects) counts.push(await warmUp(subject, plan));
  const timings = subjects.map((subject): Timing => ({ subject: subject.name, cpu: [], wall: Infinity }));
  for (let round = 0; round < plan.rounds; round++) {
    for (let k = 0; k < subjects.length; k++) {
      // Everyone goes first once: what one leaves in the caches is not always the same one's burden.
      const i = (k + round) % subjects.length;
      const { cpu, wall } = await timeRound(subjects[i]!, plan.makeCarts(counts[i]!));
      timings[i]!.cpu.push(cpu);
      timings[i]!.wall = Math.min(timings[i]!.wall, wall);
    }
  }
  return timings;
}

/** Runs until the JIT has had its say; returns how many evaluations fill a round. */
async function warmUp(subject: Subject, { roundMs, makeCarts }: Plan): Promise<number> {
  let best = Infinity;
  let spentMs = 0;
  // By CPU time: on a busy machine a while of wall time may be no time at all.
  for (let size = 16; spentMs < WARM_CPU_MS; size = Math.min(256, size * 2)) {
    const { cpu, wall } = await timeRound(subject, makeCarts(size));
    spentMs += (cpu * size) / 1000;
    best = Math.min(best, wall);
  }
  return Math.max(8, Math.min(MOST_CARTS, Math.round((roundMs * 1000) / best)));
}

async function timeRound(subject: Subject, carts: Cart[]): Promise<{ cpu: number; wall: number }> {
  // The garbage of making carts is not the subject's.
  globalThis.gc?.({ type: "minor" });
  await setImmediate();
  const wallBefore = performance.now();
  const before = process.cpuUsage();
  let sum = 0;
  for (let i = 0; i < carts.length; i++) {
    const answer = subject.run(carts[i]!);
    sum += typeof answer === "number" ? answer : await answer;
  }
  const used = process.cpuUsage(before);
  const wall = performance.now() - wallBefore;
  if (!(sum >= 0)) throw new Error(`${subject.name} gave no sum`);
  return { cpu: (used.user + used.system) / carts.length, wall: (wall * 1000) / carts.length };
}

/** The median of the rounds' ratios: each round compares what ran at about the same time. */
export function ratioOf(one: Timing, other: Timing): number {
  return median(one.cpu.map((cpu, round) => cpu / other.cpu[round]!));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
