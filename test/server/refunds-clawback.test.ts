import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GROSS, line } from "../support/quotes.ts";
import { SHOES } from "../support/release.ts";
import { FULL, openReturnWorld, type ReturnWorld, refusalOf } from "../support/returns.ts";
import { until } from "../support/server.ts";

// What stays is priced without what came back, and what it costs more is kept back: shown first, and never more than the refund.

let world: ReturnWorld;

beforeAll(async () => {
  world = await openReturnWorld();
});
afterAll(() => world.close());

const RECOMPUTE = { clawback: "recompute" } as const;
const lines = (...asked: [line: string, units: number][]) => ({
  lines: asked.map(([line, units]) => ({ line, units })),
});

/** As it is shown, then done. */
async function bringBackSeen(id: string, body: object) {
  const { body: shown } = await world.preview(id, { ...body, ...RECOMPUTE });
  const { status, body: made } = await world.bringBack(id, { ...body, ...RECOMPUTE, refund: shown.refund });
  expect(status).toBe(201);
  expect(made).toMatchObject(shown);
  return made;
}

describe("a clawback", () => {
  it("keeps back what the rest would not have had by itself, when that was shown", async () => {
    // 340.00 with 50.00 off; without one of 70.00 it is 270.00 with nothing off, for which 231.13 were paid.
    const { id, total } = await world.buy([line("1", "lamp-a", 2), line("2", "lamp-b", 2)]);
    const asked = { ...lines(["2", 1]), ...RECOMPUTE };
    const { body: shown } = await world.preview(id, asked);
    expect([total, shown.goods]).toEqual([29_000, 5_970]);
    expect(shown.changes).toEqual([{ promotion: FULL, given: 3_970, alone: 0 }]);
    expect([shown.keptBack, shown.refund]).toEqual([3_970, 2_000]);

    expect(refusalOf(await world.bringBack(id, asked))).toEqual([422, "RETURN_UNSEEN", "refund", undefined]);
    expect(refusalOf(await world.bringBack(id, { ...asked, refund: 5_970 }))).toEqual([
      409,
      "RETURN_CHANGED",
      "refund",
      2_000,
    ]);
    const { status, body } = await world.bringBack(id, { ...asked, refund: 2_000 });
    expect([status, body.refund]).toEqual([201, 2_000]);
    // What the customer has now cost what it costs.
    expect((await world.refunded(id, 2_000)).captured - 2_000).toBe(27_000);

    const rest = await bringBackSeen(id, lines(["1", 2], ["2", 1]));
    expect([rest.isWhole, rest.keptBack, rest.refund]).toEqual([true, -3_970, 27_000]);
    expect((await world.refunded(id, total)).state).toBe("returned");
    expect(await world.moneyOf(id)).toMatchObject({ capture: total, refund: total });
  });

  it("keeps back nothing where the rest has what it had, or would have cost less", async () => {
    const { id } = await world.buy([line("1", "lamp-a", 4)]);
    const { body } = await world.preview(id, { ...lines(["1", 1]), ...RECOMPUTE });
    // 50.00 on three instead of 37.50: what would be cheaper is not paid out.
    expect(body.changes).toEqual([{ promotion: FULL, given: 3_750, alone: 5_000 }]);
    expect([body.goods, body.keptBack, body.refund]).toEqual([8_750, 0, 8_750]);
  });

  it("never keeps back more than the refund, and the rest of it with the next one", async () => {
    // 310.00 with 50.00 off: without the book 285.00 with nothing off.
    const { id, total } = await world.buy([line("1", "book-1", 4), line("2", "lamp-b", 3)]);
    expect(total).toBe(26_000);
    const first = await bringBackSeen(id, lines(["1", 1]));
    expect([first.keptBack, first.refund]).toEqual([first.goods, 0]);
    const second = await bringBackSeen(id, lines(["1", 1]));
    // 260.00 are with the customer, and so much was paid.
    expect(total - second.refund).toBe(26_000);
    const third = await bringBackSeen(id, lines(["2", 1]));
    expect(total - second.refund - third.refund).toBe(19_000);
    const { body: last } = await world.bringBack(id, lines(["1", 2], ["2", 2]));
    expect(second.refund + third.refund + last.refund).toBe(total);
    await world.refunded(id, total);
  });

  it("counts shipping that was free because of what is gone", async () => {
    const { id } = await world.buy([line("1", "lamp-b"), line("2", "lamp-a")]);
    const { body } = await world.preview(id, { ...lines(["2", 1]), ...RECOMPUTE });
    expect(body.changes).toMatchObject([{ promotion: "free-shipping", alone: 0 }]);
    expect(body.keptBack).toBe(body.changes[0]!.given);
    expect(body.keptBack).toBeGreaterThan(0);
  });

  it("is by the release of then, whatever is live by now", async () => {
    const { id } = await world.buy([line("1", "lamp-a", 2), line("2", "lamp-b", 2)]);
    const shoes = [{ id: SHOES, rule: SHOES, priority: 5 }];
    await world.shop.publish({ version: 2, release: { policy: GROSS, promotions: shoes } });
    await until(async () => (await world.server.ready()).channel?.version === 2);
    const { body } = await world.preview(id, { ...lines(["2", 1]), ...RECOMPUTE });
    expect([body.keptBack, body.refund]).toEqual([3_970, 2_000]);
    const still = await world.preview(id, { ...lines(["1", 1]), ...RECOMPUTE });
    // 240.00 by itself, by the release that gives 50.00 off from 300.00 on.
    expect(still.body.changes).toEqual([{ promotion: FULL, given: 3_529, alone: 0 }]);
  });

  it("is made where more ask for it at once than there are connections", async () => {
    const { id } = await world.buy([line("1", "lamp-a", 4)]);
    const asked = { ...lines(["1", 1]), ...RECOMPUTE };
    const { refund } = (await world.preview(id, asked)).body;
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => world.bringBack(id, { ...asked, refund })),
    );
    const said = answers.map(({ status, body }) => body.error?.code ?? String(status));
    expect(said.filter((one) => one === "201").length).toBeGreaterThanOrEqual(1);
    expect(
      said.filter((one) => !["201", "RETURN_CHANGED", "RETURN_TOO_MANY", "ORDER_STATE"].includes(one)),
    ).toEqual([]);
  });

  it("is not to be had where the cart is gone, and the goods come back without it", async () => {
    const { id } = await world.buy([line("1", "lamp-b", 2)], { customer: "c-gold" });
    expect(await world.erase("c-gold")).toBe(204);
    expect(refusalOf(await world.preview(id, { ...lines(["1", 1]), ...RECOMPUTE }))).toEqual([
      409,
      "RETURN_NOT_PRICED",
      "clawback",
      "QUOTE_UNKNOWN",
    ]);
    const { status, body } = await world.bringBack(id, lines(["1", 1]));
    expect([status, body.refund]).toEqual([201, 7_000]);
    // The last goods need no price for what stays; with them comes shipping.
    const last = { ...lines(["1", 1]), ...RECOMPUTE, refund: 7_490 };
    expect((await world.bringBack(id, last)).status).toBe(201);
  });
});
