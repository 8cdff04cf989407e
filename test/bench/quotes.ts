// Quotes that the shop stands by, over HTTP: priced, signed and durable before they are answered. Against a bare Fastify that
// reads the same skus by one statement of the same PostgreSQL, adds them up and writes nothing. By wall time.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createShop, type Shop } from "../support/release.ts";
import { tenantOf, until } from "../support/server.ts";
import { median } from "./measure.ts";
import { send } from "./requests.ts";
import { type Server, startProgram } from "./rollout-processes.ts";
import { type Row, withGoal } from "./row.ts";
import type { BenchOptions } from "./run.ts";

const MIN_RATIO = 0.5;
const CONNECTIONS = 16;
const SKUS = 1_000;
const LINES = 10;
/** Different ones, so that nothing is asked twice in a row. */
const CARTS = 500;

type Bench = { haggle: Server; bare: Server; key: string };
type Cart = { currency: string; lines: { id: string; sku: string; quantity: number }[] };

/** `database`: the URL of a PostgreSQL with a superuser. */
export async function* quotes(database: string, { quick }: BenchOptions): AsyncGenerator<Row> {
  const shop = await createShop();
  for (const role of ["channel", "receipt"] as const) await shop.giveKey(role);
  await shop.publish();
  const env = { HAGGLE_TEST_DATABASE: database };
  const haggle = await startProgram("quotes-server.ts", ["haggle", shop.dataFolder], env);
  const bare = await startProgram("quotes-server.ts", ["bare", tenantOf(shop.dataFolder)], env);
  try {
    const bench = { haggle, bare, key: await fill(haggle, shop) };
    yield* compare(bench, quick ? { rounds: 3, count: 1_500 } : { rounds: 9, count: 6_000 });
  } finally {
    await Promise.all([haggle.close(), bare.close()]);
    await shop.remove();
  }
}

async function* compare(
  { haggle, bare, key }: Bench,
  { rounds, count }: { rounds: number; count: number },
): AsyncGenerator<Row> {
  const carts = Array.from({ length: CARTS }, (_, n) => makeCart(n));
  await checkSame({ haggle, bare, key }, carts);
  const subjects = [
    {
      url: haggle.url,
      status: 201,
      texts: carts.map((cart) => toRequest(cart, `authorization: Bearer ${key}\r\n`)),
    },
    { url: bare.url, status: 200, texts: carts.map((cart) => toRequest(cart)) },
  ] as const;
  const rates: [number[], number[]] = [[], []];
  for (let round = -2; round < rounds; round++) {
    for (const k of [0, 1]) {
      const i = ((k + Math.abs(round)) % 2) as 0 | 1;
      const { url, status, texts } = subjects[i];
      const from = performance.now();
      await send(url, { text: (n) => texts[n % CARTS]!, count, connections: CONNECTIONS, status });
      if (round >= 0) rates[i].push(count / ((performance.now() - from) / 1_000));
    }
  }
  const [ours, theirs] = rates;
  const against = "bare Fastify, 1 SELECT";
  const common = {
    bench: "inventory",
    case: `quotes of ${LINES} lines over HTTP`,
    unit: "requests/s",
  } as const;
  yield { ...common, subject: against, value: median(theirs) };
  const ratio = median(ours.map((rate, round) => rate / theirs[round]!));
  yield withGoal(
    { ...common, subject: "Haggle", value: median(ours), ratio, against },
    { atLeast: MIN_RATIO },
  );
}

const priceAt = (n: number): number => 1_00 + n * 7;

/** Below what the shop's promotion is for, so that both come to the same sum. */
function makeCart(n: number): Cart {
  const lines = Array.from({ length: LINES }, (_, i) => ({
    id: `${i + 1}`,
    sku: `sku-${(n * 37 + i * 101) % SKUS}`,
    quantity: 1 + (i % 3),
  }));
  return { currency: "EUR", lines };
}

function toRequest(cart: Cart, headers = ""): string {
  const body = JSON.stringify(cart);
  return `POST /v1/quotes HTTP/1.1\r\nhost: x\r\n${headers}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

async function checkSame({ haggle, bare, key }: Bench, carts: readonly Cart[]): Promise<void> {
  for (const cart of carts.slice(0, 20)) {
    const ask = async (url: string) => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
      const body = JSON.stringify(cart);
      const response = await fetch(`${url}/v1/quotes`, { method: "POST", headers, body });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return JSON.parse(text) as { total: number; decision: { subtotal: number } };
    };
    const [quoted, read] = [await ask(haggle.url), await ask(bare.url)];
    if (quoted.decision.subtotal !== read.total) {
      throw new Error(`${quoted.decision.subtotal} is not ${read.total}`);
    }
  }
}

/** @returns the key of who asks */
async function fill({ url }: Server, shop: Shop): Promise<string> {
  const key = (await readFile(join(shop.dataFolder, "admin.key"), "utf8")).trim();
  const rows = Array.from({ length: SKUS }, (_, n) => ({
    sku: `sku-${n}`,
    productId: `product-${n >> 1}`,
    product: { name: `Product ${n >> 1}`, categories: [n % 6 < 2 ? "shoes" : "home"] },
    prices: [{ currency: "EUR", unitPrice: priceAt(n), unitCost: 50 }],
  }));
  const response = await fetch(`${url}/v1/catalog/imports`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson" },
    body: rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(text.slice(0, 500));
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  return key;
}
