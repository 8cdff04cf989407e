import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listLines, makeLedger, sumOf } from "../../server/modules/orders/ledger.ts";
import { clawBack } from "../../server/modules/refunds/clawback.ts";
import {
  type Before,
  chooseUnits,
  countKept,
  lastUnits,
  paidForRest,
  type Settlement,
  settle,
} from "../../server/modules/refunds/settle.ts";
import { addDiscounts, shareOf, shippingPaid } from "../../server/modules/refunds/share.ts";

// What comes back of an order, whatever it cost and however its returns are cut. No server: amounts alone.

type Line = { quantity: number; unitPrice: number; off: number[]; tax: number };
type Bought = { lines: Line[]; shipping: { price: number; off: number }; coins: number; isNet: boolean };

const line: fc.Arbitrary<Line> = fc
  .record({
    quantity: fc.integer({ min: 1, max: 7 }),
    unitPrice: fc.integer({ min: 0, max: 5_000 }),
    parts: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 3 }),
    rate: fc.constantFrom(0, 7, 19),
  })
  .map(({ quantity, unitPrice, parts, rate }) => {
    let left = quantity * unitPrice;
    const off = parts.map((percent) => {
      const amount = Math.floor((left * percent) / 100);
      left -= amount;
      return amount;
    });
    return { quantity, unitPrice, off, tax: Math.round((left * rate) / 100) };
  });
const bought: fc.Arbitrary<Bought> = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 5 }),
  shipping: fc
    .tuple(fc.integer({ min: 0, max: 990 }), fc.integer({ min: 0, max: 100 }))
    .map(([price, percent]) => ({ price, off: Math.floor((price * percent) / 100) })),
  coins: fc.integer({ min: -2, max: 2 }),
  isNet: fc.boolean(),
});

/** As a decision has it; total 0 is not rounded. */
function toOrder({ lines, shipping, coins, isNet }: Bought) {
  const cart = {
    lines: lines.map(({ quantity, unitPrice }, i) => ({ id: `${i}`, sku: `sku-${i}`, quantity, unitPrice })),
  } as unknown as Parameters<typeof listLines>[0];
  const decided = lines.map(({ quantity, unitPrice, off, tax }, i) => {
    const discount = off.reduce((sum, amount) => sum + amount, 0);
    const discounts = off.map((amount, k) => ({ promotion: `p${k}`, amount, reason: "OFF" }));
    return { id: `${i}`, discount, total: quantity * unitPrice - discount, tax, discounts };
  });
  const shipped = {
    id: "standard",
    discount: shipping.off,
    total: shipping.price - shipping.off,
    tax: 0,
    discounts: [{ promotion: "free", amount: shipping.off, reason: "FREE" }],
  };
  const taxTotal = lines.reduce((sum, { tax }) => sum + tax, 0);
  const parts = decided.reduce((sum, { total }) => sum + total, shipped.total) + (isNet ? taxTotal : 0);
  const cashRounding = parts > 2 ? coins : 0;
  const total = parts + cashRounding;
  const decision = { lines: decided, shipping: [shipped], added: [], taxTotal, cashRounding, total };
  const ordered = listLines(cart, decision);
  return { lines: ordered, total, ledger: makeLedger(decision, cart as never, ordered) };
}

type Order = ReturnType<typeof toOrder>;
type Asked = { line: string; units: number }[];
type Terms = {
  keepsShipping?: boolean;
  /** What so many units of each line would cost by themselves; nothing is kept back without it. */
  worthOf?: (kept: ReadonlyMap<string, number>) => number;
};

/** One return after the other, as the server makes them. */
function returnAll(order: Order, returns: readonly Asked[], { keepsShipping = false, worthOf }: Terms = {}) {
  const returned = new Map<string, number>();
  const before = { number: 0, refunded: 0, keptBack: 0, returned } satisfies Before;
  return returns.map((asked): Settlement => {
    const ranges = chooseUnits(order.lines, returned, asked);
    const kept = countKept(order.lines, returned, ranges);
    const isWhole = [...kept.values()].every((units) => units === 0);
    const paid = paidForRest(order.ledger, order.lines, kept);
    const rest = worthOf && { paid, worth: worthOf(kept) };
    const left = order.total - before.refunded;
    const settled = settle(order, before, ranges, { left, isWhole, keepsShipping, rest });
    before.refunded += settled.refund;
    before.keptBack += settled.keptBack;
    for (const { line, units } of ranges) returned.set(line, (returned.get(line) ?? 0) + units);
    return settled;
  });
}

/** All units of an order, one by one in any order, then some of them together. */
const cut = (order: Order): fc.Arbitrary<Asked[]> => {
  const units = order.lines.flatMap(({ id, quantity }) => Array.from({ length: quantity }, () => id));
  return fc
    .tuple(
      fc.shuffledSubarray(units, { minLength: units.length, maxLength: units.length }),
      fc.array(fc.boolean(), { minLength: units.length, maxLength: units.length }),
    )
    .map(([ids, isNew]) => {
      const returns: Map<string, number>[] = [];
      ids.forEach((id, i) => {
        if (i === 0 || isNew[i]) returns.push(new Map());
        const last = returns.at(-1)!;
        last.set(id, (last.get(id) ?? 0) + 1);
      });
      return returns.map((one) => [...one].map(([line, count]) => ({ line, units: count })));
    });
};
const ordersAndReturns = bought
  .map(toOrder)
  .chain((order) => cut(order).map((returns) => ({ order, returns })));

const refundsOf = (made: readonly Settlement[]) => made.map(({ refund }) => refund);
const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);

/** What any promotions could make of any rest: nothing where nothing stays. */
const anyWorth = fc
  .tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 12_000 }))
  .map(([factor, modulus]) => (kept: ReadonlyMap<string, number>) => {
    const units = sum([...kept.values()]);
    return units === 0 ? 0 : (units * factor * 7_919) % modulus;
  });

describe("the shares of an order's units", () => {
  it("come to what was paid, line by line, wherever a line is cut, and none is below nothing", () => {
    fc.assert(
      fc.property(bought.map(toOrder), fc.nat(), ({ lines, ledger, total }, at) => {
        expect(sumOf(ledger)).toBe(total);
        for (const { id, quantity } of lines) {
          const firstUnits = at % (quantity + 1);
          const whole = shareOf(ledger, { line: id, firstUnit: 0, units: quantity });
          const first = shareOf(ledger, { line: id, firstUnit: 0, units: firstUnits });
          const last = shareOf(ledger, lastUnits(id, quantity, new Map([[id, quantity - firstUnits]])));
          for (const field of ["price", "discount", "tax", "paid"] as const) {
            expect(first[field] + last[field]).toBe(whole[field]);
            expect(first[field]).toBeGreaterThanOrEqual(0);
          }
          const byPromotion = (shares: ReturnType<typeof addDiscounts>) =>
            Object.fromEntries(shares.map(({ promotion, amount }) => [promotion, amount]));
          expect(byPromotion(addDiscounts([first.discounts, last.discounts]))).toEqual(
            byPromotion(whole.discounts),
          );
        }
      }),
    );
  });

  it("count a unit once for a promotion that has two parts on it", () => {
    const own = { part: "line", line: "1", reason: null } as const;
    const off = (firstUnit: number, units: number, amountEach: number) =>
      ({ ...own, kind: "discount", promotion: "p", firstUnit, units, amountEach }) as const;
    const price = {
      ...own,
      kind: "price",
      promotion: null,
      firstUnit: 0,
      units: 4,
      amountEach: 100,
    } as const;
    const ledger = [price, off(0, 3, -10), off(1, 3, -5)];
    expect(shareOf(ledger, { line: "1", firstUnit: 0, units: 4 }).discounts).toEqual([
      { promotion: "p", amount: 45, units: 4 },
    ]);
    expect(shareOf(ledger, { line: "1", firstUnit: 1, units: 2 })).toEqual({
      price: 200,
      discount: 30,
      tax: 0,
      paid: 170,
      discounts: [{ promotion: "p", amount: 30, units: 2 }],
    });
  });
});

describe("the returns of an order", () => {
  it("pay back what was paid when everything is back, in whatever order and however it is cut", () => {
    fc.assert(
      fc.property(ordersAndReturns, ({ order, returns }) => {
        const made = returnAll(order, returns);
        expect(sum(refundsOf(made))).toBe(order.total);
        expect(Math.min(...refundsOf(made))).toBeGreaterThanOrEqual(0);
        // What was paid for units does not depend on what came back before them.
        const goods = order.lines.map(({ id, quantity }) =>
          shareOf(order.ledger, { line: id, firstUnit: 0, units: quantity }),
        );
        expect(sum(made.map((each) => each.goods))).toBe(sum(goods.map(({ paid }) => paid)));
      }),
    );
  });

  it("pay back no more than that on the way, and all of it in the end, whatever is kept back for what stays", () => {
    fc.assert(
      fc.property(ordersAndReturns, anyWorth, ({ order, returns }, worthOf) => {
        const made = returnAll(order, returns, { worthOf });
        let refunded = 0;
        let keptBack = 0;
        for (const { goods, shipping, rounding, keptBack: now, paidBefore, refund } of made) {
          expect(refund).toBe(goods + shipping + rounding - now - paidBefore);
          expect(refund).toBeGreaterThanOrEqual(0);
          refunded += refund;
          keptBack += now;
          expect(refunded).toBeLessThanOrEqual(order.total);
          expect(keptBack).toBeGreaterThanOrEqual(0);
        }
        expect([refunded, keptBack]).toEqual([order.total, 0]);
      }),
    );
  });

  it("leave whoever keeps something at what that costs by itself, where the refunds are enough for it", () => {
    fc.assert(
      fc.property(ordersAndReturns, anyWorth, fc.nat(), ({ order, returns }, worthOf, stop) => {
        const some = returns.slice(0, 1 + (stop % returns.length));
        const made = returnAll({ ...order }, some, { worthOf });
        const returned = new Map<string, number>();
        for (const { line, units } of some.flat()) returned.set(line, (returned.get(line) ?? 0) + units);
        const kept = countKept(order.lines, returned, []);
        const paid = paidForRest(order.ledger, order.lines, kept);
        const worth = worthOf(kept);
        const keptBack = sum(made.map((each) => each.keptBack));
        expect(keptBack).toBeLessThanOrEqual(Math.max(0, worth - paid));
        const last = made.at(-1)!;
        if (last.refund > 0) expect(keptBack).toBe(Math.max(0, worth - paid));
      }),
    );
  });

  it("keep shipping where the shop does", () => {
    fc.assert(
      fc.property(ordersAndReturns, ({ order, returns }) => {
        const made = returnAll(order, returns, { keepsShipping: true });
        const paid = Math.max(0, order.total - shippingPaid(order.ledger));
        // Coins that the order was rounded down by may have been paid back before.
        expect(sum(refundsOf(made)) - paid).toBeGreaterThanOrEqual(0);
        expect(sum(refundsOf(made)) - paid).toBeLessThanOrEqual(2);
      }),
    );
  });

  it("refuse more units than the customer has, what there never was, and a line named twice", () => {
    const lines = [{ id: "1", sku: "lamp-a", quantity: 3 }];
    const choose = (asked: Asked) => () => chooseUnits(lines, new Map([["1", 2]]), asked);
    expect(choose([{ line: "1", units: 1 }])()).toEqual([{ line: "1", firstUnit: 2, units: 1 }]);
    expect(choose([{ line: "1", units: 2 }])).toThrow(
      expect.objectContaining({ code: "RETURN_TOO_MANY", at: "lines[0].units", value: 1 }),
    );
    expect(choose([{ line: "2", units: 1 }])).toThrow(
      expect.objectContaining({ code: "RETURN_UNKNOWN_LINE", at: "lines[0].line" }),
    );
    const twice = [
      { line: "1", units: 1 },
      { line: "1", units: 1 },
    ];
    expect(choose(twice)).toThrow(expect.objectContaining({ code: "SERVER_BAD_REQUEST" }));
  });
});

describe("what is kept back", () => {
  const amounts = { own: 1_000, paid: 5_000, worth: 5_300, earlier: 0 };

  it("is what the rest costs more by itself", () => {
    expect(clawBack(amounts)).toBe(300);
  });

  it("is never more than the refund, and nothing where the rest costs less", () => {
    expect(clawBack({ ...amounts, worth: 9_000 })).toBe(1_000);
    expect(clawBack({ ...amounts, worth: 4_000 })).toBe(0);
  });

  it("counts what was kept back before, and is given back where less is owed", () => {
    expect(clawBack({ ...amounts, earlier: 200 })).toBe(100);
    expect(clawBack({ ...amounts, earlier: 500 })).toBe(-200);
  });
});
