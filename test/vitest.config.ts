import { defineConfig } from "vitest/config";
import { CountReporter } from "./support/count-reporter.ts";

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["haggle-source"] },
  ssr: {
    resolve: { conditions: ["haggle-source", "node"], externalConditions: ["haggle-source", "node"] },
  },
  test: {
    include: ["**/*.test.ts"],
    setupFiles: ["./support/seed.ts"],
    execArgv: ["--conditions=haggle-source"],
    // Two cores: more workers than that only wait for each other, and a browser needs one of them.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", new CountReporter()],
  },
});
