// Says what was wrong with a day of orders, from what customers wrote down, what the payment provider has in its own file and
// what the database holds afterwards; it knows nothing of the server's code.

import { judgeAnswers, judgeRecovery } from "./answer-referee.ts";
import {
  type Charge,
  type ClaimRow,
  type HistoryRow,
  listOrderCalls,
  type OperationRow,
  type OrderCall,
  type OrderRow,
  type OrdersAfter,
  type Story,
} from "./order-log.ts";
import { isDone, type Line } from "./stock-log.ts";
import { sumBySku } from "./stock-promises.ts";
import { judgeLevels } from "./stock-referee.ts";

/** After the end of a fault, and while it lasts, a client may hear nothing. */
const RECOVERY_MS = 10_000;
/** The goods are the customer's. */
const SOLD: ReadonlySet<string> = new Set(["paid", "fulfilling", "shipped", "completed"]);
const ENDED: ReadonlySet<string> = new Set(["cancelled", "expired"]);
const OPEN = "awaiting_payment";
/** What an answer says of a payment. */
const TAKEN = "captured";
/** Of an operation of which nothing more is to be found out. */
const SETTLED: ReadonlySet<string> = new Set(["succeeded", "failed"]);
/** Of what an order came to; each is told once. */
const EVENTS: Readonly<Record<string, string>> = {
  paid: "order.paid",
  cancelled: "order.cancelled",
  expired: "order.expired",
};

/** All that is known of one order. */
type Case = {
  order: string;
  /** When the database was looked at. */
  at: number;
  latest: number;
  calls: readonly OrderCall[];
  row: OrderRow | undefined;
  history: readonly HistoryRow[];
  operations: readonly OperationRow[];
  charges: readonly Charge[];
  events: readonly string[];
  claims: readonly ClaimRow[];
  reservation: OrdersAfter["reservations"][number] | undefined;
  /** Pieces of each sku that left for it. */
  left: ReadonlyMap<string, number>;
};

/**
 * @param recoveryMs how long after its end a fault may still be felt
 * @returns what was wrong: nothing
 */
export function judgeOrders({ log, after, charges }: Story, recoveryMs = RECOVERY_MS): string[] {
  const calls = listOrderCalls(log);
  const faults = log.filter((line) => line.is === "fault");
  const stocked = sumBySku(log.filter((line) => line.is === "stocked"));
  const cases = collect(calls, after, charges);
  const rules = [
    judgePlaced,
    judgeEntries,
    judgeHistory,
    judgeEvents,
    judgeGoods,
    judgeClaims,
    judgeCharges,
    judgeMoney,
  ];
  return [
    ...judgeLevels(after),
    ...judgePieces(stocked, after, cases),
    ...judgeBudgets(after),
    ...cases.flatMap((one) => rules.flatMap((rule) => rule(one)).map((what) => `${one.order}: ${what}`)),
    ...judgeAnswers(calls, faults, recoveryMs),
    ...judgeRecovery(calls, faults, recoveryMs),
  ];
}

function collect(calls: readonly OrderCall[], after: OrdersAfter, charges: readonly Charge[]): Case[] {
  const own = Map.groupBy(
    calls.filter(({ verb }) => verb !== "quote"),
    ({ order }) => order,
  );
  const rows = new Map(after.orders.map((row) => [row.order, row]));
  const reservations = new Map(after.reservations.map((row) => [row.order, row]));
  const moved = Map.groupBy(
    after.movements.filter(({ order }) => order !== null),
    ({ order }) => order!,
  );
  const history = Map.groupBy(after.history, ({ order }) => order);
  const operations = Map.groupBy(after.operations, ({ order }) => order);
  const events = Map.groupBy(after.events, ({ order }) => order);
  const claims = Map.groupBy(after.claims, ({ order }) => order);
  const charged = Map.groupBy(charges, ({ order }) => order);
  const all = [own, rows, reservations, moved, operations, claims, charged].flatMap((each) => [
    ...each.keys(),
  ]);
  return [...new Set(all)].map((order) => ({
    order,
    at: after.at,
    latest: after.latest,
    calls: own.get(order) ?? [],
    row: rows.get(order),
    history: (history.get(order) ?? []).toSorted((a, b) => a.number - b.number),
    operations: operations.get(order) ?? [],
    charges: charged.get(order) ?? [],
    events: (events.get(order) ?? []).map(({ type }) => type),
    claims: claims.get(order) ?? [],
    reservation: reservations.get(order),
    left: sumBySku((moved.get(order) ?? []).map(({ sku, quantity }) => ({ sku, quantity: -quantity }))),
  }));
}

/** I1: what is promised to orders is not more than came, whatever the levels say. */
function judgePieces(
  stocked: ReadonlyMap<string, number>,
  { reservations }: OrdersAfter,
  cases: readonly Case[],
): string[] {
  const held = reservations.filter(({ state }) => state === "held");
  const promised = sumBySku([
    ...held.flatMap(({ allocations }) => allocations),
    ...cases.flatMap(({ left }) => [...left].map(([sku, quantity]) => ({ sku, quantity }))),
  ]);
  return [...stocked].flatMap(([sku, came]) => {
    const sum = promised.get(sku) ?? 0;
    return sum > came ? [`${sku}: oversold, ${sum} of ${came}`] : [];
  });
}

/** No budget is overspent, and what is spent is what orders have. */
function judgeBudgets({ budgets }: OrdersAfter): string[] {
  return budgets.flatMap(({ budget, limit, spent, claimed }) => [
    ...(spent > limit ? [`${budget}: ${spent} spent of ${limit}`] : []),
    ...(spent === claimed ? [] : [`${budget}: ${spent} spent, orders have ${claimed}`]),
  ]);
}

/** I3: what was acknowledged is there as it was told, and nothing happened that nobody asked for. */
function judgePlaced({ latest, calls, row, charges }: Case): string[] {
  const done = calls.filter(isDone);
  const wasAsked = (verb: string) => calls.some((call) => call.verb === verb);
  if (row === undefined) return done.length > 0 ? ["acknowledged and missing"] : [];
  const { state, total, expiresAt } = row;
  const wrong: string[] = [];
  if (!wasAsked("place")) wrong.push("nobody asked for it");
  const told = done.flatMap(({ answer }) => answer!.told ?? []);
  const others = told.filter((each) => each.total !== total);
  if (others.length > 0) wrong.push(`${others[0]!.total} was acknowledged, ${total} is kept`);
  if (told.some((each) => SOLD.has(each.state)) && !SOLD.has(state) && !wasAsked("cancel")) {
    wrong.push(`${state}, and its payment was acknowledged`);
  }
  if (told.some((each) => each.state === TAKEN) && sumOf(charges, "capture") < total) {
    wrong.push("its money was acknowledged, and nobody has it");
  }
  if (told.some((each) => each.state === "cancelled") && state !== "cancelled") {
    wrong.push(`${state}, and its end was acknowledged`);
  }
  if (SOLD.has(state) && total > 0 && !wasAsked("pay")) wrong.push(`${state}, and nobody paid`);
  if (state === "cancelled" && !wasAsked("cancel")) wrong.push("cancelled, and nobody asked for it");
  if (state === "expired" && expiresAt > latest) wrong.push("expired before its time");
  return wrong;
}

/** Its total is the sum of its ledger. */
function judgeEntries({ row }: Case): string[] {
  if (row === undefined || row.entries === row.total) return [];
  return [`${row.total} is asked for, its ledger says ${row.entries}`];
}

/** I4: it came to its state step by step, and stopped nowhere on the way. */
function judgeHistory({ at, row, history }: Case): string[] {
  if (row === undefined) return history.length > 0 ? ["has a history, and is no order"] : [];
  const wrong: string[] = [];
  const isWhole = history.every(
    ({ number, from }, i) => number === i + 1 && from === (history[i - 1]?.to ?? null),
  );
  const steps = history.map(({ to }) => to);
  if (!isWhole || steps.at(-1) !== row.state) wrong.push(`${row.state} after ${steps.join(", ")}`);
  if (row.state === OPEN && row.expiresAt <= at) wrong.push("never expires");
  if (row.state !== OPEN && !SOLD.has(row.state) && !ENDED.has(row.state)) wrong.push(`stays ${row.state}`);
  return wrong;
}

/** Each of its turns is told once. */
function judgeEvents({ row, history, events }: Case): string[] {
  if (row === undefined) return events.length > 0 ? ["was told of, and is no order"] : [];
  const due = ["order.placed", ...history.flatMap(({ to }) => EVENTS[to] ?? [])];
  const known = new Set(["order.placed", ...Object.values(EVENTS)]);
  const told = events.filter((type) => known.has(type));
  return told.toSorted().join() === due.toSorted().join()
    ? []
    : [`${told.join(", ") || "nothing"} was told, not ${due.join(", ")}`];
}

/** I1, I4: its pieces follow its state. */
function judgeGoods({ at, calls, row, reservation, left }: Case): string[] {
  const gone = describe([...left].map(([sku, quantity]) => ({ sku, quantity })));
  const isHeld = reservation?.state === "held";
  if (row === undefined) {
    const isOver = isHeld && reservation.expiresAt <= at;
    return [
      ...(gone === "" ? [] : [`${gone} left for no order`]),
      ...(isOver ? ["reserved for no order"] : []),
    ];
  }
  const { state, stock } = row;
  const wanted = describe(calls.find(({ lines }) => lines !== undefined)?.lines ?? []);
  const due = SOLD.has(state) ? { gone: wanted, stock: "confirmed" } : { gone: "", stock: "released" };
  if (state === OPEN) {
    const kept = isHeld ? describe(reservation.allocations) : "nothing";
    return kept === wanted && gone === "" ? [] : [`${kept} is kept of ${wanted}, ${gone || "nothing"} left`];
  }
  const wrong: string[] = [];
  if (gone !== due.gone) wrong.push(`${state}, ${gone || "nothing"} left, not ${due.gone || "nothing"}`);
  if (isHeld) wrong.push(`${state}, and its pieces are still reserved`);
  if (stock !== due.stock) wrong.push(`${state}, and its stock is ${stock}`);
  return wrong;
}

/** What is limited goes back with the order that took it. */
function judgeClaims({ row, claims }: Case): string[] {
  const kept = claims.filter(({ amount }) => amount > 0);
  if (row !== undefined && !ENDED.has(row.state)) return [];
  return kept.map(({ budget, amount }) => `${row?.state ?? "no order"}, and keeps ${amount} of ${budget}`);
}

/** I2: nobody is charged twice, and for nothing that was not written down before. */
function judgeCharges({ row, charges, operations }: Case): string[] {
  const [captured, refunded] = [sumOf(charges, "capture"), sumOf(charges, "refund")];
  const total = row?.total ?? 0;
  const known = new Map(operations.map((operation) => [operation.id, operation]));
  const keys = Map.groupBy(charges, ({ key }) => key);
  return [
    ...(captured > total ? [`charged ${captured} of ${total}`] : []),
    ...(refunded > captured ? [`${refunded} given back of ${captured}`] : []),
    ...[...keys].flatMap(([key, own]) => {
      const operation = known.get(key);
      if (own.length > 1) return [`${own[0]!.kind} ${key} was done ${own.length} times`];
      if (operation === undefined) return [`${own[0]!.kind} ${key} was asked for, and not written down`];
      return operation.amount < own[0]!.amount
        ? [`${own[0]!.amount} was taken for ${key}, not ${operation.amount}`]
        : [];
    }),
  ];
}

/** I4: the order, its operations and the provider say the same, and all of it has an end. */
function judgeMoney({ row, charges, operations }: Case): string[] {
  const [captured, refunded] = [sumOf(charges, "capture"), sumOf(charges, "refund")];
  const open = operations.filter(({ state }) => !SETTLED.has(state));
  const wrong = open.map(({ kind, id, state }) => `${kind} ${id} stays ${state}`);
  if (row === undefined) {
    return captured === refunded
      ? wrong
      : [...wrong, `${captured - refunded} was taken, and there is no order`];
  }
  const { state, total } = row;
  if (row.captured !== captured) wrong.push(`${row.captured} captured, the provider took ${captured}`);
  if (row.refunded !== refunded) wrong.push(`${row.refunded} refunded, the provider gave back ${refunded}`);
  const due = SOLD.has(state) ? total : 0;
  if (captured - refunded !== due) wrong.push(`${state}, and ${captured - refunded} of ${due} was paid`);
  return wrong;
}

function sumOf(charges: readonly Charge[], kind: Charge["kind"]): number {
  return charges.filter((charge) => charge.kind === kind).reduce((sum, { amount }) => sum + amount, 0);
}

function describe(lines: readonly Line[]): string {
  return [...sumBySku(lines)]
    .filter(([, quantity]) => quantity !== 0)
    .map(([sku, quantity]) => `${quantity} ${sku}`)
    .sort()
    .join(", ");
}
