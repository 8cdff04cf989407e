import { setTimeout as pause } from "node:timers/promises";
import { end, reserve } from "./stock-clients.ts";
import type { Line } from "./stock-log.ts";
import type { Cut } from "./stock-proxy.ts";
import { type StockStage, sellDuring } from "./stock-stage.ts";

// What may happen to a sale; each of them tells what the referee found wrong. Rows of the table in SECURITY.md, by their number.

const CLIENTS = 50;
const MANY_CLIENTS = 200;
const CUTS_AT_ONCE = 10;
const CUTS: readonly Cut[] = ["answered", "sent", "unsent"];
const SLOW_MS = 2_000;
const SLOW_FOR_MS = 5_000;
const CROWD = 1_000;
const LAST_PIECES = 10;
const PATIENT = { ttlMs: 60_000, deadlineMs: 5_000 };

/** F1: a server is killed with signal 9, at another moment each time. */
export function killServers(stage: StockStage, times: number): Promise<string[]> {
  const act = async (n: number) => {
    await pause(random(200));
    await stage.killServer(n % stage.servers.length);
  };
  return sellDuring(stage, { name: "a killed server", times, clients: CLIENTS, act });
}

/** F3: the database is killed with signal 9. */
export function killDatabases(stage: StockStage, times: number): Promise<string[]> {
  const act = async () => {
    await pause(random(200));
    await stage.killDatabase();
    await untilThere(stage);
  };
  return sellDuring(stage, { name: "a killed database", times, clients: CLIENTS, act });
}

/** F5: connections are cut around commits, so that nobody knows what came of them; several times in a row. */
export function cutConnections(stage: StockStage, cuts: number): Promise<string[]> {
  const act = async (n: number) => {
    const more = Array.from({ length: CUTS_AT_ONCE }, (_, i) => CUTS[(n + i) % CUTS.length]!);
    stage.proxy.cut(...more);
    while (stage.proxy.countCuts() > 0) await pause(10);
  };
  return sellDuring(stage, {
    name: "cut connections",
    times: Math.ceil(cuts / CUTS_AT_ONCE),
    clients: CLIENTS,
    act,
  });
}

/** F6: nothing goes through, and then what was held does (even times), or is lost and the connections are reset (odd times). */
export function partition(stage: StockStage, lengthsMs: readonly number[]): Promise<string[]> {
  const act = async (n: number) => {
    if (n % 2 === 0) stage.proxy.freeze();
    else stage.proxy.deafen();
    await pause(lengthsMs[n]!);
    stage.proxy.heal();
  };
  return sellDuring(stage, { name: "a partition", times: lengthsMs.length, clients: CLIENTS, act });
}

/** F7: each answer of the database comes two seconds late, and every connection is taken. */
export function slowDown(stage: StockStage, times: number): Promise<string[]> {
  const act = async () => {
    stage.proxy.slow(SLOW_MS);
    await pause(SLOW_FOR_MS);
    stage.proxy.heal();
  };
  return sellDuring(stage, { name: "a slow database", times, clients: MANY_CLIENTS, act });
}

/** F9: a thousand want the last ten, some of them in two lines, or with something else, before or behind it. */
export async function rush(stage: StockStage, times: number): Promise<string[]> {
  const left: string[] = [];
  const wrong = await stage.sell(async ({ book, restock }, name) => {
    const buy = async (order: string, lines: readonly Line[]) => {
      const attempt = await reserve(book, order, lines, PATIENT);
      if (attempt !== undefined) await end(book, "confirm", { order, attempt });
      return attempt !== undefined;
    };
    for (let n = 0; n < times; n++) {
      const [wanted, other] = (await restock(LAST_PIECES, 2)) as [string, string];
      const [one, more] = [wanted, other].map((sku) => ({ sku, quantity: 1 })) as [Line, Line];
      const shapes = [[one], [one, one], [one, more], [more, one]];
      await Promise.all(
        Array.from({ length: CROWD }, (_, i) => buy(`${name}:${n}:${i}`, shapes[i % shapes.length]!)),
      );
      // What was given back too late for all of them.
      for (let i = CROWD; await buy(`${name}:${n}:${i}`, [one]); i++);
      const { body } = await stage.servers[0]!.call<{ onHand: number }>(`/v1/stock/${wanted}`);
      if (body.onHand !== 0) left.push(`${wanted}: ${body.onHand} are left, and nobody gets them`);
    }
  });
  return [...wrong, ...left];
}

async function untilThere({ admin }: StockStage): Promise<void> {
  for (;;) {
    if (
      await admin.query("select 1").then(
        () => true,
        () => false,
      )
    )
      return;
    await pause(20);
  }
}

function random(ms: number): number {
  return Math.random() * ms;
}
