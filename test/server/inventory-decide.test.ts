import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allocate,
  type Destination,
  type Line,
  type Place,
  type Strategy,
} from "../../server/modules/inventory/allocate.ts";
import { decide, type Reservation, type Reserve } from "../../server/modules/inventory/decide.ts";
import { createRations } from "../../server/modules/inventory/rations.ts";
import { availableAt, createShelves, type Level } from "../../server/modules/inventory/shelves.ts";

// Which pieces an order gets, and what becomes of it, without any database.

const LOCATIONS = ["east", "mid", "west"];

function place(location: string, more: Partial<Place> = {}): Place {
  const nowhere = { region: null, latitude: null, longitude: null };
  return { location, priority: LOCATIONS.indexOf(location), ...nowhere, ...more };
}

function storeOf(stock: readonly Level[], strategy: Strategy, places = LOCATIONS.map((name) => place(name))) {
  const findPlace = (location: string) => places.find((each) => each.location === location)!;
  const rows = stock.map((level) => ({ ...level, bucket: 0, buckets: 1 }));
  return { shelves: createShelves(rows), rations: createRations([], []), findPlace, strategy };
}

const quantity = fc.integer({ min: 1, max: 5 });
const orders = fc.uniqueArray(fc.record({ sku: fc.constantFrom("a", "b", "c"), quantity }), {
  selector: ({ sku }) => sku,
  minLength: 1,
});
const levels = fc.uniqueArray(
  fc
    .record({
      sku: fc.constantFrom("a", "b", "c"),
      location: fc.constantFrom(...LOCATIONS),
      onHand: fc.integer({ min: 0, max: 8 }),
      taken: fc.integer({ min: 0, max: 8 }),
    })
    .map(({ taken, ...level }) => ({ ...level, reserved: Math.min(taken, level.onHand) })),
  { selector: ({ sku, location }) => `${sku} ${location}` },
);

const availableOf = (stock: readonly Level[], sku: string, location?: string) =>
  stock
    .filter((each) => each.sku === sku && (location === undefined || each.location === location))
    .reduce((sum, each) => sum + availableAt(each), 0);
const hasAll = (stock: readonly Level[], lines: readonly Line[], location?: string) =>
  lines.every((line) => availableOf(stock, line.sku, location) >= line.quantity);

describe("an allocation", () => {
  it("finds pieces for all lines whenever there are any, and never more than there are", () => {
    fc.assert(
      fc.property(orders, levels, fc.boolean(), (lines, stock, split) => {
        const found = allocate(lines, storeOf(stock, { order: "priority", split }), undefined);
        const whole = LOCATIONS.find((location) => hasAll(stock, lines, location));
        if ("short" in found) {
          expect(split ? hasAll(stock, lines) : whole !== undefined).toBe(false);
          for (const { sku, available } of found.short) {
            expect(available).toBe(availableOf(stock, sku, found.location));
          }
          return;
        }
        for (const line of lines) {
          const given = found.allocations.filter(({ sku }) => sku === line.sku);
          expect(given.reduce((sum, each) => sum + each.quantity, 0)).toBe(line.quantity);
          expect(new Set(given.map(({ location }) => location)).size).toBe(given.length);
          for (const each of given) {
            expect(each.quantity).toBeLessThanOrEqual(availableOf(stock, each.sku, each.location));
          }
        }
        const used = new Set(found.allocations.map(({ location }) => location));
        if (whole !== undefined) expect([...used]).toEqual([whole]);
        else expect(split).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("asks the destination's region first, then the shortest way, then priority", () => {
    const places = [
      place("east", { region: "DE", latitude: 52.5, longitude: 13.4, priority: 9 }),
      place("mid", { region: "DE", latitude: 48.1, longitude: 11.6, priority: 5 }),
      place("west", { region: "FR", latitude: 48.9, longitude: 2.4, priority: 1 }),
    ];
    const everywhere = LOCATIONS.map((location) => ({ sku: "a", location, onHand: 9, reserved: 0 }));
    const first = (order: "nearest" | "priority", destination?: Destination, where = places) => {
      const shop = storeOf(everywhere, { order, split: false }, where);
      const found = allocate([{ sku: "a", quantity: 1 }], shop, destination);
      return "short" in found ? undefined : found.allocations[0]!.location;
    };
    const vienna = { latitude: 48.2, longitude: 16.4 };
    const brussels = { latitude: 50.8, longitude: 4.4 };
    expect(first("priority", vienna)).toBe("west");
    expect(first("nearest")).toBe("west");
    expect(first("nearest", vienna)).toBe("mid");
    expect(first("nearest", brussels)).toBe("west");
    expect(first("nearest", { ...brussels, region: "DE" })).toBe("mid");
    expect(first("nearest", { region: "DE" })).toBe("mid");
    // Over the date line it is a small step.
    const fiji = [
      place("east", { latitude: -17, longitude: 179.9 }),
      place("mid"),
      place("west", { latitude: -17, longitude: -170 }),
    ];
    expect(first("nearest", { latitude: -17, longitude: -179.9 }, fiji)).toBe("east");
  });
});

describe("what was promised", () => {
  const reserve: Reserve = {
    verb: "reserve",
    order: "o",
    attempt: 1,
    lines: [{ sku: "a", quantity: 2 }],
    ttlMs: 1_000,
    claim: "mine",
  };

  function scene(found?: Reservation) {
    const reserved = found?.state === "held" ? 2 : 0;
    const stock = [{ sku: "a", location: "mid", onHand: 5, reserved }];
    return { ...storeOf(stock, { order: "priority", split: true }), found, now: 10 };
  }

  function held(): Reservation {
    return decide(reserve, scene()).next!;
  }

  it("is given back by the call that made it, and by no other", () => {
    const mine = decide({ verb: "giveBack", order: "o", attempt: 1, claim: "mine" }, scene(held()));
    expect(mine.next?.state).toBe("released");
    const other = decide({ verb: "giveBack", order: "o", attempt: 1, claim: "other" }, scene(held()));
    expect(other.next).toBeUndefined();
  });

  it("stays when the same attempt was asked for again and told", () => {
    const again = decide({ ...reserve, claim: "again" }, scene(held()));
    expect(again).toMatchObject({ next: { claim: null, state: "held" }, outcome: { isRepeat: true } });
    for (const claim of ["mine", "again"]) {
      const back = decide({ verb: "giveBack", order: "o", attempt: 1, claim }, scene(again.next));
      expect(back.next).toBeUndefined();
    }
  });

  it("is no repetition for the call itself, whose transaction was done again", () => {
    expect(decide(reserve, scene(held()))).toMatchObject({ outcome: { isRepeat: false } });
  });

  it("is not said to have expired when it was sold", () => {
    const sold = decide({ verb: "confirm", order: "o", attempt: 1, actor: "till" }, scene(held())).next!;
    const longer = decide({ verb: "extend", order: "o", attempt: 1, ttlMs: 1_000 }, scene(sold));
    expect(longer).toEqual({
      outcome: expect.objectContaining({ code: "INVENTORY_STATE", value: "confirmed" }),
    });
  });
});
