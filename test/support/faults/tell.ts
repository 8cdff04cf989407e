import { expect, type TestContext } from "vitest";

/** Puts a fault into the table of the run, and fails when something was wrong after any of its runs. */
export function tell({ task }: Pick<TestContext, "task">, runs: number, wrong: readonly string[]): void {
  task.meta.fault = { runs, failures: wrong.length };
  expect(wrong).toEqual([]);
}
