import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { CountReporter } from "./support/count-reporter.ts";
import { VITEST_CACHE } from "./support/vitest-cache.ts";

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: VITEST_CACHE,
  resolve: { conditions: ["haggle-source"] },
  ssr: {
    resolve: { conditions: ["haggle-source", "node"], externalConditions: ["haggle-source", "node"] },
  },
  test: {
    projects: [
      // Each of them loads the whole server, which takes a second for each file that begins anew.
      { extends: true, test: { name: "server", include: ["server/**/*.test.ts"], isolate: false } },
      {
        extends: true,
        test: { name: "rest", include: ["**/*.test.ts"], exclude: [...configDefaults.exclude, "server/**"] },
      },
    ],
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
