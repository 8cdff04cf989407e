import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Promotion } from "@haggle/abi";
import { type Entry, startPaymentsSandbox } from "../payments-sandbox.ts";
import { startRedis } from "../redis.ts";
import { until } from "../server.ts";
import { breakAgain } from "./break-again.ts";
import { armCrash, CRASHES, crashEnv, disarm, isArmed } from "./crash-points.ts";
import { clockEnv, moveClock } from "./moved-clock.ts";
import { type OrderBook, openOrderBook, startBuyers } from "./order-clients.ts";
import { readOrderLog } from "./order-log.ts";
import { judgeOrders } from "./order-referee.ts";
import { chargesOf, type OrderRows, readOrders } from "./order-rows.ts";
import { checkPatches } from "./patch-source.ts";
import type { ServerProcess } from "./server-process.ts";
import { openTwoServers } from "./two-servers.ts";

// Two servers of a shop that takes orders and money, and its provider of payments, while something is broken.

export type OrderStage = Awaited<ReturnType<typeof openOrderStage>>;
type Day = {
  book: OrderBook;
  /** New goods, and so many pieces of each. */
  restock(pieces?: number, skus?: number): Promise<string[]>;
};

/** Longer than any server keeps what it is at from the others. */
const LEASES_MS = 120_000;
/** What a busy machine was too slow for in that time is put off for as long again. */
const AGAIN_AFTER_MS = 15_000;
const CLIENTS = 20;
const LOCATION = "north";
const SKUS = 20;
const PIECES = 100;
const UNIT_PRICE = 12_000;
/** Less than everybody would like, so that it is fought for. */
const LIMITS = { uses: 100, money: 500_00 };
const CODE = "SPRING-TENTH";
const CAMPAIGN = "SPRING";
const off = (percent: string) => [{ target: "order", percent }] as const;
const PROMOTIONS: readonly Promotion[] = [
  {
    id: "tenth",
    priority: 9,
    coupon: CAMPAIGN,
    effects: off("10"),
    limits: [{ allowance: "spring", counts: "money" }],
  },
  { id: "always", priority: 5, effects: off("3") },
];
/** In the names of statements of reservations, orders and payments. */
const MARKS = ["inventory-", "orders-", "payments-"];
/** A load balancer looks away from a server that says so, and has so long for it. */
const DRAIN_MS = "500";

type Options = {
  /** Of both servers. */
  env?: Readonly<Record<string, string>>;
  /** What the referee allows; his own measure when left out. */
  recoveryMs?: number;
  /** How many customers there are at a time. */
  clients?: number;
  /** Whether there is a gate before the stock and a stream for events. */
  redis?: boolean;
};

export async function openOrderStage(options: Options = {}) {
  const { env = {}, recoveryMs, clients = CLIENTS, redis: hasRedis = false } = options;
  await checkPatches(CRASHES);
  const provider = await startPaymentsSandbox();
  const redis = hasRedis ? await startRedis() : undefined;
  const [clock, crash] = ["clock", "crash"].map((name) => join(dirname(provider.ledgerFile), name)) as [
    string,
    string,
  ];
  const opened = await openTwoServers({
    env: {
      ...provider.env,
      ...mergeEnv(clockEnv(clock), crashEnv(crash), env),
      ...(redis && { REDIS_URL: redis.url, EVENTS: "redis" }),
      DRAIN_MS,
    },
    marks: MARKS,
    promotions: PROMOTIONS,
  });
  const { folder, tenant, servers, snapshot } = opened;
  /** Those that a load balancer would ask. */
  const away = new Set<number>();
  const urls = () => servers.filter((_, i) => !away.has(i)).map(({ url }) => url);
  let days = 0;
  /** Of the servers' clock, so far. */
  let furthestMs = 0;
  await put(servers[0]!, `/v1/locations/${LOCATION}`, {});
  await launch(servers[0]!);
  await provider.tell(servers[0]!);

  /** What the provider has on disk, whether it runs or not. */
  async function readLedger(): Promise<Entry[]> {
    const text = await readFile(provider.ledgerFile, "utf8");
    return text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Entry);
  }

  /** Another one is started in its place, and meanwhile the other one is told and asked. */
  async function replace(which: number, end: () => Promise<void>): Promise<void> {
    await provider.tell(servers[1 - which]!);
    await end();
    await opened.replaceServer(which);
    await provider.tell(servers[which]!);
  }

  return {
    ...opened,
    clients,
    provider,
    readLedger,
    redis,
    /** For both servers; negative is back. */
    moveClock(aheadMs: number): void {
      furthestMs = Math.max(furthestMs, aheadMs);
      moveClock(clock, aheadMs);
    },
    /** With signal 9, while it is told and asked. */
    killServer: (which: number): Promise<void> => replace(which, () => servers[which]!.kill()),
    /** The first one that comes to this point dies there, and is replaced. @returns whether any came */
    async crashAt(point: string): Promise<boolean> {
      armCrash(crash, point);
      const isReached = await until(() => !isArmed(crash)).then(
        () => true,
        () => false,
      );
      disarm(crash);
      if (isReached) await until(() => servers.some((server) => !server.isRunning()));
      for (const [i, server] of servers.entries()) {
        if (!server.isRunning()) await replace(i, async () => {});
      }
      return isReached;
    },
    /** As an operator does it: nobody asks it any more once it says that it ends. Throws where it does not end well. */
    async rollServer(which: number): Promise<void> {
      away.add(which);
      await replace(which, () => servers[which]!.stop());
      away.delete(which);
    },
    /**
     * Everything that is asked in it is written down, and the referee is asked in the end.
     *
     * @returns what was wrong
     */
    async open(work: (day: Day) => Promise<void>): Promise<string[]> {
      const name = `day-${++days}`;
      const path = join(folder, `${name}.ndjson`);
      const before = (await readLedger()).length;
      const book = openOrderBook({ urls, key: servers[0]!.key, path });
      let stocks = 0;
      const restock = async (pieces = PIECES, count = SKUS) => {
        const fresh = Array.from({ length: count }, (_, i) => `${name}-${stocks}-${i}`);
        stocks++;
        await sell(servers[0]!, fresh, pieces);
        for (const sku of fresh) book.write({ is: "stocked", sku, quantity: pieces });
        return fresh;
      };
      try {
        await work({ book, restock });
      } catch (cause) {
        // Nothing can be asked of a server that is not there, and that is what is wrong.
        const ends = opened.listOwnEnds();
        if (ends.length === 0) throw cause;
        await book.close();
        return ends;
      }
      // What a server that died was at is taken up by another one when its time is over; what one began whose clock was ahead,
      // when that time has come.
      let dueAt = Number.NEGATIVE_INFINITY;
      const passLeases = () => {
        furthestMs += LEASES_MS;
        moveClock(clock, furthestMs);
        dueAt = performance.now() + AGAIN_AFTER_MS;
      };
      const read = () => snapshot((client) => readOrders(client, { tenant, name }));
      const rows = await until(async () => {
        if (performance.now() >= dueAt) passLeases();
        const seen = await read();
        return isSettled(seen, Date.now() + furthestMs) && seen;
      }).catch(read);
      moveClock(clock, 0);
      await book.close();
      const at = Date.now();
      const after = { ...rows, at, latest: at + furthestMs };
      furthestMs = 0;
      const entries = (await readLedger()).slice(before);
      const story = { log: await readOrderLog(path), after, charges: chargesOf(entries, after.operations) };
      return [...judgeOrders(story, recoveryMs), ...opened.listOwnEnds()];
    },
    async close(): Promise<void> {
      await opened.close();
      await provider.close();
      await redis?.close();
    },
  };
}

/** Nothing is under way any more. `now` is the servers'. */
function isSettled({ orders, operations, reservations }: OrderRows, now: number): boolean {
  const isFollowed = orders.every(({ state, stock, expiresAt, captured, refunded }) => {
    if (state === "awaiting_payment") return expiresAt > now;
    // Late money is decided about, and goes back, a moment later.
    const isEnded = state === "expired" || state === "cancelled";
    const isOwed = isEnded && captured !== refunded;
    // What was sold before it was cancelled comes back a moment later, too.
    return stock === (isEnded ? "released" : "confirmed") && !isOwed;
  });
  // Whoever reserved and then died has placed no order, and nobody follows what he holds but its time.
  const isKept = reservations.every(({ state, expiresAt }) => state !== "held" || expiresAt > now);
  const isPaid = operations.every(({ state }) => state === "succeeded" || state === "failed");
  return isFollowed && isKept && isPaid;
}

/**
 * Customers order without end, while `fault` happens so many times, each time when the one before is over.
 *
 * @returns what was wrong
 */
export function orderDuring(
  stage: OrderStage,
  {
    clients,
    ...fault
  }: {
    name: string;
    times: number;
    clients: number;
    act: (n: number) => Promise<void>;
    isUnnoticed?: boolean;
  },
): Promise<string[]> {
  return stage.open(async ({ book, restock }) => {
    let skus = await restock();
    const buyers = startBuyers(book, clients, { skus: () => skus, coupon: CODE });
    const prepare = async () => {
      skus = await restock();
    };
    try {
      await breakAgain(book, { ...fault, prepare });
    } finally {
      await buyers.stop();
    }
  });
}

/** Each of them may want files to be loaded first. */
function mergeEnv(...all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const options = all.flatMap(({ NODE_OPTIONS }) => NODE_OPTIONS ?? []);
  return Object.assign({}, ...all, { NODE_OPTIONS: options.join(" ") });
}

let keys = 0;

const put = (server: ServerProcess, path: string, body: object): Promise<void> =>
  insist(server, path, body, { method: "PUT" });

/** Once, however often it is asked for. */
function post(server: ServerProcess, path: string, body: object): Promise<void> {
  const headers = { "idempotency-key": `stage-${keys++}` };
  return insist(server, path, body, { method: "POST", headers });
}

/** Also of a machine that is so busy that a server has no connection left. */
async function insist(
  server: ServerProcess,
  path: string,
  body: object,
  options: { method: string; headers?: Record<string, string> },
): Promise<void> {
  await until(async () => {
    const { status, body: said } = await server.call(path, body, options);
    if (status >= 300 && status !== 503) throw new Error(`${path}: ${JSON.stringify(said)}`);
    return status < 300;
  });
}

/** In the catalog and on the shelf. */
async function sell(server: ServerProcess, skus: readonly string[], quantity: number): Promise<void> {
  const prices = [{ currency: "EUR", unitPrice: UNIT_PRICE }];
  await put(server, "/v1/catalog/products/thing", { name: "Thing", categories: ["home"] });
  await Promise.all(
    skus.map((sku) => put(server, `/v1/catalog/variants/${sku}`, { productId: "thing", prices })),
  );
  const movements = skus.map((sku) => ({ kind: "receive", sku, location: LOCATION, quantity }));
  await post(server, "/v1/stock/movements", { movements });
}

async function launch(server: ServerProcess): Promise<void> {
  const budgets = [
    { id: "orders", counts: "uses", amount: LIMITS.uses },
    { id: "money", counts: "money", allowance: "spring", amounts: { EUR: LIMITS.money } },
  ];
  await put(server, `/v1/campaigns/${CAMPAIGN}`, { budgets });
  await post(server, `/v1/campaigns/${CAMPAIGN}/codes`, { code: CODE, uses: LIMITS.uses });
}
