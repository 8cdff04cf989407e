import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ReserveRequest } from "../../server/modules/inventory/reservations.ts";
import type { Queryable } from "../../server/platform/database/database.ts";
import { startCommitProxy } from "../support/commit-proxy.ts";
import { findBroken, openInventory, type Shop } from "../support/inventory.ts";
import { until } from "../support/server.ts";

// Many callers at once, two processes, and a database that is slow or lost: nothing is sold twice, and nobody is told what
// is not so.

const TENANT = "inventory-races";
const PATIENT = { deadlineMs: 60_000 };

let now = Date.now();
let jumpMs = 0;
let first: Shop;
let second: Shop;
let skus = 0;
/** Of the test itself. */
const expected: string[] = [];
const closing: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  const clock = () => now;
  first = await openInventory({ tenant: TENANT, clock, stopwatch: () => performance.now() + jumpMs });
  second = await openInventory({ tenant: TENANT, clock });
  await first.put("north");
});
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
  expect(await findBroken(first)).toEqual([]);
  // The constraint of the database is for a mistake of ours: it has never anything to do.
  expect([...first.takeErrors(), ...second.takeErrors()]).toEqual(expected.splice(0));
});
afterAll(async () => {
  await first.close();
  await second.close();
});

async function stocked(quantity: number): Promise<string> {
  const sku = `sku-${skus++}`;
  await first.receive(sku, "north", quantity);
  return sku;
}

const order = (name: string, sku: string, more: Partial<ReserveRequest> = {}): ReserveRequest => ({
  order: name,
  attempt: 1,
  lines: [{ sku, quantity: 1 }],
  ...more,
});

async function outcomes(
  asked: Promise<{ reservation: { state: string } }>[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of await Promise.allSettled(asked)) {
    const name = one.status === "fulfilled" ? one.value.reservation.state : (one.reason.code as string);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Somebody who holds the rows of a sku until the returned function is called. */
async function holdLevels(sku: string): Promise<() => Promise<void>> {
  let letGo: () => void = () => {};
  let held: () => void = () => {};
  const isHeld = new Promise<void>((resolve) => {
    held = resolve;
  });
  const done = second.database.transaction(async ({ query }: Queryable) => {
    await query("select from stock_levels where sku = $1 for update", [sku]);
    held();
    await new Promise<void>((resolve) => {
      letGo = resolve;
    });
  });
  await isHeld;
  return async () => {
    letGo();
    await done;
  };
}

const levelOf = async (sku: string) => {
  const { onHand, reserved } = await first.stock.get(sku);
  return { onHand, reserved };
};

describe("a thousand callers for the last ten pieces", () => {
  it("share exactly ten, whichever other sku they want and in whichever order", async () => {
    const [hot, other] = [await stocked(10), await stocked(1_000)];
    const wanted = [[hot], [hot, other], [other, hot]];
    const asked = Array.from({ length: 1_000 }, (_, i) => {
      const lines = wanted[i % 3]!.map((sku) => ({ sku, quantity: 1 }));
      return (i % 2 ? first : second).reservations.reserve(order(`last-${i}`, hot, { lines }), PATIENT);
    });
    expect(await outcomes(asked)).toEqual({ held: 10, INVENTORY_SHORT: 990 });
    expect(await levelOf(hot)).toEqual({ onHand: 10, reserved: 10 });
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
    const sku = await stocked(1_000);
    const asked = Array.from({ length: 200 }, (_, i) =>
      (i % 2 ? first : second).reservations.reserve(order(`both-${i >> 1}`, sku), PATIENT),
    );
    expect(await outcomes(asked)).toEqual({ held: 200 });
    expect(await levelOf(sku)).toEqual({ onHand: 1_000, reserved: 100 });
  });
});

describe("a deadline", () => {
  it("is kept, what comes late of it is given back, and what the next attempt holds stays", async () => {
    const sku = await stocked(5);
    const letGo = await holdLevels(sku);
    const late = ["late-1", "late-2"].map((name) =>
      first.reservations.reserve(order(name, sku, { lines: [{ sku, quantity: 2 }] }), { deadlineMs: 150 }),
    );
    await expect(late[0]).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT", at: "order", value: "late-1" });
    await expect(late[1]).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT" });
    // By the process that is late, and by another one.
    const again = [
      first.reservations.reserve(order("late-1", sku, { attempt: 2 }), PATIENT),
      second.reservations.reserve(order("late-2", sku, { attempt: 2 }), PATIENT),
    ];
    await letGo();
    expect(await outcomes(again)).toEqual({ held: 2 });
    await outcomes([first.reservations.release({ order: "late-1", attempt: 1 }, PATIENT)]);
    expect(await levelOf(sku)).toEqual({ onHand: 5, reserved: 2 });
    for (const name of ["late-1", "late-2"]) {
      expect(await first.reservations.get(name)).toMatchObject({ attempt: 2, state: "held" });
    }
  });

  it("gives back what nobody asks for again", async () => {
    const sku = await stocked(5);
    const letGo = await holdLevels(sku);
    const late = first.reservations.reserve(order("gone", sku), { deadlineMs: 150 });
    await expect(late).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT" });
    await letGo();
    await until(async () => {
      const found = await first.reservations.get("gone").catch(() => undefined);
      return found?.state === "released";
    });
    expect(await levelOf(sku)).toEqual({ onHand: 5, reserved: 0 });
    await expect(first.reservations.reserve(order("gone", sku))).rejects.toMatchObject({
      code: "INVENTORY_STATE",
      value: "released",
    });
  });

  it("is looked at again when the turn comes, where no timer has run yet", async () => {
    const sku = await stocked(5);
    const asked = first.reservations.reserve(order("held-up", sku), PATIENT);
    jumpMs += 60_000;
    await expect(asked).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT" });
    await expect(first.reservations.get("held-up")).rejects.toMatchObject({
      code: "INVENTORY_UNKNOWN_RESERVATION",
    });
  });
});

describe("a transaction of many orders", () => {
  it("takes no more than may wait, and tells the others at once", async () => {
    const sku = await stocked(10_000);
    const asked = Array.from({ length: 5_000 }, (_, i) =>
      first.reservations.reserve(order(`full-${i}`, sku), PATIENT),
    );
    expect(await outcomes(asked)).toEqual({ held: 4_096, INVENTORY_BUSY: 904 });
    const metrics = await first.telemetry.render();
    expect(metrics).toContain('haggle_reservations_total{result="INVENTORY_BUSY"} 904');
    expect(metrics).toContain("haggle_reservations_waiting 0");
  });

  it("takes no more lines than a process has room for, however few orders they are of", async () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => ({ sku: `none-${i}`, quantity: 1 }));
    const asked = Array.from({ length: 70 }, (_, i) =>
      first.reservations.reserve(order(`large-${i}`, "none", { lines }), { deadlineMs: 0 }),
    );
    expect(await outcomes(asked)).toEqual({ INVENTORY_TIMEOUT: 65, INVENTORY_BUSY: 5 });
  });

  it("fails nobody by what the database refuses of one of them", async () => {
    expected.push("a transaction of reservations failed");
    const sku = await stocked(10);
    const names = ["fine-1", "x".repeat(101), "fine-2"];
    const said = await Promise.allSettled(
      names.map((name) => first.reservations.reserve(order(name, sku), PATIENT)),
    );
    expect(said.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await levelOf(sku)).toEqual({ onHand: 10, reserved: 2 });
  });

  it("is told as it was committed, when the answer of the commit is lost", async () => {
    const [sku, paid] = [await stocked(3), await stocked(2)];
    const proxy = await startCommitProxy("lost-answer");
    closing.push(proxy);
    const behind = await openInventory({ tenant: TENANT, url: proxy.url, clock: () => now });
    closing.push(behind);
    await behind.reservations.reserve(order("paid-before", paid), PATIENT);
    proxy.arm("answer");
    const asked = [
      ...["lost-answer-1", "lost-answer-2", "lost-answer-3", "lost-answer-4"].map((name) =>
        behind.reservations.reserve(order(name, sku), PATIENT),
      ),
      behind.reservations.confirm({ order: "paid-before", attempt: 1 }, "till", PATIENT),
    ];
    const said = outcomes(asked);
    await until(() => proxy.isDown());
    proxy.mend();
    expect(await said).toEqual({ held: 3, INVENTORY_SHORT: 1, confirmed: 1 });
    expect(await levelOf(sku)).toEqual({ onHand: 3, reserved: 3 });
    expect(await levelOf(paid)).toEqual({ onHand: 1, reserved: 0 });
  });

  it("is given back, when the answer of the commit is lost for longer than anybody waits", async () => {
    const sku = await stocked(3);
    const proxy = await startCommitProxy("lost-for-long");
    closing.push(proxy);
    const behind = await openInventory({ tenant: TENANT, url: proxy.url, clock: () => now });
    closing.push(behind);
    proxy.arm("answer");
    const asked = behind.reservations.reserve(order("lost-for-long", sku), { deadlineMs: 150 });
    await expect(asked).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT" });
    await until(() => proxy.isDown());
    expect((await first.reservations.get("lost-for-long")).state).toBe("held");
    proxy.mend();
    await until(async () => (await first.reservations.get("lost-for-long")).state === "released");
  });

  it("is given back, when the database is lost before what is late can be", async () => {
    const sku = await stocked(3);
    const proxy = await startCommitProxy("lost-between");
    closing.push(proxy);
    const behind = await openInventory({ tenant: TENANT, url: proxy.url, clock: () => now });
    closing.push(behind);
    const letGo = await holdLevels(sku);
    const asked = behind.reservations.reserve(order("lost-between", sku), { deadlineMs: 150 });
    await expect(asked).rejects.toMatchObject({ code: "INVENTORY_TIMEOUT" });
    proxy.arm();
    await letGo();
    await until(() => proxy.isDown());
    expect((await first.reservations.get("lost-between")).state).toBe("held");
    proxy.mend();
    await until(async () => (await first.reservations.get("lost-between")).state === "released");
  });

  it("is told to nobody before it is committed", async () => {
    const sku = await stocked(3);
    const proxy = await startCommitProxy("not-committed");
    closing.push(proxy);
    const behind = await openInventory({ tenant: TENANT, url: proxy.url, clock: () => now });
    closing.push(behind);
    proxy.arm("commit");
    const asked = behind.reservations.reserve(order("not-committed", sku), PATIENT);
    await until(() => proxy.isDown());
    await expect(first.reservations.get("not-committed")).rejects.toMatchObject({
      code: "INVENTORY_UNKNOWN_RESERVATION",
    });
    const isAnswered = await Promise.race([asked.then(() => true), first.stock.get(sku).then(() => false)]);
    expect(isAnswered).toBe(false);
    proxy.mend();
    expect((await asked).reservation.state).toBe("held");
    expect(await levelOf(sku)).toEqual({ onHand: 3, reserved: 1 });
  });

  it("says so at once where the database is not there before anything is committed", async () => {
    const sku = await stocked(3);
    const proxy = await startCommitProxy("nothing");
    closing.push(proxy);
    const behind = await openInventory({ tenant: TENANT, url: proxy.url, clock: () => now });
    closing.push(behind);
    proxy.breakDown();
    await expect(behind.reservations.reserve(order("nowhere", sku), PATIENT)).rejects.toMatchObject({
      code: "SERVER_DATABASE",
    });
    proxy.mend();
    expect(await outcomes([behind.reservations.reserve(order("nowhere", sku), PATIENT)])).toEqual({
      held: 1,
    });
  });
});

describe("an end", () => {
  it("comes once, whoever of two processes confirms and releases at the same moment", async () => {
    const sku = await stocked(100);
    const names = Array.from({ length: 100 }, (_, i) => `end-${i}`);
    await outcomes(names.map((name) => first.reservations.reserve(order(name, sku), PATIENT)));
    const ended = names.flatMap((name) => [
      first.reservations.confirm({ order: name, attempt: 1 }, "till", PATIENT),
      second.reservations.release({ order: name, attempt: 1 }, PATIENT),
    ]);
    const { confirmed = 0, released = 0, INVENTORY_STATE = 0 } = await outcomes(ended);
    expect([confirmed + released, INVENTORY_STATE]).toEqual([100, 100]);
    expect(await levelOf(sku)).toEqual({ onHand: 100 - confirmed, reserved: 0 });
  });
});

describe("what has expired", () => {
  it("is put back on sale once, by one of two processes, and confirmed by nobody", async () => {
    const sku = await stocked(300);
    const asked = Array.from({ length: 250 }, (_, i) =>
      first.reservations.reserve(order(`due-${i}`, sku, { ttlMs: 1_000 }), PATIENT),
    );
    await outcomes(asked);
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
    expect(await levelOf(sku)).toEqual({ onHand: 300, reserved: 0 });
    const told = await first.database.query<{ type: string; count: number }>(
      `select type, count(*) as count from outbox_events where subject like 'due-%' group by type order by type`,
    );
    expect(told).toEqual([
      { type: "reservation.expired", count: 250 },
      { type: "reservation.held", count: 250 },
    ]);
  });
});

describe("the log of movements", () => {
  it("is only ever added to, and another tenant's is not seen", async () => {
    const { database } = first;
    for (const sql of ["update stock_movements set quantity = 1", "delete from stock_movements"]) {
      await expect(database.query(sql)).rejects.toMatchObject({ code: "42501" });
    }
    const other = await openInventory({ tenant: `${TENANT}-other` });
    closing.push(other);
    for (const table of ["stock_movements", "stock_levels", "stock_locations", "reservations"]) {
      expect(await other.database.query(`select from ${table}`)).toEqual([]);
    }
  });
});
