import type { Queryable } from "../../platform/database/database.ts";
import type { LedgerEntry, OrderLine } from "./ledger.ts";
import type { OrderState } from "./states.ts";

// The SQL of orders, one statement each. Amounts are minor units, times epoch milliseconds.

export type Stock = "held" | "confirmed" | "released";

export type OrderRow = {
  id: string;
  state: OrderState;
  quote: string;
  customer: string | null;
  channel: string;
  release: string;
  currency: string;
  total: number;
  /** Promised by payments and not taken; taken; given back. */
  authorised: number;
  captured: number;
  refunded: number;
  lines: OrderLine[];
  /** Of its reservation. */
  attempt: number;
  stock: Stock;
  /** What is done with money that comes when it has expired. */
  latePayment: "refund" | "reserve";
  expiresAt: number;
  createdAt: number;
  updatedAt: number;
};

export type NewOrder = Omit<OrderRow, "authorised" | "captured" | "refunded" | "stock" | "updatedAt">;

/** From which state to which, and why. The first one comes from nothing. */
export type Move = { from: OrderState | null; to: OrderState; cause: string; actor: string };

export type HistoryRow = Move & { at: number };

const ORDER = `order_id as id, state, quote_id as quote, customer_id as customer, channel, release, currency, total, authorised, captured,
  refunded, lines, attempt, stock, late_payment as "latePayment", expires_at as "expiresAt", created_at as "createdAt",
  updated_at as "updatedAt"`;
/** What has an end if nobody pays. */
const IS_OPEN = "state in ('reserved', 'awaiting_payment')";
/** What these say is in the condition of an index. */
const IS_HELD_AND_OVER = "stock = 'held' and state not in ('draft', 'reserved', 'awaiting_payment')";
const IS_SOLD_AND_CANCELLED = "stock = 'confirmed' and state = 'cancelled'";

/** An order with all that it came through until now, and its ledger. */
export type Entry = { order: NewOrder; moves: readonly Move[]; ledger: readonly LedgerEntry[] };

/**
 * All of them in one statement, in one order for everybody: of two transactions that place the same ones, none waits for the other.
 *
 * @returns whether there was none of these ids
 */
export async function insertOrders({ query }: Queryable, entries: readonly Entry[]): Promise<boolean> {
  const sorted = entries.toSorted((a, b) => (a.order.id < b.order.id ? -1 : 1));
  const orders = sorted.map(({ order }) => order);
  const moves = sorted.flatMap(({ order, moves }) =>
    moves.map((move, i) => ({ ...move, order, number: i + 1 })),
  );
  const shares = sorted.flatMap(({ order, ledger }) =>
    ledger.map((share, i) => ({ ...share, order, number: i + 1 })),
  );
  const rows = await query(
    `with placed as (
       insert into orders (order_id, state, moves, quote_id, customer_id, channel, release, currency, total, lines, attempt, late_payment,
         expires_at, due_at, created_at, updated_at)
       select order_id, state, moves, quote_id, customer_id, channel, release, currency, total, lines, attempt, late_payment, expires_at,
         due_at, created_at, created_at
       from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::jsonb[],
         $11::int[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[])
         as o (order_id, state, moves, quote_id, customer_id, channel, release, currency, total, lines, attempt, late_payment, expires_at,
           due_at, created_at)
       on conflict do nothing returning order_id
     ), told as (
       insert into order_history (order_id, number, from_state, to_state, cause, actor_id, at)
       select m.* from unnest($16::text[], $17::int[], $18::text[], $19::text[], $20::text[], $21::text[], $22::bigint[])
         as m (order_id, number, was, is_now, cause, actor, at)
       where m.order_id in (select order_id from placed)
     ), shared as (
       insert into order_ledger (order_id, number, part, line, first_unit, units, kind, promotion, reason, amount_each)
       select l.* from unnest($23::text[], $24::int[], $25::text[], $26::text[], $27::int[], $28::int[], $29::text[], $30::text[], $31::text[],
         $32::bigint[]) as l (order_id, number, part, line, first_unit, units, kind, promotion, reason, amount_each)
       where l.order_id in (select order_id from placed)
     ) select from placed`,
    [
      orders.map(({ id }) => id),
      orders.map(({ state }) => state),
      sorted.map(({ moves }) => moves.length),
      orders.map(({ quote }) => quote),
      orders.map(({ customer }) => customer),
      orders.map(({ channel }) => channel),
      orders.map(({ release }) => release),
      orders.map(({ currency }) => currency),
      orders.map(({ total }) => total),
      orders.map(({ lines }) => JSON.stringify(lines)),
      orders.map(({ attempt }) => attempt),
      orders.map(({ latePayment }) => latePayment),
      orders.map(({ expiresAt }) => expiresAt),
      // What is paid at once has its goods sold at once.
      orders.map(({ state, createdAt, expiresAt }) => (state === "paid" ? createdAt : expiresAt)),
      orders.map(({ createdAt }) => createdAt),
      moves.map(({ order }) => order.id),
      moves.map(({ number }) => number),
      moves.map(({ from }) => from),
      moves.map(({ to }) => to),
      moves.map(({ cause }) => cause),
      moves.map(({ actor }) => actor),
      moves.map(({ order }) => order.createdAt),
      shares.map(({ order }) => order.id),
      shares.map(({ number }) => number),
      shares.map(({ part }) => part),
      shares.map(({ line }) => line),
      shares.map(({ firstUnit }) => firstUnit),
      shares.map(({ units }) => units),
      shares.map(({ kind }) => kind),
      shares.map(({ promotion }) => promotion),
      shares.map(({ reason }) => reason),
      shares.map(({ amountEach }) => amountEach),
    ],
    "orders-insert",
  );
  return rows.length === entries.length;
}

export async function findOrder({ query }: Queryable, id: string): Promise<OrderRow | undefined> {
  const sql = `select ${ORDER} from orders where order_id = $1`;
  return (await query<OrderRow>(sql, [id], "orders-find"))[0];
}

/** Holds it until the transaction ends. */
export async function lockOrder({ query }: Queryable, id: string): Promise<OrderRow | undefined> {
  const sql = `select ${ORDER} from orders where order_id = $1 for update`;
  return (await query<OrderRow>(sql, [id], "orders-lock"))[0];
}

/**
 * With a row of its history, in one statement. The database holds both against the table of transitions. Whoever looks after
 * orders looks at it next at once: due at 0 and not now, which is a year ahead where a clock is set back by one afterwards.
 *
 * @returns whether it was in that state
 */
export async function moveOrder(
  { query }: Queryable,
  { id, from, to, cause, actor, now }: Move & { id: string; now: number },
): Promise<boolean> {
  const rows = await query(
    `with moved as (
       update orders set state = $3, moves = moves + 1, due_at = 0, updated_at = $6 where order_id = $1 and state = $2
       returning order_id, moves
     ) insert into order_history (order_id, number, from_state, to_state, cause, actor_id, at)
       select order_id, moves, $2, $3, $4, $5, $6 from moved returning number`,
    [id, from, to, cause, actor, now],
    "orders-move",
  );
  return rows.length > 0;
}

/** Adds to its money. That no more is given back than was taken is a constraint. */
export async function addMoney(
  { query }: Queryable,
  id: string,
  { authorised, captured, refunded }: Pick<OrderRow, "authorised" | "captured" | "refunded">,
  now: number,
): Promise<void> {
  await query(
    `update orders set authorised = authorised + $2, captured = captured + $3, refunded = refunded + $4, updated_at = $5
     where order_id = $1`,
    [id, authorised, captured, refunded, now],
    "orders-add-money",
  );
}

/** Its stock is held anew, by this attempt. */
export async function setAttempt({ query }: Queryable, id: string, attempt: number): Promise<void> {
  await query("update orders set attempt = $2, stock = 'held' where order_id = $1", [id, attempt]);
}

/** The one that is due first of those that nobody pays, unless somebody is at it. Holds it until the transaction ends. */
export async function lockDue({ query }: Queryable, now: number): Promise<OrderRow | undefined> {
  const sql = `select ${ORDER} from orders where ${IS_OPEN} and due_at <= $1 order by due_at limit 1 for update skip locked`;
  return (await query<OrderRow>(sql, [now], "orders-lock-due"))[0];
}

export type Behind = Pick<OrderRow, "id" | "state" | "attempt">;

/** Some whose stock does not follow them yet, and none that somebody else is at: nobody else is before `leaseUntil`. */
export function claimBehind(
  { query }: Queryable,
  { now, leaseUntil, limit }: { now: number; leaseUntil: number; limit: number },
): Promise<Behind[]> {
  return query<Behind>(
    `update orders set due_at = $2 where order_id in (
       select order_id from orders where ${IS_HELD_AND_OVER} and due_at <= $1 order by due_at limit $3 for update skip locked
     ) returning order_id as id, state, attempt`,
    [now, leaseUntil, limit],
    "orders-claim-behind",
  );
}

/** One that was cancelled and whose stock counts as sold, unless somebody is at it. Holds it until the transaction ends. */
export async function lockSold({ query }: Queryable, now: number): Promise<Sold | undefined> {
  const sql = `select order_id as id, lines from orders where ${IS_SOLD_AND_CANCELLED} and due_at <= $1
    order by due_at limit 1 for update skip locked`;
  return (await query<Sold>(sql, [now], "orders-lock-sold"))[0];
}

export type Sold = Pick<OrderRow, "id" | "lines">;

/** Of those of which it is still held, by this attempt: nobody held them while it followed. They are due again at once. */
export async function setStock(
  { query }: Queryable,
  followed: readonly Pick<Behind, "id" | "attempt">[],
  stock: Stock,
  now: number,
): Promise<void> {
  await query(
    `update orders o set stock = $3, due_at = $4 from unnest($1::text[], $2::int[]) as f (id, attempt)
     where o.order_id = any($1) and o.order_id = f.id and o.attempt = f.attempt and o.stock = 'held'`,
    [followed.map(({ id }) => id), followed.map(({ attempt }) => attempt), stock, now],
    "orders-set-stock",
  );
}

/** Of one that is held: what counted as sold is on sale again. */
export async function setBack({ query }: Queryable, id: string): Promise<void> {
  await query("update orders set stock = 'released' where order_id = $1", [id]);
}

/**
 * Whoever looks after orders leaves these alone until then.
 *
 * @returns those that were due by `dueBy`: the others somebody has put off already
 */
export async function putOff(
  { query }: Queryable,
  ids: readonly string[],
  { until, dueBy }: { until: number; dueBy: number },
): Promise<string[]> {
  const sql =
    "update orders set due_at = $2 where order_id = any($1) and due_at <= $3 returning order_id as id";
  return (await query<{ id: string }>(sql, [ids, until, dueBy])).map(({ id }) => id);
}

export type Page = {
  /** Behind which one: the newest come first. */
  after: { createdAt: number; id: string } | undefined;
  limit: number;
  state: OrderState | undefined;
  customer: string | undefined;
};

export function listOrders(
  { query }: Queryable,
  { after, limit, state, customer }: Page,
): Promise<OrderRow[]> {
  const values: unknown[] = [limit];
  const put = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    state !== undefined && `state = ${put(state)}`,
    customer !== undefined && `customer_id = ${put(customer)}`,
    after !== undefined && `(created_at, order_id) < (${put(after.createdAt)}, ${put(after.id)})`,
  ].filter((condition) => condition !== false);
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return query<OrderRow>(
    `select ${ORDER} from orders ${where} order by created_at desc, order_id desc limit $1`,
    values,
  );
}

/** The first row is the draft. */
export function listHistory({ query }: Queryable, id: string): Promise<HistoryRow[]> {
  return query<HistoryRow>(
    `select from_state as "from", to_state as "to", cause, actor_id as actor, at from order_history
     where order_id = $1 order by number`,
    [id],
  );
}

/** In the order in which they were made: by lines, the price first. */
export function listLedger({ query }: Queryable, id: string): Promise<LedgerEntry[]> {
  return query<LedgerEntry>(
    `select part, line, first_unit as "firstUnit", units, kind, promotion, reason, amount_each as "amountEach"
     from order_ledger where order_id = $1 order by number`,
    [id],
    "orders-ledger",
  );
}

/** Of a customer who is erased. */
export async function forgetCustomer({ query }: Queryable, customer: string): Promise<void> {
  await query("update orders set customer_id = null where customer_id = $1", [customer]);
}
