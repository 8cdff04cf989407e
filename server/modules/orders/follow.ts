// What orders do by themselves: they expire, and their stock follows them. Each is due at a time of its own, and what goes wrong
// with one of them is tried again later, behind the others.

import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Inventory, Reservation } from "../inventory/service.ts";
import type { Moves } from "./moves.ts";
import * as store from "./store.ts";

export type FollowDependencies = {
  database: Database;
  moves: Moves;
  inventory: Pick<Inventory, "reservations" | "stock">;
  telemetry: Pick<Telemetry, "counter">;
  clock: Clock;
  log: Logger;
};

type Piece = Reservation["allocations"][number];

/** At a time: each is a transaction of its own. */
const EXPIRED_AT_ONCE = 4;
/** At a time: the writer of stock puts them into one transaction. */
const FOLLOWED_AT_ONCE = 100;
/** How long the writer may take: nobody waits for it but the next ones. */
const DEADLINE_MS = 10_000;
/** Longer than that. */
const LEASE_MS = 15_000;
const RETRY_MS = 60_000;
const ACTOR = SYSTEM_ACTOR.id;

export function createFollow({ database, moves, inventory, telemetry, clock, log }: FollowDependencies) {
  const { reservations, stock } = inventory;
  const expired = telemetry.counter({
    name: "haggle_orders_expired_total",
    help: "Orders that nobody paid in time, and that this process ended.",
  });

  /** @returns whether there was one */
  async function expireOne(): Promise<boolean> {
    let id: string | undefined;
    try {
      await database.transaction(async (tx) => {
        id = undefined;
        const row = await store.lockDue(tx, clock());
        if (row === undefined) return;
        id = row.id;
        await moves.expire(tx, row, { cause: "not paid in time", actor: ACTOR });
      });
      if (id !== undefined) expired.add();
    } catch (cause) {
      if (id === undefined) throw cause;
      await putOff([id], cause);
    }
    return id !== undefined;
  }

  /** The others must not wait for what fails again and again. It fails for several at once, of whom one says so. */
  async function putOff(ids: readonly string[], cause: unknown): Promise<void> {
    const now = clock();
    const off = await store.putOff(database, ids, { until: now + RETRY_MS, dueBy: now + LEASE_MS });
    if (off.length > 0) log.error({ err: cause, orders: off }, "orders are looked at again later");
  }

  /** @returns whether there may be more */
  async function expire(): Promise<boolean> {
    const found = await Promise.all(Array.from({ length: EXPIRED_AT_ONCE }, expireOne));
    return found.includes(true);
  }

  /** Sold, or back on sale. Each may be done again, and is done once. */
  async function follow({ id: order, attempt, state }: store.Behind): Promise<store.Stock> {
    const meant = { order, attempt };
    const waits = { deadlineMs: DEADLINE_MS };
    if (state !== "cancelled" && state !== "expired") {
      await reservations.confirm(meant, ACTOR, waits);
      return "confirmed";
    }
    try {
      await reservations.release(meant, waits);
      return "released";
    } catch (cause) {
      const code = cause instanceof HaggleError ? cause.code : undefined;
      // It was confirmed, and the order cancelled before that was noted.
      if (code === "INVENTORY_STATE") return "confirmed";
      // Forgotten, long after it was over; or the next attempt has taken its place, for money that came late.
      if (code === "INVENTORY_UNKNOWN_RESERVATION" || code === "INVENTORY_ATTEMPT") return "released";
      throw cause;
    }
  }

  /** A reservation is forgotten when it has been over for long; the log of movements is for ever, and longer to read. */
  async function listSold(tx: Queryable, { id, lines }: store.Sold): Promise<Piece[]> {
    try {
      return (await reservations.get(id, tx)).allocations;
    } catch (cause) {
      if (!(cause instanceof HaggleError && cause.code === "INVENTORY_UNKNOWN_RESERVATION")) throw cause;
      const skus = lines.map(({ sku }) => sku);
      return stock.listShipped(tx, id, skus);
    }
  }

  /** Of an order that was cancelled when its pieces had left what is on hand, though not the house. @returns whether there was one */
  async function bringBackOne(): Promise<boolean> {
    let id: string | undefined;
    let skus: string[] = [];
    try {
      await database.transaction(async (tx) => {
        id = undefined;
        const row = await store.lockSold(tx, clock());
        if (row === undefined) return;
        id = row.id;
        const pieces = await listSold(tx, row);
        skus = pieces.map(({ sku }) => sku);
        const movements = pieces.map((piece) => ({
          ...piece,
          kind: "return" as const,
          cause: "cancelled",
        }));
        await stock.moveWith(tx, movements, { actor: ACTOR, order: row.id });
        await store.setBack(tx, row.id);
      });
      stock.tellMoved(skus);
    } catch (cause) {
      if (id === undefined) throw cause;
      await putOff([id], cause);
    }
    return id !== undefined;
  }

  async function setStocks(
    behind: readonly store.Behind[],
    done: readonly PromiseSettledResult<store.Stock>[],
  ): Promise<void> {
    for (const to of ["confirmed", "released"] as const) {
      const followed = behind.filter((_, i) => {
        const one = done[i]!;
        return one.status === "fulfilled" && one.value === to;
      });
      if (followed.length > 0) await store.setStock(database, followed, to, clock());
    }
  }

  /**
   * Holds no order meanwhile: whoever waited for one would keep from the writer the connection that it needs.
   *
   * @returns whether there may be more
   */
  async function settle(): Promise<boolean> {
    const now = clock();
    const behind = await store.claimBehind(database, {
      now,
      leaseUntil: now + LEASE_MS,
      limit: FOLLOWED_AT_ONCE,
    });
    const done = await Promise.allSettled(behind.map(follow));
    await setStocks(behind, done);
    const failed = behind.filter((_, i) => done[i]!.status === "rejected");
    const first = done.find((one) => one.status === "rejected");
    if (first !== undefined)
      await putOff(
        failed.map(({ id }) => id),
        first.reason,
      );
    const isSomeBack = await bringBackOne();
    return behind.length === FOLLOWED_AT_ONCE || isSomeBack;
  }

  return { expire, settle };
}
