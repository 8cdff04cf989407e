import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Queryable } from "../../platform/database/database.ts";
import type { Destination, Line } from "./allocate.ts";
import type { Done, Reservation, Reserve } from "./decide.ts";
import type { StockGate } from "./gate.ts";
import type { Holder } from "./rations.ts";
import { findReservation, keepReservations } from "./reservation-store.ts";
import type { Writer } from "./writer.ts";

export type Reservations = ReturnType<typeof createReservations>;

export type ReserveRequest = {
  order: string;
  /** 1, 2, 3 ... of the order: a later one takes the place of those before. */
  attempt: number;
  /** A sku may be in several. */
  lines: readonly Line[];
  ttlMs?: number | undefined;
  destination?: Destination | undefined;
  /** Needed for skus on a flash sale. */
  holder?: Holder | undefined;
};

/** Which attempt of an order: somebody who means another one is not obeyed. */
/** To be held until then. */
type Kept = Meant & { until: number };
type Meant = { order: string; attempt: number };

type Waits = {
  /** How long the caller waits. */
  deadlineMs?: number | undefined;
};

type Dependencies = {
  database: Queryable;
  writer: Pick<Writer, "submit">;
  /** Stands before the writer where more is asked than it can decide. What it believes is never the truth. */
  gate?: Pick<StockGate, "admit" | "giveBack"> | undefined;
  /** A text that nobody else gives, each time another one. */
  makeClaim: () => string;
  clock: Clock;
  stopwatch: () => number;
};

const DEFAULT_DEADLINE_MS = 500;
const DEFAULT_TTL_MS = 15 * 60_000;

/** Stock that is promised to orders: all lines of one or nothing, until it is confirmed, released or expired. */
export function createReservations(dependencies: Dependencies) {
  const { database, writer, gate, makeClaim, clock, stopwatch } = dependencies;
  const deadlineOf = ({ deadlineMs = DEFAULT_DEADLINE_MS }: Waits): number => stopwatch() + deadlineMs;

  return {
    /**
     * The same attempt with the same lines has the same answer. After INVENTORY_TIMEOUT the attempt counts no more: what is
     * reserved for it late is given back, and what the next attempt reserves is not touched by that.
     *
     * @throws HaggleError INVENTORY_SHORT (ShortOfStock), INVENTORY_TIMEOUT, INVENTORY_BUSY, INVENTORY_ATTEMPT,
     *   INVENTORY_OTHER_LINES, INVENTORY_STATE, INVENTORY_EXPIRED, SERVER_DATABASE; of skus on a flash sale
     *   FLASH_SALE_TOKEN_NEEDED, FLASH_SALE_TOKEN_ENDED, FLASH_SALE_LIMIT
     */
    async reserve(request: ReserveRequest, waits: Waits = {}): Promise<Done> {
      const deadline = deadlineOf(waits);
      const { order, attempt, lines, ttlMs = DEFAULT_TTL_MS, destination, holder } = request;
      const operation: Reserve = {
        verb: "reserve",
        order,
        attempt,
        lines: mergeLines(lines),
        ttlMs,
        destination,
        holder,
        claim: makeClaim(),
      };
      if (gate !== undefined) await gate.admit(operation, deadline);
      try {
        return await writer.submit(operation, deadline);
      } catch (cause) {
        gate?.giveBack(operation);
        throw cause;
      }
    },
    /**
     * The pieces are sold: they leave what is on hand.
     *
     * @throws HaggleError INVENTORY_EXPIRED, INVENTORY_STATE, INVENTORY_ATTEMPT, INVENTORY_UNKNOWN_RESERVATION, and those of
     *   `reserve` that are nobody's fault
     */
    confirm({ order, attempt }: Meant, actor: string, waits: Waits = {}): Promise<Done> {
      return writer.submit({ verb: "confirm", order, attempt, actor }, deadlineOf(waits));
    },
    /** Back on sale. What has expired or was released before stays so. @throws HaggleError as `confirm` */
    release({ order, attempt }: Meant, waits: Waits = {}): Promise<Done> {
      return writer.submit({ verb: "release", order, attempt }, deadlineOf(waits));
    },
    /** Holds it for `ttlMs` from now, and never shorter than it was. @throws HaggleError as `confirm` */
    extend({ order, attempt }: Meant, ttlMs: number, waits: Waits = {}): Promise<Done> {
      return writer.submit({ verb: "extend", order, attempt, ttlMs }, deadlineOf(waits));
    },
    /**
     * Holds it at least until then, in the transaction of what it is for, so that both are so or neither.
     *
     * @returns whether it was held; what is over holds nothing any more
     */
    async keep(tx: Queryable, meant: Kept): Promise<boolean> {
      return (await keepReservations(tx, [meant], clock())).length > 0;
    },
    /** As `keep`, at the price of one. @returns the orders of those that were held */
    async keepAll(tx: Queryable, meant: readonly Kept[]): Promise<ReadonlySet<string>> {
      return new Set(await keepReservations(tx, meant, clock()));
    },
    /**
     * Back on sale, where this call reserved it and nobody has heard of it since: `claim` is that of what `reserve` gave.
     *
     * @throws HaggleError as `confirm`
     */
    giveBack({ order, attempt, claim }: Meant & { claim: string }, waits: Waits = {}): Promise<Done> {
      return writer.submit({ verb: "giveBack", order, attempt, claim }, deadlineOf(waits));
    },
    /** @throws HaggleError INVENTORY_UNKNOWN_RESERVATION */
    async get(order: string, db: Queryable = database): Promise<Reservation> {
      const found = await findReservation(db, order);
      if (found === undefined) throw refuse("INVENTORY_UNKNOWN_RESERVATION", "order", order);
      return found;
    },
  };
}

/** Each sku once: whoever looked at two lines of one sku apart would sell the same pieces twice (medusa#16502). */
function mergeLines(lines: readonly Line[]): Line[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return [...quantities]
    .map(([sku, quantity]) => ({ sku, quantity }))
    .sort((a, b) => (a.sku < b.sku ? -1 : 1));
}
