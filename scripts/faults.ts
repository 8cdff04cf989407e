// `npm run test:faults`: failing disks, kills and a hostile CDN, often enough to claim something; some minutes on two
// cores, half an hour at most. The table at the end has a line for each fault.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { provideChromium, provideStrace } from "./provide.ts";

const ROOT = join(import.meta.dirname, "..");

if (!provideChromium() || !provideStrace()) {
  console.error("The fault tests need Linux, a Chromium and strace: apt-get install chromium strace");
  process.exit(1);
}
const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(
  process.execPath,
  [vitest, "run", "--config", "test/faults/vitest.config.ts", ...process.argv.slice(2)],
  { cwd: ROOT, stdio: "inherit" },
);
process.exit(status ?? 1);
