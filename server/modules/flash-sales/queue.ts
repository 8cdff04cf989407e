import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { createBatches } from "./batches.ts";
import { createHeads } from "./heads.ts";
import * as store from "./queue-store.ts";
import { createStandings, hasEnded, isOver, type Standing } from "./standing.ts";
import { lockSale, type SaleQueue } from "./store.ts";
import type { FlashSaleTokens } from "./tokens.ts";

export type Queue = ReturnType<typeof createQueue>;

type Dependencies = {
  database: Database;
  tokens: FlashSaleTokens;
  clock: Clock;
  stopwatch: () => number;
};

type Ask = { sale: string; unit: string };

/** Of one sale: what the draw of the lot and the crowd of its first second can bear. */
const MAX_PLACES = 1_000_000;
const MAX_BATCH = 500;
/** Requests that wait for the next statement, in this process. */
const CAPACITY = 20_000;

/**
 * The waiting room of a sale: one place for each unit, in one order for all processes. Places are given by many at a time, and
 * who asks where he stands is answered by his ticket and by what the process has read of the queue a moment ago.
 */
export function createQueue({ database, tokens, clock, stopwatch }: Dependencies) {
  const standings = createStandings(tokens);
  const heads = createHeads({ database, stopwatch });
  const joins = createBatches({ run: joinAll, max: MAX_BATCH, capacity: CAPACITY });
  const looks = createBatches({ run: lookAll, max: MAX_BATCH, capacity: CAPACITY });

  /** Those of one sale go together. What is wrong with one sale fails no other one. */
  async function joinAll(asks: readonly Ask[]): Promise<(Joined | Error)[]> {
    const bySale = Map.groupBy(asks, ({ sale }) => sale);
    const answers = new Map<string, Map<string, Joined | Error> | Error>();
    for (const [sale, group] of bySale) {
      const units = [...new Set(group.map(({ unit }) => unit))];
      const given = database.transaction((tx) => join(tx, sale, units, clock()));
      answers.set(sale, await given.catch((cause: Error) => cause));
    }
    return asks.map(({ sale, unit }) => {
      const answer = answers.get(sale)!;
      return answer instanceof Error ? answer : answer.get(unit)!;
    });
  }

  async function lookAll(asks: readonly Ask[]): Promise<(store.Place | Error)[]> {
    const places = await store.findPlaces(database, asks);
    const byKey = new Map(places.map((place) => [keyOf(place), place]));
    // The sale is another one of the same name, or its queue was swept up.
    return asks.map((ask) => byKey.get(keyOf(ask)) ?? refuse("SERVER_BAD_TOKEN", "ticket"));
  }

  return {
    /**
     * A place at the end, or the one that the unit has already.
     *
     * @throws HaggleError FLASH_SALE_UNKNOWN, FLASH_SALE_STATE when it has ended, FLASH_SALE_FULL
     */
    async join(sale: string, unit: string): Promise<Standing & { isNew: boolean }> {
      const joined = await joins.ask({ sale, unit });
      const at = { now: clock(), pace: (await heads.find(sale))?.pace };
      return { ...standings.of(joined.sale, joined.place, at), isNew: joined.isNew };
    },
    /** @throws HaggleError SERVER_BAD_TOKEN, FLASH_SALE_UNKNOWN, FLASH_SALE_FULL when too many ask */
    async look(id: string, token: string): Promise<Standing> {
      const { unit, place = null } = openTicket(tokens, id, token);
      const known = await heads.find(id);
      if (known === undefined) throw refuse("FLASH_SALE_UNKNOWN", "id", id);
      const { sale, pace } = known;
      const at = { now: clock(), pace };
      if (hasEnded(sale, at.now)) return standings.ended();
      const isAhead = place === null ? sale.seed !== null : place <= sale.head;
      if (!isAhead) return standings.waiting(sale, { unit, place }, at);
      return standings.of(sale, await looks.ask({ sale: id, unit }), at);
    },
    /** Gives up the place or the turn. @throws HaggleError SERVER_BAD_TOKEN */
    async leave(id: string, token: string): Promise<void> {
      const { unit } = openTicket(tokens, id, token);
      await store.leave(database, { sale: id, unit }, clock());
    },
  };
}

type Joined = { sale: SaleQueue; place: store.Place; isNew: boolean };

/** Of units that are each named once. */
async function join(
  tx: Queryable,
  id: string,
  units: readonly string[],
  now: number,
): Promise<Map<string, Joined | Error>> {
  const keys = units.map((unit) => ({ sale: id, unit }));
  // Sent together, and read in this order: what was committed before the lock was given is seen.
  const [sale, found] = await Promise.all([lockSale(tx, id), store.findPlaces(tx, keys)]);
  if (sale === undefined) throw refuse("FLASH_SALE_UNKNOWN", "id", id);
  if (hasEnded(sale, now)) throw refuse("FLASH_SALE_STATE", "state", "ended");

  const known = new Map(found.map((place) => [place.unit, place]));
  const joined = new Map<string, Joined | Error>();
  const fresh: { unit: string; place: number | null }[] = [];
  let { tail, joined: count } = sale;
  const isForLot = sale.early === "lot" && sale.begunAt === null;
  for (const unit of units) {
    const before = known.get(unit);
    if (before !== undefined && !isOver(sale, before, now)) {
      joined.set(unit, { sale, place: before, isNew: false });
    } else if (count >= MAX_PLACES) {
      joined.set(unit, refuse("FLASH_SALE_FULL", "queue", count));
    } else {
      count += 1;
      const place = isForLot ? null : ++tail;
      fresh.push({ unit, place });
      joined.set(unit, {
        sale,
        place: { sale: id, unit, place, admittedAt: null, leftAt: null },
        isNew: true,
      });
    }
  }
  if (fresh.length > 0) {
    await Promise.all([
      store.putPlaces(tx, id, fresh, now),
      store.updateQueue(tx, id, { ...sale, tail, joined: count }),
    ]);
  }
  return joined;
}

function openTicket(tokens: FlashSaleTokens, id: string, token: string) {
  const ticket = tokens.open("ticket", token);
  if (ticket.sale !== id) throw refuse("SERVER_BAD_TOKEN", "ticket");
  return ticket;
}

function keyOf({ sale, unit }: Ask): string {
  return JSON.stringify([sale, unit]);
}
