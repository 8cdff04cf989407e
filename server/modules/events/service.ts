import { refuse } from "@haggle/abi";
import type { Database } from "../../platform/database/database.ts";
import type { DeadEvent, DeadPlace, Outbox } from "../../platform/outbox.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";

export type Events = ReturnType<typeof createEvents>;

type Dependencies = {
  database: Database;
  outbox: Pick<Outbox, "emit" | "listDead" | "replay">;
  audit: Pick<Audit, "record">;
};

/** In one transaction. */
const REPLAYED_AT_ONCE = 1_000;

export function createEvents({ database, outbox, audit }: Dependencies) {
  const tell = createTell({ outbox, audit });

  async function replay(subscriber: string, ids: readonly string[] | undefined, by: By): Promise<number> {
    return database.transaction(async (tx) => {
      const count = await outbox.replay(tx, subscriber, {
        ...(ids !== undefined && { ids }),
        limit: REPLAYED_AT_ONCE,
      });
      if (count === 0) return 0;
      const after = { count, ...(ids !== undefined && { events: ids }) };
      const told = { action: "events.replayed", subject: subscriber, data: after };
      await tell(tx, by, { ...told, object: `subscriber:${subscriber}`, after });
      return count;
    });
  }

  return {
    listDead: ({
      subscriber,
      before = Number.MAX_SAFE_INTEGER,
      after,
      limit,
    }: {
      subscriber?: string | undefined;
      before?: number | undefined;
      after?: DeadPlace | undefined;
      limit: number;
    }): Promise<DeadEvent[]> => outbox.listDead({ subscriber, before, after, limit }),
    /** @throws HaggleError SERVER_UNKNOWN_EVENT, SERVER_UNKNOWN_SUBSCRIBER */
    async replayOne(subscriber: string, event: string, by: By): Promise<number> {
      const count = await replay(subscriber, [event], by);
      if (count === 0) throw refuse("SERVER_UNKNOWN_EVENT", "event", event);
      return count;
    },
    /**
     * The oldest first, as many as go into one transaction.
     *
     * @throws HaggleError SERVER_UNKNOWN_SUBSCRIBER
     */
    replayAll: (subscriber: string, by: By): Promise<number> => replay(subscriber, undefined, by),
  };
}
