import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import { spreadLevel, sumRows } from "./level-rows.ts";
import { applyMovements, listPlaces } from "./movements.ts";
import type { LoggedMovement, Movement, StockView } from "./schema.ts";
import * as store from "./stock-store.ts";

export type By = { actor: Actor; requestId?: string | undefined };

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  /** Called when movements of these skus are committed. */
  onMoved?: ((skus: readonly string[]) => void) | undefined;
  clock: Clock;
};

/** An audit record names so many; the log of movements has them all. */
const MAX_NAMED = 20;

/** What is on hand, and what changes it. */
export function createStock({ database, audit, onMoved, clock }: Dependencies) {
  /**
   * In the transaction of what they are because of, all of them or none. The first movement of a sku at a location makes its level.
   *
   * @throws HaggleError INVENTORY_UNKNOWN_LOCATION, INVENTORY_SHORT, INVENTORY_TOO_MANY
   */
  async function moveWith(
    tx: Queryable,
    movements: readonly Movement[],
    { actor, order }: { actor: string; order?: string | undefined },
  ): Promise<void> {
    const places = movements.flatMap(listPlaces);
    const names = [...new Set(places.map(({ location }) => location))].sort();
    const known = new Set(await store.holdLocations(tx, names));
    const unknown = movements.findIndex((each) =>
      listPlaces(each).some(({ location }) => !known.has(location)),
    );
    if (unknown >= 0) throw unknownLocation(movements[unknown]!, unknown, known);
    const [, rows] = await Promise.all([
      store.insertLevels(tx, places),
      store.lockLevelsOf(tx, [...new Set(places.map(({ sku }) => sku))]),
    ]);
    const applied = applyMovements(movements, sumRows(rows));
    await Promise.all([
      store.updateLevels(
        tx,
        applied.levels.flatMap((level) => spreadLevel(level, rows)),
      ),
      store.insertMovements(tx, applied.rows, { actor, order, now: clock() }),
    ]);
  }

  const tellMoved = (skus: Iterable<string>): void => onMoved?.([...new Set(skus)]);

  return {
    /**
     * All of them or none, once for each key.
     *
     * @throws HaggleError those of `moveWith`, SERVER_IDEMPOTENCY_KEY
     */
    async move(movements: readonly Movement[], by: By, repeatable: Repeatable | undefined) {
      const done = await database.transaction((tx) =>
        once(tx, repeatable, clock(), async () => {
          await moveWith(tx, movements, { actor: by.actor.id });
          const after = { count: movements.length, movements: movements.slice(0, MAX_NAMED) };
          await audit.record(tx, { ...by, action: "stock.moved", object: "stock", after });
          return { movements: movements.length };
        }),
      );
      tellMoved(movements.map(({ sku }) => sku));
      return done;
    },
    /** What calls it calls `tellMoved` when it is committed, and keeps a record of its own. */
    moveWith,
    /** To the gate, which then reads these skus again. */
    tellMoved,
    /** @throws HaggleError INVENTORY_UNKNOWN_SKU */
    async get(sku: string): Promise<StockView> {
      const [found] = toViews(await store.findLevels(database, sku));
      if (found === undefined) throw refuse("INVENTORY_UNKNOWN_SKU", "sku", sku);
      return found;
    },
    /**
     * What changed a sku's stock, the newest first: those with numbers below `before`.
     *
     * @throws HaggleError INVENTORY_UNKNOWN_SKU
     */
    async listMovements(sku: string, before: number, limit: number): Promise<LoggedMovement[]> {
      const rows = await store.listMovements(database, { sku, before, limit });
      if (rows.length === 0 && (await store.findLevels(database, sku)).length === 0) {
        throw refuse("INVENTORY_UNKNOWN_SKU", "sku", sku);
      }
      return rows.map(({ cause, order, ...row }) => ({
        ...row,
        ...(cause !== null && { cause }),
        ...(order !== null && { order }),
      }));
    },
    /** Pieces of these skus that left with an order. */
    listShipped: (tx: Queryable, order: string, skus: readonly string[]): Promise<store.ShippedPiece[]> =>
      store.listShipped(tx, order, skus),
    /** In the order of skus, those behind `after`. */
    async list(after: string, limit: number): Promise<StockView[]> {
      return toViews(await store.listLevels(database, { after, limit }));
    },
  };
}

function unknownLocation(movement: Movement, i: number, known: ReadonlySet<string>) {
  const isFrom = !known.has(movement.location);
  const value = isFrom || movement.kind !== "transfer" ? movement.location : movement.to;
  return refuse("INVENTORY_UNKNOWN_LOCATION", `movements[${i}].${isFrom ? "location" : "to"}`, value);
}

function toViews(levels: readonly store.LevelRow[]): StockView[] {
  const views = new Map<string, StockView>();
  for (const { sku, ...level } of levels) {
    const view = views.get(sku) ?? {
      sku,
      onHand: 0,
      reserved: 0,
      incoming: 0,
      available: 0,
      locations: [],
    };
    for (const count of ["onHand", "reserved", "incoming", "available"] as const) view[count] += level[count];
    view.locations.push(level);
    views.set(sku, view);
  }
  return [...views.values()];
}
