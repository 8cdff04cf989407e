import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Answered, Asked, Call, Line, LogLine, Verb } from "./stock-log.ts";

// Customers of a shop that write down what they ask and what they hear, and go on as INVENTORY.md says: the same attempt
// again where nothing is known of it, the next one after a timeout.

type Options = {
  /** Of the servers; who hears nothing from one asks the next. */
  urls: () => readonly string[];
  key: string;
  /** Where they write. */
  path: string;
};

/** What nobody buys is back on sale after that. */
const TTL_MS = 2_000;
const TRIES = 200;
const REST_MS = 20;
/** Far above what the server gives itself. */
const TIMEOUT_MS = 15_000;
/** Between one thing and the next that a customer does. */
const MAX_THINK_MS = 20;

export type Book = ReturnType<typeof openBook>;

/** The one that all of them write in. */
export function openBook({ urls, key, path }: Options) {
  const file = createWriteStream(path);
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const calls: Call[] = [];
  let turn = 0;

  function write(line: LogLine): void {
    file.write(`${JSON.stringify(line)}\n`);
  }

  async function fetchAnswer(
    path: string,
    method: string,
    body: object,
  ): Promise<Omit<Answered, "is" | "id" | "at">> {
    const servers = urls();
    try {
      const response = await fetch(servers[turn % servers.length] + path, {
        method,
        headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const said = (await response.json()) as NonNullable<Answered["reservation"]> & {
        error?: { code: string };
      };
      if (!response.ok) return { status: response.status, code: said.error?.code };
      const { attempt, state, lines, expiresAt } = said;
      return { status: response.status, reservation: { attempt, state, lines, expiresAt } };
    } catch {
      // Cut off, or nobody is there.
      turn++;
      return { status: 0 };
    }
  }

  return {
    write,
    calls: calls as readonly Call[],
    async ask(
      verb: Verb,
      { order, attempt }: { order: string; attempt: number },
      more: { lines?: readonly Line[]; ttlMs?: number; deadlineMs?: number } = {},
    ): Promise<Answered> {
      const id = calls.length;
      const asked: Asked = { is: "asked", id, order, attempt, verb, at: Date.now() };
      const call: Call = { ...asked, answer: undefined };
      calls.push(call);
      write(more.lines === undefined ? asked : { ...asked, lines: more.lines });
      const isReserve = verb === "reserve";
      const path = `/v1/reservations/${order}${isReserve ? "" : `/${verb}`}`;
      const said = await fetchAnswer(path, isReserve ? "PUT" : "POST", { attempt, ...more });
      const answer: Answered = { is: "answered", id, ...said, at: Date.now() };
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

/**
 * Asks until something is known: the same attempt again, or the next one where that one counts no more.
 *
 * @returns the attempt that holds it; nothing where it is refused, or nobody answers for long
 */
export async function reserve(
  book: Book,
  order: string,
  lines: readonly Line[],
  {
    attempt: first = 1,
    ttlMs = TTL_MS,
    deadlineMs,
  }: { attempt?: number; ttlMs?: number; deadlineMs?: number } = {},
): Promise<number | undefined> {
  let attempt = first;
  for (let tries = 0; tries < TRIES; tries++) {
    const more = { lines, ttlMs, ...(deadlineMs !== undefined && { deadlineMs }) };
    const { status, code } = await book.ask("reserve", { order, attempt }, more);
    if (status === 200 || status === 201) return attempt;
    if (code === "INVENTORY_TIMEOUT" || code === "INVENTORY_STATE" || code === "INVENTORY_EXPIRED") attempt++;
    else if (status === 409) return undefined;
    else await pause(REST_MS);
  }
  return undefined;
}

/** Until it is known whether it was done. */
export async function end(
  book: Book,
  verb: Exclude<Verb, "reserve">,
  meant: { order: string; attempt: number },
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { status } = await book.ask(verb, meant, verb === "extend" ? { ttlMs: TTL_MS } : {});
    if (status === 200 || status === 409) return;
    await pause(REST_MS);
  }
}

/** Customers who come and go until they are told to stop. What they want is asked for at each order. */
export function startCustomers(
  book: Book,
  count: number,
  { name, skus }: { name: string; skus: () => readonly string[] },
) {
  let isOver = false;
  let orders = 0;

  async function shop(): Promise<void> {
    while (!isOver) {
      const order = `${name}:${orders++}`;
      await buy(order);
      await pause(Math.random() * MAX_THINK_MS);
    }
  }

  async function buy(order: string): Promise<void> {
    let attempt = await reserve(book, order, chooseLines(skus()));
    if (attempt === undefined) return;
    const dice = Math.random();
    if (dice < 0.1) attempt = await reserve(book, order, chooseLines(skus()), { attempt: attempt + 1 });
    if (attempt === undefined) return;
    const meant = { order, attempt };
    if (dice < 0.4) return end(book, "confirm", meant);
    if (dice < 0.7) return end(book, "release", meant);
    if (dice < 0.8) {
      await end(book, "extend", meant);
      await end(book, "confirm", meant);
    }
    // The others leave it where it is.
  }

  const customers = Array.from({ length: count }, shop);
  return {
    async stop(): Promise<void> {
      isOver = true;
      await Promise.all(customers);
    },
  };
}

/** Up to three lines, now and then two of one sku, in any order. */
function chooseLines(skus: readonly string[]): Line[] {
  return Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => ({
    sku: skus[Math.floor(Math.random() * skus.length)]!,
    quantity: 1 + Math.floor(Math.random() * 2),
  }));
}
