// Events of an experiment until they are durable, against a bare Fastify POST that writes the same rows with one insert, on
// the same PostgreSQL. By wall time: most of it is the database's.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, startEmbedded } from "@haggle/server";
import pg from "pg";
import { HALVES } from "../../support/experiment-events.ts";
import { createShop } from "../../support/release.ts";
import { caller } from "../../support/rollout.ts";
import { until } from "../../support/server.ts";
import { median } from "../measure.ts";
import { send } from "../requests.ts";
import { type Row, withGoal } from "../row.ts";
import type { BenchOptions } from "../run.ts";
import type { FromIngestServer } from "./ingest-server.ts";

const KEY = "bench";
const MIN_RATE = 0.5;
const CONNECTIONS = 16;
/** Events a request, and requests a round. */
const SIZES = [
  { events: 50, requests: 400 },
  { events: 1, requests: 2_000 },
] as const;

type Server = { name: string; url: string; table: string; close(): Promise<void> };

export async function* ingest({ quick }: BenchOptions): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-ingest-"));
  const postgres = await startEmbedded(folder, createLog("warn"));
  const shop = await createShop();
  await shop.giveKey("channel");
  await shop.publish();
  const haggle = await start("Haggle", "experiment_events", postgres.url, ["haggle", shop.dataFolder]);
  const bare = await start("bare Fastify", "bare_events", postgres.url, ["bare"]);
  try {
    const key = (await readFile(join(shop.dataFolder, "admin.key"), "utf8")).trim();
    await runExperiment(haggle.url, key);
    for (const { events, requests } of SIZES) {
      const rates = await compare(
        [haggle, bare],
        key,
        { events, requests, rounds: quick ? 3 : 9 },
        postgres.url,
      );
      const [ours, theirs] = rates as [number[], number[]];
      const name = events === 1 ? "events, one a request" : `events, ${events} a request`;
      const common = { bench: "experiments", case: name, unit: "events/s" } as const;
      yield { ...common, subject: bare.name, value: median(theirs) };
      const ratio = median(ours.map((rate, round) => rate / theirs[round]!));
      yield withGoal(
        { ...common, subject: haggle.name, value: median(ours), ratio, against: bare.name },
        { atLeast: MIN_RATE },
      );
    }
  } finally {
    await Promise.all([haggle.close(), bare.close()]);
    await postgres.stop();
    await shop.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

type Plan = { events: number; requests: number; rounds: number };

/** Events a second of each server in each round; a round that did not leave each event in the table is none. */
async function compare(
  servers: readonly Server[],
  key: string,
  { events, requests, rounds }: Plan,
  url: string,
): Promise<number[][]> {
  const rates: number[][] = servers.map(() => []);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const count = async (table: string) =>
    Number((await client.query(`select count(*) as count from ${table}`)).rows[0].count);
  for (let round = -1; round < rounds; round++) {
    for (const k of servers.keys()) {
      const i = (k + Math.abs(round)) % servers.length;
      const server = servers[i]!;
      const texts = Array.from({ length: requests }, (_, n) =>
        textOf(`${events}-${round}-${n}`, events, key),
      );
      const before = await count(server.table);
      const from = performance.now();
      await send(server.url, {
        text: (n) => texts[n]!,
        count: requests,
        connections: CONNECTIONS,
        status: 202,
      });
      const seconds = (performance.now() - from) / 1_000;
      if ((await count(server.table)) - before !== events * requests) throw new Error("events got lost");
      if (round >= 0) rates[i]!.push((events * requests) / seconds);
    }
  }
  await client.end();
  return rates;
}

function textOf(name: string, events: number, key: string): string {
  const told = Array.from({ length: events }, (_, i) => {
    const unit = `customer-${name}-${i}`;
    const variant = i % 2 === 0 ? "control" : "b";
    return i % 3 === 0
      ? {
          id: `${name}-${i}`,
          type: "outcome",
          metric: "revenue",
          unit,
          variant,
          valueMinor: 9_900,
          currency: "EUR",
        }
      : { id: `${name}-${i}`, type: "exposure", unit, variant };
  });
  const body = JSON.stringify({ events: told });
  return [
    `POST /v1/experiments/${KEY}/events HTTP/1.1`,
    "host: x",
    `authorization: Bearer ${key}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

async function runExperiment(url: string, key: string): Promise<void> {
  const call = caller({ url }, { authorization: `Bearer ${key}` });
  await until(async () => {
    const { body } = await call<{ keys: { channel: string } }>("/readyz");
    return body.keys.channel === "ready";
  });
  await call("/v1/experiments", { channel: "stable", key: KEY, unit: "customer", variants: HALVES });
  const { status, body } = await call(`/v1/experiments/${KEY}/start`, {});
  if (status !== 200) throw new Error(JSON.stringify(body));
}

async function start(name: string, table: string, database: string, args: string[]): Promise<Server> {
  const child: ChildProcess = fork(join(import.meta.dirname, "ingest-server.ts"), args, {
    execArgv: ["--conditions=haggle-source"],
    env: { ...process.env, HAGGLE_TEST_DATABASE: database },
  });
  const died = once(child, "exit").then(() => Promise.reject(new Error(`${name} did not start`)));
  const [{ url }] = (await Promise.race([once(child, "message"), died])) as [FromIngestServer];
  died.catch(() => {});
  return {
    name,
    url,
    table,
    async close() {
      const exit = once(child, "exit");
      child.disconnect();
      await exit;
    },
  };
}
