// The group commit of stock: what is asked while one transaction is under way goes together into the next one, as databases
// commit their logs. One writer a process and tenant, so that a hot sku is locked once for many orders.

import { HaggleError, refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Queryable } from "../../platform/database/database.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Decision, Done, Operation } from "./decide.ts";

export type Writer = ReturnType<typeof createWriter>;

type Dependencies = {
  transaction: <T>(work: (tx: Queryable) => Promise<T>) => Promise<T>;
  settle: (tx: Queryable, operations: readonly Operation[]) => Promise<Decision["outcome"][]>;
  /** Called when what it has settled is committed. */
  onSettled?: (operations: readonly Operation[]) => void;
  telemetry: Pick<Telemetry, "counter" | "gauge">;
  /** Milliseconds of a clock that nobody sets. Deadlines are moments of it. */
  stopwatch: () => number;
  /** Operations that wait, at most. */
  capacity?: number;
  log: Logger;
};

type Waiting = {
  operation: Operation;
  deadline: number;
  timer: NodeJS.Timeout | undefined;
  /** Its caller has an answer. */
  isOver: boolean;
  resolve: (done: Done) => void;
  reject: (cause: unknown) => void;
};

const CAPACITY = 4_096;
/** Lines of all that wait: what a full queue of the largest orders would hold is more than a process has. */
const CAPACITY_LINES = 65_536;
const MAX_BATCH = 128;
/** Orders with many lines make a transaction long, and everybody in it waits for its end. */
const MAX_BATCH_LINES = 2_560;
/** How long a transaction whose outcome is unknown rests before it is done again; longer each time. */
const FIRST_REST_MS = 50;
const MAX_REST_MS = 1_000;

export function createWriter(dependencies: Dependencies) {
  const { transaction, settle, onSettled, telemetry, stopwatch, capacity = CAPACITY, log } = dependencies;
  let queue: Waiting[] = [];
  /** Lines in it. */
  let queued = 0;
  let running: Promise<void> | undefined;
  let isClosed = false;

  const counted = telemetry.counter({
    name: "haggle_reservations_total",
    help: "What became of operations on reservations: done, repeated, refused by their code, too late, or failed.",
    label: "result",
  });
  const batches = telemetry.counter({
    name: "haggle_reservation_transactions_total",
    help: "Transactions of reservations: with haggle_reservation_operations_total, how many go together.",
  });
  const batched = telemetry.counter({
    name: "haggle_reservation_operations_total",
    help: "Operations on reservations in transactions.",
  });
  telemetry.gauge({
    name: "haggle_reservations_waiting",
    help: "Operations on reservations that wait for the next transaction.",
    read: () => [["", queue.length]],
  });

  function answer(waiting: Waiting, outcome: Decision["outcome"]): void {
    if (waiting.isOver) return;
    waiting.isOver = true;
    clearTimeout(waiting.timer);
    if (outcome instanceof HaggleError) {
      counted.add(outcome.code);
      waiting.reject(outcome);
    } else {
      counted.add(outcome.isRepeat ? "repeated" : "done");
      waiting.resolve(outcome);
    }
  }

  function fail(waiting: Waiting, cause: unknown): void {
    if (waiting.isOver) return;
    waiting.isOver = true;
    clearTimeout(waiting.timer);
    counted.add("failed");
    waiting.reject(cause);
  }

  function timeOut(waiting: Waiting): void {
    answer(waiting, refuse("INVENTORY_TIMEOUT", "order", waiting.operation.order));
  }

  function start(): void {
    // Requests of one turn of the event loop go together.
    running ??= new Promise<void>((resolve) => void setImmediate(resolve)).then(work).finally(() => {
      running = undefined;
      if (queue.length > 0) start();
    });
  }

  async function work(): Promise<void> {
    for (let batch = take(); batch.length > 0; batch = take()) await commit(batch);
  }

  /** The next ones, each order once: what is asked of an order twice is done one after the other. */
  function take(): Waiting[] {
    const batch: Waiting[] = [];
    const orders = new Set<string>();
    const later: Waiting[] = [];
    const now = stopwatch();
    let lines = 0;
    let isFull = false;
    for (const waiting of queue) {
      // Looked at again here: where the process itself was held up, no timer has run yet.
      if (!waiting.isOver && waiting.deadline <= now) timeOut(waiting);
      if (waiting.isOver) continue;
      const { operation } = waiting;
      const count = countLines(operation);
      isFull ||= batch.length === MAX_BATCH || (batch.length > 0 && lines + count > MAX_BATCH_LINES);
      if (isFull || orders.has(operation.order)) later.push(waiting);
      else {
        batch.push(waiting);
        orders.add(operation.order);
        lines += count;
      }
    }
    queue = later;
    queued = later.reduce((sum, { operation }) => sum + countLines(operation), 0);
    return batch;
  }

  /**
   * Answers all of them when what they asked for is durable.
   *
   * @param isUnknown whether they may be committed already, and nobody was told
   */
  async function commit(batch: readonly Waiting[], isUnknown = false): Promise<void> {
    let left = batch;
    for (let restMs = FIRST_REST_MS; left.length > 0; restMs = Math.min(restMs * 2, MAX_REST_MS)) {
      let isCommitting = false;
      const operations = left.map(({ operation }) => operation);
      try {
        const outcomes = await transaction(async (tx) => {
          isCommitting = false;
          const decided = await settle(tx, operations);
          isCommitting = true;
          return decided;
        });
        batches.add();
        batched.add("", left.length);
        onSettled?.(operations);
        for (const [i, waiting] of left.entries()) conclude(waiting, outcomes[i]!);
        return;
      } catch (cause) {
        isUnknown ||= isCommitting;
        if (!isUnknown || !(isCommitting || isLost(cause))) return failApart(left, isUnknown, cause);
        // What nobody waits for is left to its end of time when the server closes.
        if (isClosed && left.every(isOwed)) return;
        // Perhaps it is committed. Doing it again reads each order again, and waits for the locks of whoever is still at it.
        log.warn({ err: cause, operations: left.length }, "the outcome of reservations is unknown");
        await new Promise((resolve) => setTimeout(resolve, restMs));
        left = left.flatMap(asksAgain);
      }
    }
  }

  /** What is wrong with one of them fails no other one. */
  async function failApart(batch: readonly Waiting[], isUnknown: boolean, cause: unknown): Promise<void> {
    if (batch.length === 1 || isLost(cause)) {
      const owed = isLost(cause) && !isClosed ? batch.filter(isOwed) : [];
      for (const waiting of batch) if (!owed.includes(waiting)) fail(waiting, cause);
      // Nobody asks for it again, so it is done until it goes well.
      return commit(owed, true);
    }
    // No refusal comes this way, so something is wrong: a constraint held what ours should have.
    log.error({ err: cause, operations: batch.length }, "a transaction of reservations failed");
    for (const waiting of batch) await commit([waiting], isUnknown);
  }

  /** Its caller may have been told meanwhile that it is too late: then it is given back, whoever else reserves meanwhile. */
  function conclude(waiting: Waiting, outcome: Decision["outcome"]): void {
    const { operation, isOver } = waiting;
    const isLate = isOver && operation.verb === "reserve" && !(outcome instanceof HaggleError);
    if (isLate && !outcome.isRepeat) queue.unshift(toGiveBack(operation));
    answer(waiting, outcome);
  }

  /** Of one whose outcome is unknown. */
  function asksAgain(waiting: Waiting): Waiting[] {
    const { operation, isOver } = waiting;
    if (!isOver || isOwed(waiting)) return [waiting];
    return operation.verb === "reserve" ? [toGiveBack(operation)] : [];
  }

  return {
    /**
     * Resolves when it is durable, and rejects when it was refused, for a reason that holds at that moment.
     *
     * @param deadline by the stopwatch; what is not done by then is not done for this caller
     * @throws HaggleError INVENTORY_TIMEOUT, INVENTORY_BUSY, SERVER_DRAINING, and what `decide` refuses
     */
    submit(operation: Operation, deadline: number): Promise<Done> {
      return new Promise<Done>((resolve, reject) => {
        const waiting: Waiting = { operation, deadline, timer: undefined, isOver: false, resolve, reject };
        if (isClosed)
          return fail(waiting, new HaggleError("SERVER_DRAINING", "No stock is promised any more"));
        const lines = countLines(operation);
        if (queue.length >= capacity || queued + lines > CAPACITY_LINES)
          return answer(waiting, refuse("INVENTORY_BUSY", "queue", queue.length));
        queued += lines;
        waiting.timer = setTimeout(() => timeOut(waiting), Math.max(0, deadline - stopwatch()));
        queue.push(waiting);
        start();
      });
    },
    /** Takes nothing more, and resolves when what was taken is done. */
    async close(): Promise<void> {
      isClosed = true;
      while (running !== undefined) await running;
    },
  };
}

/** Nobody waits for it. */
function toGiveBack({ order, attempt, claim }: Operation & { verb: "reserve" }): Waiting {
  return {
    operation: { verb: "giveBack", order, attempt, claim },
    deadline: Number.POSITIVE_INFINITY,
    timer: undefined,
    isOver: false,
    resolve: () => {},
    reject: () => {},
  };
}

function isOwed({ operation }: Waiting): boolean {
  return operation.verb === "giveBack";
}

function countLines(operation: Operation): number {
  return operation.verb === "reserve" ? operation.lines.length : 1;
}

function isLost(cause: unknown): boolean {
  return cause instanceof HaggleError && cause.code === "SERVER_DATABASE";
}
