import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCommitProxy } from "../support/commit-proxy.ts";
import { findBroken, openInventory, type Shop } from "../support/inventory.ts";
import { holdLevels, LATE, levelOf, order, outcomes, PATIENT } from "../support/inventory-arrangements.ts";
import { until } from "../support/server.ts";

// One writer for many callers, and a database that is lost: nobody is told what is not so. What they are promised, whatever
// stands before the database, is in inventory-contract.test.ts.

const TENANT = "inventory-races";
let now = Date.now();
let first: Shop;
let second: Shop;
let skus = 0;
/** Of the test itself. */
const expected: string[] = [];
const closing: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  const clock = () => now;
  first = await openInventory({ tenant: TENANT, clock });
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
    expect(await levelOf(first, sku)).toEqual({ onHand: 10, reserved: 2 });
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
    expect(await levelOf(first, sku)).toEqual({ onHand: 3, reserved: 3 });
    expect(await levelOf(first, paid)).toEqual({ onHand: 1, reserved: 0 });
  });

  it("is given back, when the answer of the commit is lost for longer than anybody waits", async () => {
    const sku = await stocked(3);
    const proxy = await startCommitProxy("lost-for-long");
    closing.push(proxy);
    const behind = await openInventory({ tenant: TENANT, url: proxy.url, clock: () => now });
    closing.push(behind);
    proxy.arm("answer");
    const asked = behind.reservations.reserve(order("lost-for-long", sku), LATE);
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
    const letGo = await holdLevels(second, sku);
    const asked = behind.reservations.reserve(order("lost-between", sku), LATE);
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
    expect(await levelOf(first, sku)).toEqual({ onHand: 3, reserved: 1 });
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

describe("what has been over for a month", () => {
  it("is forgotten, and what is held is not", async () => {
    const sku = await stocked(5);
    const names = ["month-sold", "month-back", "month-held"];
    await outcomes(names.map((name) => first.reservations.reserve(order(name, sku), PATIENT)));
    await first.reservations.confirm({ order: "month-sold", attempt: 1 }, "till", PATIENT);
    await first.reservations.release({ order: "month-back", attempt: 1 }, PATIENT);
    const kept = () =>
      first.database.query(
        "select order_id from reservations where order_id like 'month-%' order by order_id",
      );
    const came = now;
    now = came + 30 * 86_400_000;
    await first.sweep();
    expect(await kept()).toHaveLength(3);
    now += 1;
    await first.sweep();
    expect(await kept()).toEqual([{ order_id: "month-held" }]);
    now = came;
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
