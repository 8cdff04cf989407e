import { createHash } from "node:crypto";
import { HaggleError, refuse, type StrategyFile } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import { nearNames } from "../../platform/near-names.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import * as store from "./store.ts";

export type Versions = ReturnType<typeof createVersions>;

/** Who wants something, why, and in which request. */
export type Asker = { actor: Actor; requestId?: string | undefined; reason?: string | undefined };

/** A text and what it says. */
export type NewVersion = { text: string; digest: string; file: StrategyFile };

export type Cause = "folder" | "upload" | "rollback" | "unpin";

/** Where what was offered is now. */
export type Place = "active" | "waiting" | "stored";

/** What became of an offer: the version's number, and the head as it was committed. */
export type Offered = { number: number; head: store.Head };

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

/** What changed in the strategies' tables, whatever it was. */
export const TOPIC = "strategies";
const NEAR = 1_000;

/**
 * The versions of a tenant's strategies, and which of them is in force, in the database. Whoever changes anything holds the
 * head's row; each change has its audit record and its event in its transaction.
 */
export function createVersions({ database, audit, outbox, clock }: Dependencies) {
  /**
   * Keeps a version, under its own name for ever.
   *
   * @throws HaggleError STRATEGY_VERSION_TAKEN when another file had this version
   */
  function put(version: NewVersion, source: "folder" | "api", asker: Asker): Promise<"new" | "known"> {
    return changed(async (tx, head) => {
      if ((await findKnown(tx, version)) !== undefined) return { result: "known" as const };
      await insert(tx, head, version, source, asker);
      const { file, digest } = version;
      const after = { number: head.number, digest, strategies: file.strategies.length };
      await record(tx, "strategies.store", file.version, asker, { after });
      return { result: "new" as const, head };
    });
  }

  /**
   * What a process found in its folder: a version that is new comes into force, or waits while another one is pinned. One
   * that was in force before does not come back by itself: the folders of several processes may differ for a while.
   *
   * @throws HaggleError STRATEGY_VERSION_TAKEN, STRATEGY_SUPERSEDED
   */
  async function offer(version: NewVersion, asker: Asker): Promise<Offered> {
    const { result, head } = await change(async (tx, head) => {
      const { version: name } = version.file;
      const known = await findKnown(tx, version);
      if (known === undefined) {
        const inserted = insert(tx, head, version, "folder", asker);
        const [brought] = await Promise.all([bring(tx, head, name, "folder", asker), inserted]);
        return { ...brought, result: head.number };
      }
      const { number, activatedAt } = known;
      if (head.active === name || head.waiting === name) return { result: number };
      if (activatedAt !== null) {
        throw new HaggleError("STRATEGY_SUPERSEDED", "The file has a version of before", {
          at: "version",
          value: name,
        });
      }
      return { ...(await bring(tx, head, name, "folder", asker)), result: number };
    });
    return { number: result, head };
  }

  /** @throws HaggleError STRATEGY_UNKNOWN_VERSION */
  function activateIn(tx: Queryable, version: string, cause: Cause, asker: Asker): Promise<Place> {
    return changedIn(tx, async (head) => {
      await getVersion(tx, version);
      if (head.active === version) return { result: "active" as const };
      return bring(tx, head, version, cause, asker);
    });
  }

  /** Back to one that was in force, whether the present one is pinned or not. */
  function rollback(to: string | undefined, { pin, ...asker }: Asker & { pin: boolean }): Promise<string> {
    return changed(async (tx, head) => {
      const version = to ?? head.previous;
      if (version === null) throw refuse("STRATEGY_STATE", "previous");
      const { activatedAt } = await getVersion(tx, version);
      if (activatedAt === null || version === head.active) throw refuse("STRATEGY_STATE", "version", version);
      const next = { ...head, pinned: head.pinned || pin };
      return { result: version, head: await move(tx, next, version, "rollback", asker) };
    });
  }

  /** From now on no file and no upload moves it. */
  function pin(asker: Asker): Promise<string> {
    return changed(async (tx, head) => {
      if (head.active === null) throw refuse("STRATEGY_STATE", "active");
      if (head.pinned) return { result: head.active };
      await tell(tx, "pinned", head.active, {});
      await record(tx, "strategies.pin", head.active, asker, {});
      return { result: head.active, head: { ...head, pinned: true } };
    });
  }

  /** What came meanwhile is in force then. */
  function unpinIn(tx: Queryable, asker: Asker): Promise<string> {
    return changedIn(tx, async (head) => {
      if (!head.pinned || head.active === null) throw refuse("STRATEGY_STATE", "pinned", head.pinned);
      const { waiting } = head;
      const next = { ...head, pinned: false, waiting: null };
      await tell(tx, "unpinned", head.active, {});
      await record(tx, "strategies.unpin", head.active, asker, {});
      if (waiting === null) return { result: head.active, head: next };
      return { result: waiting, head: await move(tx, next, waiting, "unpin", asker) };
    });
  }

  /** Tells once of a file, whoever of all processes has it in his folder. */
  async function tellRefused(
    digest: string,
    data: { version?: string; code: string; at?: string },
  ): Promise<boolean> {
    return database.transaction(async (tx) => {
      await store.insertHead(tx);
      if (!(await store.claimRefusal(tx, digest))) return false;
      await outbox.emit(tx, { type: "strategies.refused", subject: data.version ?? digest, data });
      return true;
    });
  }

  async function getVersion(db: Queryable, version: string): Promise<store.VersionRow> {
    const found = await store.findVersion(db, version);
    if (found !== undefined) return found;
    const known = await store.listVersions(db, { before: Number.MAX_SAFE_INTEGER, limit: NEAR });
    const near = nearNames(
      version,
      known.map((each) => each.version),
    );
    const hint = near.length === 0 ? "" : `; near it: ${near.join(", ")}`;
    throw new HaggleError("STRATEGY_UNKNOWN_VERSION", `There is no such version${hint}`, {
      at: "version",
      value: version,
    });
  }

  type Changed<T> = { result: T; head?: store.Head };

  async function changed<T>(work: (tx: Queryable, head: store.Head) => Promise<Changed<T>>): Promise<T> {
    return (await change(work)).result;
  }

  async function changedIn<T>(tx: Queryable, work: (head: store.Head) => Promise<Changed<T>>): Promise<T> {
    return (await changeIn(tx, work)).result;
  }

  function change<T>(
    work: (tx: Queryable, head: store.Head) => Promise<Changed<T>>,
  ): Promise<Required<Changed<T>>> {
    return database.transaction((tx) => changeIn(tx, (head) => work(tx, head)));
  }

  /** Holds the head, which is written where it changed. Resolves with what it is then. */
  async function changeIn<T>(
    tx: Queryable,
    work: (head: store.Head) => Promise<Changed<T>>,
  ): Promise<Required<Changed<T>>> {
    let before = await store.lockHead(tx);
    if (before === undefined) {
      await store.insertHead(tx);
      before = await store.lockHead(tx);
    }
    const { result, head } = await work({ ...before! });
    if (head === undefined) return { result, head: before! };
    const next = { ...head, revision: head.revision + 1, changedAt: clock() };
    await Promise.all([store.updateHead(tx, next), notify(tx, TOPIC, database.tenant)]);
    return { result, head: next };
  }

  async function findKnown(
    tx: Queryable,
    { file: { version }, digest }: NewVersion,
  ): Promise<store.VersionRow | undefined> {
    const known = await store.findVersion(tx, version);
    if (known === undefined || known.digest === digest) return known;
    throw new HaggleError("STRATEGY_VERSION_TAKEN", "Another file had this version before", {
      at: "version",
      value: version,
    });
  }

  /** Counts the head's number up. */
  async function insert(
    tx: Queryable,
    head: store.Head,
    { text, digest, file }: NewVersion,
    source: "folder" | "api",
    { actor }: Asker,
  ): Promise<void> {
    head.number += 1;
    await store.insertVersion(tx, {
      version: file.version,
      number: head.number,
      digest,
      text,
      strategies: file.strategies.length,
      source,
      actorId: actor.id,
      actorName: actor.name,
      createdAt: clock(),
    });
  }

  /** Into force, or behind the one that is pinned. */
  async function bring(
    tx: Queryable,
    head: store.Head,
    version: string,
    cause: Cause,
    asker: Asker,
  ): Promise<Changed<Place>> {
    if (!head.pinned) return { result: "active", head: await move(tx, head, version, cause, asker) };
    await record(tx, "strategies.wait", version, asker, { after: { pinned: head.active } });
    return { result: "waiting", head: { ...head, waiting: version } };
  }

  async function move(
    tx: Queryable,
    head: store.Head,
    version: string,
    cause: Cause,
    asker: Asker,
  ): Promise<store.Head> {
    const { active } = head;
    const change = { before: { active }, after: { active: version, cause } };
    await Promise.all([
      store.markActivated(tx, version, clock()),
      tell(tx, "activated", version, { cause, ...(active !== null && { previous: active }) }),
      record(tx, "strategies.activate", version, asker, change),
    ]);
    return { ...head, active: version, previous: active, refused: null };
  }

  function tell(tx: Queryable, what: string, version: string, data: object): Promise<void> {
    return outbox.emit(tx, { type: `strategies.${what}`, subject: version, data: { version, ...data } });
  }

  function record(
    tx: Queryable,
    action: string,
    version: string,
    { actor, requestId, reason }: Asker,
    change: { before?: unknown; after?: unknown },
  ): Promise<void> {
    return audit.record(tx, {
      actor,
      action,
      object: `strategies:${version}`,
      requestId,
      note: reason,
      ...change,
    });
  }

  return { put, offer, activateIn, rollback, pin, unpinIn, tellRefused, getVersion };
}

/** Of the text as UTF-8, as hex. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
