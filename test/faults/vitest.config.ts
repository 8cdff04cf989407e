import { defineConfig } from "vitest/config";
import { CountReporter } from "../support/count-reporter.ts";
import { TableReporter } from "../support/faults/table-reporter.ts";
import base from "../vitest.config.ts";

// All of a fault's files are alike: one project.
const { projects: _, ...own } = base.test!;

// `npm run test:faults`: what test/e2e/faults.test.ts does a few times, often enough to claim something.
export default defineConfig({
  ...base,
  test: {
    ...own,
    include: ["faults/*.fault.ts"],
    testTimeout: 1_800_000,
    // One fault after another: each of them has the machine.
    maxWorkers: 1,
    reporters: ["default", new TableReporter(), new CountReporter()],
  },
});
