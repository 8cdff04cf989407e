import type { Cart, CartLine, Promotion } from "@haggle/abi";
import type { PricedDecision } from "@haggle/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultPolicies } from "./policies.ts";
import { forAll, priceWith, TIMEOUT_MS, tablesOf } from "./runs.ts";
import { engineOf, tellEngine } from "./subject.ts";

// What the default policy promises, whatever the promotions say, for any cart. Its groups are any.

const tables = tablesOf(defaultPolicies);

describe("under the default policy", () => {
  it(
    "shares add up exactly at every level",
    async () => {
      await forAll(tables, fc.constant(undefined), (engine, cart) => {
        const decision = priceWith(engine, cart);
        const { lines, shipping, added, promotions } = decision;
        for (const { discount, discounts } of [...lines, ...shipping]) {
          expect(sum(discounts.map(({ amount }) => amount))).toBe(discount);
          for (const { amount } of discounts) expect(amount).toBeGreaterThan(0);
        }
        lines.forEach(({ id, discount, total }, i) => {
          const { unitPrice, quantity } = cart.lines[i]!;
          expect(discount + total).toBe(unitPrice * quantity);
          expect(sum(decision.unitDiscounts(id)!)).toBe(discount);
        });
        shipping.forEach(({ discount, total }, i) => {
          expect(discount + total).toBe(cart.shipping[i]!.price);
        });
        const gifts = sum(added.map(({ discount }) => discount));
        const giftPrices = sum(added.map(({ unitPrice, quantity }) => unitPrice * quantity));
        const all = [...lines, ...shipping];
        expect(decision.subtotal).toBe(
          sum(lines.map(({ discount, total }) => discount + total)) + giftPrices,
        );
        expect(decision.discountTotal).toBe(sum(all.map(({ discount }) => discount)) + gifts);
        expect(decision.shippingTotal).toBe(sum(shipping.map(({ total }) => total)));
        expect(decision.total).toBe(sum(all.map(({ total }) => total)) + giftPrices - gifts);
        for (const { id, status, wanted, granted } of promotions) {
          const taken = all.flatMap(({ discounts }) => discounts.filter(({ promotion }) => promotion === id));
          expect(sum(taken.map(({ amount }) => amount))).toBe(granted);
          expect(granted).toBeLessThanOrEqual(wanted);
          expect(status === "capped").toBe(granted < wanted);
        }
      });
    },
    TIMEOUT_MS,
  );

  it(
    "nothing falls below zero or its floor, and no allowance is overdrawn",
    async () => {
      await forAll(tables, fc.constant(undefined), (engine, cart) => {
        const { lines, shipping, total, claims } = priceWith(engine, cart);
        expect(total).toBeGreaterThanOrEqual(0);
        for (const entry of shipping) expect(entry.total).toBeGreaterThanOrEqual(0);
        for (const members of equalLines(cart)) {
          const [{ unitPrice, minUnitPrice = 0 }] = members.map((i) => cart.lines[i]!) as [CartLine];
          const quantity = sum(members.map((i) => cart.lines[i]!.quantity));
          const floor = Math.min(unitPrice, minUnitPrice) * quantity;
          expect(sum(members.map((i) => lines[i]!.total))).toBeGreaterThanOrEqual(floor);
          for (const i of members) expect(lines[i]!.total).toBeGreaterThanOrEqual(0);
        }
        for (const [allowance, remaining] of Object.entries(cart.allowances ?? {})) {
          const drawn = sum(
            claims.filter((claim) => claim.allowance === allowance).map(({ amount }) => amount),
          );
          expect(drawn).toBeLessThanOrEqual(remaining);
        }
      });
    },
    TIMEOUT_MS,
  );

  it(
    "no promotion lowers the margin below its floor",
    async () => {
      const floors = tables.map((table) => {
        const marginFloor = { basisPoints: 2_500, unknownCost: "refuse" } as const;
        return { ...table, server: true, policy: { ...table.policy, marginFloor } };
      });
      await forAll(floors, fc.constant(undefined), (engine, cart) => {
        const { lines, discountTotal, added, shipping } = priceWith(engine, cart);
        const known = cart.lines.filter(({ unitCost }) => unitCost !== undefined);
        const cost = sum(known.map((line) => line.unitCost! * line.quantity));
        const revenue = sum(lines.map(({ total }) => total));
        const others = [...added, ...shipping];
        const offGoods = discountTotal - sum(others.map(({ discount }) => discount));
        if (known.length < cart.lines.length) expect(offGoods).toBe(0);
        else if (offGoods > 0) expect(revenue * 7_500).toBeGreaterThanOrEqual(cost * 10_000);
      });
    },
    TIMEOUT_MS,
  );

  it(
    "neither the order of lines nor that of promotions matters",
    async () => {
      await forAll(tables, fc.nat(), async (engine, cart, { promotions, policy, server }, seed) => {
        const decision = priceWith(engine, cart);
        const turned = priceWith(engine, { ...cart, lines: shuffle(cart.lines, seed) });
        expect(turned.bytes).toEqual(decision.bytes);
        expect(byId(turned)).toEqual(byId(decision));
        // One engine more for each table is enough.
        if (seed % 4 !== 0) return;
        const other = await engineOf(shuffle(promotions, seed), policy, server);
        expect(priceWith(other, cart).bytes).toEqual(decision.bytes);
      });
    },
    TIMEOUT_MS,
  );

  it(
    "a line split in two costs the same",
    async () => {
      await forAll(tables, fc.tuple(fc.nat(), fc.nat()), (engine, cart, _, [which, at]) => {
        const line = cart.lines[which % Math.max(1, cart.lines.length)];
        if (!line || line.quantity < 2) return;
        const first = 1 + (at % (line.quantity - 1));
        const lines = cart.lines.flatMap((each) =>
          each === line
            ? [
                { ...line, quantity: first },
                { ...line, id: "the other half", quantity: line.quantity - first },
              ]
            : [each],
        );
        const whole = priceWith(engine, cart);
        const split = priceWith(engine, { ...cart, lines });
        expect(split.bytes).toEqual(whole.bytes);
        expect(split.digest).toBe(whole.digest);
        expect(perSku(split, { ...cart, lines })).toEqual(perSku(whole, cart));
      });
    },
    TIMEOUT_MS,
  );

  it(
    "a promotion that is not eligible changes nothing",
    async () => {
      await forAll(tables, fc.nat(), async (engine, cart, { promotions, policy, server }, seed) => {
        if (seed % 4 !== 0) return;
        const told = tellEngine(engine.evaluate(cart));
        // A tree stands where the first of its members stands, eligible or not, so members are kept.
        const isIdle = ({ id, group }: Promotion) =>
          group === undefined &&
          told.promotions.some((each) => each.id === id && /^(inactive|notEligible)$/.test(each.status));
        const rest = promotions.filter((promotion) => !isIdle(promotion));
        const without = await engineOf(rest, policy, server);
        const ids = new Set(rest.map(({ id }) => id));
        expect(tellEngine(without.evaluate(cart))).toEqual({
          ...told,
          promotions: told.promotions.filter(({ id }) => ids.has(id)),
        });
      });
    },
    TIMEOUT_MS,
  );

  it(
    "A, B, A gives the same bytes, fuel and JSON",
    async () => {
      await forAll(tables, fc.nat(), (engine, cart, _, seed) => {
        const first = priceWith(engine, cart);
        const before = [first.bytes, first.fuelUsed, JSON.stringify(first)];
        priceWith(engine, { ...cart, lines: shuffle(cart.lines, seed).slice(1), coupons: [] });
        const again = priceWith(engine, cart);
        expect([again.bytes, again.fuelUsed, JSON.stringify(again)]).toEqual(before);
      });
    },
    TIMEOUT_MS,
  );
});

/** Positions of lines that differ in nothing but id and quantity: floors hold for them together. */
function equalLines(cart: Cart): number[][] {
  const keyOf = ({ id: _, quantity: __, ...goods }: CartLine) => JSON.stringify(goods);
  const positions = cart.lines.map((_, i) => i);
  return [...Map.groupBy(positions, (i) => keyOf(cart.lines[i]!)).values()];
}

function byId({ lines }: PricedDecision) {
  return lines.map((line) => line.toJSON()).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function perSku({ lines }: PricedDecision, cart: Cart): Record<string, number> {
  const sums: Record<string, number> = {};
  lines.forEach(({ total }, i) => {
    const { sku } = cart.lines[i]!;
    sums[sku] = (sums[sku] ?? 0) + total;
  });
  return sums;
}

/** The same shuffle for the same seed. */
function shuffle<T>(list: readonly T[], seed: number): T[] {
  const keyed = list.map((value, i) => [((i + 1) * (seed % 9_973) * 7_919) % 10_007, value] as const);
  return keyed.sort(([a], [b]) => a - b).map(([, value]) => value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
