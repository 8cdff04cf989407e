// A server's metrics that observe a request each millisecond until they are killed.

import { createLog, openDatabase } from "@haggle/server";
import { createMetrics } from "../../server/modules/metrics/service.ts";

const [url, migrations, tenant, rollout, release] = process.argv.slice(2);
const log = createLog("silent");
const database = await openDatabase({ url: url!, migrations: migrations!, tenant: tenant!, log });
const metrics = createMetrics({ database, clock: Date.now, log, processId: `loop-${process.pid}` });
metrics.watch();
setInterval(() => {
  metrics.observe({
    rollout,
    source: "evaluation",
    release: release!,
    arm: "canary",
    isOverridden: false,
    latencyMs: 1,
    outcome: "ok",
  });
}, 1);
