import { createSecretKey, timingSafeEqual } from "node:crypto";
import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { type Actor, type Scope, SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import { createKeyCache, KEYS_TOPIC } from "./key-cache.ts";
import { createKey, digestKey, idOf, KEY_PREFIX } from "./key-format.ts";
import * as store from "./store.ts";

export type { Approvals, Approved } from "./approvals.ts";

export type Keys = ReturnType<typeof createKeys>;

/** Who asks for a change, in which request. */
export type By = { actor: Actor; requestId?: string | undefined };

/** All that can be told of a key. */
export type KeyView = {
  id: string;
  prefix: string;
  name: string;
  owner?: string;
  scopes: Scope[];
  createdAt: number;
  createdBy: string;
  expiresAt?: number;
  revokedAt?: number;
  replaces?: string;
};

type NewKey = { name: string; owner?: string | null; scopes: Scope[]; expiresAt?: number | null };

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  pepper: Uint8Array;
  clock: Clock;
  log: Logger;
};

/** A list that a person can still look through, and a limit to what a stolen admin key can do to the table. */
const MAX_LIVE_KEYS = 500;
const MAX_LISTED = 1_000;
/** Compared with where there is no such key. */
const NO_DIGEST = "0".repeat(64);

export function createKeys({ database, audit, outbox, clock, log, ...dependencies }: Dependencies) {
  const { tenant } = database;
  // Once: every request that comes with a key is digested.
  const pepper = createSecretKey(dependencies.pepper);
  const cache = createKeyCache({ database, log });

  /** One change of the keys, alone: with its record and its event, and told to every process. */
  async function change<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const result = await database.transaction(async (tx) => {
      await store.raiseKeysVersion(tx);
      const done = await work(tx);
      await notify(tx, KEYS_TOPIC, tenant);
      return done;
    });
    cache.drop();
    return result;
  }

  async function tell(tx: Queryable, by: By, action: string, row: store.KeyRow): Promise<void> {
    const { id, name, owner, scopes, expiresAt } = row;
    const after = { name, ...(owner !== null && { owner }), scopes, expiresAt };
    await outbox.emit(tx, { type: `${action}d`, subject: id, data: { name, scopes } });
    await audit.record(tx, { ...by, action, object: `key:${id}`, after });
  }

  async function insert(
    tx: Queryable,
    key: string,
    row: Omit<store.KeyRow, "digest">,
  ): Promise<store.KeyRow> {
    if ((await store.countLiveKeys(tx, row.createdAt)) >= MAX_LIVE_KEYS) {
      throw new HaggleError("SERVER_TOO_MANY_KEYS", "Revoke some keys first", { value: MAX_LIVE_KEYS });
    }
    const whole = { ...row, digest: digestKey(pepper, tenant, key) };
    await store.insertKey(tx, whole);
    return whole;
  }

  return {
    watch: cache.watch,
    /** Whether to look for it is no guess. */
    isKnown: (key: string): boolean => cache.isKnown(idOf(key) ?? ""),
    /** Whose key it is; undefined for one that is unknown, revoked, expired or another tenant's, whichever it is. */
    async authenticate(key: string): Promise<Actor | undefined> {
      const id = idOf(key);
      if (id === undefined) return undefined;
      const row = await cache.find(id);
      const digest = Buffer.from(digestKey(pepper, tenant, key), "hex");
      const isSame = timingSafeEqual(digest, Buffer.from(row?.digest ?? NO_DIGEST, "hex"));
      if (row === undefined || !isSame || !isLive(row, clock())) return undefined;
      return { id: row.actorId, name: row.name, scopes: row.scopes };
    },
    /**
     * The key is told once and stored nowhere: who asks again, by the same `repeatable`, is told of the key without it.
     *
     * @throws HaggleError SERVER_BAD_REQUEST, SERVER_TOO_MANY_KEYS, SERVER_IDEMPOTENCY_KEY
     */
    async create(
      by: By,
      { name, owner = null, scopes, expiresAt = null }: NewKey,
      repeatable?: Repeatable,
    ): Promise<KeyView & { key?: string }> {
      const now = clock();
      const { id, key } = createKey();
      const row = {
        id,
        actorId: `key:${id}`,
        name,
        owner,
        scopes,
        replaces: null,
        ...origin(by, now),
        expiresAt,
      };
      const { answer, isRepeat } = await change((tx) =>
        once(tx, repeatable, now, async () => {
          if (expiresAt !== null && expiresAt <= now) {
            throw new HaggleError("SERVER_BAD_REQUEST", "The key would never be valid", {
              at: "body/expiresAt",
              value: expiresAt,
            });
          }
          const inserted = await insert(tx, key, row);
          await tell(tx, by, "key.create", inserted);
          return viewOf(inserted);
        }),
      );
      return isRepeat ? answer : { ...answer, key };
    },
    async list(): Promise<KeyView[]> {
      return (await store.listKeys(database, clock(), MAX_LISTED)).map(viewOf);
    },
    /**
     * A new key for the same actor. The old one lives on for `graceMs`, and the one before it ends now: two at most are live. A
     * key that expires is replaced by one with as long a life.
     */
    async rotate(
      by: By,
      id: string,
      graceMs: number,
      repeatable?: Repeatable,
    ): Promise<KeyView & { key?: string }> {
      const now = clock();
      const { id: nextId, key } = createKey();
      const { answer, isRepeat } = await change((tx) =>
        once(tx, repeatable, now, async () => {
          const old = await getKey(tx, id);
          if ((await store.retireKey(tx, id, now, now + graceMs)) === undefined) {
            throw new HaggleError("SERVER_KEY_ROTATED", "Not a live key, or one that was rotated before", {
              at: "id",
              value: id,
            });
          }
          if (old.replaces !== null) await store.revokeKey(tx, old.replaces, now);
          const { actorId, name, owner, scopes } = old;
          const expiresAt = old.expiresAt === null ? null : now + (old.expiresAt - old.createdAt);
          const row = {
            id: nextId,
            actorId,
            name,
            owner,
            scopes,
            replaces: id,
            ...origin(by, now),
            expiresAt,
          };
          const inserted = await insert(tx, key, row);
          await tell(tx, by, "key.rotate", inserted);
          return viewOf(inserted);
        }),
      );
      return isRepeat ? answer : { ...answer, key };
    },
    /** Does nothing to a key that was revoked before. */
    async revoke(by: By, id: string): Promise<void> {
      const now = clock();
      await change(async (tx) => {
        const row = await getKey(tx, id);
        const isAdmin = row.scopes.includes("admin") && isLive(row, now);
        if (isAdmin && (await store.countOtherAdmins(tx, id)) === 0) {
          throw new HaggleError(
            "SERVER_LAST_ADMIN_KEY",
            "Make another admin key first, one that does not expire",
            {
              at: "id",
              value: id,
            },
          );
        }
        const revoked = await store.revokeKey(tx, id, now);
        if (revoked !== undefined) await tell(tx, by, "key.revoke", revoked);
      });
    },
    /** For a tenant that never had a key. `keep` stores it before it is valid: a crash leaves no key that nobody has. */
    async createFirst(keep: (key: string) => Promise<void>): Promise<boolean> {
      const now = clock();
      const { id, key } = createKey();
      const by = { actor: SYSTEM_ACTOR };
      const scopes: Scope[] = ["admin"];
      return change(async (tx) => {
        if ((await store.countKeys(tx)) > 0) return false;
        await keep(key);
        const row = {
          id,
          actorId: `key:${id}`,
          name: "first admin",
          owner: null,
          scopes,
          replaces: null,
          ...origin(by, now),
          expiresAt: null,
        };
        await tell(tx, by, "key.create", await insert(tx, key, row));
        return true;
      });
    },
  };
}

function origin({ actor }: By, now: number): Pick<store.KeyRow, "createdAt" | "createdBy" | "revokedAt"> {
  return { createdAt: now, createdBy: actor.id, revokedAt: null };
}

async function getKey(tx: Queryable, id: string): Promise<store.KeyRow> {
  const row = await store.findKey(tx, id);
  if (row === undefined) throw new HaggleError("SERVER_UNKNOWN_KEY", "No such key", { at: "id", value: id });
  return row;
}

function isLive({ revokedAt, expiresAt }: store.KeyRow, now: number): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}

function viewOf({
  id,
  name,
  owner,
  scopes,
  createdAt,
  createdBy,
  expiresAt,
  revokedAt,
  replaces,
}: store.KeyRow): KeyView {
  return {
    id,
    prefix: KEY_PREFIX + id,
    name,
    ...(owner !== null && { owner }),
    scopes,
    createdAt,
    createdBy,
    ...(expiresAt !== null && { expiresAt }),
    ...(revokedAt !== null && { revokedAt }),
    ...(replaces !== null && { replaces }),
  };
}
