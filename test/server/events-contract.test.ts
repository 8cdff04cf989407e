import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { StoredEvent } from "../../server/platform/outbox.ts";
import {
  begun,
  type EventProcess,
  type Hear,
  MIGRATIONS,
  newTenant,
  openEvents,
  waiting,
} from "../support/events.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { seeded } from "../support/seeded.ts";
import { testDatabaseUrl, until } from "../support/server.ts";

// What subscribers are told, whichever way events take: all of what was committed, each subject's in order, whatever fails on
// the way and whoever ends in the middle of it.

const ARRANGEMENTS = ["straight from the database", "by the streams of Redis"] as const;

let redis: RedisServer | undefined;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => redis?.close());

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe.each(ARRANGEMENTS)("events %s", (arrangement) => {
  const isStreams = arrangement === ARRANGEMENTS[1];
  const redisUrl = () => (isStreams ? redis!.url : undefined);

  async function open(tenant: string, clock?: () => number): Promise<EventProcess> {
    const opened = await openEvents({ tenant, redisUrl: redisUrl(), ...(clock && { clock }) });
    closing.push(opened.close);
    return opened;
  }

  it("reach every subscriber, in order and with the same ids, and nothing that was not committed does", async () => {
    const one = await open(newTenant());
    const heard: Record<string, StoredEvent[]> = { a: [], b: [] };
    one.start({
      a: async (event) => void heard.a!.push(event),
      b: async (event) => void heard.b!.push(event),
    });
    await begun(one, "a");
    await begun(one, "b");
    await one.emit("s", "s");
    const undone = one.database.transaction(async (tx) => {
      await one.outbox.emit(tx, { type: "thing.made", subject: "s", data: {} });
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    await one.emit("s");
    await until(() => heard.a!.length >= 3 && heard.b!.length >= 3);
    expect(heard.a!.map(({ number, data }) => [number, data])).toEqual(
      numbers(3).map((count) => [count, { count }]),
    );
    expect(heard.b).toEqual(heard.a);
    expect(new Set(heard.a!.map(({ id }) => id)).size).toBe(3);
    await until(async () => (await waiting(one, "a")) === 0);
  });

  it("are shared by processes: each once, no two of a subject at once, while nothing fails", async () => {
    const tenant = newTenant();
    const all = [await open(tenant), await open(tenant), await open(tenant)];
    const heard = new Map<string, number[]>();
    const busy = new Set<string>();
    const overlaps: string[] = [];
    const diary: Hear = async ({ subject, number }) => {
      if (busy.has(subject)) overlaps.push(`${subject} ${number}`);
      busy.add(subject);
      await new Promise((resolve) => setImmediate(resolve));
      heard.set(subject, [...(heard.get(subject) ?? []), number]);
      busy.delete(subject);
    };
    for (const one of all) one.start({ diary });
    for (const one of all) await begun(one);
    const [first] = all as [EventProcess];
    const events = numbers(400).map((i) => ({ type: "thing.made", subject: `s-${i % 20}`, data: {} }));
    await first.database.transaction((tx) => first.outbox.emitAll(tx, events));
    await until(async () => (await waiting(first)) === 0);
    expect(overlaps).toEqual([]);
    expect([...heard.values()].flat().length).toBe(400);
    for (const told of heard.values()) expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it("wait behind one that fails only where they are of its subject, and follow it in order when it is taken", async () => {
    let now = Date.now();
    const one = await open(newTenant(), () => now);
    const heard: string[] = [];
    let isMended = false;
    one.start({
      diary: async ({ subject, data }) => {
        const { count } = data as { count: number };
        if (subject === "sick" && count === 2 && !isMended) throw new Error("not yet");
        heard.push(`${subject} ${count}`);
      },
    });
    await begun(one);
    await one.emit("sick", "sick", "well", "sick", "well", "sick");
    await until(() => heard.includes("well 5"));
    await until(async () => (await waiting(one)) === 3);
    expect(heard).toContain("sick 1");
    expect(heard.filter((each) => each.startsWith("sick"))).toEqual(["sick 1"]);
    isMended = true;
    now += 1_000;
    await one.emit("sick");
    await until(async () => (await waiting(one)) === 0);
    expect(heard.filter((each) => each.startsWith("sick"))).toEqual(
      [1, 2, 4, 6, 7].map((count) => `sick ${count}`),
    );
    expect(heard.filter((each) => each.startsWith("well"))).toEqual(["well 3", "well 5"]);
  });

  it("die after eight tries, let those behind them go on, and are told again when somebody says so", async () => {
    let now = Date.now();
    const one = await open(newTenant(), () => now);
    const heard: number[] = [];
    let tries = 0;
    let isMended = false;
    one.start({
      diary: async ({ number }) => {
        if (number === 1 && !isMended) {
          tries += 1;
          throw new Error("never");
        }
        heard.push(number);
      },
    });
    await begun(one);
    await one.emit("s", "s");
    const dead = () => one.outbox.listDead({ subscriber: undefined, before: now + 1, limit: 10 });
    for (let made = 1; made < 8; made += 1) {
      await until(async () => (await nextTry(one)) === made);
      now += 128_000;
      await one.emit("hint");
    }
    await until(() => heard.includes(2));
    expect(tries).toBe(8);
    const [first] = await dead();
    expect(first).toMatchObject({ subscriber: "diary", error: "Error: never", event: { number: 1 } });
    expect(await one.telemetry.render()).toContain('haggle_outbox_set_aside_total{subscriber="diary"} 1');

    isMended = true;
    const replay = (ids: string[]) =>
      one.database.transaction((tx) => one.outbox.replay(tx, "diary", { ids, limit: 10 }));
    expect(await replay(["evt_unknown"])).toBe(0);
    expect(await replay([first!.event.id])).toBe(1);
    await until(() => heard.includes(1));
    expect(await replay([first!.event.id])).toBe(0);
    expect(await dead()).toEqual([]);
    expect(heard.filter((number) => number <= 2)).toEqual([2, 1]);
  });

  it("outlive a process that is killed while it has them", async () => {
    const tenant = newTenant();
    const one = await open(tenant, () => Date.now() + 10_000);
    const program = join(import.meta.dirname, "../support/die-in-a-handler.ts");
    const args = ["--conditions=haggle-source", program, testDatabaseUrl(), MIGRATIONS, tenant];
    if (isStreams) args.push(redis!.url);
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await begun(one);
    await one.emit("deadly", "deadly", "next", "other", "deadly");
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "close");
    const heard: string[] = [];
    one.start({ diary: async ({ subject, number }) => void heard.push(`${subject} ${number}`) });
    await until(async () => (await waiting(one)) === 0);
    expect(heard.toSorted()).toEqual(["deadly 1", "deadly 2", "deadly 5", "next 3", "other 4"]);
    expect(heard.filter((each) => each.startsWith("deadly"))).toEqual(["deadly 1", "deadly 2", "deadly 5"]);
  });

  it("begin, for a new subscriber, with what comes after its first start, and go on where it was", async () => {
    const tenant = newTenant();
    const first = await open(tenant);
    const heard: number[] = [];
    const late: number[] = [];
    const stop = first.start({ diary: async ({ number }) => void heard.push(number) });
    await begun(first);
    await first.emit("s");
    await until(() => heard.length === 1);
    await stop();
    await first.emit("s", "s");
    const second = await open(tenant);
    second.start({
      diary: async ({ number }) => void heard.push(number),
      newcomer: async ({ number }) => void late.push(number),
    });
    await until(() => heard.length === 3);
    await begun(second, "newcomer");
    await until(async () => (await waiting(second, "newcomer")) === 0);
    const before = late.length;
    await first.emit("s");
    await until(() => late.length > before && heard.length === 4);
    expect(heard).toEqual([1, 2, 3, 4]);
    expect([late.at(-1), late.includes(1)]).toEqual([4, false]);
  });

  it("are left to the next process by one that stops, but for the one under way", async () => {
    const tenant = newTenant();
    const one = await open(tenant);
    const [began, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const heard: number[] = [];
    const stop = one.start({
      diary: async ({ number }) => {
        began.resolve();
        await gate.promise;
        heard.push(number);
      },
    });
    await begun(one);
    await one.emit("s", "s", "s");
    await began.promise;
    const stopped = stop();
    gate.resolve();
    await stopped;
    expect(heard).toEqual([1]);
    const next = await open(tenant);
    next.start({ diary: async ({ number }) => void heard.push(number) });
    await until(() => heard.length === 3);
    expect(heard).toEqual([1, 2, 3]);
  });

  it("are told only where they are wanted", async () => {
    const one = await open(newTenant());
    const heard: string[] = [];
    one.outbox.subscribe(
      "picky",
      async ({ type }) => void heard.push(type),
      async () => (type) => type.startsWith("good."),
    );
    one.start({});
    await begun(one, "picky");
    await one.database.transaction((tx) =>
      one.outbox.emitAll(
        tx,
        ["bad.a", "good.a", "bad.b", "good.b"].map((type) => ({ type, subject: "s", data: {} })),
      ),
    );
    await until(async () => (await waiting(one, "picky")) === 0);
    expect(heard).toEqual(["good.a", "good.b"]);
  });

  it("are taken once each, in the order of their subject, by three processes whose handlers fail now and then", async () => {
    const tenant = newTenant();
    let now = Date.now();
    const all = [await open(tenant, () => now), await open(tenant, () => now), await open(tenant, () => now)];
    const random = seeded(0x0e7e);
    const taken = new Map<string, number[]>();
    const diary: Hear = async ({ subject, number }) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (subject === "hint") return;
      if (random() < 0.15) throw new Error("now and then");
      taken.set(subject, [...(taken.get(subject) ?? []), number]);
    };
    for (const one of all) one.start({ diary });
    for (const one of all) await begun(one);
    const [first] = all as [EventProcess];
    for (let round = 0; round < 3; round += 1) {
      const events = numbers(50).map((i) => ({ type: "thing.made", subject: `s-${i % 25}`, data: {} }));
      await first.database.transaction((tx) => first.outbox.emitAll(tx, events));
    }
    await until(async () => {
      now += 2_000;
      await first.emit("hint");
      return (await heldOf(first)) === 0 && [...taken.values()].flat().length >= 150;
    });
    const told = [...taken.values()];
    expect(told.flat().length).toBe(150);
    for (const list of told) expect(list).toEqual(list.toSorted((a, b) => a - b));
  });
});

/** How often the first of those that are held back was tried. */
async function nextTry({ database }: EventProcess): Promise<number | undefined> {
  const sql = "select tries from outbox_held order by number limit 1";
  return (await database.query<{ tries: number }>(sql))[0]?.tries;
}

async function heldOf({ database }: EventProcess): Promise<number> {
  const sql = "select count(*) as held from outbox_held";
  return (await database.query<{ held: number }>(sql))[0]!.held;
}
