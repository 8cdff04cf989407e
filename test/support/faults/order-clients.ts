import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { OrderAnswered, OrderAsked, OrderCall, OrderLine, OrderVerb, Told } from "./order-log.ts";
import { isServed, type Line } from "./stock-log.ts";

// Customers who order and pay, who write down what they ask and what they hear, and ask the same again under the same key
// where nothing is known of it.

type Options = {
  /** Of the servers; who hears nothing from one asks the next. */
  urls: () => readonly string[];
  key: string;
  /** Where they write. */
  path: string;
};

const TRIES = 200;
const REST_MS = 20;
/** Far above what the server gives itself. */
const TIMEOUT_MS = 15_000;
/** Between one thing and the next that a customer does. */
const MAX_THINK_MS = 20;
const CURRENCY = "EUR";

/** The shortest in which an order may have to be paid. */
const SOON_MS = 1_000;
/** Means of payment of the sandbox: most pay, and of some the shop hears late, nothing, or no. */
const TOKENS = [
  "tok_visa",
  "tok_visa",
  "tok_visa",
  "tok_timeout",
  "tok_lost",
  "tok_error",
  "tok_declined",
] as const;

export type OrderBook = ReturnType<typeof openOrderBook>;
type Said = Omit<OrderAnswered, "is" | "id" | "at"> & { quote?: string };

/** The one that all of them write in. */
export function openOrderBook({ urls, key, path }: Options) {
  const file = createWriteStream(path);
  const calls: OrderCall[] = [];
  let turn = 0;

  function write(line: OrderLine): void {
    file.write(`${JSON.stringify(line)}\n`);
  }

  async function fetchAnswer({ path, body, repeat }: Request): Promise<Said> {
    const servers = urls();
    try {
      const response = await fetch(servers[turn % servers.length] + path, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(repeat !== undefined && { "idempotency-key": repeat }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const said = (await response.json()) as Answer;
      if (!response.ok) return { status: response.status, code: said.error?.code };
      return { status: response.status, ...toTold(said), ...(said.quote && { quote: said.quote.id }) };
    } catch {
      // Cut off, or nobody is there.
      turn++;
      return { status: 0 };
    }
  }

  return {
    write,
    calls: calls as readonly OrderCall[],
    async ask(
      verb: OrderVerb,
      order: string,
      request: Request,
      lines?: readonly Line[],
    ): Promise<OrderAnswered & Said> {
      const id = calls.length;
      const asked: OrderAsked = { is: "asked", id, order, verb, at: Date.now() };
      const call: OrderCall = { ...asked, answer: undefined };
      calls.push(call);
      write(lines === undefined ? asked : { ...asked, lines });
      const said = await fetchAnswer(request);
      const answer = { is: "answered" as const, id, ...said, at: Date.now() };
      write(answer);
      call.answer = answer;
      return answer;
    },
    async close(): Promise<void> {
      file.end();
      await finished(file);
    },
  };
}

type Request = { path: string; body?: object; repeat?: string };
type Answer = {
  /** Of a payment, its id. */
  order?: Told | string;
  state?: string;
  amount?: number;
  quote?: { id: string };
  error?: { code: string };
};

function toTold({ order, state, amount }: Answer): { told?: Told } {
  if (typeof order === "object") return { told: { state: order.state, total: order.total } };
  return state === undefined || amount === undefined ? {} : { told: { state, total: amount } };
}

/** Until something is known; nothing where nobody answers for long. */
async function insist(
  book: OrderBook,
  verb: OrderVerb,
  order: string,
  request: Request,
  lines?: readonly Line[],
): Promise<(OrderAnswered & Said) | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await book.ask(verb, order, request, lines);
    if (isServed({ answer })) return answer;
    await pause(REST_MS);
  }
  return undefined;
}

/** @returns the order that may be made of it */
export async function quote(
  book: OrderBook,
  lines: readonly Line[],
  coupons: readonly string[] = [],
): Promise<string | undefined> {
  const body = {
    currency: CURRENCY,
    lines: lines.map((line, i) => ({ id: `${i + 1}`, ...line })),
    ...(coupons.length > 0 && { coupons }),
  };
  const answer = await insist(book, "quote", "", { path: "/v1/quotes", body });
  return answer?.quote?.replace("quote_", "order_");
}

/** @returns what the server says of it; nothing where it is refused */
export async function place(
  book: OrderBook,
  order: string,
  lines: readonly Line[],
  more: { payWithinMs?: number; latePayment?: string } = {},
): Promise<Told | undefined> {
  const body = { quote: order.replace("order_", "quote_"), ...more };
  const request = { path: "/v1/orders", body, repeat: `place:${order}` };
  return (await insist(book, "place", order, request, lines))?.told;
}

export async function pay(book: OrderBook, order: string, token: string = chooseToken()): Promise<void> {
  const body = { provider: "sandbox", token, capture: "now" };
  await insist(book, "pay", order, { path: `/v1/orders/${order}/payments`, body, repeat: `pay:${order}` });
}

async function cancel(book: OrderBook, order: string): Promise<void> {
  const request = { path: `/v1/orders/${order}/cancel`, body: {} };
  await insist(book, "cancel", order, request);
}

/** Customers who come and go until they are told to stop. What they want is asked for at each order. */
export function startBuyers(
  book: OrderBook,
  count: number,
  { skus, coupon }: { skus: () => readonly string[]; coupon: string },
) {
  let isOver = false;

  async function shop(): Promise<void> {
    while (!isOver) {
      await buy();
      await pause(Math.random() * MAX_THINK_MS);
    }
  }

  async function buy(): Promise<void> {
    const lines = chooseLines(skus());
    const order = await quote(book, lines, Math.random() < 0.3 ? [coupon] : []);
    if (order === undefined) return;
    const isHasty = Math.random() < 0.3;
    const latePayment = Math.random() < 0.5 ? "reserve" : "refund";
    const placed = await place(book, order, lines, { latePayment, ...(isHasty && { payWithinMs: SOON_MS }) });
    if (placed === undefined) return;
    const dice = Math.random();
    if (isHasty) {
      // Some are in time, some are too late, and some do not come.
      await pause(2 * SOON_MS * Math.random());
      if (dice < 0.7) await pay(book, order);
      return;
    }
    if (dice < 0.15) return cancel(book, order);
    // Both at once: one of them is first.
    if (dice < 0.25) return void (await Promise.all([pay(book, order), cancel(book, order)]));
    if (dice < 0.9) await pay(book, order);
    if (dice < 0.4) await cancel(book, order);
    if (dice < 0.5) await insist(book, "look", order, { path: `/v1/orders/${order}` });
    // The others leave it where it is.
  }

  const buyers = Array.from({ length: count }, shop);
  return {
    async stop(): Promise<void> {
      isOver = true;
      await Promise.all(buyers);
    },
  };
}

function chooseToken(): string {
  return TOKENS[Math.floor(Math.random() * TOKENS.length)]!;
}

/** Up to three lines, now and then two of one sku, in any order. */
function chooseLines(skus: readonly string[]): Line[] {
  return Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => ({
    sku: skus[Math.floor(Math.random() * skus.length)]!,
    quantity: 1 + Math.floor(Math.random() * 2),
  }));
}
