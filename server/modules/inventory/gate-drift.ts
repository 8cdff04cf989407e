import type { Database } from "../../platform/database/database.ts";
import type { RedisClient } from "../../platform/redis.ts";
import type { Circuit } from "../../platform/redis-circuit.ts";
import type { GateScripts } from "./gate-scripts.ts";
import * as store from "./gate-store.ts";

type Dependencies = {
  redis: Pick<RedisClient, "client">;
  scripts: Pick<GateScripts, "availableKey" | "settle">;
  database: Database;
  circuit: Pick<Circuit, "call">;
  epoch: { current(): string | undefined; renew(): void };
};

const AT_ONCE = 500;

/** Holds what Redis knows against the database. What differs is told again, and where that does not help all begins anew. */
export function createDrift({ redis, scripts, database, circuit, epoch }: Dependencies) {
  let last = 0;
  /** What was not to be mended when it was told the last time. */
  let stubborn = new Set<string>();

  /** Of some skus, by which of them it is wrong and how much. */
  async function compare(known: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    const found = await store.readAvailable(database, [...known.keys()]);
    const truth = new Map(found.map(({ sku, available }) => [sku, available]));
    const wrong = [...known].map(([sku, pieces]) => [sku, Math.abs(pieces - (truth.get(sku) ?? 0))] as const);
    return new Map(wrong.filter(([, pieces]) => pieces !== 0));
  }

  /** What was on its way meanwhile is not wrong. */
  async function forgetLate(wrong: Map<string, number>, known: ReadonlyMap<string, number>): Promise<void> {
    if (wrong.size === 0) return;
    const skus = [...wrong.keys()];
    const again = await circuit.call(() => redis.client.hmget(scripts.availableKey, ...skus));
    for (const [i, sku] of skus.entries()) if (again?.[i] !== `${known.get(sku)}`) wrong.delete(sku);
  }

  /**
   * Told with a number that was taken while it is held, so that it is newer than whatever was told of it before.
   *
   * @returns whether all of it was
   */
  async function mend(skus: readonly string[]): Promise<boolean> {
    const held = await database.transaction((tx) => store.holdAvailable(tx, skus));
    const sums = new Map(skus.map((sku) => [sku, 0]));
    for (const { sku, onHand, reserved } of held.levels) sums.set(sku, sums.get(sku)! + onHand - reserved);
    const levels = [...sums].map(([sku, available]) => ({ sku, available, revision: held.revision }));
    const taken = await circuit.call(() => scripts.settle(epoch.current() ?? "", levels, []));
    return taken === undefined || taken === levels.length;
  }

  async function readSome(cursor: string): Promise<readonly [next: string, known: Map<string, number>]> {
    const [next, flat] = await redis.client.hscan(scripts.availableKey, cursor, "COUNT", AT_ONCE);
    const known = new Map<string, number>();
    for (let i = 0; i < flat.length; i += 2) known.set(flat[i]!, Number(flat[i + 1]));
    return [next, known];
  }

  async function lookAt(known: ReadonlyMap<string, number>, unmended: Set<string>): Promise<number> {
    const wrong = await compare(known);
    await forgetLate(wrong, known);
    if (wrong.size === 0) return 0;
    if (!(await mend([...wrong.keys()]))) for (const sku of wrong.keys()) unmended.add(sku);
    return [...wrong.values()].reduce((sum, pieces) => sum + pieces, 0);
  }

  return {
    mend,
    /** Pieces, of all skus together, when it last looked. */
    last: (): number => last,
    /** @throws HaggleError SERVER_DATABASE */
    async look(): Promise<void> {
      let sum = 0;
      let cursor = "0";
      const unmended = new Set<string>();
      do {
        const some = await circuit.call(() => readSome(cursor));
        if (some === undefined) return;
        cursor = some[0];
        sum += await lookAt(some[1], unmended);
      } while (cursor !== "0");
      last = sum;
      // Once somebody else may have been faster. Twice Redis has it from a database that is no more, such as before a backup
      // was restored.
      if ([...unmended].some((sku) => stubborn.has(sku))) epoch.renew();
      stubborn = unmended;
    },
  };
}
