import type { Queryable } from "../../platform/database/database.ts";

// The SQL of payments, one statement each. Amounts are minor units, times epoch milliseconds.

export type OperationKind = "authorise" | "capture" | "void" | "refund";

export type PaymentRow = {
  id: string;
  order: string;
  provider: string;
  capture: "now" | "later";
  amount: number;
  currency: string;
  reference: string | null;
  authorised: number;
  captured: number;
  voided: number;
  refunded: number;
  capturing: number;
  refunding: number;
  isVoiding: boolean;
  /** What of it went back, or is to, as more than the order costs. */
  surplus: number;
  declined: string | null;
  lateAt: number | null;
  createdAt: number;
  updatedAt: number;
};

export type NewPayment = Pick<PaymentRow, "id" | "order" | "provider" | "capture" | "amount" | "currency">;

export type OperationRow = {
  id: string;
  kind: OperationKind;
  amount: number;
  cause: string;
  state: "open" | "unknown" | "succeeded" | "failed";
  code: string | null;
  createdAt: number;
  settledAt: number | null;
};

export type NewOperation = Pick<OperationRow, "id" | "kind" | "amount" | "cause"> & {
  payment: string;
  /** Encrypted. */
  token?: string | undefined;
  /** How often it is being tried by whoever writes it, and when somebody else may. */
  tries: number;
  nextAt: number;
};

/** That has an outcome since this transaction. */
export type Settled = Pick<OperationRow, "id" | "kind" | "amount" | "state" | "code">;

/** An operation that this process has to try now, with what it needs of its payment. */
export type Due = Pick<OperationRow, "id" | "kind" | "amount"> &
  Pick<PaymentRow, "order" | "provider" | "currency" | "capture" | "reference"> & {
    payment: string;
    tries: number;
    token: string | null;
    /** The operation that authorised the payment. */
    authorisedBy: string;
  };

const PAYMENT = `payment_id as id, order_id as "order", provider, capture, amount, currency, reference, authorised, captured,
  voided, refunded, capturing, refunding, is_voiding as "isVoiding", surplus, declined, late_at as "lateAt",
  created_at as "createdAt", updated_at as "updatedAt"`;
const OPERATIONS = `(select json_agg(json_build_object('id', operation_id, 'kind', kind, 'amount', o.amount, 'cause', cause,
    'state', state, 'code', code, 'createdAt', o.created_at, 'settledAt', settled_at) order by o.created_at, operation_id)
  from payment_operations o where o.payment_id = p.payment_id) as operations`;

export async function insertPayment({ query }: Queryable, payment: NewPayment, now: number): Promise<void> {
  const { id, order, provider, capture, amount, currency } = payment;
  await query(
    `insert into payments (payment_id, order_id, provider, capture, amount, currency, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7)`,
    [id, order, provider, capture, amount, currency, now],
    "payments-insert",
  );
}

/** A payment with what was asked for it, as both were at one moment. */
export type WholePayment = PaymentRow & { operations: OperationRow[] };

export async function findWhole({ query }: Queryable, id: string): Promise<WholePayment | undefined> {
  const sql = `select ${PAYMENT}, ${OPERATIONS} from payments p where payment_id = $1`;
  return (await query<WholePayment>(sql, [id], "payments-find-whole"))[0];
}

/** All of an order, the oldest first. */
export function listWhole({ query }: Queryable, order: string): Promise<WholePayment[]> {
  const sql = `select ${PAYMENT}, ${OPERATIONS} from payments p where order_id = $1 order by created_at, payment_id`;
  return query<WholePayment>(sql, [order]);
}

export async function findPayment({ query }: Queryable, id: string): Promise<PaymentRow | undefined> {
  return (
    await query<PaymentRow>(`select ${PAYMENT} from payments where payment_id = $1`, [id], "payments-find")
  )[0];
}

/** By the operation that authorised it. */
export async function findAuthorised(
  { query }: Queryable,
  { operation, provider }: { operation: string; provider: string },
): Promise<Pick<PaymentRow, "id" | "order"> | undefined> {
  const sql = `select p.payment_id as id, p.order_id as "order"
    from payment_operations o join payments p on p.payment_id = o.payment_id and p.tenant_id = o.tenant_id
    where o.operation_id = $1 and o.kind = 'authorise' and p.provider = $2`;
  return (
    await query<Pick<PaymentRow, "id" | "order">>(sql, [operation, provider], "payments-find-authorised")
  )[0];
}

/** All of an order, the oldest first. */
export function listPayments({ query }: Queryable, order: string): Promise<PaymentRow[]> {
  const sql = `select ${PAYMENT} from payments where order_id = $1 order by created_at, payment_id`;
  return query<PaymentRow>(sql, [order], "payments-list");
}

/** As `listPayments`, and holds them until the transaction ends: whoever does holds their order before. */
export function lockPayments({ query }: Queryable, order: string): Promise<PaymentRow[]> {
  const sql = `select ${PAYMENT} from payments where order_id = $1 order by created_at, payment_id for update`;
  return query<PaymentRow>(sql, [order], "payments-lock");
}

type Changed = Omit<
  PaymentRow,
  "order" | "provider" | "capture" | "amount" | "currency" | "createdAt" | "updatedAt"
>;

/** Of one that is held. */
export async function updatePayment({ query }: Queryable, row: Changed, now: number): Promise<void> {
  const { id, reference, authorised, captured, voided, refunded, capturing, refunding, isVoiding } = row;
  await query(
    `update payments set reference = $2, authorised = $3, captured = $4, voided = $5, refunded = $6, capturing = $7,
       refunding = $8, is_voiding = $9, declined = $10, late_at = $11, surplus = $12, updated_at = $13
     where payment_id = $1`,
    [
      id,
      reference,
      authorised,
      captured,
      voided,
      refunded,
      capturing,
      refunding,
      isVoiding,
      row.declined,
      row.lateAt,
      row.surplus,
      now,
    ],
    "payments-update",
  );
}

/** The order of money that came late and that nobody decides about now: nobody else does before `leaseUntil`. */
export async function claimLate(
  { query }: Queryable,
  now: number,
  leaseUntil: number,
): Promise<string | undefined> {
  const rows = await query<{ order: string }>(
    `update payments set late_at = $2 where payment_id in (
       select payment_id from payments where late_at <= $1 order by late_at limit 1 for update skip locked
     ) returning order_id as "order"`,
    [now, leaseUntil],
  );
  return rows[0]?.order;
}

export async function insertOperations(
  { query }: Queryable,
  operations: readonly NewOperation[],
  now: number,
): Promise<void> {
  await query(
    `insert into payment_operations (operation_id, payment_id, kind, amount, cause, token, tries, next_at, created_at)
     select given.*, $9 from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::int[],
       $8::bigint[]) as given`,
    [
      operations.map(({ id }) => id),
      operations.map(({ payment }) => payment),
      operations.map(({ kind }) => kind),
      operations.map(({ amount }) => amount),
      operations.map(({ cause }) => cause),
      operations.map(({ token }) => token ?? null),
      operations.map(({ tries }) => tries),
      operations.map(({ nextAt }) => nextAt),
      now,
    ],
    "payments-insert-operations",
  );
}

/** Of this payment, those that had no outcome; and those that were given up before anybody knew what the provider did. */
export function settleOperations(
  { query }: Queryable,
  payment: string,
  outcomes: readonly { operation: string; state: "succeeded" | "failed"; code: string | null }[],
  now: number,
): Promise<Settled[]> {
  return query<Settled>(
    `update payment_operations o set state = given.state, code = given.code, token = null, settled_at = $5
     from unnest($2::text[], $3::text[], $4::text[]) as given (operation_id, state, code)
     where o.payment_id = $1 and o.operation_id = given.operation_id
       and (o.settled_at is null or (o.code = '${GIVEN_UP}' and given.state = 'succeeded'))
     returning o.operation_id as id, o.kind, o.amount, o.state, o.code`,
    [
      payment,
      outcomes.map(({ operation }) => operation),
      outcomes.map(({ state }) => state),
      outcomes.map(({ code }) => code),
      now,
    ],
    "payments-settle",
  );
}

/** Of operations that nobody wants any more, and that the provider never heard of. */
export const GIVEN_UP = "given_up";

/** Of one of which no money is known. */
export async function declinePayment(
  { query }: Queryable,
  { id, code, now }: { id: string; code: string; now: number },
): Promise<void> {
  await query("update payments set declined = $2, updated_at = $3 where payment_id = $1 and authorised = 0", [
    id,
    code,
    now,
  ]);
}

/** The provider was asked, and may be asked again from then on. Nothing where it has an outcome by now. */
export async function postpone(
  { query }: Queryable,
  { id, nextAt }: { id: string; nextAt: number },
): Promise<void> {
  const sql =
    "update payment_operations set state = 'unknown', next_at = $2 where operation_id = $1 and settled_at is null";
  await query(sql, [id, nextAt], "payments-postpone");
}

/** Takes what is due, counted as tried: nobody else takes it before `leaseUntil`. */
export function claimDue(
  { query }: Queryable,
  { now, leaseUntil, limit }: { now: number; leaseUntil: number; limit: number },
): Promise<Due[]> {
  return query<Due>(
    `update payment_operations o set tries = o.tries + 1, next_at = $2
     from (
       select operation_id as id, payment_id as payment from payment_operations
       where settled_at is null and next_at <= $1 order by next_at limit $3 for update skip locked
     ) due
     join payments p on p.payment_id = due.payment
     join payment_operations a on a.payment_id = due.payment and a.kind = 'authorise'
     where o.operation_id = due.id
     returning o.operation_id as id, o.payment_id as payment, o.kind, o.amount, o.tries, o.token, p.order_id as "order",
       p.provider, p.currency, p.capture, p.reference, a.operation_id as "authorisedBy"`,
    [now, leaseUntil, limit],
    "payments-claim",
  );
}

/** Authorisations that were given up since then and are to be looked at now; the next time after twice their age. */
export function claimGivenUp(
  { query }: Queryable,
  { now, since, spareMs, limit }: { now: number; since: number; spareMs: number; limit: number },
): Promise<(Pick<OperationRow, "id"> & Pick<PaymentRow, "provider">)[]> {
  return query(
    `update payment_operations o set next_at = $1 + $3 + ($1 - o.settled_at)
     from (
       select operation_id as id, payment_id as payment from payment_operations
       where code = '${GIVEN_UP}' and next_at <= $1 and settled_at > $2 order by next_at limit $4 for update skip locked
     ) due
     join payments p on p.payment_id = due.payment
     where o.operation_id = due.id returning o.operation_id as id, p.provider`,
    [now, since, spareMs, limit],
    "payments-claim-given-up",
  );
}

export async function countUnsettled({ query }: Queryable): Promise<number> {
  const sql = "select count(*) as count from payment_operations where settled_at is null";
  return (await query<{ count: number }>(sql))[0]!.count;
}

/** @returns whether it is new */
export async function insertCallback(
  { query }: Queryable,
  { provider, id, now }: { provider: string; id: string; now: number },
): Promise<boolean> {
  const rows = await query(
    `insert into payment_callbacks (provider, event_id, received_at) values ($1, $2, $3)
     on conflict do nothing returning 1`,
    [provider, id, now],
    "payments-insert-callback",
  );
  return rows.length > 0;
}

/** Some of those that came before then. @returns how many */
export async function deleteCallbacks({ query }: Queryable, before: number, limit: number): Promise<number> {
  const rows = await query(
    `delete from payment_callbacks where (event_id, provider) in (
       select event_id, provider from payment_callbacks where received_at < $1
       order by received_at limit $2
     ) returning 1`,
    [before, limit],
  );
  return rows.length;
}
