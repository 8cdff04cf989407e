import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findMiscounted, openFlashSales, type SaleShop } from "../support/flash-sales.ts";
import { findBroken } from "../support/inventory.ts";

// Flash sales between two processes on one database, which are asked at the same moment.

const TENANT = "flash-sale-races";
const HOUR_MS = 3_600_000;
const PATIENT = { deadlineMs: 60_000 };

let now = Date.UTC(2026, 10, 27);
let shops: [SaleShop, SaleShop];
let sales = 0;

const open = (bucket: number) => openFlashSales({ tenant: TENANT, clock: () => now, bucket });

beforeAll(async () => {
  shops = [await open(0), await open(1)];
  await shops[0].put("north");
});
afterEach(async () => {
  expect(await findBroken(shops[0])).toEqual([]);
  expect(await findMiscounted(shops[0])).toEqual([]);
  expect(shops.flatMap((shop) => shop.takeErrors())).toEqual([]);
});
afterAll(async () => {
  for (const shop of shops) await shop.close();
});

type Body = Partial<Parameters<SaleShop["putSale"]>[1]>;

/** Of a sku of its own, which runs already. */
async function begun(pieces: number, more: Body = {}): Promise<{ sale: string; sku: string }> {
  const sale = `sale-${sales++}`;
  const sku = `${sale}-sku`;
  if (pieces > 0) await shops[0].receive(sku, "north", pieces);
  const window = { skus: [sku], from: now, until: now + HOUR_MS };
  await shops[0].putSale(sale, { ...window, perCustomer: 1, admission: { perSecond: 1_000 }, ...more });
  return { sale, sku };
}

const at = (i: number) => shops[i % 2]!;
const names = (count: number) => Array.from({ length: count }, (_, i) => `unit-${i}`);

/** In which rows a level is. */
const bucketsOf = (sku: string) =>
  shops[0].database.query<{ onHand: number; reserved: number }>(
    'select on_hand as "onHand", reserved from stock_levels where sku = $1 order by bucket',
    [sku],
  );

async function countOutcomes(asked: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of await Promise.allSettled(asked)) {
    const name = one.status === "fulfilled" ? "held" : (one.reason.code as string);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

async function admitAll(sale: string, ms = 1_000): Promise<void> {
  for (;;) {
    now += ms;
    await Promise.all(shops.map((shop) => shop.sales.tick()));
    if ((await shops[0].sales.get(sale)).queue.waiting === 0) return;
  }
}

describe("five hundred shoppers for a hundred pieces", () => {
  it("get a hundred of them, nobody more than two, whichever process each of their orders comes to", async () => {
    const { sale, sku } = await begun(100, { perCustomer: 2, turnMs: HOUR_MS });
    const joined = await Promise.all(names(500).map((unit, i) => at(i).sales.queue.join(sale, unit)));
    expect(new Set(joined.map(({ view }) => view.position)).size).toBe(500);
    await admitAll(sale);
    const standings = await Promise.all(
      joined.map(({ view }, i) => at(i + 1).sales.queue.look(sale, view.ticket!)),
    );
    const asked = standings.flatMap(({ view }, i) => {
      const holder = shops[0].tokens.openPurchase(view.purchaseToken!, `unit-${i}`);
      // Three orders of one piece each: the third one is over the limit, if the first two came through.
      return [0, 1, 2].map((order) =>
        at(order + i).reservations.reserve(
          { order: `${sale}-${i}-${order}`, attempt: 1, lines: [{ sku, quantity: 1 }], holder },
          PATIENT,
        ),
      );
    });
    const counts = await countOutcomes(asked);
    expect(counts.held).toBe(100);
    expect(Object.keys(counts).sort()).toEqual(["FLASH_SALE_LIMIT", "INVENTORY_SHORT", "held"]);
    const most = await shops[0].database.query<{ pieces: number }>(
      "select max(pieces) as pieces from stock_ration_uses where ration = $1",
      [`flash-sale:${sale}`],
    );
    expect(most).toEqual([{ pieces: 2 }]);
    expect(await shops[1].stock.get(sku)).toMatchObject({ onHand: 100, reserved: 100 });
  });

  it("hold one each, where one shopper asks a hundred times at once", async () => {
    const { sale, sku } = await begun(100);
    const asked = Array.from({ length: 100 }, (_, i) =>
      at(i).reservations.reserve(
        {
          order: `${sale}-${i}`,
          attempt: 1,
          lines: [{ sku, quantity: 1 }],
          holder: shops[0].holderOf(sale, "greedy", now + HOUR_MS),
        },
        PATIENT,
      ),
    );
    expect(await countOutcomes(asked)).toEqual({ held: 1, FLASH_SALE_LIMIT: 99 });
  });
});

describe("a queue", () => {
  it("is first come first served, and one place each, at whichever process", async () => {
    const { sale } = await begun(0, { admission: { perSecond: 10 } });
    const crowd = names(120);
    const again = [...crowd, ...crowd].map((unit, i) => at(i).sales.queue.join(sale, unit));
    const places = (await Promise.all(again)).map(({ view }) => view.position!);
    expect(places.slice(0, 120)).toEqual(places.slice(120));
    expect(places.slice(0, 120).sort((a, b) => a - b)).toEqual(crowd.map((_, i) => i + 1));
    // Those who come one after the other go one after the other.
    for (const i of [0, 1, 2, 3]) {
      expect((await at(i).sales.queue.join(sale, `late-${i}`)).view.position).toBe(121 + i);
    }
    const order = crowd.toSorted((a, b) => places[crowd.indexOf(a)]! - places[crowd.indexOf(b)]!);
    await shops[0].sales.tick();
    now += 3_000;
    await shops[1].sales.tick();
    const inside = await admittedOf(sale);
    expect(inside).toEqual(order.slice(0, inside.length));
    // The first one at once, and of what nobody looked after in time that of one second.
    expect(inside).toHaveLength(11);
  });

  it("lets in what its rate allows and no more, however unevenly processes look after it", async () => {
    const { sale } = await begun(0, { admission: { perSecond: 20 }, turnMs: HOUR_MS });
    await Promise.all(names(1_000).map((unit, i) => at(i).sales.queue.join(sale, unit)));
    const from = now;
    // Late ones now and then: 3 s, of which the rate makes up for one.
    for (const ms of [0, 30, 70, 100, 400, 10, 1, 900, 3_000, 100, 100, 250, 1_000, 5, 5, 5, 800]) {
      now += ms;
      await Promise.all(shops.map((shop) => shop.sales.tick()));
    }
    const times = await shops[0].database.query<{ at: number }>(
      "select admitted_at as at from flash_sale_places where sale_id = $1 and admitted_at is not null order by 1",
      [sale],
    );
    const most = times.flatMap(({ at: first }, i) =>
      times.slice(i).map(({ at: last }, more) => more + 1 - (20 * (last - first + 1_000)) / 1000),
    );
    expect(Math.max(...most)).toBeLessThanOrEqual(1);
    // The first one at once, and all but the two seconds that nobody looked after.
    expect(times.length).toBe(1 + Math.floor((20 * (now - from - 2_000)) / 1000));
  });

  it("goes on when a clock that was wrong for a moment is right again", async () => {
    const { sale } = await begun(0, { admission: { perSecond: 10 } });
    await Promise.all(names(50).map((unit, i) => at(i).sales.queue.join(sale, unit)));
    await shops[0].sales.tick();
    const right = now;
    now = right + HOUR_MS / 2;
    await shops[1].sales.tick();
    expect(await admittedOf(sale)).toHaveLength(11);
    for (const ms of [1_000, 2_000]) {
      now = right + ms;
      await shops[0].sales.tick();
    }
    expect(await admittedOf(sale)).toHaveLength(21);
  });

  it("lets in as many as may be in at a time: another one when one has left, is over or has all he may have", async () => {
    const { sale, sku } = await begun(10, { admission: { atOnce: 3 }, turnMs: 60_000 });
    const [first, second] = await Promise.all([
      shops[0].sales.queue.join(sale, "unit-0"),
      shops[1].sales.queue.join(sale, "unit-1"),
    ]);
    for (const i of [2, 3, 4, 5, 6, 7, 8]) await at(i).sales.queue.join(sale, `unit-${i}`);
    const tick = () => Promise.all(shops.map((shop) => shop.sales.tick()));
    await tick();
    expect(await admittedOf(sale)).toHaveLength(3);
    now += 1_000;
    await shops[1].sales.queue.leave(sale, first.view.ticket!);
    const { view } = await shops[0].sales.queue.look(sale, second.view.ticket!);
    const holder = shops[0].tokens.openPurchase(view.purchaseToken!, undefined);
    await shops[0].reservations.reserve(
      { order: `${sale}-1`, attempt: 1, lines: [{ sku, quantity: 1 }], holder },
      PATIENT,
    );
    await tick();
    expect(await admittedOf(sale)).toHaveLength(5);
    now += 59_500;
    // The third one's turn is over; those of the two who came later are not.
    await tick();
    expect(await admittedOf(sale)).toHaveLength(6);
  });

  it("is there after all processes were gone, with its order, its tickets and its turns", async () => {
    const { sale } = await begun(0, { admission: { perSecond: 1 }, turnMs: 60_000 });
    const tickets: string[] = [];
    for (const unit of names(5)) tickets.push((await shops[0].sales.queue.join(sale, unit)).view.ticket!);
    now += 1_000;
    await shops[0].sales.tick();
    for (const shop of shops) await shop.close();
    shops = [await open(0), await open(1)];
    const look = async (i: number) => (await at(i).sales.queue.look(sale, tickets[i]!)).view;
    expect((await look(0)).state).toBe("admitted");
    expect(await look(4)).toMatchObject({ state: "waiting", position: 4 });
    expect((await shops[1].sales.queue.join(sale, "unit-4")).view.position).toBe(4);
    now += 1_000;
    await shops[1].sales.tick();
    expect((await look(1)).state).toBe("admitted");
    expect(await look(4)).toMatchObject({ state: "waiting", position: 3 });
  });

  it("costs no question each, however many ask where they stand", async () => {
    const { sale } = await begun(0, { admission: { perSecond: 1 } });
    const tickets = await Promise.all(
      names(300).map(async (unit, i) => (await at(i).sales.queue.join(sale, unit)).view.ticket!),
    );
    now += 1_000;
    await shops[0].sales.tick();
    const before = shops[0].countAsked();
    await Promise.all([...tickets, ...tickets].map((ticket) => shops[0].sales.queue.look(sale, ticket)));
    // The queue, and who of all of them has been let in.
    expect(shops[0].countAsked() - before).toBe(2);
  });
});

async function admittedOf(sale: string): Promise<string[]> {
  const rows = await shops[0].database.query<{ unit: string }>(
    "select unit from flash_sale_places where sale_id = $1 and admitted_at is not null order by place",
    [sale],
  );
  return rows.map(({ unit }) => unit);
}

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
    const asked = Array.from({ length: 700 }, (_, i) => reserve(i, { sale, sku }, 1));
    await shops[0].sales.tick();
    expect(await countOutcomes(asked)).toEqual({ held: 500, INVENTORY_SHORT: 200 });
    const ends = Array.from({ length: 700 }, (_, i) =>
      at(i + 1).reservations.confirm({ order: `${sale}-${i}`, attempt: 1 }, "till", PATIENT),
    );
    now += 59_000;
    await shops[1].sales.end(sale, {}, { actor: { id: "till", name: "till", scopes: ["admin"] } });
    await shops[1].sales.tick();
    expect(await countOutcomes(ends)).toEqual({ held: 500, INVENTORY_UNKNOWN_RESERVATION: 200 });
    expect(await bucketsOf(sku)).toEqual([{ onHand: 0, reserved: 0 }]);
  });
});

describe("what is kept", () => {
  it("is swept up a week after the end, and no sooner", async () => {
    const { sale, sku } = await begun(10, { turnMs: HOUR_MS });
    await Promise.all(names(3).map((unit) => shops[0].sales.queue.join(sale, unit)));
    const holder = shops[0].holderOf(sale, "unit-0", now + HOUR_MS);
    const lines = [{ sku, quantity: 1 }];
    await shops[0].reservations.reserve({ order: `${sale}-0`, attempt: 1, lines, holder }, PATIENT);
    await shops[0].reservations.confirm({ order: `${sale}-0`, attempt: 1 }, "till", PATIENT);
    now += HOUR_MS;
    await shops[0].sales.tick();
    const count = async () => {
      await shops[1].sales.sweep();
      const [row] = await shops[0].database.query(
        `select (select count(*) from flash_sale_places where sale_id = $1) as places,
           (select count(*) from stock_ration_uses where ration = $2) as uses,
           (select count(*) from stock_rations where ration = $2) as rations`,
        [sale, `flash-sale:${sale}`],
      );
      return row;
    };
    now += 7 * 24 * HOUR_MS - 1;
    expect(await count()).toEqual({ places: 3, uses: 1, rations: 1 });
    now += 2;
    expect(await count()).toEqual({ places: 0, uses: 0, rations: 1 });
    expect(await count()).toEqual({ places: 0, uses: 0, rations: 0 });
  });
});
