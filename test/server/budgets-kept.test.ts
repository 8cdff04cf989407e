import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BudgetShop, findMiscounted, openBudgets } from "../support/budgets.ts";
import { createShop, type Shop } from "../support/release.ts";
import { startServer, tenantOf, until } from "../support/server.ts";

// What was counted in periods that are over is kept for a month more, and nothing else of budgets ever goes.

/** A Thursday, noon in Berlin. */
const START = Date.parse("2026-11-26T11:00:00Z");
const PERIODS = ["day", "week", "month"] as const;
const ALWAYS = { id: "always", per: "customer", counts: "units", allowance: "a" } as const;

let now: number;
let shop: Shop;
let budgets: BudgetShop;

beforeEach(async () => {
  now = START;
  shop = await createShop();
  budgets = await openBudgets({ tenant: tenantOf(shop.dataFolder), clock: () => now });
  const each = PERIODS.map((period) => ({ ...ALWAYS, id: period, period, amount: 5 }));
  await budgets.put("C", { budgets: [...each, { ...ALWAYS, amount: 6 }] });
  await take("o-1", 5);
});

afterEach(async () => {
  await budgets.close();
  await shop.remove();
});

const take = (order: string, amount: number) =>
  budgets.order(order, { customer: "ann", claims: [{ promotion: "p", allowance: "a", amount }] });

const left = async () =>
  (
    await budgets.look({
      ids: [],
      limits: [{ allowance: "a", counts: "units" }],
      customer: "ann",
      currency: "EUR",
    })
  ).allowances;

async function listPeriods(): Promise<string[]> {
  const rows = await budgets.database.query<{ period: string }>("select period from budget_uses");
  return rows.map(({ period }) => period).sort();
}

/** When it is so late in Berlin, and what is over long enough is gone. */
async function sweepAt(time: string): Promise<string[]> {
  now = Date.parse(`${time}+01:00`);
  expect(await budgets.sweep()).toBe(false);
  return listPeriods();
}

it("goes thirty days after its day, its week, its month; what is counted for all time stays", async () => {
  const all = ["", "2026-11", "2026-11-26", "2026-W48"];
  expect(await sweepAt("2026-12-26T23:59:59")).toEqual(all);
  expect(await sweepAt("2026-12-27T00:00:00")).toEqual(["", "2026-11", "2026-W48"]);
  expect(await sweepAt("2026-12-29T23:59:59")).toEqual(["", "2026-11", "2026-W48"]);
  expect(await sweepAt("2026-12-30T00:00:00")).toEqual(["", "2026-11"]);
  expect(await sweepAt("2026-12-30T23:59:59")).toEqual(["", "2026-11"]);
  expect(await sweepAt("2026-12-31T00:00:00")).toEqual([""]);
  // Six in all, of which he had five.
  expect(await left()).toEqual({ a: 1 });
});

describe("what is there when it is gone", () => {
  it("goes back to all time, and a new period begins with nothing used", async () => {
    await sweepAt("2027-03-01T12:00:00");
    await budgets.back("o-1", [{ promotion: "p", amount: 0, units: 2 }]);
    expect([await listPeriods(), await left()]).toEqual([[""], { a: 3 }]);
    await take("o-2", 3);
    expect(await listPeriods()).toEqual(["", "2027-03", "2027-03-01", "2027-W09"]);
    await budgets.back("o-1");
    await budgets.back("o-2");
    expect([await left(), await findMiscounted(budgets)]).toEqual([{ a: 5 }, []]);
  });

  it("is the rest, where there was more than is swept at once", async () => {
    await budgets.database.query(
      `insert into budget_uses (campaign_id, budget_id, holder, period, currency, used, amount)
       select 'C', 'day', 'customer-' || number, '2026-11-25', '', 1, 5 from generate_series(1, 1000) as number`,
    );
    now = Date.parse("2026-12-26T12:00:00+01:00");
    expect(await budgets.sweep()).toBe(true);
    expect(await budgets.sweep()).toBe(false);
    expect(await listPeriods()).toHaveLength(4);
  });
});

it("is looked for by a server of itself", async () => {
  now = Date.parse("2027-03-01T12:00:00+01:00");
  const server = await startServer(shop.dataFolder, { clock: () => now });
  await until(async () => (await listPeriods()).length === 1);
  await server.close();
});
