import { refuse } from "@haggle/abi";
import type { Database, Queryable } from "../../platform/database/database.ts";
import * as store from "./ration-store.ts";

/** What others say of skus of which each unit gets so many pieces at most, and none without a share. */
export function createRationing({ database }: { database: Database }) {
  return {
    /**
     * In the place of what was said of this ration before; counts for every reservation that is made after the commit.
     *
     * @throws HaggleError FLASH_SALE_OVERLAP for a sku of another ration at the same time
     */
    async put(tx: Queryable, ration: store.NewRation): Promise<void> {
      await store.holdRations(tx, database.tenant);
      const taken = await store.findOverlap(tx, ration);
      if (taken !== undefined) throw refuse("FLASH_SALE_OVERLAP", "skus", taken);
      await store.putRation(tx, ration);
    },
    remove: store.deleteRation,
    /** Of these units, those who hold and have bought so many pieces. */
    countFull: store.countUses,
    /** What was counted for somebody, whose orders stay. */
    async forget(tx: Queryable, unit: string): Promise<void> {
      await store.forgetShares(tx, unit);
      await store.deleteUsesOf(tx, unit);
    },
    /** Forgets what is long over, at most so many uses of it. @returns how many there were */
    sweep: (asked: { endedBefore: number; limit: number }): Promise<number> =>
      store.deleteUses(database, asked),
  };
}
