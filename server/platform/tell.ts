import type { Queryable } from "./database/database.ts";
import type { Outbox } from "./outbox.ts";
import type { By } from "./scope.ts";

/** What somebody changed: news for others, and a record for ever. */
type Told = {
  /** Such as `taxes.put`: the type of the event, too. */
  action: string;
  /** The event's. */
  subject: string;
  data: object;
  /** The record's, such as `taxes:DE`. */
  object: string;
  before?: unknown;
  after?: unknown;
};

type Dependencies = {
  outbox: Pick<Outbox, "emit">;
  audit: { record(tx: Queryable, entry: By & Omit<Told, "subject" | "data">): Promise<void> };
};

/** Tells of changes, each in its own transaction: there is none without its event and its record. */
export function createTell({ outbox, audit }: Dependencies) {
  return async (tx: Queryable, by: By, { subject, data, ...told }: Told): Promise<void> => {
    await outbox.emit(tx, { type: told.action, subject, data });
    await audit.record(tx, { ...by, ...told });
  };
}
