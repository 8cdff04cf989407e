import { describe, expect, it } from "vitest";
import { day, goodDay, PLACED, T0 } from "../support/faults/made-up-day.ts";
import type { OrdersAfter } from "../support/faults/order-log.ts";

// The referee of orders and payments, over days that were made up: it sees each thing that may go wrong, and nothing else.

type Day = ReturnType<typeof goodDay>;

/** The order's row becomes another one. */
function alter({ after }: Day, order: string, fields: Partial<OrdersAfter["orders"][number]>): void {
  Object.assign(after.orders.find((row) => row.order === order)!, fields);
}

/** Without what is about the order and fits. */
function drop<T extends { order: string | null }>(
  rows: T[],
  order: string,
  fits: (row: T) => boolean = () => true,
): T {
  const [row] = rows.splice(
    rows.findIndex((each) => each.order === order && fits(each)),
    1,
  );
  return row!;
}

describe("the referee of orders", () => {
  it("finds nothing where nothing is wrong", () => {
    expect(goodDay().judge()).toEqual([]);
    expect(day().judge()).toEqual([]);
  });

  it("says nothing of what may have been either way", () => {
    const made = goodDay();
    made.log.push({ is: "fault", name: "a kill", from: T0 + 400, until: T0 + 500 });
    made.ask(410, "place", "in-time", { none: true });
    made.keep("in-time", PLACED);
    made.ask(420, "place", "paid-late", { state: "awaiting_payment" });
    made.ask(430, "pay", "paid-late", { status: 0 });
    made.keep("paid-late", [...PLACED, "expired", "paid"], { captures: [500] });
    made.ask(430, "place", "too-late", { state: "awaiting_payment" });
    made.ask(440, "pay", "too-late", { status: 0 });
    made.keep("too-late", [...PLACED, "expired"], { captures: [500], refunds: [500] });
    for (let i = 0; i < 100; i++) made.ask(600 + i, "look", "paid", { state: "paid", quantity: 2 });
    expect(made.judge()).toEqual([]);
  });

  const wrongs: [name: string, change: (made: Day) => void, finds: RegExp][] = [
    [
      "oversold",
      (made) => {
        made.ask(500, "place", "more", { quantity: 8, state: "awaiting_payment" });
        made.keep("more", PLACED, { quantity: 8 });
      },
      /a: oversold, 11 of 10/,
    ],
    [
      "more reserved than on hand",
      ({ after }) => void Object.assign(after.levels[0]!, { reserved: 11 }),
      /11 reserved of 8/,
    ],
    [
      "sold, and still on the shelf",
      ({ after }) => {
        drop(after.movements, "paid");
        Object.assign(after.levels[0]!, { onHand: 10 });
      },
      /paid: paid, nothing left, not 2 a/,
    ],
    [
      "given back twice",
      ({ after }) => {
        after.movements.push({ sku: "a", location: "north", quantity: 1, order: "regretted" });
        after.levels[0]!.onHand += 1;
      },
      /regretted: cancelled, -1 a left, not nothing/,
    ],
    [
      "reserved for an order that is over",
      ({ after }) => {
        after.reservations.find(({ order }) => order === "left")!.state = "held";
        after.levels[0]!.reserved += 1;
      },
      /left: cancelled, and its pieces are still reserved/,
    ],
    [
      "open, and nothing is kept for it",
      ({ after }) => {
        drop(after.reservations, "open");
        after.levels[0]!.reserved -= 1;
      },
      /open: nothing is kept of 1 a/,
    ],
    [
      "stock that was never settled",
      (made) => alter(made, "paid", { stock: "held" }),
      /paid: paid, and its stock is held/,
    ],
    ["charged twice", (made) => made.charge("paid", "capture", 1_000), /paid: charged 2000 of 1000/],
    [
      "charged twice by one key",
      ({ charges }) => void charges.push({ ...charges[0]! }),
      /paid: capture paid-0 was done 2 times/,
    ],
    [
      "charged before it was written down",
      ({ after }) => void drop(after.operations, "paid"),
      /paid: capture paid-0 was asked for, and not written down/,
    ],
    [
      "another amount",
      ({ after }) => void Object.assign(after.operations[0]!, { amount: 900 }),
      /paid: 1000 was taken for paid-0, not 900/,
    ],
    [
      "more given back than was taken",
      (made) => made.charge("regretted", "refund", 1),
      /regretted: 501 given back of 500/,
    ],
    [
      "an acknowledged order that is missing",
      ({ after }) => {
        drop(after.orders, "open");
        drop(after.reservations, "open");
        after.levels[0]!.reserved -= 1;
        after.history = after.history.filter(({ order }) => order !== "open");
        drop(after.events, "open");
      },
      /open: acknowledged and missing/,
    ],
    [
      "another total",
      (made) => alter(made, "open", { total: 400, entries: 400 }),
      /open: 500 was acknowledged, 400 is kept/,
    ],
    [
      "a payment that is forgotten",
      (made) => made.ask(300, "pay", "forgotten", { state: "paid" }),
      /forgotten: expired, and its payment was acknowledged/,
    ],
    [
      "an end that is forgotten",
      (made) => made.ask(300, "cancel", "open", { state: "cancelled" }),
      /open: awaiting_payment, and its end was acknowledged/,
    ],
    [
      "cancelled by nobody",
      (made) => {
        made.ask(300, "place", "lost", { state: "awaiting_payment" });
        made.keep("lost", [...PLACED, "cancelled"]);
      },
      /lost: cancelled, and nobody asked for it/,
    ],
    [
      "paid by nobody",
      (made) => {
        made.ask(300, "place", "given", { state: "awaiting_payment" });
        made.keep("given", [...PLACED, "paid"], { captures: [500] });
      },
      /given: paid, and nobody paid/,
    ],
    [
      "expired too early",
      (made) => alter(made, "forgotten", { expiresAt: T0 + 60_001 }),
      /forgotten: expired before its time/,
    ],
    ["an order of nobody", (made) => made.keep("stranger", PLACED), /stranger: nobody asked for it/],
    [
      "charged, and there is no order",
      (made) => {
        made.ask(300, "place", "nothing", { status: 409 });
        made.charge("nothing", "capture", 500);
      },
      /nothing: 500 was taken, and there is no order/,
    ],
    [
      "goods that left for no order",
      ({ after }) => {
        after.movements.push({ sku: "a", location: "north", quantity: -1, order: "nobody" });
        after.levels[0]!.onHand -= 1;
      },
      /nobody: 1 a left for no order/,
    ],
    [
      "cancelled, and the money kept",
      (made) => {
        const { key } = drop(made.charges, "regretted", ({ kind }) => kind === "refund");
        drop(made.after.operations, "regretted", ({ id }) => id === key);
        alter(made, "regretted", { refunded: 200 });
      },
      /regretted: cancelled, and 300 of 0 was paid/,
    ],
    [
      "paid in part",
      ({ charges }) => void Object.assign(charges[0]!, { amount: 400 }),
      /paid: paid, and 400 of 1000 was paid/,
    ],
    [
      "what the order does not know of",
      (made) => alter(made, "paid", { captured: 0 }),
      /paid: 0 captured, the provider took 1000/,
    ],
    [
      "an operation of which nobody asks what became",
      ({ after }) => void Object.assign(after.operations[0]!, { state: "unknown" }),
      /paid: capture paid-0 stays unknown/,
    ],
    ["never expired", (made) => alter(made, "open", { expiresAt: T0 + 59_000 }), /open: never expires/],
    [
      "stopped on the way",
      (made) => {
        alter(made, "open", { state: "reserved" });
        drop(made.after.history, "open", ({ to }) => to === "awaiting_payment");
      },
      /open: stays reserved/,
    ],
    [
      "a step that was left out",
      ({ after }) => void drop(after.history, "paid", ({ to }) => to === "awaiting_payment"),
      /paid: paid after draft, reserved, paid/,
    ],
    [
      "never told",
      ({ after }) => void drop(after.events, "open"),
      /open: nothing was told, not order.placed/,
    ],
    [
      "told twice",
      ({ after }) => void after.events.push({ type: "order.paid", order: "paid" }),
      /paid: order.placed, order.paid, order.paid was told/,
    ],
    [
      "a ledger that is no sum",
      (made) => alter(made, "paid", { entries: 950 }),
      /paid: 1000 is asked for, its ledger says 950/,
    ],
    [
      "a budget that is overspent",
      ({ after }) => void Object.assign(after.budgets[0]!, { limit: 39 }),
      /summer: 40 spent of 39/,
    ],
    [
      "a budget that had something back twice",
      ({ after }) => void Object.assign(after.budgets[0]!, { spent: 0 }),
      /summer: 0 spent, orders have 40/,
    ],
    [
      "what is limited, kept by an order that is over",
      (made) => {
        made.ask(300, "place", "over", { state: "awaiting_payment" });
        made.keep("over", [...PLACED, "expired"], { spent: 5 });
      },
      /over: expired, and keeps 5 of summer/,
    ],
    [
      "a mistake of ours",
      ({ ask }) => ask(300, "place", "x", { status: 500, code: "SERVER_INTERNAL" }),
      /x: place was answered with 500/,
    ],
    [
      "no answer for no reason",
      ({ log, ask }) => {
        log.splice(
          log.findIndex(({ is }) => is === "fault"),
          1,
        );
        ask(300, "look", "paid", { none: true });
      },
      /paid: look had no answer, though nothing was broken/,
    ],
    [
      "no recovery",
      ({ log, ask }) => {
        log.push({ is: "fault", name: "a kill", from: T0 + 1_000, until: T0 + 1_100 });
        for (let i = 0; i < 300; i++) ask(1_200 + i, "look", "paid", i % 20 === 0 ? { status: 503 } : {});
      },
      /a kill: not served again by the end/,
    ],
  ];

  it("does not lay at a fault's door what the next one fails", () => {
    const { log, ask, judge } = goodDay();
    log.push({ is: "fault", name: "a kill", from: T0 + 1_000, until: T0 + 1_100 });
    for (let i = 0; i < 60; i++) ask(1_200 + i, "look", "paid");
    log.push({ is: "fault", name: "another", from: T0 + 2_000, until: T0 + 12_000 });
    for (let i = 0; i < 30; i++) ask(1_999 + 340 * i, "look", "paid", { status: 503 });
    for (let i = 0; i < 120; i++) ask(12_001 + i, "look", "paid");
    expect(judge()).toEqual([]);
  });

  it.each(wrongs)("finds %s", (_name, change, finds) => {
    const made = goodDay();
    change(made);
    expect(made.judge().join("\n")).toMatch(finds);
  });
});
