import { cartOf, createQuoteWorld, line, type QuoteJson } from "./quotes.ts";
import { type Answer, type Call, callerAt, type ErrorJson } from "./rollout.ts";
import { type TestServer, until } from "./server.ts";

// A shop that sells: goods in stock, and orders of quotes.

export type OrderJson = {
  id: string;
  quote: string;
  state: string;
  currency: string;
  total: number;
  authorised: number;
  captured: number;
  refunded: number;
  created: number;
  expires: number;
  customer?: string;
};

export type OrderAnswer = Answer<
  ErrorJson & {
    order: OrderJson;
    lines: { id: string; sku: string; quantity: number }[];
    history: { from?: string; to: string; cause: string; actor: string; at: number }[];
    short?: object[];
    instead?: QuoteJson;
  }
>;

export type LedgerJson = {
  order: string;
  total: number;
  entries: {
    part: string;
    line: string;
    firstUnit: number;
    units: number;
    kind: string;
    promotion?: string;
    amountEach: number;
  }[];
};

export type OrderWorld = Awaited<ReturnType<typeof createOrderWorld>>;

const LOCATION = "hall";
const PIECES = 1_000;
const SKUS = ["lamp-a", "lamp-b", "runner-42", "book-1"];

export async function createOrderWorld(options: Parameters<typeof createQuoteWorld>[0] = {}) {
  const world = await createQuoteWorld(options);
  const { operate, database } = world;
  let keys = 0;

  const receive = (sku: string, quantity: number) =>
    operate("/v1/stock/movements", { movements: [{ kind: "receive", sku, location: LOCATION, quantity }] });
  await operate(`/v1/locations/${LOCATION}`, {}, { method: "PUT" });
  for (const sku of SKUS) await receive(sku, PIECES);

  const get = async (id: string): Promise<OrderAnswer["body"]> =>
    (await operate<OrderAnswer["body"]>(`/v1/orders/${id}`)).body;

  return {
    ...world,
    receive,
    /** A quote of some of the shop's goods, for two books where nothing is said. */
    async quoteOf(lines = [line("1", "book-1", 2)], more: object = {}): Promise<QuoteJson> {
      return (await world.quote({ ...cartOf(...lines), ...more })).body;
    },
    /** With a key of its own where none is said; `null` is none. */
    place(quote: string, options: PlaceOptions = {}): Promise<OrderAnswer> {
      const { key = `key-${keys++}`, by = operate, more } = options;
      const headers = key === null ? {} : { "idempotency-key": key };
      return by<OrderAnswer["body"]>("/v1/orders", { quote, ...more }, { headers });
    },
    get,
    ledger: async (id: string): Promise<LedgerJson> =>
      (await operate<LedgerJson>(`/v1/orders/${id}/ledger`)).body,
    cancel: (id: string, body: object = {}): Promise<OrderAnswer> =>
      operate<OrderAnswer["body"]>(`/v1/orders/${id}/cancel`, body),
    callTo: (server: TestServer): Promise<Call> => callerAt(server.url, world.shop.dataFolder),
    /** Until stock has followed all orders, so that nothing of those before changes it any more. */
    async rest(): Promise<void> {
      const behind = `select from orders where stock = 'held' and state not in ('draft', 'reserved', 'awaiting_payment')
        or stock = 'confirmed' and state = 'cancelled' limit 1`;
      await until(async () => (await database.query(behind)).length === 0);
    },
    async stock(sku: string): Promise<{ onHand: number; reserved: number }> {
      const { body } = await operate<{ onHand: number; reserved: number }>(`/v1/stock/${sku}`);
      return { onHand: body.onHand, reserved: body.reserved };
    },
    /** The types of what others are told of it, in their order. */
    async events(id: string): Promise<string[]> {
      const rows = await database.query<{ type: string }>(
        "select type from outbox_events where subject = $1 and type like 'order.%' order by emitted",
        [id],
      );
      return rows.map(({ type }) => type);
    },
    /** As a provider of payments would tell it. */
    pay: (id: string, captured: number, at: TestServer = world.server) =>
      database.transaction((tx) =>
        at.app.commerce.orders.pay(tx, {
          order: id,
          authorised: 0,
          captured,
          cause: "paid by card",
          actor: "till",
        }),
      ),
  };
}

type PlaceOptions = { key?: string | null; by?: Call; more?: object };

/** What a ledger comes to. */
export const sumOf = (entries: LedgerJson["entries"]): number =>
  entries.reduce(
    (sum, { kind, units, amountEach }) => sum + (kind === "taxIncluded" ? 0 : units * amountEach),
    0,
  );
