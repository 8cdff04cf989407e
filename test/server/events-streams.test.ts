import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { begun, type EventProcess, newTenant, openEvents, waiting } from "../support/events.ts";
import { type RedisServer, startRedis, startRedisCluster } from "../support/redis.ts";
import { until } from "../support/server.ts";

// What becomes of events when the Redis that carries them loses something, or is not there.

let redis: RedisServer;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => redis.close());

async function open(tenant: string): Promise<EventProcess> {
  const opened = await openEvents({ tenant, redisUrl: redis.url });
  closing.push(opened.close);
  return opened;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("events by Redis", () => {
  it("come again, all that nobody was done with, when Redis has forgotten everything", async () => {
    const one = await open(newTenant());
    const heard: number[] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    one.start({
      diary: async ({ number }) => {
        if (number === 3) {
          gates[0]!.resolve();
          await gates[1]!.promise;
        }
        heard.push(number);
      },
    });
    await begun(one);
    await one.emit("a", "b");
    await until(async () => heard.length === 2 && (await waiting(one)) === 0);
    await one.emit("a", "a", "b", "c");
    await gates[0]!.promise;
    await redis.ask((client) => client.flushall());
    gates[1]!.resolve();
    await one.emit("a");
    await until(async () => (await waiting(one)) === 0);
    expect([...new Set(heard)].toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(one.log.filter(({ msg }) => msg === "events go by new streams").length).toBeGreaterThan(1);
    // What was done before is not told again.
    expect(heard.filter((number) => number <= 2).toSorted()).toEqual([1, 2]);
  });

  it("come again when a stream has lost its end, as a server does that fell back to its replica", async () => {
    const one = await open(newTenant());
    const heard = new Set<number>();
    let isHeld = true;
    one.start({
      diary: async ({ number }) => {
        // Whatever is in its streams stays there.
        await until(() => !isHeld);
        heard.add(number);
      },
    });
    await begun(one);
    await one.emit(...numbers(20).map((i) => `s-${i % 10}`));
    await until(async () => (await relayOf(one)).number === 20);
    await loseEnds(one.database.tenant, 1);
    isHeld = false;
    await one.emit("late");
    await until(() => heard.size === 21);
  });

  it("come again when a stream lost its end while nobody took anything, and nothing more happens", async () => {
    const tenant = newTenant();
    const first = await open(tenant);
    const ending = first.start({ diary: async () => {} });
    await begun(first);
    await ending();
    const one = await open(tenant);
    one.start({});
    await one.emit(...numbers(20).map((i) => `s-${i % 10}`));
    await until(async () => (await relayOf(one)).number === 20);
    // Cursors were followed since, and there was nothing to see.
    const followed = await countTrims();
    await until(async () => (await countTrims()) >= followed + 8);
    await loseEnds(tenant, (await relayOf(one)).epoch);
    const heard = new Set<number>();
    one.start({ diary: async ({ number }) => void heard.add(number) });
    await until(() => heard.size === 20);
  });

  it("are told when a database that came back with less gives their numbers again", async () => {
    const one = await open(newTenant());
    const heard: unknown[] = [];
    one.start({ diary: async ({ data }) => void heard.push((data as { count: number }).count) });
    await begun(one);
    await one.emit("s", "s", "s", "s", "s");
    await until(async () => heard.length === 5 && (await waiting(one)) === 0);
    await fallBack(one);
    await one.emit("s", "s", "s", "s", "s");
    await until(() => heard.length >= 10);
    expect(heard).toEqual(numbers(10));
  });

  it("are told when a database came back from before streams that a process knows", async () => {
    const one = await open(newTenant());
    const heard: unknown[] = [];
    one.start({ diary: async ({ data }) => void heard.push((data as { count: number }).count) });
    await begun(one);
    await one.emit("s", "s", "s", "s", "s");
    await until(async () => heard.length === 5 && (await waiting(one)) === 0);
    await redis.ask((client) => client.flushall());
    await one.emit("s");
    await until(async () => heard.length === 6 && (await waiting(one)) === 0);
    await fallBack(one);
    await one.emit("s", "s", "s", "s", "s");
    await until(() => heard.length >= 11);
    expect(heard).toEqual(numbers(11));
  });

  it("stay in no stream for a subscriber that no program has, who hears them when one has it again", async () => {
    const tenant = newTenant();
    const one = await open(tenant);
    one.start({ diary: async () => {} });
    await begun(one);
    await one.database.query(
      "insert into outbox_cursors (subscriber, number, seen_at) values ('gone', 0, $1)",
      [Date.now() - 86_400_000],
    );
    await one.emit("a", "b", "c");
    await until(async () => {
      const isHad = (await waiting(one)) === 0;
      return isHad && (await lengthsOf(tenant)).every((length) => length === 0);
    });
    expect(await waiting(one, "gone")).toBe(3);
    const two = await open(tenant);
    const heard: number[] = [];
    two.start({ gone: async ({ number }) => void heard.push(number) });
    await until(() => heard.length >= 3);
    expect(heard.toSorted()).toEqual([1, 2, 3]);
  });

  it("wait in the database while Redis is away, and nobody who emits waits for it", async () => {
    const own = await startRedis();
    const one = await openEvents({ tenant: newTenant(), redisUrl: own.url });
    const heard: number[] = [];
    one.start({ diary: async ({ number }) => void heard.push(number) });
    await begun(one);
    await one.emit("s");
    await until(() => heard.length === 1);
    await own.kill();
    await one.emit("s", "s");
    expect(heard).toEqual([1]);
    await own.start();
    await until(() => heard.includes(3));
    expect(heard.filter((number) => number > 1)).toEqual([2, 3]);
    await one.close();
    await own.close();
  });

  it("are in a stream once, however often they are moved there, and no longer than somebody wants them", async () => {
    const one = await open(newTenant());
    const heard: number[] = [];
    const gate = Promise.withResolvers<void>();
    one.start({
      diary: async ({ number }) => {
        await gate.promise;
        heard.push(number);
      },
    });
    await begun(one);
    await one.emit("a", "b", "c");
    await until(async () => (await relayOf(one)).number === 3);
    // As if a process had ended between the stream and its commit.
    await one.database.query("update outbox_relays set number = 0");
    gate.resolve();
    await one.emit("a");
    await until(() => heard.length === 4);
    await until(async () => {
      const left = await lengthsOf(one.database.tenant);
      return left.length > 0 && left.every((length) => length === 0);
    });
    expect(heard.toSorted()).toEqual([1, 2, 3, 4]);
  });

  it("go by a cluster as by one server", async () => {
    const cluster = await startRedisCluster();
    const one = await openEvents({ tenant: newTenant(), redisUrl: cluster.url });
    const heard = new Map<string, number[]>();
    one.start({
      diary: async ({ subject, number }) => void heard.set(subject, [...(heard.get(subject) ?? []), number]),
    });
    await begun(one);
    await one.emit(...numbers(40).map((i) => `s-${i % 10}`));
    await until(async () => (await waiting(one)) === 0);
    expect([...heard.values()].flat().toSorted((a, b) => a - b)).toEqual(numbers(40));
    for (const told of heard.values()) expect(told).toEqual(told.toSorted((a, b) => a - b));
    await one.close();
    await cluster.close();
  });

  it("go on where they were when a server has no Redis any more", async () => {
    const tenant = newTenant();
    const one = await open(tenant);
    const heard: number[] = [];
    const stop = one.start({ diary: async ({ number }) => void heard.push(number) });
    await begun(one);
    await one.emit("a", "b");
    await until(() => heard.length === 2);
    await stop();
    const plain = await openEvents({ tenant, redisUrl: undefined });
    closing.push(plain.close);
    const ended = plain.start({ diary: async ({ number }) => void heard.push(number) });
    await plain.emit("a", "b");
    await until(() => heard.length === 4);
    await ended();
    // And when it has one again: what was heard meanwhile is moved into streams, and away, before anybody looks.
    const relay = await open(tenant);
    const ending = relay.start({});
    await until(async () => {
      const [row] = await relay.database.query<{ number: number }>("select number from outbox_relays");
      return row!.number === 4 && (await lengthsOf(tenant)).every((length) => length === 0);
    });
    await ending();
    // As if a process had ended before it removed the streams that it left.
    await redis.ask((client) => client.xadd(`haggle:{${tenant}:events:0:0}`, "*", "event", "{}"));
    const again = await open(tenant);
    again.start({ diary: async ({ number }) => void heard.push(number) });
    await again.emit("a");
    await until(() => heard.length >= 5);
    await until(async () => (await waiting(again)) === 0);
    expect(heard.toSorted()).toEqual([1, 2, 3, 4, 5]);
    const left = () => redis.ask((client) => client.keys(`haggle:{${tenant}:events:0:*}`));
    await until(async () => (await left()).length === 0);
  });
});

async function relayOf({ database }: EventProcess): Promise<{ epoch: number; number: number }> {
  const sql = "select epoch, number from outbox_relays";
  return (await database.query<{ epoch: number; number: number }>(sql))[0] ?? { epoch: 0, number: 0 };
}

/** To what it was when its first streams had just begun. */
async function fallBack({ database }: EventProcess): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query("delete from outbox_events");
    await tx.query("update outbox_heads set number = 0");
    await tx.query("update outbox_relays set epoch = 1, number = 0, lasts = '{0,0,0,0,0,0,0,0}'");
    await tx.query("update outbox_cursors set number = 0");
  });
}

/** Leaves the streams and their group, as they were before anything came. */
async function loseEnds(tenant: string, epoch: number): Promise<void> {
  await redis.ask(async (client) => {
    for (const key of await client.keys(`haggle:{${tenant}:events:${epoch}:*}`)) {
      if ((await client.type(key)) !== "stream") continue;
      await client.del(key);
      await client.xgroup("CREATE", key, "diary", "0-0", "MKSTREAM");
    }
  });
}

/** How often some stream was made to forget. */
async function countTrims(): Promise<number> {
  const info = await redis.ask((client) => client.info("commandstats"));
  return Number(/cmdstat_xtrim:calls=(\d+)/.exec(info)?.[1] ?? 0);
}

/** Of each stream of a tenant. */
function lengthsOf(tenant: string): Promise<number[]> {
  return redis.ask(async (client) => {
    const keys = await client.keys(`haggle:{${tenant}:events:*}`);
    return Promise.all(keys.map((key) => client.xlen(key)));
  });
}
