import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SaleBody } from "../../server/modules/flash-sales/schema.ts";
import {
  beginSale,
  countOutcomes,
  findWrong,
  openFlashSales,
  type SaleShop,
} from "../support/flash-sales.ts";

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
  expect(await findWrong(shops)).toEqual([]);
});
afterAll(async () => {
  for (const shop of shops) await shop.close();
});

const begun = (pieces: number, more: Partial<SaleBody> = {}) =>
  beginSale(shops[0], `sale-${sales++}`, { now, pieces, ...more });

const at = (i: number) => shops[i % 2]!;
const names = (count: number) => Array.from({ length: count }, (_, i) => `unit-${i}`);

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

  it("hold one each, where one shopper asks a hundred times at once, of rows that nobody waits for", async () => {
    const { sale, sku } = await begun(100, { buckets: 2 });
    await shops[0].sales.tick();
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

  it("draws and lets in a crowd of which the database has no statistics yet", async () => {
    const [crowd, from] = [40_000, now + 1_000];
    const { sale } = await begun(0, { from, early: "lot", admission: { perSecond: 10_000 } });
    await shops[0].database.query(
      `insert into flash_sale_places (sale_id, unit, joined_at)
       select $1, 'unit-' || n, $2 from generate_series(1, $3::int) as n`,
      [sale, now, crowd],
    );
    await shops[0].database.query("update flash_sale_queues set joined = $2 where sale_id = $1", [
      sale,
      crowd,
    ]);
    let drawn: Awaited<ReturnType<typeof admittedAt>>;
    do drawn = await admittedAt(sale, from);
    while (drawn.queue.seed === undefined);
    expect(drawn.queue).toMatchObject({ admitted: 1, waiting: crowd - 1 });
    expect((await admittedAt(sale, from + 1_000)).queue.admitted).toBe(10_001);
    const [places] = await shops[0].database.query(
      "select min(place) as first, max(place) as last, count(distinct place) as count from flash_sale_places where sale_id = $1",
      [sale],
    );
    expect(places).toEqual({ first: 1, last: crowd, count: crowd });
    await shops[0].database.query("delete from flash_sale_places where sale_id = $1", [sale]);
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

async function admittedAt(sale: string, at: number) {
  now = at;
  await shops[0].sales.tick();
  return shops[0].sales.get(sale);
}

async function admittedOf(sale: string): Promise<string[]> {
  const rows = await shops[0].database.query<{ unit: string }>(
    "select unit from flash_sale_places where sale_id = $1 and admitted_at is not null order by place",
    [sale],
  );
  return rows.map(({ unit }) => unit);
}

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
      // A thousand at a time, of all sales that are over.
      while (await shops[1].sales.sweep());
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
    expect(await count()).toMatchObject({ places: 0, uses: 0 });
    expect(await count()).toEqual({ places: 0, uses: 0, rations: 0 });
  });
});
