import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { createOutbox, type Outbox, type StoredEvent } from "../../server/platform/outbox.ts";
import { openRedis } from "../../server/platform/redis.ts";
import { createTelemetry, type Telemetry } from "../../server/platform/telemetry.ts";
import { testDatabaseUrl, until } from "./server.ts";

export const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
/** On a machine that is busy with other tests nobody loses a stream that he works at. */
const LEASE_MS = 5_000;

export type Hear = (event: StoredEvent) => Promise<void>;

export type EventProcess = {
  database: Database;
  outbox: Outbox;
  telemetry: Telemetry;
  log: { level: number; msg: string }[];
  /** Delivers to these from now on. Returns what ends it. */
  start(handlers: Record<string, Hear>): () => Promise<void>;
  /** One after the other, each in a transaction of its own. */
  emit(...subjects: string[]): Promise<void>;
  close(): Promise<void>;
};

/** What a server has of events, with the streams of Redis where there is one. */
export async function openEvents({
  tenant,
  redisUrl,
  clock = Date.now,
}: {
  tenant: string;
  redisUrl: string | undefined;
  clock?: () => number;
}): Promise<EventProcess> {
  const lines: EventProcess["log"] = [];
  const log = createLog("info", { write: (line: string) => void lines.push(JSON.parse(line)) });
  const database = await openDatabase({ url: testDatabaseUrl(), migrations: MIGRATIONS, tenant, log });
  const telemetry = createTelemetry();
  const redis =
    redisUrl === undefined
      ? undefined
      : openRedis({ urls: redisUrl.split(",") as [string, ...string[]] }, { log });
  const streams = redis && { redis, stopwatch: () => performance.now(), leaseMs: LEASE_MS };
  const outbox = createOutbox({ database, telemetry, clock, log, streams });
  let stops: (() => Promise<void>)[] = [];
  let emitted = 0;

  return {
    database,
    outbox,
    telemetry,
    log: lines,
    start(handlers) {
      for (const [name, handler] of Object.entries(handlers)) outbox.subscribe(name, handler);
      const stop = outbox.start();
      let stopping: Promise<void> | undefined;
      const once = () => (stopping ??= stop());
      stops.push(once);
      return once;
    },
    async emit(...subjects) {
      for (const subject of subjects) {
        emitted += 1;
        const data = { count: emitted };
        await database.transaction((tx) => outbox.emit(tx, { type: "thing.made", subject, data }));
      }
    },
    async close() {
      for (const stop of stops.splice(0)) await stop();
      stops = [];
      redis?.close();
      await database.close();
    },
  };
}

let tenants = 0;

export function newTenant(): string {
  tenants += 1;
  return `events-${process.pid}-${tenants}`;
}

/** Until a subscriber is known, and hears whatever comes from then on. */
export async function begun(one: EventProcess, name = "diary"): Promise<void> {
  await until(async () => !Number.isNaN(await waiting(one, name)));
}

/** How many events a subscriber has not had. */
export async function waiting({ telemetry }: EventProcess, name = "diary"): Promise<number> {
  const line = new RegExp(`haggle_outbox_waiting\\{subscriber="${name}"\\} (\\d+)`);
  return Number(line.exec(await telemetry.render())?.[1] ?? Number.NaN);
}
