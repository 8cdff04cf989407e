// The last line of a run: how many tests passed, failed and were skipped, alone on a line, for whoever counts.

import type { Reporter, TestModule } from "vitest/node";

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    // What fails behind a test that has passed already is a failure too.
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        count[state === "pending" ? "skipped" : state]++;
      }
      // A file that does not load, or whose hooks fail, ran none of its tests: that is a failure, not an absence.
      if (module.state() === "failed" && !tests.some((test) => test.result().state === "failed"))
        count.failed++;
    }
    // After the default reporter's own closing lines.
    process.once("exit", () => {
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    });
  }
}
