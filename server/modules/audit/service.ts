import { createHash } from "node:crypto";
import { AUDIT_START, type AuditHead, type AuditLine, type AuditRecord, encodeAuditLink } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Actor } from "../../platform/scope.ts";
import * as store from "./store.ts";

export type AuditEntry = {
  actor: Actor;
  /** Such as `rollout.start`. */
  action: string;
  /** What it is done to, such as `key:3fGh...`. */
  object: string;
  /** JSON, without secrets and without personal data: it stays for ever. What is large is kept as its digest. */
  before?: unknown;
  after?: unknown;
  requestId?: string | undefined;
  note?: string | undefined;
};

/** A record as it was chained, with its hash. */
type ChainedRecord = AuditRecord & { hash: string };

export type Audit = {
  /**
   * Appends a record in the transaction of the change: there is no change without its record. Holds the end of the chain
   * until the transaction ends, so it comes last in it.
   */
  record(tx: Queryable, entry: AuditEntry): Promise<void>;
  /**
   * Newest first, below the number `before`. `next` is the `before` of the next page, absent after the last one. A page may hold
   * less than `limit`, or nothing: a search reads no more than some thousand records at once.
   */
  list(
    page: { before?: number; limit: number } & store.Filter,
  ): Promise<{ records: ChainedRecord[]; next?: number }>;
  head(): Promise<AuditHead>;
  /** The lines of the whole log up to now, each with its end. */
  exportLines(signed: object | undefined): AsyncGenerator<string>;
  /** The hash of the record `seq`, undefined when there is none. */
  findHash(seq: number): Promise<string | undefined>;
};

/** JSON that is larger is kept as its digest. */
const MAX_VALUE_CHARACTERS = 4_096;
const MAX_NOTE_CHARACTERS = 1_000;
const EXPORT_PAGE = 500;

export function createAudit({ database, clock }: { database: Database; clock: Clock }): Audit {
  const { tenant } = database;

  async function lockHead(tx: Queryable): Promise<store.Head> {
    const head = await store.lockHead(tx);
    if (head !== undefined) return head;
    await store.createHead(tx, { seq: 0, hash: AUDIT_START });
    return (await store.lockHead(tx))!;
  }

  async function head(): Promise<AuditHead> {
    const { seq, hash } = (await store.findHead(database)) ?? { seq: 0, hash: AUDIT_START };
    return { tenant, seq, hash, time: clock() };
  }

  return {
    head,
    findHash: (seq) => store.findHash(database, seq),
    async record(tx, { actor, action, object, before, after, note, requestId }) {
      const { seq: last, hash: prev } = await lockHead(tx);
      const seq = last + 1;
      const record = JSON.stringify({
        tenant,
        seq,
        time: clock(),
        actor: { id: actor.id, name: actor.name },
        action,
        object,
        ...keep("before", before),
        ...keep("after", after),
        ...(note !== undefined && { note: note.slice(0, MAX_NOTE_CHARACTERS) }),
        ...(requestId !== undefined && { requestId }),
        prev,
      } satisfies AuditRecord);
      const hash = sha256(encodeAuditLink(prev, record));
      // They go out with the commit, if nothing else is said before; it tells what one of them failed for.
      const written = [store.insertRecord(tx, { seq, record, hash }), store.moveHead(tx, { seq, hash })];
      Promise.all(written).catch(() => {});
    },
    async list({ before = Number.MAX_SAFE_INTEGER, limit, ...filter }) {
      const rows = await store.listNewest(database, { before, limit, ...filter });
      const records = rows.map(({ record, hash }) => ({ ...(JSON.parse(record) as AuditRecord), hash }));
      const last = rows.length === limit ? rows.at(-1)?.seq : await store.findLastRead(database, before);
      return { records, ...(last !== undefined && last > 1 && { next: last }) };
    },
    async *exportLines(signed) {
      const end = await head();
      yield encodeLine({ head: end, ...(signed !== undefined && { signed }) });
      let after = 0;
      while (after < end.seq) {
        const rows = await store.listOldest(database, after, EXPORT_PAGE);
        // Of a log that lacks its end there is no more; whoever verifies the export sees it.
        if (rows.length === 0) return;
        for (const { seq, record, hash } of rows) if (seq <= end.seq) yield encodeLine({ record, hash });
        after = rows.at(-1)!.seq;
      }
    },
  };
}

function keep<Name extends "before" | "after">(name: Name, value: unknown): Partial<AuditRecord> {
  const json = JSON.stringify(value);
  if (json === undefined) return {};
  if (json.length <= MAX_VALUE_CHARACTERS) return { [name]: value };
  return { [`${name}Digest`]: sha256(json) };
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function encodeLine(line: AuditLine): string {
  return `${JSON.stringify(line)}\n`;
}
