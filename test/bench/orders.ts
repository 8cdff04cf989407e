// Orders over HTTP from quotes that the shop stands by: reserved, written down with their ledger and durable before they are
// answered. Against a bare Fastify that inserts one row into the same PostgreSQL, by a pool of the same size. By wall time.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, startEmbedded } from "@haggle/server";
import pg from "pg";
import { createShop, type Shop } from "../support/release.ts";
import { until } from "../support/server.ts";
import { median } from "./measure.ts";
import { send } from "./requests.ts";
import { type Server, startProgram } from "./rollout-processes.ts";
import { type Row, withGoal } from "./row.ts";
import type { BenchOptions } from "./run.ts";

const MIN_RATIO = 0.25;
/** Of what ten lines cost. */
const MAX_LINES_RATIO = 12;
const CONNECTIONS = 64;
/** So many at a time leave a server time to breathe: how long one waits then is its own. */
const CALM_CONNECTIONS = 4;
const SKUS = 1_000;
const PIECES = 10_000_000;
const MOVED_AT_ONCE = 100;
/** What most people buy. */
const USUAL = 3;
const [FEW, MANY] = [10, 100];

type Bench = { haggle: Server; bare: Server; key: string; database: pg.Pool };
/** Of a quote: its number is its place in the bench, so that nothing is asked twice. */
type Quoted = { id: string; total: number };

export async function* orders({ quick }: BenchOptions): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-orders-"));
  const postgres = await startEmbedded(folder, createLog("warn"));
  const shop = await createShop();
  for (const role of ["channel", "receipt"] as const) await shop.giveKey(role);
  await shop.publish();
  const env = { HAGGLE_TEST_DATABASE: postgres.url };
  const haggle = await startProgram("quotes-server.ts", ["haggle", shop.dataFolder], env);
  const bare = await startProgram("orders-server.ts", [], env);
  const database = new pg.Pool({ connectionString: postgres.url, max: 1 });
  try {
    const bench = { haggle, bare, key: await fill(haggle, shop), database };
    await checkSame(bench);
    yield* compare(bench, quick ? { rounds: 3, count: 500 } : { rounds: 9, count: 2_000 });
    yield* compareLines(bench, quick ? { rounds: 3, count: 40 } : { rounds: 9, count: 150 });
    yield* waits(bench, quick ? 500 : 2_000);
    await checkRows(bench);
  } finally {
    await database.end();
    await Promise.all([haggle.close(), bare.close()]);
    await postgres.stop();
    await shop.remove();
    await rm(folder, { recursive: true });
  }
}

async function* compare(
  bench: Bench,
  { rounds, count }: { rounds: number; count: number },
): AsyncGenerator<Row> {
  const rates: [number[], number[]] = [[], []];
  for (let round = -2; round < rounds; round++) {
    const quoted = await quote(bench, { count, lines: USUAL });
    const ask = [() => place(bench, quoted), () => insert(bench, quoted)] as const;
    for (const k of [0, 1]) {
      const i = ((k + Math.abs(round)) % 2) as 0 | 1;
      const rate = await measure(ask[i], count);
      if (round >= 0) rates[i].push(rate);
    }
  }
  const [ours, theirs] = rates;
  const against = "bare Fastify, 1 INSERT";
  const common = { bench: "orders", case: `orders of ${USUAL} lines over HTTP`, unit: "orders/s" } as const;
  yield { ...common, subject: against, value: median(theirs) };
  const ratio = median(ours.map((rate, round) => rate / theirs[round]!));
  yield withGoal(
    { ...common, subject: "Haggle", value: median(ours), ratio, against },
    { atLeast: MIN_RATIO },
  );
}

async function* compareLines(
  bench: Bench,
  { rounds, count }: { rounds: number; count: number },
): AsyncGenerator<Row> {
  const took: Record<number, number[]> = { [FEW]: [], [MANY]: [] };
  for (let round = -1; round < rounds; round++) {
    for (const lines of round % 2 === 0 ? [FEW, MANY] : [MANY, FEW]) {
      const quoted = await quote(bench, { count, lines });
      const rate = await measure(() => place(bench, quoted), count);
      if (round >= 0) took[lines]!.push(1_000 / rate);
    }
  }
  const common = { bench: "orders", unit: "ms" } as const;
  const [few, many] = [took[FEW]!, took[MANY]!];
  yield { ...common, case: `an order of ${FEW} lines`, subject: "Haggle", value: median(few) };
  yield withGoal(
    {
      ...common,
      case: `an order of ${MANY} lines`,
      subject: "Haggle",
      value: median(many),
      ratio: median(many.map((each, round) => each / few[round]!)),
      against: `${FEW} lines`,
    },
    { atMost: MAX_LINES_RATIO },
  );
}

/** How long customers wait who are few. */
async function* waits(bench: Bench, count: number): AsyncGenerator<Row> {
  const quoted = await quote(bench, { count, lines: USUAL });
  const took: number[] = [];
  await place(bench, quoted, {
    connections: CALM_CONNECTIONS,
    heard: (_answer, tookMs) => took.push(tookMs),
  });
  took.sort((a, b) => a - b);
  for (const share of [0.5, 0.99]) {
    yield {
      bench: "orders",
      case: `p${share * 100}, ${CALM_CONNECTIONS} customers at a time`,
      subject: "Haggle",
      unit: "ms",
      value: took[Math.floor(took.length * share)]!,
    };
  }
}

type Sending = { connections?: number; heard?: (answer: string, tookMs: number) => void };

let keys = 0;

function place({ haggle, key }: Bench, quoted: readonly Quoted[], more: Sending = {}): Promise<void> {
  const texts = quoted.map(({ id }) =>
    toRequest(
      "/v1/orders",
      { quote: id },
      { authorization: `Bearer ${key}`, "idempotency-key": `k${keys++}` },
    ),
  );
  return send(haggle.url, {
    text: (n) => texts[n]!,
    count: texts.length,
    connections: CONNECTIONS,
    status: 201,
    ...more,
  });
}

function insert({ bare }: Bench, quoted: readonly Quoted[]): Promise<void> {
  const texts = quoted.map(({ id, total }) => toRequest("/v1/orders", { id: orderOf(id), quote: id, total }));
  return send(bare.url, {
    text: (n) => texts[n]!,
    count: texts.length,
    connections: CONNECTIONS,
    status: 201,
  });
}

let carts = 0;

async function quote(
  { haggle, key }: Bench,
  { count, lines }: { count: number; lines: number },
): Promise<Quoted[]> {
  const quoted: Quoted[] = [];
  const headers = { authorization: `Bearer ${key}` };
  await send(haggle.url, {
    text: () => toRequest("/v1/quotes", makeCart(carts++, lines), headers),
    count,
    connections: CONNECTIONS,
    status: 201,
    heard: (answer) => {
      const { quote } = bodyOf<{ quote: Quoted }>(answer);
      quoted.push({ id: quote.id, total: quote.total });
    },
  });
  return quoted;
}

/** Orders a second. */
async function measure(work: () => Promise<void>, count: number): Promise<number> {
  const from = performance.now();
  await work();
  return count / ((performance.now() - from) / 1_000);
}

/** That both write the same orders down, as durably. */
async function checkSame(bench: Bench): Promise<void> {
  const { haggle, key, database } = bench;
  const quoted = await quote(bench, { count: 20, lines: USUAL });
  await Promise.all([place(bench, quoted), insert(bench, quoted)]);
  for (const { id, total } of quoted) {
    const headers = { authorization: `Bearer ${key}` };
    const told = await fetch(`${haggle.url}/v1/orders/${orderOf(id)}`, { headers });
    const text = await told.text();
    const [kept] = (await database.query("select total from bare_orders where id = $1", [orderOf(id)])).rows;
    const order = (JSON.parse(text) as { order?: { total: number } }).order;
    if (order?.total !== total || Number(kept?.total) !== total) throw new Error(`${text} is not ${total}`);
  }
  // Nobody has it easier by what is not durable: both are on one database, and neither asks for less than it gives.
  for (const setting of ["fsync", "synchronous_commit", "full_page_writes"]) {
    const [row] = (await database.query(`show ${setting}`)).rows as [Record<string, string>];
    if (row[setting] !== "on") throw new Error(`${setting} is ${row[setting]}`);
  }
}

/** What was acknowledged is there, and each ledger is its order's total. */
async function checkRows({ database }: Bench): Promise<void> {
  const { rows } = await database.query(
    `select (select count(*) from orders)::int as placed, count(*)::int as wrong from orders o
     where state <> 'awaiting_payment' or total <> (
       select sum(amount_each * units) from order_ledger e where e.order_id = o.order_id and kind <> 'taxIncluded')`,
  );
  const [{ placed, wrong }] = rows as [{ placed: number; wrong: number }];
  if (placed !== keys || wrong > 0)
    throw new Error(`${keys} orders, ${placed} are there, ${wrong} are wrong`);
}

/** Each sku once. */
function makeCart(n: number, lines: number): object {
  return {
    currency: "EUR",
    lines: Array.from({ length: lines }, (_, i) => ({
      id: `${i + 1}`,
      sku: `sku-${(n * 37 + i * 101) % SKUS}`,
      quantity: 1 + (i % 3),
    })),
  };
}

function orderOf(quote: string): string {
  return quote.replace("quote_", "order_");
}

function toRequest(path: string, body: object, headers: Readonly<Record<string, string>> = {}): string {
  const text = JSON.stringify(body);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\nhost: x\r\n${head.join("")}content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

function bodyOf<T>(answer: string): T {
  return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as T;
}

/** @returns the key of who asks */
async function fill({ url }: Server, shop: Shop): Promise<string> {
  const key = (await readFile(join(shop.dataFolder, "admin.key"), "utf8")).trim();
  const ask = async (path: string, body: string, more: { method?: string; type?: string } = {}) => {
    const { method = "POST", type = "application/json" } = more;
    const headers = { authorization: `Bearer ${key}`, "content-type": type };
    const response = await fetch(url + path, { method, headers, body });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    await response.text();
  };
  const skus = Array.from({ length: SKUS }, (_, n) => `sku-${n}`);
  const rows = skus.map((sku, n) => ({
    sku,
    productId: `product-${n >> 1}`,
    product: { name: `Product ${n >> 1}`, categories: [n % 6 < 2 ? "shoes" : "home"] },
    prices: [{ currency: "EUR", unitPrice: 1_00 + n * 7, unitCost: 50 }],
  }));
  const file = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await ask("/v1/catalog/imports", file, { type: "application/x-ndjson" });
  await ask("/v1/locations/north", "{}", { method: "PUT" });
  for (let i = 0; i < SKUS; i += MOVED_AT_ONCE) {
    const some = skus.slice(i, i + MOVED_AT_ONCE);
    const movements = some.map((sku) => ({ kind: "receive", sku, location: "north", quantity: PIECES }));
    await ask("/v1/stock/movements", JSON.stringify({ movements }));
  }
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  return key;
}
