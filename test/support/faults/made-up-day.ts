import type { Charge, OrderLine, OrdersAfter, OrderVerb } from "./order-log.ts";
import { judgeOrders } from "./order-referee.ts";

// Days of orders that were made up, for the referee to look at.

export const T0 = 1_000_000;
const PRICE = 500;

type Reply = { status?: number; code?: string; state?: string; total?: number; none?: boolean };
type Kept = { quantity?: number; spent?: number; captures?: number[]; refunds?: number[] };

/** A shop with ten pieces and a budget; nobody has come yet. */
export function day() {
  const log: OrderLine[] = [{ is: "stocked", sku: "a", quantity: 10 }];
  const after: OrdersAfter = {
    at: T0 + 60_000,
    latest: T0 + 60_000,
    levels: [{ sku: "a", location: "north", onHand: 10, reserved: 0 }],
    movements: [{ sku: "a", location: "north", quantity: 10, order: null }],
    reservations: [],
    orders: [],
    history: [],
    operations: [],
    events: [],
    claims: [],
    budgets: [{ budget: "summer", limit: 100, spent: 0, claimed: 0 }],
  };
  const charges: Charge[] = [];
  let id = 0;
  function ask(at: number, verb: OrderVerb, order: string, reply: Reply & { quantity?: number } = {}): void {
    const { quantity = 1, status = 200, code, state, total = quantity * PRICE, none = false } = reply;
    const lines = verb === "place" ? { lines: [{ sku: "a", quantity }] } : {};
    log.push({ is: "asked", id, order, verb, ...lines, at: T0 + at });
    const told = state === undefined ? undefined : { state, total };
    if (!none) log.push({ is: "answered", id, status, code, told, at: T0 + at + 10 });
    id++;
  }

  function charge(order: string, kind: Charge["kind"], amount: number): void {
    const key = `${order}-${after.operations.length}`;
    after.operations.push({ id: key, order, kind, state: "succeeded", amount });
    charges.push({ key, order, kind, amount });
  }

  /** A whole order, as it is when all is well; the last of its states is its state. */
  function keep(order: string, states: readonly string[], kept: Kept = {}): void {
    const { quantity = 1, spent = 0, captures = [], refunds = [] } = kept;
    const state = states.at(-1)!;
    const isSold = state === "paid";
    const isHeld = state === "awaiting_payment";
    const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);
    const total = quantity * PRICE;
    after.orders.push({
      order,
      state,
      stock: isSold ? "confirmed" : isHeld ? "held" : "released",
      total,
      captured: sum(captures),
      refunded: sum(refunds),
      expiresAt: state === "expired" ? T0 + 30_000 : T0 + 90_000,
      entries: total,
    });
    const steps = states.map((to, i) => ({ order, number: i + 1, from: states[i - 1] ?? null, to }));
    after.history.push(...steps);
    after.events.push({ type: "order.placed", order });
    const told = states.filter((to) => to === "paid" || to === "cancelled" || to === "expired");
    after.events.push(...told.map((to) => ({ type: `order.${to}`, order })));
    after.reservations.push({
      order,
      attempt: 1,
      state: isSold ? "confirmed" : isHeld ? "held" : "released",
      allocations: [{ sku: "a", location: "north", quantity }],
      expiresAt: T0 + 900_000,
    });
    if (isSold) {
      after.levels[0]!.onHand -= quantity;
      after.movements.push({ sku: "a", location: "north", quantity: -quantity, order });
    }
    if (isHeld) after.levels[0]!.reserved += quantity;
    if (spent > 0) {
      after.claims.push({ order, budget: "summer", amount: spent });
      after.budgets[0]!.spent += spent;
      after.budgets[0]!.claimed += spent;
    }
    for (const amount of captures) charge(order, "capture", amount);
    for (const amount of refunds) charge(order, "refund", amount);
  }

  return { log, after, charges, ask, keep, charge, judge: () => judgeOrders({ log, after, charges }) };
}

export const PLACED = ["draft", "reserved", "awaiting_payment"];

/** Paid, cancelled before and after it was paid, expired, still open, refused, and one of which nobody knows. */
export function goodDay() {
  const made = day();
  const { log, ask, keep } = made;
  ask(0, "quote", "");
  ask(10, "place", "paid", { state: "awaiting_payment", quantity: 2 });
  ask(30, "pay", "paid", { state: "paid", quantity: 2 });
  keep("paid", [...PLACED, "paid"], { quantity: 2, spent: 40, captures: [1_000] });
  ask(10, "place", "left", { state: "awaiting_payment" });
  ask(30, "cancel", "left", { state: "cancelled" });
  keep("left", [...PLACED, "cancelled"]);
  ask(10, "place", "regretted", { state: "awaiting_payment" });
  ask(20, "pay", "regretted", { state: "paid" });
  ask(60, "cancel", "regretted", { state: "cancelled" });
  keep("regretted", [...PLACED, "paid", "cancelled"], { captures: [500], refunds: [300, 200] });
  ask(10, "place", "forgotten", { state: "awaiting_payment" });
  keep("forgotten", [...PLACED, "expired"]);
  ask(10, "place", "open", { state: "awaiting_payment" });
  keep("open", PLACED);
  ask(10, "place", "refused", { quantity: 11, status: 409, code: "INVENTORY_SHORT" });
  log.push({ is: "fault", name: "a cut", from: T0 + 85, until: T0 + 95 });
  ask(90, "place", "unknown", { none: true });
  for (let i = 0; i < 100; i++) ask(100 + i, "look", "paid", { state: "paid", quantity: 2 });
  return made;
}
