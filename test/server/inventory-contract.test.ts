import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findBroken, openInventory, type Shop } from "../support/inventory.ts";
import {
  ARRANGEMENTS,
  type Arrangement,
  holdLevels,
  LATE,
  levelOf,
  openGate,
  order,
  outcomes,
  PATIENT,
} from "../support/inventory-arrangements.ts";
import { until } from "../support/server.ts";

// What two processes on one database promise to many callers at once, whatever stands before the database: nothing is sold
// twice, nobody is refused what he could have, and nobody is told what is not so.

describe.each(ARRANGEMENTS)("%s", (name, start) => {
  const TENANT = `inventory-${name.toLowerCase().replaceAll(" ", "-")}`;
  let arrangement: Arrangement;
  let now = Date.now();
  let jumpMs = 0;
  let first: Shop;
  let second: Shop;
  let skus = 0;

  beforeAll(async () => {
    arrangement = await start();
    const { redisUrl } = arrangement;
    const clock = () => now;
    const stopwatch = () => performance.now() + jumpMs;
    first = await openInventory({ tenant: TENANT, redisUrl, clock, stopwatch });
    second = await openInventory({ tenant: TENANT, redisUrl, clock });
    await first.put("north");
    if (redisUrl === undefined) return;
    // From the first test on the gate is asked.
    const sku = await stocked(1_000_000);
    let orders = 0;
    for (const shop of [first, second]) {
      await until(async () => {
        await shop.reservations.reserve(order(`warm-${orders++}`, sku), PATIENT);
        return (await shop.telemetry.render()).includes('haggle_stock_gate_total{result="admitted"}');
      });
    }
  });
  afterEach(async () => {
    expect(await findBroken(first)).toEqual([]);
    // The constraint of the database is for a mistake of ours: it has never anything to do.
    expect([...first.takeErrors(), ...second.takeErrors()]).toEqual([]);
    if (arrangement.redisUrl === undefined) return;
    // Nothing stays in flight, and what the gate knows is what there is, whoever told it.
    const gate = await openGate(arrangement, TENANT);
    await until(async () => (await gate.inFlight()) === 0);
    await until(async () => {
      await first.gate?.look();
      return (await first.telemetry.render()).includes("haggle_stock_gate_drift 0");
    });
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

  describe("a thousand callers for the last ten pieces", () => {
    it("share exactly ten, whichever other sku they want and in whichever order", async () => {
      const [hot, other] = [await stocked(10), await stocked(1_000)];
      const wanted = [[hot], [hot, other], [other, hot]];
      const asked = Array.from({ length: 1_000 }, (_, i) => {
        const lines = wanted[i % 3]!.map((sku) => ({ sku, quantity: 1 }));
        return (i % 2 ? first : second).reservations.reserve(order(`last-${i}`, hot, { lines }), PATIENT);
      });
      expect(await outcomes(asked)).toEqual({ held: 10, INVENTORY_SHORT: 990 });
      expect(await levelOf(first, hot)).toEqual({ onHand: 10, reserved: 10 });
    });

    it("get no piece twice by two lines of one sku", async () => {
      const hot = await stocked(11);
      const lines = [
        { sku: hot, quantity: 1 },
        { sku: hot, quantity: 1 },
      ];
      const asked = Array.from({ length: 100 }, (_, i) =>
        (i % 2 ? first : second).reservations.reserve(order(`twice-${i}`, hot, { lines }), PATIENT),
      );
      expect(await outcomes(asked)).toEqual({ held: 5, INVENTORY_SHORT: 95 });
    });

    it("have one reservation an order, whichever of two processes hears of it twice", async () => {
      const sku = await stocked(100);
      const asked = Array.from({ length: 200 }, (_, i) =>
        (i % 2 ? first : second).reservations.reserve(order(`both-${i >> 1}`, sku), PATIENT),
      );
      expect(await outcomes(asked)).toEqual({ held: 200 });
      expect(await levelOf(first, sku)).toEqual({ onHand: 100, reserved: 100 });
    });
  });

  describe("where nothing is left", () => {
    it("the same attempt has the same answer, and a later one the place of the one before", async () => {
      const sku = await stocked(5);
      const lines = [{ sku, quantity: 5 }];
      await first.reservations.reserve(order("mine", sku, { lines }), PATIENT);
      const again = await second.reservations.reserve(order("mine", sku, { lines }), PATIENT);
      expect(again).toMatchObject({ isRepeat: true, reservation: { attempt: 1, state: "held" } });
      const later = await second.reservations.reserve(order("mine", sku, { attempt: 2, lines }), PATIENT);
      expect(later).toMatchObject({ isRepeat: false, reservation: { attempt: 2, state: "held" } });
      const more = order("mine", sku, { attempt: 3, lines: [{ sku, quantity: 6 }] });
      await expect(first.reservations.reserve(more, PATIENT)).rejects.toMatchObject({
        code: "INVENTORY_SHORT",
      });
      expect(await first.reservations.get("mine")).toMatchObject({ attempt: 2, state: "held" });
      await expect(first.reservations.reserve(order("mine", sku), PATIENT)).rejects.toMatchObject({
        code: "INVENTORY_ATTEMPT",
      });
      expect(await levelOf(first, sku)).toEqual({ onHand: 5, reserved: 5 });
    });

    it("who is refused hears what is there of each sku", async () => {
      const [none, one] = [await stocked(1), await stocked(1)];
      await first.reservations.reserve(order("takes-it", none), PATIENT);
      const lines = [
        { sku: none, quantity: 1 },
        { sku: one, quantity: 2 },
        { sku: "nothing-ever", quantity: 3 },
      ];
      const short = lines.map((line) => ({ ...line, available: line.sku === one ? 1 : 0 }));
      for (const shop of [first, second]) {
        const asked = shop.reservations.reserve(order("wants-all", none, { lines }), PATIENT);
        await expect(asked).rejects.toMatchObject({
          code: "INVENTORY_SHORT",
          short: expect.arrayContaining(short),
        });
      }
    });

    it("who comes next has at once what was released, received, expired or returned", async () => {
      const sku = await stocked(1);
      const take = (by: Shop, name: string) =>
        by.reservations.reserve(order(name, sku, { ttlMs: 60_000 }), PATIENT);
      for (let i = 0; i < 10; i++) {
        await take(first, `next-${i}`);
        await expect(take(second, `no-${i}`)).rejects.toMatchObject({ code: "INVENTORY_SHORT" });
        await (i % 2 ? first : second).reservations.release({ order: `next-${i}`, attempt: 1 }, PATIENT);
      }
      await take(second, "to-be-late");
      await first.receive(sku, "north", 1);
      await take(second, "to-be-sold");
      await first.reservations.confirm({ order: "to-be-sold", attempt: 1 }, "till", PATIENT);
      await expect(take(second, "no")).rejects.toMatchObject({ code: "INVENTORY_SHORT" });
      now += 60_000;
      while ((await second.expire()) > 0);
      await take(first, "behind-the-late");
      await second.move({ kind: "return", sku, location: "north", quantity: 1 });
      await take(first, "of-the-returned");
      expect(await levelOf(first, sku)).toEqual({ onHand: 2, reserved: 2 });
    });
  });

  describe("a deadline", () => {
    it("is kept, what comes late of it is given back, and what the next attempt holds stays", async () => {
      const sku = await stocked(5);
      const letGo = await holdLevels(second, sku);
      const late = ["late-1", "late-2"].map((name) =>
        first.reservations.reserve(order(name, sku, { lines: [{ sku, quantity: 2 }] }), LATE),
      );
      await expect(late[0]).rejects.toMatchObject({
        code: "INVENTORY_TIMEOUT",
        at: "order",
        value: "late-1",
      });
      await expect(late[1]).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT" });
      // By the process that is late, and by another one.
      const again = [
        first.reservations.reserve(order("late-1", sku, { attempt: 2 }), PATIENT),
        second.reservations.reserve(order("late-2", sku, { attempt: 2 }), PATIENT),
      ];
      await letGo();
      expect(await outcomes(again)).toEqual({ held: 2 });
      await outcomes([first.reservations.release({ order: "late-1", attempt: 1 }, PATIENT)]);
      expect(await levelOf(first, sku)).toEqual({ onHand: 5, reserved: 2 });
      for (const each of ["late-1", "late-2"]) {
        expect(await first.reservations.get(each)).toMatchObject({ attempt: 2, state: "held" });
      }
    });

    it("gives back what nobody asks for again", async () => {
      const sku = await stocked(5);
      const letGo = await holdLevels(second, sku);
      const late = first.reservations.reserve(order("gone", sku), LATE);
      await expect(late).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT" });
      await letGo();
      await until(async () => {
        const found = await first.reservations.get("gone").catch(() => undefined);
        return found?.state === "released";
      });
      expect(await levelOf(first, sku)).toEqual({ onHand: 5, reserved: 0 });
      await expect(first.reservations.reserve(order("gone", sku))).rejects.toMatchObject({
        code: "INVENTORY_STATE",
        value: "released",
      });
    });

    it("is looked at again when the turn comes, where no timer has run yet", async () => {
      const sku = await stocked(1_000);
      const letGo = await holdLevels(second, sku);
      // More than one transaction takes: some are in it, and others wait.
      const names = Array.from({ length: 130 }, (_, i) => `held-up-${i}`);
      const asked = names.map((each) => first.reservations.reserve(order(each, sku), PATIENT));
      const said = outcomes(asked);
      await until(async () =>
        /^haggle_reservations_waiting ([2-9]|\d\d)/m.test(await first.telemetry.render()),
      );
      jumpMs += 60_000;
      await letGo();
      const { held = 0, INVENTORY_TIMEOUT = 0, ...others } = await said;
      expect([held + INVENTORY_TIMEOUT, others]).toEqual([130, {}]);
      expect(held).toBeGreaterThan(0);
      expect(INVENTORY_TIMEOUT).toBeGreaterThan(1);
      expect(await levelOf(first, sku)).toEqual({ onHand: 1_000, reserved: held });
    });
  });

  describe("an end", () => {
    it("comes once, whoever of two processes confirms and releases at the same moment", async () => {
      const sku = await stocked(100);
      const names = Array.from({ length: 100 }, (_, i) => `end-${i}`);
      await outcomes(names.map((each) => first.reservations.reserve(order(each, sku), PATIENT)));
      const ended = names.flatMap((each) => [
        first.reservations.confirm({ order: each, attempt: 1 }, "till", PATIENT),
        second.reservations.release({ order: each, attempt: 1 }, PATIENT),
      ]);
      const { confirmed = 0, released = 0, INVENTORY_STATE = 0 } = await outcomes(ended);
      expect([confirmed + released, INVENTORY_STATE]).toEqual([100, 100]);
      expect(await levelOf(first, sku)).toEqual({ onHand: 100 - confirmed, reserved: 0 });
    });
  });

  describe("what has expired", () => {
    it("is put back on sale once, by one of two processes, and confirmed by nobody", async () => {
      const sku = await stocked(250);
      const asked = Array.from({ length: 250 }, (_, i) =>
        first.reservations.reserve(order(`due-${i}`, sku, { ttlMs: 1_000 }), PATIENT),
      );
      expect(await outcomes(asked)).toEqual({ held: 250 });
      now += 1_000;
      const late = Array.from({ length: 20 }, (_, i) =>
        second.reservations.confirm({ order: `due-${i}`, attempt: 1 }, "till", PATIENT),
      );
      const sweep = async (shop: Shop) => {
        let swept = 0;
        for (let count = await shop.expire(); count > 0; count = await shop.expire()) swept += count;
        return swept;
      };
      expect(await outcomes(late)).toEqual({ INVENTORY_EXPIRED: 20 });
      const swept = await Promise.all([sweep(first), sweep(second)]);
      expect(swept[0] + swept[1] + (await sweep(first))).toBe(230);
      expect(await levelOf(first, sku)).toEqual({ onHand: 250, reserved: 0 });
      const told = await first.database.query<{ type: string; count: number }>(
        `select type, count(*) as count from outbox_events where subject like 'due-%' group by type order by type`,
      );
      expect(told).toEqual([
        { type: "reservation.expired", count: 250 },
        { type: "reservation.held", count: 250 },
      ]);
    });
  });
});
