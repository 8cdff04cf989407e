import { startPaymentsSandbox } from "./payments-sandbox.ts";
import { cartOf, createQuoteWorld, line } from "./quotes.ts";
import type { Answer, Call, ErrorJson } from "./rollout.ts";
import { type TestServer, until } from "./server.ts";

// A shop whose orders are paid by the sandbox.

export type OrderJson = {
  id: string;
  state: string;
  total: number;
  authorised: number;
  captured: number;
  refunded: number;
};

export type PaymentJson = {
  id: string;
  order: string;
  state: string;
  amount: number;
  authorised: number;
  captured: number;
  voided: number;
  refunded: number;
  reference?: string;
  declined?: string;
  operations: { id: string; kind: string; amount: number; cause: string; state: string; code?: string }[];
};

export type ShipmentJson = { id: string; lines: { line: string; firstUnit: number; units: number }[] };

export type PaymentWorld = Awaited<ReturnType<typeof openPaymentWorld>>;

const LOCATION = "hall";
const PIECES = 1_000;
const NOTHING = { authorise: 0, capture: 0, void: 0, refund: 0 };

export async function openPaymentWorld() {
  const sandbox = await startPaymentsSandbox();
  const world = await createQuoteWorld({ env: sandbox.env });
  const { operate, server, database, quote } = world;
  await sandbox.tell(server);
  let keys = 0;

  const newKey = (): string => `key-${++keys}`;

  function post<T>(
    path: string,
    body: object,
    { by = operate, key = newKey() } = {},
  ): Promise<Answer<T & ErrorJson>> {
    return by<T & ErrorJson>(path, body, { method: "POST", headers: { "idempotency-key": key } });
  }

  async function done<T>(path: string, body: object): Promise<T> {
    const answer = await post<T>(path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  await operate(`/v1/locations/${LOCATION}`, {}, { method: "PUT" });
  const receive = (sku: string, quantity: number) => ({ kind: "receive", sku, location: LOCATION, quantity });
  await done("/v1/stock/movements", {
    movements: ["lamp-a", "lamp-b", "book-1"].map((sku) => receive(sku, PIECES)),
  });

  const orderOf = async (id: string): Promise<OrderJson> =>
    (await operate<{ order: OrderJson }>(`/v1/orders/${id}`)).body.order;
  const paymentOf = async (id: string): Promise<PaymentJson> =>
    (await operate<PaymentJson>(`/v1/payments/${id}`)).body;

  return {
    ...world,
    sandbox,
    newKey,
    post,
    done,
    orderOf,
    paymentOf,
    receive: (sku: string, quantity: number) =>
      done("/v1/stock/movements", { movements: [receive(sku, quantity)] }),
    availableOf: async (sku: string): Promise<number> =>
      (await operate<{ available: number }>(`/v1/stock/${sku}`)).body.available,
    /** An order that waits for its money. */
    async place(lines: readonly object[] = [line("1", "book-1")], more: object = {}): Promise<OrderJson> {
      const { body } = await quote(cartOf(...lines));
      return (await done<{ order: OrderJson }>("/v1/orders", { quote: body.quote.id, ...more })).order;
    },
    pay: (
      order: string,
      body: object = {},
      options: { by?: Call; key?: string } = {},
    ): Promise<Answer<PaymentJson & ErrorJson>> =>
      post<PaymentJson>(`/v1/orders/${order}/payments`, { token: "tok_ok", ...body }, options),
    paymentsOf: async (order: string): Promise<PaymentJson[]> =>
      (await operate<{ payments: PaymentJson[] }>(`/v1/orders/${order}/payments`)).body.payments,
    /** Waits until the order is as it should be. */
    becomes: (id: string, expected: Partial<OrderJson>): Promise<OrderJson> =>
      until(async () => {
        const order = await orderOf(id);
        const isSo = Object.entries(expected).every(
          ([name, value]) => order[name as keyof OrderJson] === value,
        );
        return isSo && order;
      }),
    /** Waits until nothing is asked of its provider any more. */
    settled: (id: string): Promise<PaymentJson> =>
      until(async () => {
        const payment = await paymentOf(id);
        return (
          payment.operations.every(({ state }) => state === "succeeded" || state === "failed") && payment
        );
      }),
    /** What the provider's own book says of an order. */
    async booked(order: string): Promise<typeof NOTHING> {
      const own = await database.query<{ id: string }>(
        `select operation_id as id from payment_operations o join payments p on p.payment_id = o.payment_id
         where p.order_id = $1`,
        [order],
      );
      const ids = new Set(own.map(({ id }) => id));
      const sums = { ...NOTHING };
      for (const { key, kind, amount, outcome } of await sandbox.entries()) {
        if (ids.has(key) && outcome === "succeeded") sums[kind] += amount;
      }
      return sums;
    },
    /** Types of an order's events, as they happened. */
    async eventsOf(order: string): Promise<string[]> {
      const rows = await database.query<{ type: string }>(
        "select type from outbox_events where subject = $1 order by emitted",
        [order],
      );
      return rows.map(({ type }) => type);
    },
    /** Another server on the same database. */
    startSecond: (): Promise<TestServer> => world.start(),
    async close(): Promise<void> {
      await world.close();
      await sandbox.close();
    },
  };
}

/** Status, code, place and value. */
export const refusalOf = ({ status, body: { error } }: Answer<ErrorJson>) => [
  status,
  error?.code,
  error?.at,
  error?.value,
];
