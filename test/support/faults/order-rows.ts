import type pg from "pg";
import type { Entry } from "../payments-sandbox.ts";
import type { Charge, OperationRow, OrdersAfter } from "./order-log.ts";

type Meant = {
  tenant: string;
  /** Begins the names of its skus. */
  name: string;
};

export type OrderRows = Omit<OrdersAfter, "at" | "latest">;

/** All that the database knows of a day's orders. */
export async function readOrders(client: pg.PoolClient, { tenant, name }: Meant): Promise<OrderRows> {
  const rows = async <Row extends object>(sql: string, ...values: unknown[]) =>
    (await client.query<Row>(sql, [tenant, ...values])).rows;
  const orders = await rows<OrdersAfter["orders"][number]>(
    `select order_id as "order", state, stock, total, captured, refunded, expires_at as "expiresAt",
       (select coalesce(sum(amount_each * units), 0)::bigint from order_ledger l
        where l.order_id = o.order_id and l.tenant_id = o.tenant_id and kind <> 'taxIncluded') as entries
     from orders o where tenant_id = $1 and lines::text like $2`,
    `%"${name}-%`,
  );
  const ids = orders.map(({ order }) => order);
  return {
    orders,
    levels: await rows(
      `select sku, location, sum(on_hand)::bigint as "onHand", sum(reserved)::bigint as reserved from stock_levels
       where tenant_id = $1 and sku like $2 group by sku, location`,
      `${name}-%`,
    ),
    movements: await rows(
      `select sku, location, quantity, order_id as "order" from stock_movements where tenant_id = $1 and sku like $2`,
      `${name}-%`,
    ),
    reservations: await rows(
      `select order_id as "order", attempt, state, allocations, expires_at as "expiresAt" from reservations
       where tenant_id = $1 and allocations::text like $2`,
      `%"${name}-%`,
    ),
    history: await rows(
      `select order_id as "order", number, from_state as "from", to_state as "to" from order_history
       where tenant_id = $1 and order_id = any($2)`,
      ids,
    ),
    operations: await rows<OperationRow>(
      `select operation_id as id, order_id as "order", kind, state, o.amount from payment_operations o
       join payments using (tenant_id, payment_id) where tenant_id = $1 and order_id = any($2)`,
      ids,
    ),
    events: await rows(
      `select type, subject as "order" from outbox_events
       where tenant_id = $1 and type like 'order.%' and subject = any($2)`,
      ids,
    ),
    // Also of what is no order at all.
    claims: await rows(
      `select order_id as "order", campaign_id || '/' || budget_id as budget, (amount - returned)::bigint as amount
       from budget_claims c where tenant_id = $1 and (order_id = any($2) or not exists
         (select from orders o where o.order_id = c.order_id and o.tenant_id = c.tenant_id))`,
      ids,
    ),
    budgets: await rows(
      `select campaign_id || '/' || budget_id as budget, sum(used)::bigint as spent, sum(amount)::bigint as limit,
         (select coalesce(sum(c.amount - returned), 0)::bigint from budget_claims c
          where c.tenant_id = $1 and c.campaign_id = u.campaign_id and c.budget_id = u.budget_id) as claimed
       from budget_uses u where tenant_id = $1 group by campaign_id, budget_id`,
    ),
  };
}

/** Money that moved, by the orders for which it was asked; by its key where nobody wrote down why. */
export function chargesOf(entries: readonly Entry[], operations: readonly OperationRow[]): Charge[] {
  const orders = new Map(operations.map(({ id, order }) => [id, order]));
  const firsts = new Map<string, string>();
  for (const { payment, key } of entries) if (!firsts.has(payment)) firsts.set(payment, key);
  return entries.flatMap(({ payment, key, kind, amount, outcome }) => {
    if (outcome !== "succeeded" || (kind !== "capture" && kind !== "refund")) return [];
    const order = orders.get(key) ?? orders.get(firsts.get(payment)!) ?? key;
    return [{ key, order, kind, amount }];
  });
}
