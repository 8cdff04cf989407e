import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, startEmbedded } from "@haggle/server";
import { keptFolder } from "haggle-cli";

const ROOT = join(import.meta.dirname, "..");

/**
 * Runs vitest with a PostgreSQL for all test files, whose address is in HAGGLE_TEST_DATABASE; whoever writes to it has a
 * tenant of its own. What they build of the same rules is in HAGGLE_TEST_BUILDS. Resolves with vitest's exit code.
 */
export async function runVitest(config: string, filters: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-database-"));
  const postgres = await startEmbedded(folder, createLog("warn"));
  try {
    const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
    const child = spawn(process.execPath, [vitest, "run", "--config", config, ...filters], {
      cwd: ROOT,
      stdio: "inherit",
      env: {
        ...process.env,
        HAGGLE_TEST_DATABASE: postgres.url,
        HAGGLE_TEST_BUILDS: join(folder, "builds"),
        // Of one run: what is compiled is always compiled by the compiler that is tested.
        HAGGLE_CACHE: join(folder, "kept"),
        HAGGLE_TEST_CACHE: join(keptFolder(), "tests"),
        // Hundreds of processes load the same code, each from what the first one compiled.
        NODE_COMPILE_CACHE: keptFolder(),
      },
    });
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true });
  }
}
