// The gate of Redis before reservations, asked through its port, against its own script called bare over the same
// connection; 128 callers. And what it is for: those who come when all is sold, with it and without.

import type { Line } from "../../server/modules/inventory/allocate.ts";
import { defineGateScripts } from "../../server/modules/inventory/gate-scripts.ts";
import { findProgram } from "../support/browser-path.ts";
import { openInventory, type Shop } from "../support/inventory.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/server.ts";
import { median } from "./measure.ts";
import { type Row, withGoal } from "./row.ts";
import type { BenchOptions } from "./run.ts";

const CALLERS = 128;
const SKUS = Array.from({ length: 1_000 }, (_, i) => `sku-${i}`);
const SOLD = "sold";
const PIECES = 10_000_000;
const LIFE_MS = 60_000;
const MIN_RATIO = 0.8;
const SETTLED_AT_ONCE = 100;

type Call = (n: number) => Promise<unknown>;

export async function* stockGate(url: string, { quick }: BenchOptions): AsyncGenerator<Row> {
  if (findProgram(["redis-server"]) === undefined) {
    console.log("  no redis-server on the PATH: the gate of stock is not measured");
    return;
  }
  const redis = await startRedis();
  const shop = await openInventory({ tenant: "bench-gate", url, redisUrl: redis.url });
  const alone = await openInventory({ tenant: "bench-gate", url });
  try {
    await shop.put("north");
    const receipts = SKUS.map(
      (sku) => ({ kind: "receive", sku, location: "north", quantity: PIECES }) as const,
    );
    await shop.move(...receipts);
    await shop.receive(SOLD, "north", 1);
    await alone.reservations.reserve(orderOf("the-last", 0, [{ sku: SOLD, quantity: 1 }]));
    yield* measureGate(shop, quick ? { rounds: 3, count: 3_000 } : { rounds: 9, count: 15_000 });
    yield* measureSold(shop, alone, quick ? 2_000 : 10_000);
  } finally {
    await shop.close();
    await alone.close();
    await redis.close();
  }
}

async function* measureGate(
  { gate, redis, database }: Shop,
  { rounds, count }: { rounds: number; count: number },
): AsyncGenerator<Row> {
  const keyOf = (name: string) => `haggle:{${database.tenant}}:stock:${name}`;
  const scripts = defineGateScripts(redis!, database.tenant);
  // Defined by that, under its name.
  const keys = ["epoch", "available", "revision", "inflight", "tokens", "due"].map(keyOf);
  const client = redis!.client as unknown as Record<
    "haggleStock_admit",
    (...all: unknown[]) => Promise<[number]>
  >;
  const findEpoch = () => redis!.client.get(keyOf("epoch"));
  // Of all skus something is known.
  await until(async () => {
    await gate!.admit(
      { ...orderOf("warm", 0, linesOf(0)), ...RESERVE, claim: "warm" },
      performance.now() + LIFE_MS,
    );
    return (await redis!.client.hlen(keyOf("available"))) >= SKUS.length;
  });
  const epoch = (await findEpoch())!;
  let orders = 0;
  const port: Call = (n) =>
    gate!.admit(
      { ...orderOf("port", orders++, linesOf(n)), ...RESERVE, claim: `${orders}` },
      performance.now() + LIFE_MS,
    );
  const bare: Call = async (n) => {
    const [{ sku, quantity }] = linesOf(n) as [Line];
    const values = [epoch, LIFE_MS, `bare-${orders++}`, 1, sku, quantity];
    const [code] = await client.haggleStock_admit(keys.length, ...keys, ...values);
    if (code !== 1) throw new Error(`not let in: ${code}`);
  };
  const rates = { port: [] as number[], bare: [] as number[] };
  let spoilt = 0;
  for (let round = -1; round < rounds; round++) {
    // One after the other is first in turn.
    const turn = round % 2 === 0 ? (["port", "bare"] as const) : (["bare", "port"] as const);
    const seen = { port: 0, bare: 0 };
    for (const name of turn) seen[name] = await measure({ port, bare }[name], count);
    const made = await redis!.client.hkeys(keyOf("tokens"));
    await settleAll(scripts, epoch, made);
    if (made.length < 2 * count) {
      // Somebody else had the machine, so that Redis was too slow to be asked.
      if (++spoilt > rounds) throw new Error(`${made.length} of ${2 * count} were let in`);
      round--;
    } else if (round >= 0) for (const name of turn) rates[name].push(seen[name]);
  }
  const common = { bench: "inventory", case: "gate, 1 line of 1,000 skus", unit: "orders/s" } as const;
  yield { ...common, subject: "its script, called bare", value: median(rates.bare) };
  yield withGoal(
    {
      ...common,
      subject: "Haggle, by the port",
      value: median(rates.port),
      ratio: median(rates.port.map((rate, i) => rate / rates.bare[i]!)),
      against: "its script",
    },
    { atLeast: MIN_RATIO },
  );
}

async function settleAll(
  { settle }: ReturnType<typeof defineGateScripts>,
  epoch: string,
  orders: readonly string[],
): Promise<void> {
  for (let i = 0; i < orders.length; i += SETTLED_AT_ONCE) {
    const some = orders.slice(i, i + SETTLED_AT_ONCE);
    await settle(
      epoch,
      [],
      some.map((order) => ({ order, attempt: 1 })),
    );
  }
}

async function* measureSold(gated: Shop, alone: Shop, count: number): AsyncGenerator<Row> {
  let orders = 0;
  const ask =
    ({ reservations }: Shop): Call =>
    async () => {
      const lines = [{ sku: SOLD, quantity: 1 }];
      const said = await reservations
        .reserve(orderOf("too-late", orders++, lines), { deadlineMs: LIFE_MS })
        .catch((cause: { code?: string }) => cause.code);
      if (said !== "INVENTORY_SHORT") throw new Error(`not refused: ${said}`);
    };
  await measure(ask(gated), count / 10);
  const [without, withGate] = [await measure(ask(alone), count), await measure(ask(gated), count)];
  const common = { bench: "inventory", case: "all is sold", unit: "orders/s" } as const;
  yield { ...common, subject: "SQL alone", value: without };
  yield {
    ...common,
    subject: "SQL behind the gate",
    value: withGate,
    ratio: withGate / without,
    against: "SQL",
  };
}

const RESERVE = { verb: "reserve", ttlMs: LIFE_MS } as const;

const linesOf = (n: number): Line[] => [{ sku: SKUS[(n * 7_919) % SKUS.length]!, quantity: 1 }];

function orderOf(name: string, n: number, lines: Line[]) {
  return { order: `${name}-${n}`, attempt: 1, lines };
}

/** Calls a second; one that fails ends it. */
async function measure(call: Call, count: number): Promise<number> {
  let next = 0;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (next < count) await call(next++);
    }),
  );
  return count / ((performance.now() - from) / 1_000);
}
