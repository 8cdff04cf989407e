import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import { HALVES } from "../experiment-events.ts";
import { createShop } from "../release.ts";
import type { Call } from "../rollout.ts";
import { tenantOf, testDatabaseUrl, until } from "../server.ts";
import { SERVER, type ServerProcess, startServerProcess } from "./server-process.ts";

// A real server that is killed while it is told of an experiment.

const MIGRATIONS = join(SERVER, "migrations");
/** Each tells one batch after the other. */
const TELLERS = 12;
const BATCH = 25;
/** The kills fall at other places of a write each time. */
const FIRST_KILL_MS = 60;
const KILL_STEP_MS = 17;
const KILL_STEPS = 20;
const KEY = "killed";

/**
 * Each round tells until the server is killed with signal 9; then everything is told again to the next one. What was
 * acknowledged has to be there before that, and each event once afterwards.
 *
 * @returns what went wrong
 */
export async function killWhileTelling(rounds: number): Promise<string[]> {
  const shop = await createShop();
  await shop.giveKey("channel");
  await shop.publish();
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: MIGRATIONS,
    log: createLog("silent"),
  });
  const wrong: string[] = [];
  let server = await startServerProcess(shop);
  try {
    await run(server.call);
    for (let round = 0; round < rounds; round++) {
      const told = await tellUntilKilled(server, round);
      const kept = await listIds(round);
      for (const id of told.acknowledged) if (!kept.has(id)) wrong.push(`lost ${id}`);
      if (told.acknowledged.length === 0) wrong.push(`round ${round}: nothing was acknowledged`);
      server = await startServerProcess(shop);
      await tellAgain(server.call, told.batches);
      const all = await listIds(round);
      const offered = told.batches.length * BATCH;
      if (all.size !== offered) wrong.push(`round ${round}: ${all.size} of ${offered}`);
    }
  } finally {
    await server.kill();
    await database.close();
    await shop.remove();
  }
  return wrong;

  async function listIds(round: number): Promise<Set<string>> {
    // An exposure's own id is made of what it says; each of these says it of another unit.
    const rows = await database.query<{ id: string }>(
      "select unit as id from experiment_events where experiment = $1 and unit like $2",
      [KEY, `${round}:%`],
    );
    const ids = new Set(rows.map(({ id }) => id));
    if (ids.size !== rows.length) wrong.push(`round ${round}: told twice`);
    return ids;
  }
}

type Told = { batches: string[][]; acknowledged: string[] };

async function run(call: Call): Promise<void> {
  const made = await call("/v1/experiments", {
    channel: "stable",
    key: KEY,
    unit: "customer",
    variants: HALVES,
  });
  const started = await call(`/v1/experiments/${KEY}/start`, {});
  if (made.status !== 201 || started.status !== 200)
    throw new Error(JSON.stringify([made.body, started.body]));
}

async function tellUntilKilled(server: ServerProcess, round: number): Promise<Told> {
  const told: Told = { batches: [], acknowledged: [] };
  let isOver = false;
  const tellers = Array.from({ length: TELLERS }, async () => {
    while (!isOver) {
      const number = told.batches.length;
      const batch = Array.from({ length: BATCH }, (_, i) => `${round}:${number}:${i}`);
      told.batches.push(batch);
      // Whoever was cut off knows nothing, and tells it again.
      const isTaken = await tell(server.call, batch).catch(() => false);
      if (isTaken) told.acknowledged.push(...batch);
    }
  });
  await until(() => told.acknowledged.length > 0);
  await new Promise((resolve) => setTimeout(resolve, FIRST_KILL_MS + (round % KILL_STEPS) * KILL_STEP_MS));
  isOver = true;
  await server.kill();
  await Promise.all(tellers);
  return told;
}

async function tellAgain(call: Call, batches: readonly string[][]): Promise<void> {
  const left = [...batches];
  const tellers = Array.from({ length: TELLERS }, async () => {
    for (let batch = left.pop(); batch !== undefined; batch = left.pop()) {
      const told = batch;
      // A busy server may have no room for it at first.
      await until(() => tell(call, told));
    }
  });
  await Promise.all(tellers);
}

async function tell(call: Call, ids: readonly string[]): Promise<boolean> {
  const events = ids.map((id, i) => ({
    id,
    type: "exposure",
    unit: id,
    variant: i % 2 === 0 ? "control" : "b",
  }));
  return (await call(`/v1/experiments/${KEY}/events`, { events })).status === 202;
}
