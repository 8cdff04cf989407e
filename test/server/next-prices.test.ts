import type { Code, Price, PriceBound } from "@haggle/abi";
import { describe, expect, it } from "vitest";
import { nextPrices } from "../../server/modules/pricing/next-prices.ts";
import { keepsBounds } from "../../server/modules/releases/keeps-bounds.ts";

// What follows on what was in force, without a server.

const NOW = 1_790_000_000_000;
const MINUTE_MS = 60_000;
const STEADY: PriceBound = { sku: "*", minUnitPrice: 1, maxUnitPrice: 99_999, maxChangePerHour: "10" };

type Given = Parameters<typeof nextPrices>[0];

type Found = { sku: number; tier?: string; strategy: number; unitPrice: number; fault?: Code };

function next(before: Price[], found: readonly Found[], replaced: Given["replaced"] = []) {
  return nextPrices({
    skus: [{ sku: "lamp", categories: [], listPrice: 1_000 }],
    found: found.map(({ sku, tier, strategy, unitPrice, fault }) => ({
      tier,
      skus: Int32Array.of(sku),
      strategies: Int32Array.of(strategy),
      unitPrices: Float64Array.of(unitPrice),
      faults: new Map(fault === undefined ? [] : [[0, fault]]),
    })),
    strategies: [
      { id: "all", rule: "r" },
      { id: "gold", rule: "r" },
    ],
    findBound: () => STEADY,
    before: { prices: before },
    replaced,
    now: NOW,
  });
}

describe("a rule that fails on a sku", () => {
  it("has one note for it, while its price goes back by steps", () => {
    const { prices, notes } = next(
      [{ sku: "lamp", unitPrice: 2_000, by: 0 }],
      [{ sku: 0, strategy: 0, unitPrice: 1_000, fault: "ENGINE_RULE_REFUSED" }],
    );
    expect(prices).toEqual([{ sku: "lamp", unitPrice: 1_800 }]);
    expect(notes).toEqual([{ sku: "lamp", tier: "", strategy: "all", wanted: 1_000, cut: "faulty" }]);
  });
});

describe("a price of a tier", () => {
  const minuteAgo = { sku: "lamp", tier: "", lowest: 1_000, highest: 1_000, oldest: NOW - MINUTE_MS };
  const everybody = { sku: "lamp", unitPrice: 1_100, by: 0 };
  const found = { sku: 0, strategy: 0, unitPrice: 1_100 };

  it("begins within what its customers paid with everybody in the hour before", () => {
    const gold = { sku: 0, tier: "gold", strategy: 1, unitPrice: 1_210 };
    const { prices, replaced, nextStepAt } = next([everybody], [found, gold], [minuteAgo]);
    expect(prices[1]).toEqual({ sku: "lamp", tier: "gold", unitPrice: 1_100, by: 1 });
    // They count for it on.
    expect(replaced).toContainEqual({ sku: "lamp", tier: "gold", unitPrice: 1_000 });
    expect(nextStepAt).toBe(NOW + 59 * MINUTE_MS);
  });

  it("goes back among everybody when what its customers paid does not count any more", () => {
    const own = { sku: "lamp", tier: "gold", unitPrice: 1_000, by: 1 };
    const first = next([everybody, own], [found]);
    expect(first.prices).toEqual([everybody, { sku: "lamp", tier: "gold", unitPrice: 1_100 }]);
    expect(first.replaced).toEqual([{ sku: "lamp", tier: "gold", unitPrice: 1_000 }]);
    // Everybody's goes on; that of the tier may not.
    const past = { sku: "lamp", tier: "gold", lowest: 1_000, highest: 1_000, oldest: NOW - MINUTE_MS };
    const second = next(first.prices, [{ ...found, unitPrice: 1_210 }], [past]);
    expect(second.prices.map(({ unitPrice }) => unitPrice)).toEqual([1_210, 1_100]);
    const third = next(first.prices, [found]);
    expect([third.prices, third.isChanged]).toEqual([[everybody], true]);
  });
});

describe("prices keep the bounds of another arm", () => {
  const prices = { prices: [{ sku: "lamp", unitPrice: 1_000 }] };
  const { maxChangePerHour: _none, ...free } = STEADY;
  const fast = { ...free, maxChangePerHour: "10.5" };

  it.each<[string, PriceBound, PriceBound, boolean]>([
    ["that is as slow", STEADY, STEADY, true],
    ["that is faster", STEADY, fast, true],
    ["that has no limit", fast, free, true],
    ["not when they move faster than it allows", fast, STEADY, false],
    ["not when they move as they like", free, STEADY, false],
    ["not beyond its most", STEADY, { ...STEADY, maxUnitPrice: 999 }, false],
  ])("%s", (_what, own, other, isKept) => {
    const arm = { sha256: "ab".repeat(32), release: { bounds: [other] } };
    expect(keepsBounds(prices, [own], arm)).toBe(isKept);
  });
});
