import type fc from "fast-check";
import { expect } from "vitest";
import { type OrderState, TRANSITIONS } from "../../server/modules/orders/states.ts";
import { type Model, type Order, release, reserved } from "./order-model.ts";
import { LOCATION, type ReturnWorld, SPRING } from "./returns.ts";
import type { Call } from "./rollout.ts";
import { type TestServer, until } from "./server.ts";

// Two servers that are asked what a model is asked, and what both of them have to agree on.

export const MINUTE_MS = 60_000;
export const PAY_WITHIN_MS = 2 * MINUTE_MS;
export const SKUS = ["book-1", "lamp-b", "runner-42"] as const;
/** Of each, so few that some orders are refused. */
const PIECES = 8;
const USES = 2;
const BUDGET = 2_500;

type Server = { operate: Call; server: TestServer };
export type Real = { world: ReturnWorld; servers: readonly [Server, Server]; run: string; spent: number };
export type Command = fc.AsyncCommand<Model, Real>;
export type Json = Record<string, unknown> & { error?: { code: string } };

let keys = 0;

/** Its status, or the code of what it was refused with. */
export async function ask(
  at: Server,
  path: string,
  body: object = {},
): Promise<{ said: number | string; body: Json }> {
  const headers = { "idempotency-key": `model-${++keys}` };
  const { status, body: answer } = await at.operate<Json>(path, body, { headers });
  return { said: answer.error?.code ?? status, body: answer };
}

/** What nobody waits for any more has happened: providers have answered, and stock has followed its orders. */
export async function settle({ world, servers }: Real): Promise<void> {
  await until(async () => {
    await Promise.all(servers.map(({ server }) => server.app.commerce.orders.settle()));
    // At one moment: the one may bring about the other.
    const open = await world.database.query(
      `select from orders where stock = 'held' and state not in ('draft', 'reserved', 'awaiting_payment')
         or stock = 'confirmed' and state = 'cancelled'
       union all select from payment_operations where settled_at is null limit 1`,
    );
    return open.length === 0;
  });
}

type Row = Pick<Order, "id" | "state" | "total" | "captured" | "refunded"> & { ledger: number };

/** What both of them come to, and what always holds. */
export async function compare(model: Model, real: Real): Promise<void> {
  await settle(real);
  const { world } = real;
  const { database } = world;
  const ids = model.orders.map(({ id }) => id);
  const [rows, steps, levels, budgets] = await Promise.all([
    database.query<Row>(
      `select order_id as id, state, total, captured, refunded,
         (select sum(units * amount_each)::bigint from order_ledger l where l.order_id = o.order_id and kind <> 'taxIncluded') as ledger
       from orders o where order_id = any($1)`,
      [ids],
    ),
    database.query<{ from: OrderState; to: OrderState }>(
      `select distinct from_state as "from", to_state as "to" from order_history where order_id = any($1) and number > 1`,
      [ids],
    ),
    database.query<{ sku: string; onHand: number; reserved: number }>(
      `select sku, sum(on_hand)::bigint as "onHand", sum(reserved)::bigint as reserved from stock_levels
       where sku = any($1) group by sku`,
      [SKUS],
    ),
    database.query<{ used: number; amount: number }>(
      "select used, amount from budget_uses where campaign_id = $1",
      [SPRING],
    ),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { id, state, total, captured, refunded } of model.orders) {
    expect(byId.get(id)).toEqual({ id, state, total, captured, refunded, ledger: total });
    expect(captured - refunded).toBeGreaterThanOrEqual(0);
  }
  for (const { from, to } of steps) expect(TRANSITIONS[from]).toContain(to);
  const stock = Object.fromEntries(levels.map(({ sku, ...counts }) => [sku, counts]));
  expect(stock).toEqual(
    Object.fromEntries(
      SKUS.map((sku) => [sku, { onHand: model.onHand.get(sku), reserved: reserved(model, sku) }]),
    ),
  );
  const used = budgets[0]?.used ?? 0;
  expect(used).toBe(real.spent + BUDGET - model.budgetLeft);
  expect(used).toBeLessThanOrEqual(real.spent + BUDGET);
  const { used: uses } = await world.ask<{ used: number }>("/v1/coupons:look", { code: codeOf(real) });
  expect(uses).toBe(USES - model.codesLeft);
  expect(uses).toBeLessThanOrEqual(USES);
}

export const codeOf = ({ run }: Pick<Real, "run">) => `MODEL-${run}`;
export const now = ({ world }: Real) => world.time.now!;

/** Time goes by, and both servers look for what has expired. */
export async function passFor(
  model: Model | undefined,
  real: Pick<Real, "world" | "servers">,
  ms: number,
): Promise<void> {
  const { world, servers } = real;
  world.time.now! += ms;
  const expire = () => Promise.all(servers.map(({ server }) => server.app.commerce.orders.expire()));
  while ((await expire()).includes(true));
  await Promise.all(servers.map(({ server }) => server.app.inventory.expire()));
  for (const order of model?.orders ?? []) {
    if (order.state !== "awaiting_payment" || order.expiresAt > world.time.now!) continue;
    order.state = "expired";
    release(model!, order);
  }
}

/** What earlier runs left is over, and there are so many pieces, uses and so much money again. */
export async function begin(
  { world, servers }: Pick<Real, "world" | "servers">,
  run: string,
): Promise<{ model: Model; real: Real }> {
  await passFor(undefined, { world, servers }, PAY_WITHIN_MS);
  await settle({ world, servers, run, spent: 0 });
  const { stock } = await world.ask<{ stock: { sku: string; onHand: number }[] }>("/v1/stock");
  const movements = stock
    .filter(({ sku, onHand }) => SKUS.some((one) => one === sku) && onHand !== PIECES)
    .map(({ sku, onHand }) => ({ kind: "adjust", sku, location: LOCATION, quantity: PIECES - onHand }));
  if (movements.length > 0) await world.ask("/v1/stock/movements", { movements });
  const [row] = await world.database.query<{ used: number }>(
    "select used from budget_uses where campaign_id = $1",
    [SPRING],
  );
  const spent = row?.used ?? 0;
  const budget = { id: "money", allowance: SPRING, counts: "money", amounts: { EUR: spent + BUDGET } };
  await world.ask(`/v1/campaigns/${SPRING}`, { budgets: [budget] }, "PUT");
  await world.ask(`/v1/campaigns/${SPRING}/codes`, { code: codeOf({ run }), uses: USES });
  return {
    model: {
      quotes: [],
      orders: [],
      onHand: new Map(SKUS.map((sku) => [sku, PIECES])),
      codesLeft: USES,
      budgetLeft: BUDGET,
    },
    real: { world, servers, run, spent },
  };
}
