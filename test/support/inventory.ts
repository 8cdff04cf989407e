import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import { createAudit } from "../../server/modules/audit/service.ts";
import { createStockGate } from "../../server/modules/inventory/gate.ts";
import type { Movement } from "../../server/modules/inventory/schema.ts";
import { createInventory } from "../../server/modules/inventory/service.ts";
import { createOutbox } from "../../server/platform/outbox.ts";
import { openRedis, readRedisUrls } from "../../server/platform/redis.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { testDatabaseUrl } from "./server.ts";

// The stock of a tenant as a process of its own has it: a pool of connections and a writer, on the database of the tests.

export type Shop = Awaited<ReturnType<typeof openInventory>>;

type Options = {
  tenant: string;
  url?: string;
  clock?: () => number;
  /** As an operator gives it; without it the database is alone. */
  redisUrl?: string | undefined;
  stopwatch?: () => number;
  /** Which row of a level that is split it takes from first. */
  bucket?: number | undefined;
};

const ERROR = 50;
const BY = { actor: SYSTEM_ACTOR };

export async function openInventory(options: Options) {
  const { tenant, url = testDatabaseUrl(), clock = Date.now, redisUrl, bucket } = options;
  const { stopwatch = () => performance.now() } = options;
  const lines: { level: number; msg: string }[] = [];
  const log = createLog("warn", { write: (line: string) => void lines.push(JSON.parse(line)) });
  const migrations = join(import.meta.dirname, "../../server/migrations");
  const database = await openDatabase({ url, tenant, migrations, log });
  const telemetry = createTelemetry();
  const redis = redisUrl === undefined ? undefined : openRedis({ urls: readRedisUrls(redisUrl) }, { log });
  const gate = redis && createStockGate({ redis, database, telemetry, clock, stopwatch, log });
  gate?.watch();
  const inventory = createInventory({
    database,
    audit: createAudit({ database, clock }),
    outbox: createOutbox({ database, telemetry, clock, log }),
    telemetry,
    gate,
    bucket,
    clock,
    stopwatch,
    log,
  });
  return {
    ...inventory,
    database,
    telemetry,
    gate,
    redis,
    /** What was wrong with the program since, not with what it was asked or with the network. */
    takeErrors: () =>
      lines
        .splice(0)
        .filter(({ level }) => level >= ERROR)
        .map(({ msg }) => msg),
    put: (location: string, priority = 0) => inventory.locations.put(location, { priority }, BY),
    move: (...movements: Movement[]) => inventory.stock.move(movements, BY, undefined),
    receive: (sku: string, location: string, quantity: number) =>
      inventory.stock.move([{ kind: "receive", sku, location, quantity }], BY, undefined),
    async close(): Promise<void> {
      await inventory.close();
      redis?.close();
      await database.close();
    },
  };
}

/** What must hold at any time, told as what is wrong: nothing. */
export async function findBroken({ database }: Pick<Shop, "database">): Promise<object[]> {
  return database.query(`
    with moved as (
      select sku, location, sum(quantity) as quantity, sum(incoming) as incoming
      from stock_movements group by sku, location
    ), held as (
      select a.sku, a.location, sum(a.quantity) as quantity
      from reservations r, jsonb_to_recordset(r.allocations) as a (sku text, location text, quantity bigint)
      where r.state = 'held' group by a.sku, a.location
    ), levels as (
      -- Of all rows of a level; the database refuses one that is wrong in itself.
      select sku, location, sum(on_hand) as on_hand, sum(reserved) as reserved, sum(incoming) as incoming,
        count(*) as rows, max(buckets) as buckets
      from stock_levels group by sku, location
    )
    select l.sku, l.location, l.on_hand, l.reserved, moved.quantity as moved, held.quantity as held
    from levels l left join moved using (sku, location) left join held using (sku, location)
    where l.reserved < 0 or l.reserved > l.on_hand or l.rows <> l.buckets or l.on_hand <> coalesce(moved.quantity, 0)
      or l.incoming <> coalesce(moved.incoming, 0) or l.reserved <> coalesce(held.quantity, 0)`);
}
