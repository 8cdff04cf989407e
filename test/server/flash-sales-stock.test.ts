import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SaleBody } from "../../server/modules/flash-sales/schema.ts";
import {
  beginSale,
  countOutcomes,
  findMiscounted,
  findWrong,
  openFlashSales,
  type SaleShop,
} from "../support/flash-sales.ts";

// What two processes on one database do with the stock of a flash sale: the limit of each shopper, and levels that are split.

const TENANT = "flash-sale-stock";
const HOUR_MS = 3_600_000;
const PATIENT = { deadlineMs: 60_000 };

let now = Date.UTC(2026, 10, 27);
let shops: [SaleShop, SaleShop];
let sales = 0;

beforeAll(async () => {
  const open = (bucket: number) => openFlashSales({ tenant: TENANT, clock: () => now, bucket });
  shops = [await open(0), await open(1)];
  await shops[0].put("north");
});
afterEach(async () => {
  expect(await findWrong(shops)).toEqual([]);
});
afterAll(async () => {
  for (const shop of shops) await shop.close();
});

const begun = (pieces: number, more: Partial<SaleBody> = {}) =>
  beginSale(shops[0], `sale-${sales++}`, { now, pieces, ...more });
const at = (i: number) => shops[i % 2]!;

/** In which rows a level is. */
const bucketsOf = (sku: string) =>
  shops[0].database.query<{ onHand: number; reserved: number }>(
    'select on_hand as "onHand", reserved from stock_levels where sku = $1 order by bucket',
    [sku],
  );

describe("a limit", () => {
  it("holds for each unit through whatever becomes of its orders", async () => {
    let runs = 0;
    const step = fc.record({
      verb: fc.constantFrom("reserve", "reserve", "reserve", "confirm", "release", "expire"),
      order: fc.integer({ min: 0, max: 3 }),
      unit: fc.constantFrom("anna", "ben"),
      quantity: fc.integer({ min: 1, max: 3 }),
      shop: fc.integer({ min: 0, max: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        const { sale, sku } = await begun(1_000, { perCustomer: 4, buckets: 1 + (runs % 3) });
        await shops[0].sales.tick();
        const run = runs++;
        const kept = new Map<
          number,
          { unit: string; pieces: number; attempt: number; state: string; until: number }
        >();
        const used = (unit: string, without?: number) =>
          [...kept].reduce(
            (sum, [order, each]) =>
              each.unit === unit && order !== without && ["held", "confirmed"].includes(each.state)
                ? sum + each.pieces
                : sum,
            0,
          );
        for (const { verb, order, unit, quantity, shop } of steps) {
          const { reservations, holderOf } = shops[shop]!;
          const name = `limit-${run}-${order}`;
          const before = kept.get(order);
          const attempt = (before?.attempt ?? 0) + (verb === "reserve" ? 1 : 0);
          if (verb === "expire") {
            now += 2_000;
            for (const each of kept.values())
              if (each.state === "held" && each.until <= now) each.state = "expired";
            await Promise.all(shops.map((each) => each.expire()));
          } else if (verb === "reserve") {
            const lines = [{ sku, quantity }];
            const holder = holderOf(sale, unit, now + HOUR_MS);
            const request = { order: name, attempt, lines, holder, ttlMs: 3_000 };
            const said = await countOutcomes([reservations.reserve(request, PATIENT)]);
            const isOver = used(unit, before?.state === "held" ? order : undefined) + quantity > 4;
            const due =
              before?.state === "confirmed" ? "INVENTORY_STATE" : isOver ? "FLASH_SALE_LIMIT" : "held";
            expect(said).toEqual({ [due]: 1 });
            if (due === "held") {
              kept.set(order, { unit, pieces: quantity, attempt, state: "held", until: now + 3_000 });
            }
          } else if (before !== undefined) {
            const meant = { order: name, attempt };
            const ended =
              verb === "confirm"
                ? reservations.confirm(meant, "till", PATIENT)
                : reservations.release(meant, PATIENT);
            await ended.then(
              () => {
                if (before.state === "held") before.state = verb === "confirm" ? "confirmed" : "released";
              },
              () => expect(before.state).not.toBe("held"),
            );
          }
          expect(await findMiscounted(shops[0])).toEqual([]);
        }
      }),
      { numRuns: 9 },
    );
  });
});

describe("a level that is split", () => {
  /** Begun, and with the rows that it has. */
  async function split(pieces: number, buckets: number) {
    const sale = await begun(pieces, { buckets, perCustomer: 1_000 });
    await shops[0].sales.tick();
    expect(await bucketsOf(sale.sku)).toHaveLength(buckets);
    return sale;
  }

  const reserve = (i: number, { sale, sku }: { sale: string; sku: string }, quantity: number) =>
    at(i).reservations.reserve(
      {
        order: `${sale}-${i}`,
        attempt: 1,
        lines: [{ sku, quantity }],
        ttlMs: 60_000,
        holder: shops[0].holderOf(sale, `unit-${i % 50}`, now + HOUR_MS),
      },
      PATIENT,
    );

  it("sells every piece once, and takes from its own row as long as there is something", async () => {
    const sale = await split(400, 4);
    for (const i of [0, 1]) await reserve(i, sale, 30);
    const rows = await bucketsOf(sale.sku);
    expect(rows.map(({ reserved }) => reserved)).toEqual([30, 30, 0, 0]);
    const asked = Array.from({ length: 600 }, (_, i) => reserve(i + 2, sale, 1));
    expect(await countOutcomes(asked)).toEqual({ held: 340, INVENTORY_SHORT: 260 });
    expect(await shops[1].stock.get(sale.sku)).toMatchObject({ onHand: 400, reserved: 400, available: 0 });
  });

  it("refuses nothing while the pieces are anywhere, and tells what there is in all rows", async () => {
    const sale = await split(100, 64);
    await reserve(0, sale, 70);
    await expect(reserve(1, sale, 31)).rejects.toMatchObject({ code: "INVENTORY_SHORT", value: 30 });
    await reserve(3, sale, 30);
    await at(1).reservations.release({ order: `${sale.sale}-0`, attempt: 1 }, PATIENT);
    await at(1).reservations.confirm({ order: `${sale.sale}-3`, attempt: 1 }, "till", PATIENT);
    expect(await shops[0].stock.get(sale.sku)).toMatchObject({ onHand: 70, reserved: 0 });
  });

  it("takes what comes and goes meanwhile, expires, and is one row again when the sale has ended", async () => {
    const sale = await split(10, 8);
    await reserve(0, sale, 3);
    const { sku } = sale;
    await at(1).move(
      { kind: "receive", sku, location: "north", quantity: 20 },
      { kind: "expect", sku, location: "north", quantity: 5 },
      { kind: "adjust", sku, location: "north", quantity: -26 },
    );
    expect(await at(1).stock.get(sku)).toMatchObject({ onHand: 4, reserved: 3, incoming: 5, available: 1 });
    await reserve(1, sale, 1);
    // At another location, which is asked when the first one is empty.
    await shops[0].put("south", 1);
    await at(1).receive(sku, "south", 2);
    await reserve(2, sale, 2);
    now += 60_000;
    while ((await at(1).expire()) > 0);
    expect(await at(1).stock.get(sku)).toMatchObject({ onHand: 6, reserved: 0 });
    now += HOUR_MS;
    await Promise.all(shops.map((shop) => shop.sales.tick()));
    expect(await bucketsOf(sku)).toEqual([
      { onHand: 4, reserved: 0 },
      { onHand: 2, reserved: 0 },
    ]);
  });

  it("is split and put together while everybody wants it", async () => {
    const { sale, sku } = await begun(500, { buckets: 16, perCustomer: 1_000 });
    const asked = countOutcomes(Array.from({ length: 700 }, (_, i) => reserve(i, { sale, sku }, 1)));
    await shops[0].sales.tick();
    expect(await asked).toEqual({ held: 500, INVENTORY_SHORT: 200 });
    const ended = countOutcomes(
      Array.from({ length: 700 }, (_, i) =>
        at(i + 1).reservations.confirm({ order: `${sale}-${i}`, attempt: 1 }, "till", PATIENT),
      ),
    );
    now += 59_000;
    await shops[1].sales.end(sale, {}, { actor: { id: "till", name: "till", scopes: ["admin"] } });
    await shops[1].sales.tick();
    expect(await ended).toEqual({ held: 500, INVENTORY_UNKNOWN_RESERVATION: 200 });
    expect(await bucketsOf(sku)).toEqual([{ onHand: 0, reserved: 0 }]);
  });
});
