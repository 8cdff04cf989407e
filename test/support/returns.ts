import type { Promotion } from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import { startPaymentsSandbox } from "./payments-sandbox.ts";
import { cartOf, createQuoteWorld } from "./quotes.ts";
import { SHOES } from "./release.ts";
import type { Answer, Call } from "./rollout.ts";
import { until } from "./server.ts";

// A shop whose orders are paid, shipped and sent back.

export const FULL = "满300减50";
/** Shipping is free from there on. */
const FREE_FROM = 15_000;
export const LOCATION = "hall";
const PIECES = 1_000;
/** The provider is well here: whoever has to wait for it waits for the machine. */
const TIMEOUT_MS = "20000";

/** Off everything, with a code: its campaign and its allowance have the same name. */
export const SPRING = "spring";
/** Off shipping, likewise. */
export const SENT = "sent";

const PROMOTIONS = [
  { id: FULL, rule: FULL, priority: 10 },
  { id: SHOES, rule: SHOES, priority: 5 },
  {
    id: SPRING,
    effects: [{ target: "order", percent: "10" }],
    coupon: SPRING,
    limits: [{ allowance: SPRING, counts: "money" }],
    priority: 4,
  },
  {
    id: SENT,
    effects: [{ target: "shipping", percent: "50" }],
    coupon: SENT,
    limits: [{ allowance: SENT, counts: "money" }],
    priority: 3,
  },
  {
    id: "free-shipping",
    effects: [{ target: "shipping", percent: "100" }],
    conditions: [{ kind: "goodsTotal", base: "initial", value: FREE_FROM }],
    priority: 1,
  },
] as const;

export type OrderJson = {
  id: string;
  state: string;
  total: number;
  captured: number;
  refunded: number;
};

export type Bought = OrderJson & { decision: DecisionJson };

export type LineShare = {
  line: string;
  sku: string;
  firstUnit: number;
  units: number;
  paid: number;
  discount: number;
  discounts: { promotion: string; amount: number; units: number }[];
};

export type ReturnJson = {
  order: string;
  number: number;
  lines: LineShare[];
  goods: number;
  shipping: number;
  rounding: number;
  keptBack: number;
  paidBefore: number;
  refund: number;
  isWhole: boolean;
  changes: { promotion: string; given: number; alone: number }[];
  reason: string;
  restock?: string;
  error: { code: string; at?: string; value?: unknown };
};

export type ReturnAnswer = Answer<ReturnJson>;

export type ReturnWorld = Awaited<ReturnType<typeof openReturnWorld>>;

export async function openReturnWorld(promotions: readonly Promotion[] = []) {
  const provider = await startPaymentsSandbox();
  const env = { ...provider.env, HAGGLE_PAYMENTS_TIMEOUT_MS: TIMEOUT_MS };
  const world = await createQuoteWorld({ env, promotions: [...PROMOTIONS, ...promotions] });
  const { operate, quote } = world;
  let keys = 0;

  const newKey = () => ({ "idempotency-key": `key-${++keys}` });
  async function ask<T>(path: string, body?: object, method?: string): Promise<T> {
    const { status, body: answer } = await operate<T>(path, body, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: newKey(),
    });
    if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  await ask(`/v1/locations/${LOCATION}`, { name: "hall" }, "PUT");
  const movements = ["lamp-a", "lamp-b", "runner-42", "book-1"].map((sku) => ({
    kind: "receive",
    sku,
    location: LOCATION,
    quantity: PIECES,
  }));
  await ask("/v1/stock/movements", { movements });

  const findOrder = async (id: string) => (await ask<{ order: OrderJson }>(`/v1/orders/${id}`)).order;

  async function place(lines: readonly object[], more: object = {}): Promise<Bought> {
    const { body } = await quote({ ...cartOf(...lines), shippingMethod: "parcel", ...more });
    if (body.error !== undefined) throw new Error(JSON.stringify(body.error));
    const { order } = await ask<{ order: OrderJson }>("/v1/orders", { quote: body.quote.id });
    return { ...order, decision: body.decision };
  }

  return {
    ...world,
    provider,
    ask,
    findOrder,
    place,
    /** Until it has left the house, and what is on hand. */
    async buy(lines: readonly object[], more: object = {}): Promise<Bought> {
      const { id, decision } = await place(lines, more);
      await ask(`/v1/orders/${id}/payments`, { token: "tok_ok" });
      await until(async () => (await findOrder(id)).state === "paid");
      await ask(`/v1/orders/${id}/shipments`, {});
      await until(async () => {
        await world.server.app.commerce.orders.settle();
        const sql = "select from orders where order_id = $1 and stock = 'confirmed'";
        return (await world.database.query(sql, [id])).length > 0;
      });
      return { ...(await findOrder(id)), decision };
    },
    preview: (id: string, body: object, by: Call = operate): Promise<ReturnAnswer> =>
      by<ReturnJson>(`/v1/orders/${id}/returns/preview`, body),
    bringBack: (
      id: string,
      body: object,
      headers: Record<string, string> = newKey(),
    ): Promise<ReturnAnswer> =>
      operate<ReturnJson>(`/v1/orders/${id}/returns`, { reason: "unwanted", ...body }, { headers }),
    /** Waits until the provider has paid it back. */
    refunded: (id: string, amount: number): Promise<OrderJson> =>
      until(async () => {
        const order = await findOrder(id);
        return order.refunded === amount && order;
      }),
    /** What the provider's own ledger says of an order: by each kind what was done. */
    async moneyOf(id: string): Promise<Record<string, number>> {
      const { payments } = await ask<{ payments: { reference: string }[] }>(`/v1/orders/${id}/payments`);
      const references = new Set(payments.map(({ reference }) => reference));
      const sums: Record<string, number> = {};
      for (const { payment, kind, outcome, amount } of await provider.entries()) {
        if (!references.has(payment) || outcome !== "succeeded") continue;
        sums[kind] = (sums[kind] ?? 0) + amount;
      }
      return sums;
    },
    async onHand(sku: string): Promise<number> {
      return (await ask<{ onHand: number }>(`/v1/stock/${sku}`)).onHand;
    },
    async close(): Promise<void> {
      await world.close();
      await provider.close();
    },
  };
}

/** Status, code, place and value. */
export const refusalOf = ({ status, body: { error } }: ReturnAnswer) => [
  status,
  error?.code,
  error?.at,
  error?.value,
];
