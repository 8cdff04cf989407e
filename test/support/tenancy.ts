import { readAdminKey, withKey } from "./api-keys.ts";
import { HALVES } from "./experiment-events.ts";
import { line, type QuoteWorld } from "./quotes.ts";
import { type Json, NO_GATES, STEPS } from "./rollout.ts";
import { until } from "./server.ts";

// A tenant that has one of each thing, and what a stranger on the same database may ask of them.

export type Things = Awaited<ReturnType<typeof makeThings>>;

const HOUR_MS = 3_600_000;

/** One of each kind, in a shop with a catalog, customers, taxes, shipping and prices. */
export async function makeThings(world: QuoteWorld) {
  const { operate, published, shop } = world;
  const make = async (path: string, body?: object, method?: string): Promise<Json> => {
    const made = await operate<Json>(path, body ?? {}, { method: method ?? "POST" });
    if (made.status >= 300) throw new Error(`${path}: ${JSON.stringify(made.body)}`);
    return made.body;
  };
  const idOf = async (path: string, body?: object) => String((await make(path, body)).id);

  await world.priceLamps("10");
  const key = await idOf("/v1/keys", { name: "theirs", scopes: ["evaluate"] });
  const hooked = await make("/v1/webhooks", { url: "http://127.0.0.1:9/", events: ["*"] });
  const webhook = String((hooked.webhook as Json).id);
  const delivery = String((await make(`/v1/webhooks/${webhook}/ping`)).delivery);
  await make("/v1/locations/their-hall", { name: "their hall" }, "PUT");
  const received = { kind: "receive", sku: "lamp-a", location: "their-hall", quantity: 100 };
  await make("/v1/stock/movements", { movements: [received] });
  await make("/v1/inventory/allocation", { order: "nearest", split: false }, "PUT");
  const lines = [{ sku: "lamp-a", quantity: 1 }];
  await make("/v1/reservations/their-order", { attempt: 1, lines, deadlineMs: 5_000 }, "PUT");
  await make("/v1/reservations/their-sold-order", { attempt: 1, lines, deadlineMs: 5_000 }, "PUT");
  await make("/v1/reservations/their-sold-order/confirm", { attempt: 1 });
  const cart = await idOf("/v1/carts", { currency: "EUR", lines: [{ id: "1", sku: "lamp-a", quantity: 1 }] });
  const asked = { currency: "EUR", region: "DE", customer: "c-gold", lines: [line("1", "lamp-a")] };
  const { body: quoted } = await world.quote(asked);
  await make(
    "/v1/campaigns/THEIRS",
    { budgets: [{ id: "money", allowance: "their-money", counts: "money", amounts: { EUR: 1_000 } }] },
    "PUT",
  );
  await make("/v1/campaigns/THEIRS/codes", { code: "THEIR-10" });
  const codes = await idOf("/v1/campaigns/THEIRS/batches", { count: 3 });
  await until(async () => {
    const { body } = await operate<Json>(`/v1/campaigns/THEIRS/batches/${codes}`);
    return body.state === "made";
  });
  const { budgets } = world.server.app;
  await world.database.transaction((tx) =>
    budgets.claim(tx, {
      order: "their-order",
      customer: "c-gold",
      currency: "EUR",
      coupons: [{ id: budgets.idsOf(["THEIR-10"])[0]!, campaign: "THEIRS" }],
      claims: [{ promotion: "theirs", allowance: "their-money", amount: 100 }],
    }),
  );
  const bought = (await world.quote(asked)).body.quote.id;
  const repeatable = { headers: { "idempotency-key": "theirs" } };
  const placed = await operate<{ order: { id: string } }>("/v1/orders", { quote: bought }, repeatable);
  const paid = await writePayment(world, placed.body.order.id);
  await writeReturn(world, placed.body.order.id);
  const from = Date.now() + HOUR_MS;
  const sale = { skus: ["lamp-b"], from, until: from + HOUR_MS, perCustomer: 1, admission: { perSecond: 1 } };
  await make("/v1/flash-sales/their-sale", sale, "PUT");
  const joined = await operate<{ ticket: string }>("/v1/flash-sales/their-sale/queue", undefined, {
    method: "POST",
    headers: { "x-haggle-unit": "their-shopper" },
  });
  await make("/v1/experiments", { channel: "stable", key: "their-test", unit: "customer", variants: HALVES });
  await make("/v1/experiments/their-test/start");
  await make("/v1/experiments/their-test/events", {
    events: [{ id: "1", type: "exposure", unit: "their-shopper", variant: "b" }],
  });
  const imported = await fetch(`${world.server.url}/v1/catalog/imports`, {
    method: "POST",
    headers: { ...withKey(await readAdminKey(shop.dataFolder)), "content-type": "application/x-ndjson" },
    body: `${JSON.stringify({ sku: "lamp-c", productId: "lamp", prices: [] })}\n`,
  });
  const second = await shop.publish({ version: 2 });
  await until(async () => (await world.server.ready()).channel?.version === 2);
  return {
    key,
    webhook,
    delivery,
    codes,
    location: "their-hall",
    order: "their-order",
    cart,
    quote: quoted.quote.id,
    placed: placed.body.order.id,
    ...paid,
    sale: "their-sale",
    ticket: joined.body.ticket,
    experiment: "their-test",
    imported: ((await imported.json()) as { id: string }).id,
    release: published.release.sha256,
    second: second.release.sha256,
    bundle: shop.bundle.sha256,
    rollout: await idOf("/v1/rollouts", {
      channel: "stable",
      to: published.release.sha256,
      older: true,
      steps: STEPS,
      gates: NO_GATES,
    }),
  };
}

/** As it stands when it is paid and a part of it has left; no provider was asked. */
async function writePayment({ database: { query } }: QuoteWorld, order: string) {
  const id = "t".repeat(24);
  const [payment, operation, shipment] = [`pay_${id}`, `op_${id}`, `ship_${id}`];
  await query(
    `insert into payments (payment_id, order_id, provider, capture, amount, currency, reference, authorised, created_at, updated_at)
     values ($1, $2, 'theirs', 'later', 100, 'EUR', 'their-reference', 100, 1, 1)`,
    [payment, order],
  );
  await query(
    `insert into payment_operations (operation_id, payment_id, kind, amount, cause, state, next_at, created_at, settled_at)
     values ($1, $2, 'authorise', 100, 'paid', 'succeeded', 1, 1, 1)`,
    [operation, payment],
  );
  await query(
    "insert into payment_callbacks (provider, event_id, received_at) values ('theirs', 'their-event', $1)",
    [Date.now()],
  );
  await query("insert into shipments (shipment_id, order_id, lines, shipped_at) values ($1, $2, '[]', 1)", [
    shipment,
    order,
  ]);
  await query("insert into shipped_lines (order_id, line, quantity, shipped) values ($1, '1', 2, 1)", [
    order,
  ]);
  return { payment, shipment };
}

/** Something of it came back. */
async function writeReturn({ database: { query } }: QuoteWorld, order: string): Promise<void> {
  await query(
    "insert into order_return_sums (order_id, number, total, refunded, kept_back) values ($1, 1, 100, 50, 0)",
    [order],
  );
  await query(
    "insert into order_return_lines (order_id, line_id, quantity, returned) values ($1, '1', 2, 1)",
    [order],
  );
  await query(
    "insert into order_returns (order_id, number, reason, settlement, actor_id, at) values ($1, 1, 'unwanted', $2, 'their-shop', 1)",
    [order, RETURN],
  );
}

/** As an answer has it. */
const RETURN = JSON.stringify({
  order: `order_${"t".repeat(24)}`,
  currency: "EUR",
  lines: [],
  goods: 50,
  shipping: 0,
  rounding: 0,
  keptBack: 0,
  paidBefore: 0,
  refund: 50,
  changes: [],
  isWhole: false,
});
