// What a run of the fault tests came to, one line for each fault.

import type { Reporter, TestModule } from "vitest/node";

declare module "vitest" {
  interface TaskMeta {
    /** How often a fault happened, and after how many of them something was wrong. */
    fault?: { runs: number; failures: number };
  }
}

export class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => {
        const { runs = 0, failures = 0 } = test.meta().fault ?? {};
        const isWrong = test.result().state === "failed";
        return { fault: test.fullName, runs, failures: isWrong ? Math.max(failures, 1) : failures };
      }),
    );
    const width = Math.max(...rows.map(({ fault }) => fault.length), 5);
    const line = (fault: string, runs: string, failures: string) =>
      console.log(`${fault.padEnd(width)}  ${runs.padStart(6)}  ${failures.padStart(8)}`);
    console.log();
    line("fault", "runs", "failures");
    for (const { fault, runs, failures } of rows) line(fault, String(runs), String(failures));
  }
}
