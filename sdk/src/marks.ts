// Marks in the timeline of a browser's developer tools, and of whatever else reads `performance`.

import { stopwatch } from "./observe.ts";

/** What a client does on the way to a price. */
export type Step = "verify" | "compile" | "instantiate" | "evaluate";

/** Does the work, whose value it gives, and notes how long that took. Work that fails is not noted. */
export type Measure = <T>(step: Step, work: () => T) => T;

/** Notes each step as `haggle.verify` and such, by `performance.measure`; hosts without that note nothing. */
export const measureMarks: Measure = (step, work) => {
  const start = stopwatch();
  const done = work();
  if (done instanceof Promise) done.then(() => mark(step, start), ignore);
  else mark(step, start);
  return done;
};

function mark(step: Step, start: number): void {
  try {
    globalThis.performance?.measure?.(`haggle.${step}`, { start, end: stopwatch() });
  } catch {
    // What a page has put in its place may throw, and a price is worth more than its mark.
  }
}

/** Whoever waits for the work hears of it. */
function ignore(): void {}
