import { readFile } from "node:fs/promises";
import type { Broken } from "./answer-referee.ts";
import type { Line, After as Stock, Stocked } from "./stock-log.ts";

// What customers who order and pay say of it, one line of JSON each, at the moment when it happens; and what is left of it
// in the database and in the provider's own file. Times are epoch ms of one machine's clock, amounts minor units.

export type OrderVerb = "quote" | "place" | "pay" | "cancel" | "look";

export type OrderAsked = {
  is: "asked";
  /** Of this question. */
  id: number;
  /** Of a quote that nobody has yet, nothing. */
  order: string;
  verb: OrderVerb;
  /** Of `place`. */
  lines?: readonly Line[];
  at: number;
};
/** What an answer says of the order, or of a payment of all of it. */
export type Told = { state: string; total: number };
export type OrderAnswered = {
  is: "answered";
  id: number;
  /** 0 where none came. */
  status: number;
  code?: string | undefined;
  told?: Told | undefined;
  at: number;
};
export type OrderLine = Stocked | OrderAsked | OrderAnswered | ({ is: "fault" } & Broken);

/** A question and what came of it; in flight when nothing was heard. */
export type OrderCall = OrderAsked & { answer: OrderAnswered | undefined };

export type OrderRow = {
  order: string;
  state: string;
  stock: string;
  total: number;
  captured: number;
  refunded: number;
  expiresAt: number;
  /** The sum of its ledger. */
  entries: number;
};
export type HistoryRow = { order: string; number: number; from: string | null; to: string };
/** What was meant to be asked of the provider, and what is known of it. */
export type OperationRow = { id: string; order: string; kind: string; state: string; amount: number };
/** What an order took of a budget, and gave back. */
export type ClaimRow = { order: string; budget: string; amount: number };

/** What is in the database when everybody has gone home. */
export type OrdersAfter = Stock & {
  /** The furthest that the servers' clock ever was. */
  latest: number;
  orders: OrderRow[];
  history: HistoryRow[];
  operations: OperationRow[];
  events: { type: string; order: string }[];
  /** What is left of it with the orders that took it. */
  claims: ClaimRow[];
  /** Of all orders that there ever were. */
  budgets: { budget: string; limit: number; spent: number; claimed: number }[];
};

/** A line of the provider's file: money that moved. */
export type Charge = {
  /** The key by which it was asked for. */
  key: string;
  order: string;
  kind: "capture" | "refund";
  amount: number;
};

export type Story = { log: readonly OrderLine[]; after: OrdersAfter; charges: readonly Charge[] };

export async function readOrderLog(path: string): Promise<OrderLine[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as OrderLine);
}

export function listOrderCalls(log: readonly OrderLine[]): OrderCall[] {
  const calls = new Map<number, OrderCall>();
  for (const line of log) {
    if (line.is === "asked") calls.set(line.id, { ...line, answer: undefined });
    if (line.is === "answered") calls.get(line.id)!.answer = line;
  }
  return [...calls.values()];
}
