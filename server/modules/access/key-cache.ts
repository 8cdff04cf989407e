import type { Logger } from "pino";
import type { Database } from "../../platform/database/database.ts";
import { findKey, getKeysVersion, type KeyRow } from "./store.ts";

/** Rows of this many keys, those that are not there included. */
const MAX_ROWS = 1_000;
/** A revoked key is refused everywhere within a second, hints or not. */
const POLL_MS = 400;
/** How long known keys go on while the database cannot be asked whether they were revoked. */
const MAX_BLIND_MS = 30_000;
/** What changes keys tells of it by this topic. */
export const KEYS_TOPIC = "keys";

/**
 * The keys that were asked for lately. A change of any key in any process empties it: changes are rare, and nothing has to be
 * said about which.
 */
export function createKeyCache({ database, log }: { database: Database; log: Logger }) {
  const rows = new Map<string, KeyRow | undefined>();
  /** Ids that there is a key of, also when the row has to be read again. */
  const proven = new Set<string>();
  let version: number | undefined;
  /** Grows when rows are dropped, so that what was read before is not put back. */
  let drops = 0;
  let seenAt = performance.now();
  let polling: Promise<void> | undefined;

  function drop(): void {
    drops++;
    rows.clear();
  }

  function poll(): Promise<void> {
    polling ??= look()
      .catch((cause: unknown) => log.debug({ err: cause }, "nobody can say whether keys were revoked"))
      .finally(() => {
        polling = undefined;
      });
    return polling;
  }

  async function look(): Promise<void> {
    const startedAt = performance.now();
    const newest = await getKeysVersion(database);
    if (newest !== version) drop();
    version = newest;
    seenAt = startedAt;
  }

  async function find(id: string): Promise<KeyRow | undefined> {
    if (rows.has(id) && performance.now() - seenAt < MAX_BLIND_MS) return rows.get(id);
    const before = drops;
    const row = await findKey(database, id);
    if (row !== undefined) keep(proven, id);
    if (before !== drops) return row;
    if (rows.size >= MAX_ROWS) rows.delete(rows.keys().next().value!);
    rows.set(id, row);
    return row;
  }

  return {
    /** @throws HaggleError SERVER_DATABASE for a key that is not known while the database is away */
    find,
    /** Whether to look for it is no guess: it was found before, or is known not to be there. */
    isKnown: (id: string): boolean => rows.has(id) || proven.has(id),
    drop,
    watch(): () => Promise<void> {
      const unlisten = database.listen(KEYS_TOPIC, () => void poll());
      const timer = setInterval(() => void poll(), POLL_MS);
      return async () => {
        unlisten();
        clearInterval(timer);
        await polling;
      };
    },
  };
}

function keep(ids: Set<string>, id: string): void {
  if (ids.size >= MAX_ROWS && !ids.has(id)) ids.delete(ids.values().next().value!);
  ids.add(id);
}
