import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { line } from "../support/quotes.ts";
import {
  FULL,
  LOCATION,
  openReturnWorld,
  type ReturnWorld,
  refusalOf,
  SENT,
  SPRING,
} from "../support/returns.ts";
import { operatorOf } from "../support/rollout.ts";

// Goods that come back: for what was paid for them, once, to the minor unit, whoever asks how often.

let world: ReturnWorld;

beforeAll(async () => {
  world = await openReturnWorld();
});
afterAll(() => world.close());

type Entry = {
  part: string;
  line: string;
  firstUnit: number;
  units: number;
  kind: string;
  amountEach: number;
  promotion?: string;
};

/** What one unit was paid with, by the order's ledger. */
function paidFor(entries: readonly Entry[], line: string, unit: number): number {
  return entries
    .filter((entry) => entry.part === "line" && entry.line === line && entry.kind !== "taxIncluded")
    .filter(({ firstUnit, units }) => firstUnit <= unit && unit < firstUnit + units)
    .reduce((sum, { amountEach }) => sum + amountEach, 0);
}

const ledgerOf = async (id: string) =>
  (await world.ask<{ entries: Entry[] }>(`/v1/orders/${id}/ledger`)).entries;

/** 340.00 without what is off, of which 50.00 are. */
const LINES = [line("1", "lamp-a", 2), line("2", "lamp-b", 2)];

describe("a return", () => {
  it("pays back what was paid for its units, and leaves the others what they were", async () => {
    const { id, total, captured } = await world.buy(LINES);
    expect([total, captured]).toEqual([29_000, 29_000]);
    const entries = await ledgerOf(id);

    const { status, body } = await world.bringBack(id, { lines: [{ line: "1", units: 1 }] });
    expect([status, body.number, body.isWhole]).toEqual([201, 1, false]);
    expect(body.lines).toEqual([
      {
        line: "1",
        sku: "lamp-a",
        firstUnit: 0,
        units: 1,
        price: 10_000,
        discount: 1_471,
        tax: 0,
        paid: 8_529,
        discounts: [{ promotion: FULL, amount: 1_471, units: 1 }],
      },
    ]);
    expect(body.refund).toBe(paidFor(entries, "1", 0));
    const order = await world.refunded(id, 8_529);
    expect([order.state, order.refunded]).toEqual(["returned_in_part", 8_529]);
    expect(await world.moneyOf(id)).toMatchObject({ capture: 29_000, refund: 8_529 });

    // Nothing moved to what stays, which is paid back for what was paid for it (vendure#4811).
    expect(await ledgerOf(id)).toEqual(entries);
    const second = await world.bringBack(id, { lines: [{ line: "2", units: 2 }] });
    expect(second.body.refund).toBe(paidFor(entries, "2", 0) + paidFor(entries, "2", 1));
  });

  it("pays back all that was paid when everything is back one by one, shipping with the last of it", async () => {
    const { id, total, decision } = await world.buy([line("1", "book-1", 3), line("2", "lamp-b")]);
    const shipping = decision.shipping[0]!.total;
    expect(shipping).toBeGreaterThan(0);
    const refunds: number[] = [];
    for (const each of ["1", "2", "1", "1"]) {
      const { body } = await world.bringBack(id, { lines: [{ line: each, units: 1 }] });
      refunds.push(body.refund);
      expect(body.shipping).toBe(refunds.length === 4 ? shipping : 0);
    }
    expect(refunds.reduce((sum, amount) => sum + amount)).toBe(total);
    expect((await world.refunded(id, total)).state).toBe("returned");
    expect(await world.moneyOf(id)).toMatchObject({ capture: total, refund: total });
    expect(refusalOf(await world.bringBack(id, { lines: [{ line: "1", units: 1 }] }))).toEqual([
      409,
      "ORDER_STATE",
      "order",
      "returned",
    ]);
  });

  it("keeps shipping where the shop does", async () => {
    const { id, total, decision } = await world.buy([line("1", "book-1")]);
    const shipping = decision.shipping[0]!.total;
    const { body } = await world.bringBack(id, { lines: [{ line: "1", units: 1 }], shipping: "keep" });
    expect([body.refund, body.shipping, body.isWhole]).toEqual([total - shipping, 0, true]);
  });

  it("does not give back what shipping had of a budget where that is kept", async () => {
    const budgets = [{ id: "money", allowance: SENT, counts: "money", amounts: { EUR: 100_000 } }];
    await world.ask(`/v1/campaigns/${SENT}`, { budgets }, "PUT");
    await world.ask(`/v1/campaigns/${SENT}/codes`, { code: "SENT-50" });
    const used: unknown[] = [];
    for (const shipping of ["keep", "refund"]) {
      const { id } = await world.buy([line("1", "book-1")], { coupons: ["SENT-50"] });
      await world.bringBack(id, { lines: [{ line: "1", units: 1 }], shipping });
      const campaign = await world.ask<{ budgets: { used: object }[] }>(`/v1/campaigns/${SENT}`);
      used.push(campaign.budgets[0]!.used);
    }
    // Half of 4.90, once.
    expect(used).toEqual([{ EUR: 245 }, { EUR: 245 }]);
  });

  it("gives budgets back what its units had of them, and codes with the last unit", async () => {
    const budgets = [{ id: "money", allowance: SPRING, counts: "money", amounts: { EUR: 100_000 } }];
    await world.ask(`/v1/campaigns/${SPRING}`, { budgets }, "PUT");
    await world.ask(`/v1/campaigns/${SPRING}/codes`, { code: "SPRING-10", uses: 1 });
    const usedOf = async () => {
      const campaign = await world.ask<{ budgets: { used?: Record<string, number> }[] }>(
        `/v1/campaigns/${SPRING}`,
      );
      return campaign.budgets[0]!.used?.EUR ?? 0;
    };
    const codeUses = async () =>
      (await world.ask<{ used: number }>("/v1/coupons:look", { code: "SPRING-10" })).used;

    const { id, total } = await world.buy([line("1", "book-1", 3)], { coupons: ["SPRING-10"] });
    const before = await usedOf();
    expect([before, await codeUses()]).toEqual([750, 1]);
    const { body } = await world.bringBack(id, { lines: [{ line: "1", units: 1 }] });
    expect(body.lines[0]!.discounts).toEqual([{ promotion: SPRING, amount: 250, units: 1 }]);
    expect([await usedOf(), await codeUses()]).toEqual([500, 1]);
    await world.bringBack(id, { lines: [{ line: "1", units: 2 }] });
    expect([await usedOf(), await codeUses()]).toEqual([0, 0]);
    await world.refunded(id, total);
  });

  it("puts the goods back on sale where it says so, as a movement of the order", async () => {
    const { id } = await world.buy([line("1", "book-1", 2)]);
    const before = await world.onHand("book-1");
    await world.bringBack(id, { lines: [{ line: "1", units: 1 }] });
    expect(await world.onHand("book-1")).toBe(before);
    const { body } = await world.bringBack(id, { lines: [{ line: "1", units: 1 }], restock: LOCATION });
    expect(body.restock).toBe(LOCATION);
    expect(await world.onHand("book-1")).toBe(before + 1);
    const { movements } = await world.ask<{ movements: object[] }>("/v1/stock/book-1/movements?limit=1");
    expect(movements).toMatchObject([
      { kind: "return", quantity: 1, location: LOCATION, order: id, cause: "return 2" },
    ]);
  });

  it("is told with its amounts, recorded, and listed as it was answered", async () => {
    const { id } = await world.buy([line("1", "lamp-b", 2)]);
    const first = await world.bringBack(id, { lines: [{ line: "1", units: 1 }], reason: "too-dim" });
    const second = await world.bringBack(id, { lines: [{ line: "1", units: 1 }] });
    const { returns } = await world.ask<{ returns: object[] }>(`/v1/orders/${id}/returns`);
    expect(returns).toEqual([first.body, second.body]);

    const events = await world.database.query<{ type: string; data: Record<string, unknown> }>(
      "select type, data from outbox_events where subject = $1 and type = 'order.returned'",
      [id],
    );
    expect(events.map(({ data }) => [data.state, data.cause, data.number, data.refund]).sort()).toEqual([
      ["returned", "unwanted", 2, second.body.refund],
      ["returned_in_part", "too-dim", 1, first.body.refund],
    ]);
    const { records } = await world.ask<{ records: { action: string; object: string }[] }>(
      "/v1/audit?limit=1",
    );
    expect(records).toMatchObject([{ action: "order.returned", object: `order:${id}` }]);
    const { history } = await world.ask<{ history: { to: string; cause: string }[] }>(`/v1/orders/${id}`);
    expect(history.slice(-2)).toMatchObject([
      { to: "returned_in_part", cause: "too-dim" },
      { to: "returned", cause: "unwanted" },
    ]);
  });

  it("pays back no more than what is left where some was given back as a favour", async () => {
    const { id, total } = await world.buy([line("1", "lamp-b", 2)]);
    const { payments } = await world.ask<{ payments: { id: string }[] }>(`/v1/orders/${id}/payments`);
    await world.ask(`/v1/payments/${payments[0]!.id}/refund`, { amount: 500 });
    const first = await world.bringBack(id, { lines: [{ line: "1", units: 1 }] });
    expect([first.body.refund, first.body.paidBefore]).toEqual([7_000, 0]);
    const second = await world.bringBack(id, { lines: [{ line: "1", units: 1 }] });
    expect([second.body.refund, second.body.paidBefore]).toEqual([total - 7_500, 500]);
    expect(await world.refunded(id, total)).toMatchObject({ captured: total });
  });
});

describe("asked again, or by many at once", () => {
  it("a return is made once for each key", async () => {
    const { id } = await world.buy([line("1", "lamp-b", 3)]);
    const key = { "idempotency-key": "once" };
    const body = { lines: [{ line: "1", units: 1 }], restock: LOCATION };
    const before = await world.onHand("lamp-b");
    const first = await world.bringBack(id, body, key);
    const again = await world.bringBack(id, body, key);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect(await world.onHand("lamp-b")).toBe(before + 1);
    const other = await world.bringBack(id, { ...body, reason: "other" }, key);
    expect([other.status, other.body.error.code]).toEqual([422, "SERVER_IDEMPOTENCY_KEY"]);
    expect(refusalOf(await world.bringBack(id, body, {}))).toEqual([
      400,
      "ORDER_KEY_NEEDED",
      "headers/idempotency-key",
      undefined,
    ]);
    expect((await world.ask<{ returns: object[] }>(`/v1/orders/${id}/returns`)).returns).toHaveLength(1);
  });

  it("no unit comes back twice, at whatever server", async () => {
    const UNITS = 3;
    const ASKED = 12;
    const { id, total, decision } = await world.buy([line("1", "lamp-b", UNITS)]);
    const other = await operatorOf(await world.start(), world.shop.dataFolder);
    const before = await world.onHand("lamp-b");
    const body = { lines: [{ line: "1", units: 1 }], reason: "unwanted", restock: LOCATION };
    const answers = await Promise.all(
      Array.from({ length: ASKED }, (_, i) =>
        [world.operate, other][i % 2]!<{ refund: number; error: { code: string } }>(
          `/v1/orders/${id}/returns`,
          body,
          {
            headers: { "idempotency-key": `crowd-${i}` },
          },
        ),
      ),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(UNITS);
    const refused = answers.filter(({ status }) => status !== 201).map(({ body: { error } }) => error.code);
    expect(refused.filter((code) => code !== "ORDER_STATE" && code !== "RETURN_TOO_MANY")).toEqual([]);
    expect(made.reduce((sum, { body: { refund } }) => sum + refund, 0)).toBe(total);
    expect(decision.shippingTotal).toBe(0);
    expect(await world.onHand("lamp-b")).toBe(before + UNITS);
    expect((await world.refunded(id, total)).state).toBe("returned");
    expect(await world.moneyOf(id)).toMatchObject({ refund: total });
  });
});

describe("refused, with nothing done", () => {
  let id: string;

  beforeAll(async () => {
    id = (await world.buy([line("1", "lamp-b", 2)])).id;
  });

  const refused = async (body: object, order = id) => refusalOf(await world.bringBack(order, body));

  it("is a return of more than there is, of what there is not, or of what has not left", async () => {
    expect(await refused({ lines: [{ line: "1", units: 3 }] })).toEqual([
      409,
      "RETURN_TOO_MANY",
      "lines[0].units",
      2,
    ]);
    expect(await refused({ lines: [{ line: "9", units: 1 }] })).toEqual([
      422,
      "RETURN_UNKNOWN_LINE",
      "lines[0].line",
      "9",
    ]);
    const placed = await world.place([line("1", "lamp-b")]);
    expect(await refused({ lines: [{ line: "1", units: 1 }] }, placed.id)).toEqual([
      409,
      "ORDER_STATE",
      "order",
      "awaiting_payment",
    ]);
    const unknown = `order_${"x".repeat(24)}`;
    expect((await refused({ lines: [{ line: "1", units: 1 }] }, unknown)).slice(0, 2)).toEqual([
      404,
      "ORDER_UNKNOWN",
    ]);
  });

  it("is one whose goods go where nothing is kept, and one that would pay back something else than was shown", async () => {
    const body = { lines: [{ line: "1", units: 1 }] };
    expect((await refused({ ...body, restock: "nowhere" }))[1]).toBe("INVENTORY_UNKNOWN_LOCATION");
    expect(await refused({ ...body, refund: 6_999 })).toEqual([409, "RETURN_CHANGED", "refund", 7_000]);
    expect((await world.ask<{ returns: object[] }>(`/v1/orders/${id}/returns`)).returns).toEqual([]);
    expect(await world.findOrder(id)).toMatchObject({ state: "shipped", refunded: 0 });
    expect((await world.moneyOf(id)).refund).toBeUndefined();
  });

  it("is a look", async () => {
    const { status, body } = await world.preview(id, { lines: [{ line: "1", units: 2 }] });
    expect([status, body.refund, body.isWhole]).toEqual([200, 14_490, true]);
    expect(await world.findOrder(id)).toMatchObject({ state: "shipped", refunded: 0 });
  });

  it("is what no code of the server would do: the database itself refuses it", async () => {
    const bought = await world.buy([line("1", "lamp-b", 2)]);
    await world.bringBack(bought.id, { lines: [{ line: "1", units: 1 }] });
    const codeOf = (sql: string) =>
      world.database.query(sql, [bought.id]).then(
        () => "done",
        ({ code }: { code: string }) => code,
      );
    const CHECK = "23514";
    const DENIED = "42501";
    const sums = "update order_return_sums set";
    expect(await codeOf(`${sums} refunded = total + 1 where order_id = $1`)).toBe(CHECK);
    expect(await codeOf(`${sums} refunded = -1 where order_id = $1`)).toBe(CHECK);
    expect(await codeOf("update order_return_lines set returned = 3 where order_id = $1")).toBe(CHECK);
    expect(await codeOf("update orders set refunded = captured + 1 where order_id = $1")).toBe(CHECK);
    expect(await codeOf("update order_returns set reason = 'x' where order_id = $1")).toBe(DENIED);
    expect(await codeOf("delete from order_returns where order_id = $1")).toBe(DENIED);
  });
});
