import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";
import type { Skus } from "../pricing/service.ts";
import { TOPIC } from "./resolve.ts";
import * as store from "./store.ts";

export type ChangeDependencies = {
  database: Database;
  /** What strategies price from. */
  skus: Pick<Skus, "follow">;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
};

export type Changes = ReturnType<typeof createChanges>;

/** What a change is told by. */
type News = { action: string; object: string; data: object };

/** Skus in one statement. */
const AT_ONCE = 5_000;

/** Every change of the catalog: one after another, with all that follows from it, in one transaction. */
export function createChanges({ database, skus, audit, outbox }: ChangeDependencies) {
  const tell = createTell({ audit, outbox });

  /** Skus that a change made others, and those that it deleted. */
  async function* listTouched(
    tx: Queryable,
    revision: number,
    deleted: readonly string[],
  ): AsyncGenerator<readonly string[]> {
    if (deleted.length > 0) yield deleted;
    for (const list of [store.listChanged, store.listOfChanged]) {
      for (let after: string | undefined = ""; after !== undefined; ) {
        const page = await list(tx, { revision, after, limit: AT_ONCE });
        if (page.length > 0) yield page;
        after = page.length === AT_ONCE ? page.at(-1) : undefined;
      }
    }
  }

  return {
    /** `work` changes products and variants under a revision, and says which skus it deleted and what is told. */
    async makeIn<T>(
      tx: Queryable,
      by: By,
      work: (revision: number) => Promise<{ result: T; deleted?: readonly string[]; news: News }>,
    ): Promise<{ result: T; revision: number }> {
      const revision = await store.countChange(tx);
      const { result, deleted = [], news } = await work(revision);
      await skus.follow(tx, listTouched(tx, revision, deleted), by);
      const { action, object, data } = news;
      await notify(tx, TOPIC, database.tenant);
      const after = { revision, ...data };
      await tell(tx, by, { action, subject: object.slice(0, 200), data: after, object, after });
      return { result, revision };
    },
  };
}
