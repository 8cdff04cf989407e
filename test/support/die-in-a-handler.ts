// A server's outbox with a handler that says which event it has and never ends: it is there to be killed.

import { createLog, openDatabase } from "@haggle/server";
import { createOutbox } from "../../server/platform/outbox.ts";
import { openRedis } from "../../server/platform/redis.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";

const [url, migrations, tenant, redisUrl] = process.argv.slice(2);
const log = createLog("silent");
const database = await openDatabase({ url: url!, migrations: migrations!, tenant: tenant!, log });
const redis = redisUrl === undefined ? undefined : openRedis({ urls: [redisUrl] }, { log });
const streams = redis && { redis, stopwatch: () => performance.now(), leaseMs: 500 };
const outbox = createOutbox({ database, telemetry: createTelemetry(), clock: Date.now, log, streams });
outbox.subscribe("diary", async ({ subject }) => {
  console.log(subject);
  await new Promise(() => setInterval(() => {}, 1_000));
});
outbox.start();
