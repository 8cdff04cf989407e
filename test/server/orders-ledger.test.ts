import type { DecisionJson } from "@haggle/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LedgerEntry, listLines, makeLedger, sumOf } from "../../server/modules/orders/ledger.ts";
import { policies } from "../engine/properties/policies.ts";
import { forAll, priceWith, TIMEOUT_MS, tablesOf } from "../engine/properties/runs.ts";

// The ledger of any decision of the engine, as it is stored.

type Cart = Parameters<typeof makeLedger>[1];

const stored = (decision: object) => JSON.parse(JSON.stringify(decision)) as DecisionJson;

/** What whoever pays pays for each unit of a line, and the tax in it. */
function unitsOf(entries: readonly LedgerEntry[], line: string, quantity: number) {
  const of = (unit: number, kinds: readonly string[]) =>
    entries
      .filter(({ part, line: id }) => part === "line" && id === line)
      .filter(({ firstUnit, units }) => firstUnit <= unit && unit < firstUnit + units)
      .filter(({ kind }) => kinds.includes(kind))
      .reduce((sum, { amountEach }) => sum + amountEach, 0);
  return Array.from({ length: quantity }, (_, unit) => ({
    price: of(unit, ["price", "discount"]),
    tax: of(unit, ["tax", "taxIncluded"]),
  }));
}

const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);

describe("the ledger of a decision", () => {
  it(
    "comes to its total, line by line and promotion by promotion, whatever was given on what",
    async () => {
      const kinds = new Set<string>();
      await forAll(tablesOf(policies), fc.constant(undefined), (engine, cart) => {
        const decision = stored(priceWith(engine, cart));
        const lines = listLines(cart, decision);
        const entries = makeLedger(decision, cart, lines);
        for (const { kind } of entries) kinds.add(kind);
        expect(sumOf(entries)).toBe(decision.total);
        const { lines: decided, shipping, added, taxTotal = 0, cashRounding = 0 } = decision;
        for (const [part, items] of [
          ["line", decided],
          ["shipping", shipping],
        ] as const) {
          for (const { id, total, tax = 0, discounts } of items) {
            const own = entries.filter((entry) => entry.part === part && entry.line === id);
            const of = (filter: (entry: LedgerEntry) => boolean) =>
              own.filter(filter).reduce((sum, { units, amountEach }) => sum + units * amountEach, 0);
            expect(of(({ kind }) => kind === "price" || kind === "discount")).toBe(total);
            expect(of(({ kind }) => kind === "tax" || kind === "taxIncluded")).toBe(tax);
            for (const { promotion } of discounts) {
              const given = discounts.filter((each) => each.promotion === promotion);
              const amount = given.reduce((sum, each) => sum + each.amount, 0);
              expect(of((entry) => entry.promotion === promotion)).toBe(-amount);
            }
          }
        }
        const gifts = added.map(({ quantity, unitPrice, discount }) => quantity * unitPrice - discount);
        const given = lines.slice(decided.length).map(({ id, quantity }) => unitsOf(entries, id, quantity));
        expect(given.map((units) => units.reduce((sum, { price }) => sum + price, 0))).toEqual(gifts);
        // No two units of a line are paid with more than a minor unit between them, and none with less than nothing.
        for (const { id, quantity } of lines) {
          const units = unitsOf(entries, id, quantity);
          expect(spread(units.map(({ price }) => price))).toBeLessThanOrEqual(1);
          expect(spread(units.map(({ tax }) => tax))).toBeLessThanOrEqual(1);
          expect(Math.min(...units.map(({ price }) => price))).toBeGreaterThanOrEqual(0);
          expect(units.every(({ price, tax }) => price > 0 || tax === 0)).toBe(true);
        }
        const taxes = entries.filter(({ kind }) => kind === "tax" || kind === "taxIncluded");
        expect(taxes.reduce((sum, { units, amountEach }) => sum + units * amountEach, 0)).toBe(taxTotal);
        expect(entries.filter(({ part }) => part === "order").map(({ amountEach }) => amountEach)).toEqual(
          cashRounding === 0 ? [] : [cashRounding],
        );
      });
      // All there is was met.
      expect([...kinds].sort()).toEqual(["discount", "price", "rounding", "tax", "taxIncluded"]);
    },
    TIMEOUT_MS,
  );

  it("has few entries, however many units a line has", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(fc.nat(5_000_000), { maxLength: 5 }),
        fc.nat(1_000_000),
        (quantity, amounts, tax) => {
          const discount = amounts.reduce((sum, amount) => sum + amount, 0);
          const unitPrice = Math.ceil(discount / quantity);
          const total = unitPrice * quantity - discount;
          const discounts = amounts.map((amount, i) => ({ promotion: `p${i}`, amount, reason: "r" }));
          const line = { id: "1", discount, total, tax, discounts };
          const decision = { lines: [line], shipping: [], added: [], total, taxTotal: tax } as never;
          const cart = { lines: [{ id: "1", sku: "a", quantity, unitPrice }] } as unknown as Cart;
          const entries = makeLedger(decision, cart, listLines(cart, decision));
          expect(entries.length).toBeLessThanOrEqual(1 + 3 * (amounts.length + 1));
          expect(sumOf(entries)).toBe(total);
          // Each entry of its own units, and none of units that there are not.
          for (const { promotion } of discounts) {
            const runs = entries.filter((entry) => entry.promotion === promotion);
            runs.forEach(({ firstUnit, units }, i) => {
              expect(firstUnit + units).toBeLessThanOrEqual(runs[i + 1]?.firstUnit ?? quantity);
            });
          }
        },
      ),
    );
  });

  it("is refused where its parts do not come to the total", () => {
    const line = { id: "1", discount: 0, total: 500, discounts: [] };
    const decision = { lines: [line], shipping: [], added: [], total: 499 } as never;
    const cart = { lines: [{ id: "1", sku: "a", quantity: 1, unitPrice: 500 }] } as unknown as Cart;
    expect(() => makeLedger(decision, cart, listLines(cart, decision))).toThrow("comes to 500");
  });

  it("gives what promotions put in lines of their own, under ids that nobody has", () => {
    const cart = { lines: [{ id: "+1", sku: "a", quantity: 2 }] } as unknown as Cart;
    const gift = { sku: "g", productId: "g", quantity: 1, unitPrice: 300, discount: 300, promotion: "p" };
    expect(listLines(cart as never, { added: [gift, gift] })).toEqual([
      { id: "+1", sku: "a", quantity: 2 },
      { id: "+2", sku: "g", quantity: 1 },
      { id: "+3", sku: "g", quantity: 1 },
    ]);
  });
});
