// Times subjects against each other in a page: interleaved rounds of wall time, since a page is told no other. Each round is
// far longer than the 5 µs that its clock is fine.

import type { Subject } from "./subject.ts";

export type Plan = { rounds: number; roundMs: number };

/** By subject: microseconds for each input, by round; rounds of all subjects belong together. */
export type Rounds = { subject: string; us: number[] }[];

/** Whatever the JIT wants to compile, and enough answers to know how many fill a round. */
const WARM_MS = 400;
const LEAST_RUNS = 8;

/** Inputs are taken in their order, round after round, and the first again behind the last. */
export async function timeRounds<Input>(
  subjects: readonly Pick<Subject<Input>, "name" | "run">[],
  inputs: readonly Input[],
  { rounds, roundMs }: Plan,
): Promise<Rounds> {
  const runners = [];
  for (const { run } of subjects) runners.push(await warmUp(createRunner(run, inputs), roundMs));
  const timings = subjects.map(({ name }): Rounds[number] => ({ subject: name, us: [] }));
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < subjects.length; k++) {
      // Everyone goes first once: what one leaves in the caches is not always the same one's burden.
      const i = (k + round) % subjects.length;
      timings[i]!.us.push(await runners[i]!());
    }
  }
  return timings;
}

/** Runs so many and says how many microseconds each took. */
type Runner = (count: number) => Promise<number>;

function createRunner<Input>(run: Subject<Input>["run"], inputs: readonly Input[]): Runner {
  let next = 0;
  return async (count) => {
    // What was awaited before is not this round's.
    await new Promise((resolve) => setTimeout(resolve));
    let sum = 0;
    const from = performance.now();
    for (let i = 0; i < count; i++) {
      const answer = run(inputs[next]!);
      sum += typeof answer === "number" ? answer : await answer;
      next = next + 1 === inputs.length ? 0 : next + 1;
    }
    const us = ((performance.now() - from) * 1_000) / count;
    if (!(sum >= 0)) throw new Error("a subject gave no sum");
    return us;
  };
}

async function warmUp(runner: Runner, roundMs: number): Promise<() => Promise<number>> {
  let best = Infinity;
  let spentMs = 0;
  for (let size = LEAST_RUNS; spentMs < WARM_MS; size = Math.min(256, size * 2)) {
    const us = await runner(size);
    spentMs += (us * size) / 1_000;
    best = Math.min(best, us);
  }
  const count = Math.max(LEAST_RUNS, Math.round((roundMs * 1_000) / best));
  return () => runner(count);
}
