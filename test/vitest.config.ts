import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { CountReporter } from "./support/count-reporter.ts";
import { LongestFirst } from "./support/longest-first.ts";
import { VITEST_CACHE } from "./support/vitest-cache.ts";

const COMPILER = ["engine/**/*.test.ts", "extension/**/*.test.ts"];

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: VITEST_CACHE,
  resolve: { conditions: ["haggle-source"] },
  ssr: {
    resolve: { conditions: ["haggle-source", "node"], externalConditions: ["haggle-source", "node"] },
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "compiler",
          include: COMPILER,
          // Each file that compiles would begin with a compiler that is cold, which takes seconds.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "rest",
          include: ["**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...COMPILER, "server/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "server",
          include: ["server/**/*.test.ts"],
          // Each of them loads the whole server, which takes a second for each file that begins anew.
          isolate: false,
          // They wait for what a server does by the clock: one of them takes little more than half of a core.
          maxWorkers: 3,
          // Behind the rest, since only what is in groups of its own may have workers of its own.
          sequence: { groupOrder: 1 },
        },
      },
    ],
    sequence: { sequencer: LongestFirst },
    fsModuleCachePath: join(VITEST_CACHE, "modules"),
    unstubGlobals: true,
    setupFiles: ["./support/seed.ts"],
    execArgv: ["--conditions=haggle-source"],
    // Two cores: more workers than that only wait for each other, and a browser needs one of them.
    maxWorkers: 2,
    // For a machine that is twenty times slower for a while. Only what hangs takes them.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // A second, as it is otherwise, is short beside other tests.
    expect: { poll: { timeout: 20_000 } },
    reporters: ["default", new CountReporter()],
  },
});
