import type { Redis } from "ioredis";
import type { ReserveRequest } from "../../server/modules/inventory/reservations.ts";
import type { Queryable } from "../../server/platform/database/database.ts";
import type { Shop } from "./inventory.ts";
import { type RedisServer, startRedis, startRedisCluster } from "./redis.ts";
import { skips } from "./skips.ts";

// What stock is kept in: each arrangement does the same. And what the tests of all of them say.

export type Arrangement = { redisUrl: string | undefined; servers: RedisServer[]; close(): Promise<void> };

const ALONE: Arrangement = { redisUrl: undefined, servers: [], close: async () => {} };

const WITH_REDIS: readonly (readonly [name: string, start: () => Promise<Arrangement>])[] = [
  [
    "SQL and Redis",
    async () => {
      const server = await startRedis();
      return { redisUrl: server.url, servers: [server], close: server.close };
    },
  ],
  [
    "SQL and a Redis Cluster of three",
    async () => {
      const { url, nodes, close } = await startRedisCluster();
      return { redisUrl: url, servers: nodes, close };
    },
  ],
];

if (skips("redis")) console.warn("!!! HAGGLE_TEST_SKIP: these tests prove nothing about Redis.");
export const REDIS_ARRANGEMENTS = skips("redis") ? [] : WITH_REDIS;
export const ARRANGEMENTS = [["SQL alone", async () => ALONE] as const, ...REDIS_ARRANGEMENTS];

export const PATIENT = { deadlineMs: 60_000 };
/** Over before what holds it up is, and long enough that it has begun by then on a slow machine. */
export const LATE = { deadlineMs: 1_500 };

export const order = (name: string, sku: string, more: Partial<ReserveRequest> = {}): ReserveRequest => ({
  order: name,
  attempt: 1,
  lines: [{ sku, quantity: 1 }],
  ...more,
});

/** How often each state, or each code of a refusal. */
export async function outcomes(
  asked: readonly Promise<{ reservation: { state: string } }>[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of await Promise.allSettled(asked)) {
    const name = one.status === "fulfilled" ? one.value.reservation.state : (one.reason.code as string);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export async function levelOf({ stock }: Shop, sku: string): Promise<{ onHand: number; reserved: number }> {
  const { onHand, reserved } = await stock.get(sku);
  return { onHand, reserved };
}

/** Somebody who holds the rows of a sku until the returned function is called. */
export async function holdLevels({ database }: Shop, sku: string): Promise<() => Promise<void>> {
  const isHeld = Promise.withResolvers<void>();
  const isLetGo = Promise.withResolvers<void>();
  const done = database.transaction(async ({ query }: Queryable) => {
    await query("select from stock_levels where sku = $1 for update", [sku]);
    isHeld.resolve();
    await isLetGo.promise;
  });
  await isHeld.promise;
  return async () => {
    isLetGo.resolve();
    await done;
  };
}

/** Of the gate of a shop: the server that has its keys, and what is in them. */
export async function openGate({ servers }: Arrangement, tenant: string) {
  const key = (name: string) => `haggle:{${tenant}}:stock:${name}`;
  const isHere = (redis: Redis) =>
    redis.exists(key("epoch")).then(
      () => true,
      () => false,
    );
  let server: RedisServer | undefined;
  for (const each of servers) if (await each.ask(isHere)) server ??= each;
  if (server === undefined) throw new Error("no server has the slot of the tenant");
  const { ask } = server;
  return {
    server,
    key,
    ask,
    epoch: () => ask((redis) => redis.get(key("epoch"))),
    availableOf: (sku: string) => ask((redis) => redis.hget(key("available"), sku)),
    inFlight: () => ask((redis) => redis.hlen(key("tokens"))),
  };
}
