import { setTimeout as pause } from "node:timers/promises";
import { until } from "../server.ts";
import { pay, place, quote } from "./order-clients.ts";
import { type OrderStage, orderDuring } from "./order-stage.ts";
import type { Cut } from "./stock-proxy.ts";

// What may happen to a day of orders; each of them tells what the referee found wrong. Rows of the table in SECURITY.md, by
// their number.

/** So many more want a slow database. */
const CROWDED = 5;
const CUTS_AT_ONCE = 10;
const CUTS: readonly Cut[] = ["answered", "sent", "unsent"];
const SLOW_MS = 2_000;
const SLOW_FOR_MS = 5_000;
const AWAY_FOR_MS = 500;
const LAST_PIECES = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NO_TROUBLE = { silent: 0, deaf: 0, broken: 0, copies: 1, lose: 0, delayMs: 0, slowMs: 0, hold: false };

/** F1: a server is killed with signal 9, at another moment each time. */
export function killServers(stage: OrderStage, times: number): Promise<string[]> {
  const act = async (n: number) => {
    await pause(random(200));
    await stage.killServer(n % stage.servers.length);
  };
  return orderDuring(stage, { name: "a killed server", times, clients: stage.clients, act });
}

/** What else goes wrong where nobody would come to a point otherwise: the money of a hasty customer comes when his time is over. */
const TROUBLE_AT: Readonly<Record<string, object>> = {
  "behind an order that is revived": { silent: 20, delayMs: 3_000 },
};

/** F2: a server dies at each of these points, whoever's order comes to it. */
export async function crash(stage: OrderStage, points: readonly string[]): Promise<string[]> {
  const missed: string[] = [];
  const act = async (n: number) => {
    const point = points[n]!;
    const trouble = TROUBLE_AT[point];
    if (trouble !== undefined) await stage.provider.trouble(trouble);
    if (!(await stage.crashAt(point))) missed.push(`nobody came to the point ${point}`);
    if (trouble !== undefined) await stage.provider.trouble(NO_TROUBLE);
  };
  const fault = { name: "a crash", times: points.length, clients: stage.clients, act };
  return [...(await orderDuring(stage, fault)), ...missed];
}

/** F3: the database is killed with signal 9. */
export function killDatabases(stage: OrderStage, times: number): Promise<string[]> {
  const act = async () => {
    await pause(random(200));
    await stage.killDatabase();
    await until(() =>
      stage.admin.query("select 1").then(
        () => true,
        () => false,
      ),
    );
  };
  return orderDuring(stage, { name: "a killed database", times, clients: stage.clients, act });
}

/** F4: Redis is killed with signal 9 and comes back empty (even times), or is flushed (odd times). */
export function killRedis(stage: OrderStage, times: number): Promise<string[]> {
  const redis = stage.redis!;
  const act = async (n: number) => {
    await pause(random(200));
    if (n % 2 === 1) return void (await redis.ask((own) => own.flushall()));
    await redis.kill();
    await pause(AWAY_FOR_MS);
    await redis.start();
  };
  return orderDuring(stage, { name: "a Redis that forgets", times, clients: stage.clients, act });
}

/** F5: connections are cut around commits, so that nobody knows what came of them; several times in a row. */
export function cutConnections(stage: OrderStage, cuts: number): Promise<string[]> {
  const act = async (n: number) => {
    stage.proxy.cut(...Array.from({ length: CUTS_AT_ONCE }, (_, i) => CUTS[(n + i) % CUTS.length]!));
    while (stage.proxy.countCuts() > 0) await pause(10);
  };
  return orderDuring(stage, {
    name: "cut connections",
    times: Math.ceil(cuts / CUTS_AT_ONCE),
    clients: stage.clients,
    act,
  });
}

/** F6: nothing goes through, and then what was held does (even times), or is lost and the connections are reset (odd times). */
export function partition(stage: OrderStage, lengthsMs: readonly number[]): Promise<string[]> {
  const act = async (n: number) => {
    if (n % 2 === 0) stage.proxy.freeze();
    else stage.proxy.deafen();
    await pause(lengthsMs[n]!);
    stage.proxy.heal();
  };
  return orderDuring(stage, { name: "a partition", times: lengthsMs.length, clients: stage.clients, act });
}

/** F7: each answer of the database comes two seconds late, and every connection is taken. */
export function slowDown(stage: OrderStage, times: number): Promise<string[]> {
  const act = async () => {
    stage.proxy.slow(SLOW_MS);
    await pause(SLOW_FOR_MS);
    stage.proxy.heal();
  };
  return orderDuring(stage, { name: "a slow database", times, clients: CROWDED * stage.clients, act });
}

/** How a provider fails: what it did and did not answer, what it did not do, and how its callbacks come; first all at once. */
const TROUBLES = [
  { silent: 5, deaf: 5, copies: 3, lose: 10, delayMs: 300 },
  { hold: true },
  "dead",
  { silent: 5 },
  { deaf: 5 },
  { broken: 5 },
  { copies: 3 },
  { lose: 10 },
  { delayMs: 300 },
  { slowMs: 300 },
] as const;
const TROUBLED = 10;

/** F8: the provider fails in each of these ways, or dies with signal 9. */
export function troubleProvider(stage: OrderStage, times: number): Promise<string[]> {
  const { provider } = stage;
  const act = async (n: number) => {
    const trouble = TROUBLES[n % TROUBLES.length]!;
    if (trouble === "dead") {
      await provider.kill();
      await pause(AWAY_FOR_MS);
      return provider.restart();
    }
    await provider.trouble(trouble);
    await isUnderWay(stage);
    if ("hold" in trouble) await provider.release("reversed");
    await provider.trouble(NO_TROUBLE);
  };
  return orderDuring(stage, { name: "a provider in trouble", times, clients: stage.clients, act });
}

/** Until so many more payments have been asked of the provider. */
async function isUnderWay({ readLedger }: OrderStage): Promise<void> {
  const before = (await readLedger()).length;
  await until(async () => (await readLedger()).length - before >= TROUBLED);
}

/** F9: many want the last ten, some of them in two lines, or with something else, before or behind it. */
export async function rush(stage: OrderStage, times: number, crowd: number): Promise<string[]> {
  const left: string[] = [];
  const wrong = await stage.open(async ({ book, restock }) => {
    for (let n = 0; n < times; n++) {
      const [wanted, other] = (await restock(LAST_PIECES, 2)) as [string, string];
      const [one, more] = [wanted, other].map((sku) => ({ sku, quantity: 1 })) as [Line, Line];
      const shapes = [[one], [one, one], [one, more], [more, one]];
      const quoted = await Promise.all(
        Array.from({ length: crowd }, async (_, i) => {
          const lines = shapes[i % shapes.length]!;
          return { lines, order: (await quote(book, lines))! };
        }),
      );
      await Promise.all(
        quoted.map(async ({ order, lines }) => {
          if ((await place(book, order, lines)) !== undefined) await pay(book, order, "tok_visa");
        }),
      );
      const { body } = await stage.servers[0]!.call<{ available: number }>(`/v1/stock/${wanted}`);
      if (body.available > 1) left.push(`${wanted}: ${body.available} are left, and nobody got them`);
    }
  });
  return [...wrong, ...left];
}

type Line = { sku: string; quantity: number };

/** How far clocks jump, and back again: not so far that events are forgotten, which the referee wants to see. */
const JUMPS_MS = [HOUR_MS, -HOUR_MS, 6 * DAY_MS, -7 * DAY_MS];

/** F15: the servers' clock jumps and comes back: what is over by then is over, and nothing else. */
export function moveClocks(stage: OrderStage, times: number): Promise<string[]> {
  const act = async (n: number) => {
    stage.moveClock(JUMPS_MS[n % JUMPS_MS.length]!);
    await pause(1_000);
    stage.moveClock(0);
  };
  return orderDuring(stage, { name: "a clock that jumps", times, clients: stage.clients, act });
}

/** F16: servers are ended as an operator does it, one after the other, while everybody orders: nobody is failed. */
export async function roll(stage: OrderStage, times: number): Promise<string[]> {
  // One that takes too long to end says so itself, by its exit code, and that is thrown here.
  const act = (n: number) => stage.rollServer(n % stage.servers.length);
  return orderDuring(stage, {
    name: "a rolling update",
    times,
    clients: stage.clients,
    act,
    isUnnoticed: true,
  });
}

function random(ms: number): number {
  return Math.random() * ms;
}
