import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Results } from "../../server/modules/experiments/results.ts";
import { HALVES } from "../support/experiment-events.ts";
import { line, VARIANTS } from "../support/quotes.ts";
import { type Bought, openReturnWorld, type ReturnJson, type ReturnWorld } from "../support/returns.ts";
import { until } from "../support/server.ts";

// What an experiment says of its variants is what was ordered in them, paid, and kept.

const KEY = "checkout";
/** A campaign by which books cost nothing. */
const GIFT = "gift";

let world: ReturnWorld;

type Sale = { variant: string; order: Bought; back: ReturnJson[]; isCancelled: boolean };
const sales: Sale[] = [];
const units: Record<string, string> = {};

beforeAll(async () => {
  const effects = [{ target: "unit", percent: "100", filter: { skus: ["book-1"] } }] as const;
  world = await openReturnWorld([{ id: GIFT, effects, coupon: GIFT, priority: 6 }]);
  await until(async () => (await world.server.ready()).keys.channel === "ready");
  await world.ask("/v1/experiments", { channel: "stable", key: KEY, unit: "customer", variants: HALVES });
  await world.ask(`/v1/experiments/${KEY}/start`, {});
  for (let i = 0; i < 12; i += 1) {
    const customer = `buyer-${i}`;
    const entrant = { units: { customer, session: undefined, cart: undefined }, attributes: {} };
    const [assigned] = await world.server.app.experiments.assign("stable", entrant, false);
    units[customer] = assigned!.variant;
  }
  const events = Object.entries(units).map(([unit, variant]) => ({ type: "exposure", unit, variant }));
  await world.ask(`/v1/experiments/${KEY}/events`, { events });
});

afterAll(() => world.close());

async function results(): Promise<Results> {
  // Until what listens to orders has heard of all of them.
  await until(async () => {
    const [row] = await world.database.query<{ left: number }>(
      `select (select count(*) from outbox_events e where e.number is null or e.number > c.number)::int as left
       from outbox_cursors c where subscriber = 'order-outcomes'`,
    );
    return row?.left === 0;
  });
  return world.ask<Results>(`/v1/experiments/${KEY}/results`);
}

/** Goods without tax, less what they cost the shop. */
function marginOf({ decision }: Bought): number {
  return decision.lines.reduce((sum, { id, total, tax = 0 }) => {
    const { sku, quantity } = bought.get(id)!;
    const [price] = VARIANTS[sku]!.prices as readonly { unitCost?: number }[];
    return sum + total - tax - (price!.unitCost ?? 0) * quantity;
  }, 0);
}

const LINES = [line("shoes", "runner-42", 2), line("books", "book-1", 3)];
const bought = new Map(LINES.map((one) => [one.id, one]));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** By what the orders themselves say. */
function expected(variant: string) {
  const own = sales.filter((sale) => sale.variant === variant);
  const refundOf = ({ order, back, isCancelled }: Sale) =>
    isCancelled ? order.total : sum(back.map(({ refund }) => refund));
  const discountBack = ({ order, back, isCancelled }: Sale) =>
    isCancelled
      ? order.decision.discountTotal
      : sum(back.flatMap(({ lines }) => lines.map(({ discount }) => discount)));
  return {
    orders: own.length,
    revenueMinor: sum(own.map((sale) => sale.order.total - refundOf(sale))),
    discountMinor: sum(own.map((sale) => sale.order.decision.discountTotal - discountBack(sale))),
    marginMinor: sum(
      own.map((sale) => {
        const margin = marginOf(sale.order);
        if (sale.isCancelled) return 0;
        return margin - Math.trunc((margin * refundOf(sale)) / sale.order.total);
      }),
    ),
  };
}

function figuresOf({ variants }: Results, variant: string) {
  const { money } = variants.find((one) => one.variant === variant)!;
  const [{ orders, revenueMinor, discountMinor, marginMinor }] = money as [(typeof money)[number]];
  return { orders, revenueMinor, discountMinor, marginMinor };
}

describe("orders in an experiment", () => {
  it("are conversions when they are paid, with what they brought", async () => {
    for (const [customer, variant] of Object.entries(units).slice(0, 8)) {
      sales.push({ variant, order: await world.buy(LINES, { customer }), back: [], isCancelled: false });
    }
    // Nobody has paid for these.
    for (const customer of Object.keys(units).slice(8, 10)) await world.place(LINES, { customer });
    const told = await results();
    expect(new Set(sales.map(({ variant }) => variant)).size).toBe(2);
    for (const variant of ["control", "b"]) {
      const paid = sales.filter((sale) => sale.variant === variant);
      expect(told.variants.find((one) => one.variant === variant)).toMatchObject({
        units: Object.values(units).filter((one) => one === variant).length,
        conversions: paid.length,
      });
      expect(figuresOf(told, variant)).toEqual(expected(variant));
    }
    expect(told.excluded.unattributed).toBe(0);
  });

  it("count less by what comes back of them, or is cancelled", async () => {
    const [first, second] = sales as [Sale, Sale];
    const back = async (sale: Sale, lines: object[]) =>
      sale.back.push((await world.bringBack(sale.order.id, { lines })).body);
    await back(first, [{ line: "shoes", units: 1 }]);
    await back(first, [{ line: "books", units: 2 }]);
    await back(second, [
      { line: "shoes", units: 2 },
      { line: "books", units: 3 },
    ]);
    expect(second.back[0]).toMatchObject({ isWhole: true, refund: second.order.total });
    const [customer, variant] = Object.entries(units)[10]!;
    const order = await world.place(LINES, { customer });
    await world.ask(`/v1/orders/${order.id}/payments`, { token: "tok_ok" });
    await until(async () => (await world.findOrder(order.id)).state === "paid");
    await world.ask(`/v1/orders/${order.id}/cancel`, {});
    sales.push({ variant, order, back: [], isCancelled: true });
    const told = await results();
    for (const side of ["control", "b"]) expect(figuresOf(told, side)).toEqual(expected(side));
  });

  it("are no more orders where what comes back was worth nothing", async () => {
    await world.ask(`/v1/campaigns/${GIFT}`, { budgets: [] }, "PUT");
    await world.ask(`/v1/campaigns/${GIFT}/codes`, { code: "GIFT-1" });
    const [customer, variant] = Object.entries(units)[11]!;
    const asked = { customer, coupons: ["GIFT-1"] };
    const given = await world.buy(LINES, asked);
    const { body } = await world.bringBack(given.id, { lines: [{ line: "books", units: 3 }] });
    expect(body).toMatchObject({ refund: 0, lines: [{ discount: 7_500 }] });
    sales.push({ variant, order: given, back: [body], isCancelled: false });
    const free = await world.place(LINES.slice(1), { ...asked, shippingMethod: undefined });
    expect(free).toMatchObject({ state: "paid", total: 0 });
    await world.ask(`/v1/orders/${free.id}/cancel`, {});
    sales.push({ variant, order: free, back: [], isCancelled: true });
    expect(figuresOf(await results(), variant)).toEqual(expected(variant));
  });

  it("count once, however often they are told", async () => {
    const before = await results();
    await world.database.query(
      "update outbox_cursors set number = 0, tries = 0, next_at = 0 where subscriber = 'order-outcomes'",
    );
    // A hint.
    await world.place(LINES, { customer: "passer-by" });
    const after = await results();
    expect(after.variants).toEqual(before.variants);
    expect(after.excluded).toEqual(before.excluded);
  });
});
