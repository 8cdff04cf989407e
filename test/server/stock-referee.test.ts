import { describe, expect, it } from "vitest";
import { isOver, mostFailed } from "../support/faults/answer-referee.ts";
import { type After, type LogLine, listCalls, type Verb } from "../support/faults/stock-log.ts";
import { judge } from "../support/faults/stock-referee.ts";

// The referee of the faults of stock, over logs that were made up: it sees each thing that may go wrong, and nothing else.

const T0 = 1_000_000;
const TTL_MS = 5_000;

type Reply = { status?: number; code?: string; state?: string; expiresAt?: number; none?: boolean };

/** A sale of ten pieces in which all goes well; `change` makes it another one. */
function sale() {
  const log: LogLine[] = [{ is: "stocked", sku: "a", quantity: 10 }];
  const after: After = {
    at: T0 + 60_000,
    levels: [{ sku: "a", location: "north", onHand: 10, reserved: 0 }],
    movements: [{ sku: "a", location: "north", quantity: 10, order: null }],
    reservations: [],
  };
  let id = 0;
  const ask = (
    at: number,
    verb: Verb,
    order: string,
    { attempt = 1, quantity = 1, ...reply }: Asking = {},
  ) => {
    const lines = [{ sku: "a", quantity }];
    log.push({ is: "asked", id, order, attempt, verb, ...(verb === "reserve" && { lines }), at: T0 + at });
    const { status = 200, code, state = "held", expiresAt = T0 + at + TTL_MS, none = false } = reply;
    const reservation = status < 300 ? { attempt, state, lines, expiresAt } : undefined;
    if (!none) log.push({ is: "answered", id, status, code, reservation, at: T0 + at + 10 });
    id++;
  };
  const keep = (
    order: string,
    state: string,
    { attempt = 1, quantity = 1, expiresAt = T0 + TTL_MS } = {},
  ) => {
    const allocations = [{ sku: "a", location: "north", quantity }];
    after.reservations.push({ order, attempt, state, allocations, expiresAt });
    if (state === "held") after.levels[0]!.reserved += quantity;
    if (state !== "confirmed") return;
    after.levels[0]!.onHand -= quantity;
    after.movements.push({ sku: "a", location: "north", quantity: -quantity, order });
  };
  return { log, after, ask, keep, judge: () => judge(log, after) };
}

type Asking = Reply & { attempt?: number; quantity?: number };

/** Sold, given back, expired, refused, replaced, and one of which nobody knows. */
function goodSale() {
  const made = sale();
  const { log, ask, keep } = made;
  ask(0, "reserve", "sold");
  ask(20, "confirm", "sold", { state: "confirmed", expiresAt: T0 + TTL_MS });
  keep("sold", "confirmed");
  ask(0, "reserve", "back", { quantity: 9 });
  ask(30, "release", "back", { quantity: 9, state: "released", expiresAt: T0 + TTL_MS });
  keep("back", "released", { quantity: 9 });
  ask(40, "reserve", "left");
  keep("left", "expired", { expiresAt: T0 + 40 + TTL_MS });
  ask(50, "reserve", "too-many", { quantity: 11, status: 409, code: "INVENTORY_SHORT" });
  ask(60, "reserve", "again", { status: 503, code: "INVENTORY_TIMEOUT" });
  ask(80, "reserve", "again", { attempt: 2 });
  keep("again", "expired", { attempt: 2, expiresAt: T0 + 80 + TTL_MS });
  log.push({ is: "fault", name: "a cut", from: T0 + 85, until: T0 + 95 });
  ask(90, "reserve", "unknown", { none: true });
  keep("unknown", "expired");
  for (let i = 0; i < 100; i++)
    ask(100 + i, "reserve", "too-many", {
      quantity: 11,
      status: 409,
      code: "INVENTORY_SHORT",
      attempt: i + 2,
    });
  return made;
}

const rowOf = ({ after }: ReturnType<typeof sale>, order: string) =>
  after.reservations.find((row) => row.order === order)!;

describe("the referee of stock", () => {
  it("finds nothing where nothing is wrong", () => {
    expect(goodSale().judge()).toEqual([]);
    expect(sale().judge()).toEqual([]);
  });

  const wrongs: [name: string, change: (made: ReturnType<typeof goodSale>) => void, finds: RegExp][] = [
    [
      "more reserved than on hand",
      ({ after }) => {
        after.levels[0]!.reserved = 11;
      },
      /11 reserved of 9/,
    ],
    [
      "less than nothing reserved",
      ({ after }) => {
        after.levels[0]!.reserved = -1;
      },
      /-1 reserved/,
    ],
    ["movements that are no sum", ({ after }) => void after.movements.pop(), /9 on hand, 10 moved/],
    [
      "reserved for nobody",
      ({ after }) => {
        after.levels[0]!.reserved = 1;
      },
      /1 reserved, 0 held/,
    ],
    [
      "oversold in the database",
      (made) => made.keep("back-2", "confirmed", { quantity: 10 }),
      /oversold, 11 of 10/,
    ],
    [
      "promised twice, though the database has no trace of it",
      ({ ask, keep }) => {
        ask(500, "reserve", "one", { quantity: 9 });
        ask(510, "reserve", "two", { quantity: 9 });
        keep("one", "expired", { quantity: 9, expiresAt: T0 + 500 + TTL_MS });
        keep("two", "expired", { quantity: 9, expiresAt: T0 + 510 + TTL_MS });
      },
      /promised at once, of 10/,
    ],
    [
      "an acknowledged reservation that is missing",
      ({ after }) =>
        void after.reservations.splice(
          after.reservations.findIndex(({ order }) => order === "left"),
          1,
        ),
      /left: acknowledged and missing/,
    ],
    [
      "an acknowledged attempt that is missing",
      (made) => {
        rowOf(made, "again").attempt = 1;
      },
      /again: attempt 2 was acknowledged and is missing/,
    ],
    [
      "given back by nobody",
      (made) => {
        rowOf(made, "left").state = "released";
      },
      /left: acknowledged and given back/,
    ],
    [
      "sold by nobody",
      (made) => {
        rowOf(made, "left").state = "confirmed";
      },
      /left: sold, and nobody confirmed it/,
    ],
    [
      "a sale that is none",
      (made) => {
        rowOf(made, "sold").state = "expired";
      },
      /sold: expired, and its sale/,
    ],
    [
      "a release that is none",
      (made) => {
        rowOf(made, "back").state = "held";
      },
      /back: held, and its release/,
    ],
    [
      "other lines",
      (made) => {
        rowOf(made, "left").allocations[0]!.quantity = 2;
      },
      /left: 2 a is kept of 1 a/,
    ],
    [
      "sold twice",
      ({ after }) => void after.movements.push({ ...after.movements.at(-1)! }),
      /sold: 2 a left, not 1 a/,
    ],
    [
      "shipped for nothing",
      ({ after }) => {
        after.movements[0]!.order = "left";
      },
      /left: -10 a left, not nothing/,
    ],
    ["an order of nobody", (made) => made.keep("stranger", "released"), /stranger: nobody asked for it/],
    [
      "an attempt of nobody",
      (made) => {
        rowOf(made, "left").attempt = 7;
      },
      /left: nobody asked for attempt 7/,
    ],
    [
      "held for ever",
      (made) => {
        rowOf(made, "left").state = "held";
      },
      /left: held for ever/,
    ],
    [
      "expired too early",
      ({ after }) => {
        after.at = T0 + 41;
      },
      /left: expired before its time/,
    ],
    [
      "held for less",
      (made) => {
        rowOf(made, "left").expiresAt -= 1;
      },
      /left: held for less than was acknowledged/,
    ],
    [
      "refused as expired before its time",
      ({ ask }) => ask(60, "confirm", "left", { status: 409, code: "INVENTORY_EXPIRED" }),
      /left: confirm was refused with INVENTORY_EXPIRED, of what was held/,
    ],
    [
      "an acknowledged reservation that the server does not know",
      ({ ask }) => ask(60, "extend", "left", { status: 409, code: "INVENTORY_STATE" }),
      /left: extend was refused with INVENTORY_STATE, of what was held/,
    ],
    [
      "sold out while there is something",
      ({ ask }) => ask(500, "reserve", "starved", { quantity: 6, status: 409, code: "INVENTORY_SHORT" }),
      /starved: refused 6 a, of which there were 6/,
    ],
    [
      "a mistake of ours",
      ({ ask }) => ask(300, "reserve", "x", { status: 500, code: "SERVER_INTERNAL" }),
      /x: reserve was answered with 500/,
    ],
    [
      "no answer for no reason",
      ({ log, ask }) => {
        log.splice(
          log.findIndex(({ is }) => is === "fault"),
          1,
        );
        ask(300, "confirm", "sold", { none: true });
      },
      /sold: confirm had no answer, though nothing was broken/,
    ],
    [
      "no recovery",
      ({ log, ask }) => {
        log.push({ is: "fault", name: "a kill", from: T0 + 1_000, until: T0 + 1_100 });
        for (let i = 0; i < 300; i++)
          ask(
            1_200 + i,
            "confirm",
            "sold",
            i % 20 === 0 ? { status: 503, code: "SERVER_DATABASE" } : { state: "confirmed", expiresAt: T0 },
          );
      },
      /a kill: not served again by the end/,
    ],
    [
      "a slow recovery",
      ({ log, ask }) => {
        log.push({ is: "fault", name: "a kill", from: T0 + 1_000, until: T0 + 1_100 });
        for (let i = 0; i < 110; i++)
          ask(1_200 + 100 * i, "confirm", "sold", { status: 503, code: "SERVER_DATABASE" });
        for (let i = 0; i < 100; i++)
          ask(12_200 + i, "confirm", "sold", { state: "confirmed", expiresAt: T0 });
      },
      /a kill: not served again for 1\d{4} ms/,
    ],
  ];

  it("says nothing of a refusal for which there may have been a reason", () => {
    const made = goodSale();
    made.ask(500, "reserve", "starved", { quantity: 7, status: 409, code: "INVENTORY_SHORT" });
    made.ask(40 + TTL_MS, "confirm", "left", { status: 409, code: "INVENTORY_EXPIRED" });
    made.ask(70, "confirm", "back", { status: 409, code: "INVENTORY_STATE" });
    expect(made.judge()).toEqual([]);
  });

  it("calls a fault over from the moment on at which it would say no more of it", () => {
    const made = goodSale();
    const until = T0 + 1_100;
    made.log.push({ is: "fault", name: "a kill", from: T0 + 1_000, until });
    const over: boolean[] = [];
    for (let i = 0; i < 300; i++) {
      // Some fail all the time, and the last two late ones have no answer yet.
      const reply = i < 60 && i % 20 === 0 ? { status: 503, code: "SERVER_DATABASE" } : { none: i > 297 };
      made.ask(1_200 + i, "confirm", "sold", { state: "confirmed", expiresAt: T0, ...reply });
      const later = listCalls(made.log).filter(({ at }) => at >= until);
      const isSaid = made.judge().some((line) => line.startsWith("a kill: not served again"));
      over.push(isOver(later, mostFailed([], T0)));
      expect(over.at(-1), `${i}`).toBe(!isSaid);
    }
    expect([over.indexOf(true), over.at(-1)]).toEqual([120, true]);
  });

  it.each(wrongs)("finds %s", (_name, change, finds) => {
    const made = goodSale();
    change(made);
    expect(made.judge().join("\n")).toMatch(finds);
  });
});
