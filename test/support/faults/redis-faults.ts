import { setTimeout as pause } from "node:timers/promises";
import { type RedisServer, startRedis } from "../redis.ts";
import { type RedisCut, startRedisProxy } from "../redis-proxy.ts";
import { until } from "../server.ts";
import { describePriced, priceAllTheTime } from "./pricing-load.ts";
import { openStockStage, type StockStage, sellDuring } from "./stock-stage.ts";

// What may happen to a sale behind a gate of Redis; each of them tells what the referee found wrong, and which carts were not
// priced meanwhile. Rows of the table in SECURITY.md, by their number.

const CLIENTS = 50;
const CUTS_AT_ONCE = 10;
const CUTS: readonly RedisCut[] = ["unanswered", "unsent"];
const SLOW_MS = 2_000;
const AWAY_FOR_MS = 500;
const ADMITTED = 'haggle_stock_gate_total{result="admitted"}';

export type RedisStage = Awaited<ReturnType<typeof openRedisStage>>;

/** Two servers of a shop with a gate, to which the network can be broken. `recoveryMs`: as of `openStockStage`. */
export async function openRedisStage(recoveryMs?: number) {
  const redis = await startRedis();
  const proxy = await startRedisProxy(redis.port);
  const stage = await openStockStage({ REDIS_URL: proxy.url }, recoveryMs);
  return {
    stage,
    redis,
    proxy,
    async close(): Promise<void> {
      await stage.close();
      await proxy.close();
      await redis.close();
    },
  };
}

/** F4: Redis is killed with signal 9 and comes back empty (even times), or is flushed (odd times). */
export function killRedis(opened: RedisStage, times: number): Promise<string[]> {
  const { redis } = opened;
  const act = async (n: number) => {
    await pause(Math.random() * 200);
    if (n % 2 === 1) return void (await redis.ask((own) => own.flushall()));
    await redis.kill();
    await pause(AWAY_FOR_MS);
    await redis.start();
  };
  return sellAndPrice(opened, "a Redis that forgets", times, act);
}

/** F5: connections are cut around commands, so that nobody knows whether they were run; several times in a row. */
export function cutRedis(opened: RedisStage, cuts: number): Promise<string[]> {
  const { proxy } = opened;
  const act = async (n: number) => {
    proxy.cut(...Array.from({ length: CUTS_AT_ONCE }, (_, i) => CUTS[(n + i) % CUTS.length]!));
    while (proxy.countCuts() > 0) await pause(10);
  };
  return sellAndPrice(opened, "cut commands", Math.ceil(cuts / CUTS_AT_ONCE), act);
}

/** F6, F7: each answer of Redis comes two seconds late (even times), or none does, and nobody hears of it (odd times). */
export function slowRedis(opened: RedisStage, times: number, forMs: number): Promise<string[]> {
  const { proxy } = opened;
  const act = async (n: number) => {
    if (n % 2 === 0) proxy.slow(SLOW_MS);
    else proxy.deafen();
    await pause(forMs);
    proxy.heal();
  };
  return sellAndPrice(opened, "a slow Redis", times, act);
}

async function sellAndPrice(
  { stage, redis }: RedisStage,
  name: string,
  times: number,
  act: (n: number) => Promise<void>,
): Promise<string[]> {
  const [server] = stage.servers;
  const shoppers = priceAllTheTime(server!.url, server!.key);
  const wrong = await sellDuring(stage, { name, times, clients: CLIENTS, act });
  await shoppers.stop();
  const unpriced = shoppers.answers.filter(({ status }) => status !== 200).map(describePriced);
  if (unpriced.length > 0) wrong.push(`${unpriced.length} carts were not priced: ${unpriced[0]}`);
  if (shoppers.answers.length < times) wrong.push("next to nothing was priced");
  return [...wrong, ...(await findUnsettled(stage, redis))];
}

/** That everybody was let in by the gate before, and is again when all is over; and that then nothing is in flight there. */
async function findUnsettled({ servers }: StockStage, redis: RedisServer): Promise<string[]> {
  const wrong: string[] = [];
  const metrics = await Promise.all(servers.map(async ({ get }) => (await get("/metrics")).text()));
  if (!metrics.some((text) => text.includes(ADMITTED))) wrong.push("the gate let nobody in");
  for (const { call } of servers) {
    const isAsked = async () =>
      (await call<{ redis: { stockGate: string } }>("/readyz")).body.redis.stockGate === "asked";
    await until(isAsked).catch(() => wrong.push("the gate is not asked any more"));
  }
  const isEmpty = () =>
    redis.ask(async (own) => {
      const keys = await own.keys("haggle:*:stock:tokens");
      return keys.length === 0;
    });
  await until(isEmpty).catch(() => wrong.push("something is in flight for ever"));
  return wrong;
}
