// `npm run test:faults`: failing disks, kills, a hostile CDN and spoilt publishes, often enough to claim something: an hour or two
// on two cores. HAGGLE_SHARE=0.05 does a twentieth, HAGGLE_FULL=1 the counts of a release. The table at the end has a line for each.

import { provideChromium, provideRedis, provideStrace } from "./provide.ts";
import { runVitest } from "./run-vitest.ts";

if (!provideChromium() || !provideStrace() || !provideRedis()) {
  console.error(
    "The fault tests need Linux, a Chromium, strace and Redis: apt-get install chromium strace redis-server",
  );
  process.exit(1);
}
process.exit(await runVitest("test/faults/vitest.config.ts", process.argv.slice(2)));
