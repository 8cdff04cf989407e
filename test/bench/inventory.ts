// Durable reservations by a call in process, 128 callers, against the statement that everybody writes first: an UPDATE of the
// one hot row, with the stock in its condition. By wall time, as most of it is the database's.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, startEmbedded } from "@haggle/server";
import pg from "pg";
import { findBroken, openInventory, type Shop } from "../support/inventory.ts";
import { median } from "./measure.ts";
import { quotes } from "./quotes.ts";
import { type Row, withGoal } from "./row.ts";
import type { BenchOptions } from "./run.ts";
import { stockGate } from "./stock-gate.ts";

const CALLERS = 128;
const SKUS = Array.from({ length: 1_000 }, (_, i) => `sku-${i}`);
const HOT = "hot";
const PIECES = 10_000_000;
/** Whoever waits longer fails the round. */
const DEADLINE_MS = 60_000;
const MIN_RATIO = { many: 10, hot: 3, lines: 0.3 };
/** Of the pool of a server, see openDatabase. */
const BARE_CONNECTIONS = 10;
const FULL_ATTEMPTS = 1_000_000;
const FULL_PIECES = 300_000;

type Call = (n: number) => Promise<unknown>;

export async function* inventory(options: BenchOptions): AsyncGenerator<Row> {
  const { quick } = options;
  const folder = await mkdtemp(join(tmpdir(), "haggle-inventory-"));
  const postgres = await startEmbedded(folder, createLog("warn"));
  const open = (tenant: string) => openInventory({ tenant, url: postgres.url });
  const shop = await open("bench");
  const bare = await openBare(postgres.url);
  try {
    await shop.put("north");
    await receive(shop, [...SKUS, HOT], PIECES);
    yield* compare(shop, bare.update, quick ? { rounds: 3, count: 3_000 } : { rounds: 7, count: 15_000 });
    const errors = shop.takeErrors();
    if (errors.length > 0) throw new Error(errors.join("\n"));
    const broken = await findBroken(shop);
    if (broken.length > 0) throw new Error(`levels that are no sums: ${JSON.stringify(broken.slice(0, 3))}`);
    yield* stockGate(postgres.url, options);
    yield* quotes(postgres.url, options);
    if (process.env.HAGGLE_FULL === "1") yield* sellOut([await open("full"), await open("full")]);
  } finally {
    await bare.close();
    await shop.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function* compare(
  shop: Shop,
  update: Call,
  { rounds, count }: { rounds: number; count: number },
): AsyncGenerator<Row> {
  const oneOf: Call = (n) => reserve(shop, [SKUS[(n * 7_919) % SKUS.length]!]);
  const hot: Call = () => reserve(shop, [HOT]);
  const ten: Call = (n) =>
    reserve(
      shop,
      Array.from({ length: 10 }, (_, i) => skuAt(n * 7 + i * 101)),
    );
  const rates = { bare: [] as number[], many: [] as number[], hot: [] as number[], ten: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    const measured = {
      bare: await measure(update, count / 10),
      many: await measure(oneOf, count),
      hot: await measure(hot, count),
      ten: await measure(ten, count / 5),
    };
    if (round < 0) continue;
    for (const name of ["bare", "many", "hot", "ten"] as const) rates[name].push(measured[name]);
  }
  const common = { bench: "inventory", unit: "orders/s" } as const;
  const [hotRow, one] = ["UPDATE of one row", "Haggle, 1 line of 1,000 skus"];
  const against = (name: "many" | "hot" | "ten", other: "bare" | "many") =>
    median(rates[name].map((rate, round) => rate / rates[other][round]!));
  yield { ...common, case: "one hot sku", subject: hotRow, value: median(rates.bare) };
  yield withGoal(
    {
      ...common,
      case: "1 line, 1,000 skus",
      subject: "Haggle",
      value: median(rates.many),
      ratio: against("many", "bare"),
      against: hotRow,
    },
    { atLeast: MIN_RATIO.many },
  );
  yield withGoal(
    {
      ...common,
      case: "one hot sku",
      subject: "Haggle",
      value: median(rates.hot),
      ratio: against("hot", "bare"),
      against: hotRow,
    },
    { atLeast: MIN_RATIO.hot },
  );
  yield withGoal(
    {
      ...common,
      case: "10 lines, 1,000 skus",
      subject: "Haggle",
      value: median(rates.ten),
      ratio: against("ten", "many"),
      against: one,
    },
    { atLeast: MIN_RATIO.lines },
  );
}

/** More is asked of two processes than there is, until nothing is left. */
async function* sellOut(shops: readonly [Shop, Shop]): AsyncGenerator<Row> {
  const [first] = shops;
  await first.put("north");
  await receive(first, SKUS, FULL_PIECES / SKUS.length);
  let held = 0;
  const rate = await measure(async (n) => {
    const isHeld = await reserve(shops[n % 2]!, [skuAt(n)]).then(
      () => true,
      (cause: { code?: string }) => {
        if (cause.code !== "INVENTORY_SHORT") throw cause;
        return false;
      },
    );
    if (isHeld) held += 1;
  }, FULL_ATTEMPTS);
  const broken = await findBroken(first);
  if (broken.length > 0) throw new Error(`levels that are no sums: ${JSON.stringify(broken.slice(0, 3))}`);
  for (const shop of shops) await shop.close();
  const common = {
    bench: "inventory",
    case: "1,000,000 attempts, 300,000 pieces",
    subject: "Haggle",
  } as const;
  yield { ...common, unit: "orders/s", value: rate };
  const oversold = { ...common, unit: "pieces", value: held - FULL_PIECES } as const;
  yield { ...oversold, goal: "0 oversold, 0 left", met: held === FULL_PIECES };
}

const skuAt = (n: number): string => SKUS[n % SKUS.length]!;

let orders = 0;

function reserve({ reservations }: Shop, skus: readonly string[]): Promise<unknown> {
  const lines = skus.map((sku) => ({ sku, quantity: 1 }));
  return reservations.reserve({ order: `order-${orders++}`, attempt: 1, lines }, { deadlineMs: DEADLINE_MS });
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

async function receive(shop: Shop, skus: readonly string[], quantity: number): Promise<void> {
  await shop.move(...skus.map((sku) => ({ kind: "receive" as const, sku, location: "north", quantity })));
}

async function openBare(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: BARE_CONNECTIONS });
  await pool.query(
    "create table bare_stock (sku text primary key, available bigint not null check (available >= 0))",
  );
  await pool.query("insert into bare_stock values ($1, $2)", [HOT, PIECES]);
  const text =
    "update bare_stock set available = available - 1 where sku = $1 and available >= 1 returning available";
  return {
    async update() {
      const { rowCount } = await pool.query({ name: "take", text, values: [HOT] });
      if (rowCount !== 1) throw new Error("nothing was left");
    },
    close: () => pool.end(),
  };
}
