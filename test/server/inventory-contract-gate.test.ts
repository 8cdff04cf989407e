import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { defineGateScripts } from "../../server/modules/inventory/gate-scripts.ts";
import { findBroken, openInventory, type Shop } from "../support/inventory.ts";
import {
  type Arrangement,
  levelOf,
  openGate,
  order,
  outcomes,
  PATIENT,
  REDIS_ARRANGEMENTS,
} from "../support/inventory-arrangements.ts";
import { until } from "../support/server.ts";

// A gate of Redis before reservations that is asked in vain, flushed, wrong, replaced, killed or slow: it refuses early who
// could not be served, and whatever is the matter with it nobody hears anything but what the database would have said.

describe.each(REDIS_ARRANGEMENTS)("%s", (name, start) => {
  const TENANT = `gate-${name.toLowerCase().replaceAll(" ", "-")}`;
  let arrangement: Arrangement;
  let gate: Awaited<ReturnType<typeof openGate>>;
  let first: Shop;
  let second: Shop;
  let skus = 0;
  let orders = 0;

  beforeAll(async () => {
    arrangement = await start();
    const { redisUrl } = arrangement;
    first = await openInventory({ tenant: TENANT, redisUrl });
    second = await openInventory({ tenant: TENANT, redisUrl });
    await first.put("north");
    await isAsked(first);
    await isAsked(second);
    gate = await openGate(arrangement, TENANT);
  });
  afterEach(async () => {
    expect(await findBroken(first)).toEqual([]);
    expect([...first.takeErrors(), ...second.takeErrors()]).toEqual([]);
  });
  afterAll(async () => {
    await first.close();
    await second.close();
    await arrangement.close();
  });

  async function stocked(quantity: number): Promise<string> {
    const sku = `sku-${skus++}`;
    await first.receive(sku, "north", quantity);
    return sku;
  }

  const take = (by: Shop, sku: string, deadlineMs = PATIENT.deadlineMs) =>
    by.reservations.reserve(order(`take-${orders++}`, sku), { deadlineMs });

  async function countOf(shop: Shop, metric: string): Promise<number> {
    const lines = (await shop.telemetry.render()).split("\n");
    return Number(lines.find((line) => line.startsWith(`${metric} `))?.split(" ")[1] ?? 0);
  }
  const gateCount = (shop: Shop, result: string) =>
    countOf(shop, `haggle_stock_gate_total{result="${result}"}`);

  /** Somebody is let in by Redis from now on. */
  async function isAsked(shop: Shop): Promise<void> {
    const before = await gateCount(shop, "admitted");
    const sku = await stocked(1_000_000);
    await until(async () => {
      await take(shop, sku);
      return (await gateCount(shop, "admitted")) > before;
    });
  }

  /** So many callers of both processes at once, and `act` in the middle of it. */
  async function rush(sku: string, callers: number, act: () => unknown = () => {}) {
    const asked: ReturnType<typeof take>[] = [];
    for (let i = 0; i < callers; i++) {
      asked.push(take(i % 2 ? first : second, sku));
      if (i % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
      if (i === callers >> 1) await act();
    }
    return outcomes(asked);
  }

  /** What the gate knows of it becomes what there is. In a new epoch it knows nothing before somebody asks. */
  const isRight = (sku: string) =>
    until(async () => {
      const known = await gate.availableOf(sku);
      const { onHand, reserved } = await levelOf(first, sku);
      if (known !== null) return known === `${onHand - reserved}`;
      const lines = [{ sku, quantity: onHand + 1 }];
      const asked = first.reservations.reserve(order(`ask-${orders++}`, sku, { lines }), PATIENT);
      await expect(asked).rejects.toMatchObject({ code: "INVENTORY_SHORT" });
      return false;
    });

  it("refuses without a transaction who can have nothing", async () => {
    const sku = await stocked(1);
    await take(first, sku);
    await isRight(sku);
    const transactions = () => countOf(first, "haggle_reservation_transactions_total");
    const [refused, before] = [await gateCount(first, "refused"), await transactions()];
    let asked = 0;
    await until(async () => {
      asked++;
      await expect(take(first, sku)).rejects.toMatchObject({ code: "INVENTORY_SHORT", at: sku, value: 0 });
      return (await gateCount(first, "refused")) >= refused + 20;
    });
    expect((await transactions()) - before).toBeLessThanOrEqual(asked - 20);
  });

  it("keeps nothing of what there never was, whoever asks for it", async () => {
    await isAsked(first);
    const asked = Array.from({ length: 20 }, (_, i) => take(first, `never-${i}`));
    expect(await outcomes(asked)).toEqual({ INVENTORY_SHORT: 20 });
    // What was told before this is there by now.
    const sku = await stocked(2);
    await take(first, sku);
    await isRight(sku);
    const known = await gate.ask((redis) => redis.hkeys(gate.key("available")));
    expect(known.filter((name) => name.startsWith("never-"))).toEqual([]);
  });

  it("is flushed in the middle of a sale, and begins anew", async () => {
    const sku = await stocked(30);
    const before = await gate.epoch();
    expect(await rush(sku, 100, () => gate.ask((redis) => redis.flushall()))).toEqual({
      held: 30,
      INVENTORY_SHORT: 70,
    });
    await isAsked(first);
    await isAsked(second);
    expect(await gate.epoch()).not.toBe(before);
    const epochs = await first.database.query("select epoch from stock_gates");
    expect(epochs).toEqual([{ epoch: await gate.epoch() }]);
  });

  it("knows of another epoch, and of none of its numbers", async () => {
    const sku = await stocked(5);
    await take(first, sku);
    await gate.ask(async (redis) => {
      await redis.set(gate.key("epoch"), "of a backup");
      await redis.hset(gate.key("available"), sku, 0);
    });
    expect(await rush(sku, 20)).toEqual({ held: 4, INVENTORY_SHORT: 16 });
    await isAsked(first);
    await take(first, await stocked(1));
    expect(await gate.availableOf(sku)).not.toBe("5");
  });

  it("lies that there is plenty, which costs late refusals", async () => {
    const sku = await stocked(10);
    await take(first, sku);
    await isRight(sku);
    await gate.ask((redis) => redis.hset(gate.key("available"), sku, 99_999));
    expect(await rush(sku, 60)).toEqual({ held: 9, INVENTORY_SHORT: 51 });
    await isRight(sku);
  });

  it("lies that nothing is left, and nobody is refused", async () => {
    const sku = await stocked(10);
    await take(first, sku);
    await isRight(sku);
    await gate.ask((redis) => redis.hset(gate.key("available"), sku, 0));
    expect(await rush(sku, 9)).toEqual({ held: 9 });
    await isRight(sku);
  });

  it("believes in flight what nobody will end, and takes it out when its time is over", async () => {
    const sku = await stocked(3);
    await take(first, sku);
    await isRight(sku);
    const epoch = (await gate.epoch())!;
    const { admit } = defineGateScripts(first.redis!, TENANT);
    const lines = [{ sku, quantity: 2 }];
    const ghost = { verb: "reserve", order: "ghost", attempt: 1, lines, ttlMs: 1, claim: "" } as const;
    expect(await admit(epoch, { ...ghost, lines: [...lines] }, 2_000)).toEqual({ verdict: "admitted" });
    expect(await outcomes([take(first, sku), take(second, sku)])).toEqual({ held: 2 });
    await until(async () => (await gate.inFlight()) === 0);
    expect(await gate.ask((redis) => redis.exists(gate.key("inflight")))).toBe(0);
  });

  it("is wrong about what nobody asks for, and is told so when it is held against the database", async () => {
    const [low, high] = [await stocked(7), await stocked(7)];
    await isRight(low);
    await isRight(high);
    const look = async () => {
      await first.gate!.look();
      return countOf(first, "haggle_stock_gate_drift");
    };
    // Nobody else's number is late.
    await until(async () => (await look()) === 0);
    await until(async () => {
      // Each process looks by itself now and then: where one was there first, nothing is wrong any more.
      await gate.ask((redis) => redis.hset(gate.key("available"), { [low]: 2, [high]: 10 }));
      return (await look()) === 8;
    });
    expect(await look()).toBe(0);
    // With a number as if somebody had been told later: of a database that is no more.
    await gate.ask((redis) => redis.hset(gate.key("available"), low, 1));
    await gate.ask((redis) => redis.hset(gate.key("revision"), low, Number.MAX_SAFE_INTEGER));
    const before = await gate.epoch();
    await first.gate!.look();
    await first.gate!.look();
    await until(async () => ![null, before].includes(await gate.epoch()));
  });

  it("is frozen in the middle of a sale, for which nobody waits, and thaws by itself", async () => {
    const sku = await stocked(30);
    await isAsked(first);
    gate.server.freeze();
    const deadlineMs = 30_000;
    const from = performance.now();
    await take(first, sku, deadlineMs);
    // Redis has at most a fifth of what a caller waits, and a tenth of a second; the rest is for a busy machine.
    expect(performance.now() - from).toBeLessThan(deadlineMs / 2);
    expect(await rush(sku, 60)).toEqual({ held: 29, INVENTORY_SHORT: 31 });
    await until(async () => (await countOf(first, "haggle_stock_gate_open")) === 1);
    gate.server.thaw();
    await isAsked(first);
    await isAsked(second);
    // What ran late is in flight no more.
    await until(async () => (await gate.inFlight()) === 0);
  });

  it("is killed in the middle of a sale, and comes back empty", async () => {
    const sku = await stocked(30);
    await isAsked(first);
    const sold = await rush(sku, 100, () => gate.server.kill());
    expect(sold).toEqual({ held: 30, INVENTORY_SHORT: 70 });
    const more = await stocked(3);
    expect(await rush(more, 6)).toEqual({ held: 3, INVENTORY_SHORT: 3 });
    await gate.server.start();
    await isAsked(first);
    await isAsked(second);
  });
});

describe.each(REDIS_ARRANGEMENTS.slice(0, 1))("the scripts of the gate (%s)", (_name, start) => {
  const EPOCH = "1";
  const TENANT = "gate-scripts";
  let arrangement: Arrangement;
  let shop: Shop;
  let scripts: ReturnType<typeof defineGateScripts>;
  let gate: Awaited<ReturnType<typeof openGate>>;

  beforeAll(async () => {
    arrangement = await start();
    shop = await openInventory({ tenant: `${TENANT}-shop`, redisUrl: arrangement.redisUrl });
    scripts = defineGateScripts(shop.redis!, TENANT);
    await until(() => shop.redis!.isReady());
    await scripts.rebuild(EPOCH);
    gate = await openGate(arrangement, TENANT);
  });
  afterAll(async () => {
    await shop.close();
    await arrangement.close();
  });

  const admit = (name: string, attempt: number, wanted: Record<string, number>, epoch = EPOCH) => {
    const lines = Object.entries(wanted).map(([sku, quantity]) => ({ sku, quantity }));
    return scripts.admit(
      epoch,
      { verb: "reserve", order: name, attempt, lines, ttlMs: 1, claim: "" },
      60_000,
    );
  };
  const tell = (sku: string, available: number, revision: number) =>
    scripts.settle(EPOCH, [{ sku, available, revision }], []);
  const end = (name: string, attempt: number) => scripts.settle(EPOCH, [], [{ order: name, attempt }]);
  const inFlightOf = (sku: string) => gate.ask((redis) => redis.hget(gate.key("inflight"), sku));

  it("let all lines in or none, and each sku once", async () => {
    await tell("a", 5, 1);
    await tell("b", 1, 1);
    expect(await admit("one", 1, { a: 2, b: 2 })).toEqual({ verdict: "short", isLevelShort: true });
    expect(await inFlightOf("a")).toBe(null);
    expect(await admit("one", 1, { a: 2, b: 1 })).toEqual({ verdict: "admitted" });
    expect(await admit("two", 1, { b: 1, a: 1 })).toEqual({ verdict: "short", isLevelShort: false });
    expect(await admit("two", 1, { a: 1, c: 1 })).toEqual({ verdict: "missing", skus: ["c"] });
    const twice = [
      { sku: "a", quantity: 1 },
      { sku: "a", quantity: 1 },
    ];
    const asked = { verb: "reserve", order: "two", attempt: 1, lines: twice, ttlMs: 1, claim: "" } as const;
    expect(await scripts.admit(EPOCH, { ...asked, lines: twice }, 1)).toEqual({ verdict: "twice" });
    expect(await admit("two", 1, { a: 1 }, "2")).toEqual({ verdict: "otherEpoch" });
    expect([await inFlightOf("a"), await inFlightOf("b")]).toEqual(["2", "1"]);
    await end("one", 1);
    expect([await inFlightOf("a"), await inFlightOf("b")]).toEqual([null, null]);
  });

  it("count an attempt once, put a later one in its place, and end none but the one that is meant", async () => {
    await tell("d", 3, 1);
    expect(await admit("o", 1, { d: 3 })).toEqual({ verdict: "admitted" });
    expect(await admit("o", 1, { d: 3 })).toEqual({ verdict: "known" });
    expect(await admit("o", 2, { d: 2 })).toEqual({ verdict: "admitted" });
    expect(await inFlightOf("d")).toBe("2");
    expect(await admit("o", 1, { d: 1 })).toEqual({ verdict: "known" });
    await end("o", 1);
    expect(await inFlightOf("d")).toBe("2");
    await end("o", 2);
    await end("o", 2);
    expect(await inFlightOf("d")).toBe(null);
  });

  it("take no level that is older than the one they know, and count beyond 2^31 and 10^14", async () => {
    const many = Number.MAX_SAFE_INTEGER;
    expect(await tell("e", many, 7)).toBe(1);
    expect(await tell("e", 1, 7)).toBe(0);
    expect(await tell("e", 1, 0)).toBe(0);
    expect(await gate.availableOf("e")).toBe(`${many}`);
    expect(await admit("much", 1, { e: many - 1 })).toEqual({ verdict: "admitted" });
    expect(await inFlightOf("e")).toBe(`${many - 1}`);
    expect(await admit("more", 1, { e: 2 })).toEqual({ verdict: "short", isLevelShort: false });
    expect(await admit("rest", 1, { e: 1 })).toEqual({ verdict: "admitted" });
    await end("much", 1);
    expect(await inFlightOf("e")).toBe("1");
  });

  it("take out a hundred whose time is over at once, and no more", async () => {
    await tell("f", 1_000, 1);
    for (let i = 0; i < 150; i++) {
      const lines = [{ sku: "f", quantity: 1 }];
      const asked = { verb: "reserve", order: `due-${i}`, attempt: 1, lines, ttlMs: 1, claim: "" } as const;
      await scripts.admit(EPOCH, { ...asked, lines }, -1);
    }
    expect(await scripts.sweep(EPOCH)).toBe(true);
    expect(await inFlightOf("f")).toBe("50");
    expect(await scripts.sweep(EPOCH)).toBe(false);
    expect(await inFlightOf("f")).toBe(null);
    expect(await scripts.sweep("2")).toBe(undefined);
  });
});
