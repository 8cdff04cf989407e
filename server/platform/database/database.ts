import type { Socket } from "node:net";
import { HaggleError } from "@haggle/abi";
import pg from "pg";
import type { Logger } from "pino";
import { createHints } from "./hints.ts";
import { createListener } from "./listener.ts";
import { migrate } from "./migrate.ts";

/**
 * One SQL statement with `$1`, `$2` ... for its values. Resolves with the rows. One that is run thousands of times a second
 * has a `name` of its own, under which each connection prepares it once.
 */
export type Query = <Row extends object>(
  text: string,
  values?: readonly unknown[],
  name?: string,
) => Promise<Row[]>;

/** Either a transaction, or the database itself where one statement is all. */
export type Queryable = {
  query: Query;
  /** Of a transaction: tells listeners of the topic when it is committed. See `notify`. */
  hint?: (topic: string) => void;
};

export type Database = Queryable & {
  /** Whose rows are seen and written: row-level security keeps all others out of every statement. */
  tenant: string;
  /**
   * Runs `work` in one transaction, again when the database asks for it (deadlock, serialisation), so it must do nothing
   * outside the database that may not be done twice. Whatever it throws undoes everything. Statements that are awaited
   * together cost one way to the database, and are run in the order in which they were given.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Calls `listener` after each commit of a `notify` on the topic, here or in another process, and whenever hints may have
   * been lost. A hint, not a promise: whoever listens polls as well. Returns what ends it.
   */
  listen(topic: string, listener: () => void): () => void;
  /** The pool's connections: all there are, those that do nothing, and how many wait for one. */
  connections(): { open: number; idle: number; waiting: number };
  /** From now on this process ends, and what has told it to may have told its database too: one that ends is no news. */
  expectEnd(): void;
  close(): Promise<void>;
};

/** Thrown by a transaction that saw, too late to lock it in order, what somebody else committed meanwhile: it runs again. */
export class Overtaken extends Error {
  readonly code = SERIALIZATION_FAILURE;
}

export type DatabaseOptions = {
  url: string;
  /** Of the owner of the tables, for migrations. `url` when left out. */
  adminUrl?: string | undefined;
  /** Lower-case letters, digits and hyphens. */
  tenant: string;
  /** Of the `.sql` files. */
  migrations: string;
  /** Connections at most. Default 10. */
  size?: number;
  log: Logger;
};

/** Neither superuser nor owner of a table, whoever logs in. */
const ROLE = "haggle_app";
const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/;
const DEFAULT_SIZE = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** No statement of ours may hold a connection longer. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A connection that says nothing for longer is dead, whatever the network believes. */
const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
/** A process that was cut off in a transaction gives its locks back; an external signer has half a minute. */
const IDLE_IN_TRANSACTION_MS = 60_000;
const MAX_TRIES = 10;
const SERIALIZATION_FAILURE = "40001";
const TRANSACTION_ABORTED = "25P02";
/** With deadlock: the same transaction may go well the next time. */
const AGAIN = [SERIALIZATION_FAILURE, "40P01"];

// Counters and times fit 53 bits; a column of type bigint comes as a number, and never as a wrong one.
pg.types.setTypeParser(pg.types.builtins.INT8, (text: string) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond 2^53`);
  return value;
});

/**
 * Brings the database up to date and opens a pool of connections for one tenant.
 *
 * @throws HaggleError SERVER_DATABASE when it cannot be reached, SERVER_MIGRATION, SERVER_BAD_CONFIG for the tenant's name
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, adminUrl = url, tenant, migrations, size = DEFAULT_SIZE, log } = options;
  if (!TENANT.test(tenant)) {
    throw new HaggleError("SERVER_BAD_CONFIG", "Not lower-case letters, digits and hyphens", {
      at: "HAGGLE_TENANT",
      value: tenant,
    });
  }
  await prepare({ adminUrl, url, migrations, tenant, log });
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    // Statements that are not waited for one by one go out together; the database runs them in their order.
    pipeline: true,
    application_name: "haggle",
  });
  const isBound = new WeakSet<pg.PoolClient>();
  let isEndExpected = false;
  // An idle connection that breaks is replaced by the next use.
  pool.on("error", (cause) => {
    log[isEndExpected ? "debug" : "warn"]({ err: cause }, "a database connection was lost");
  });
  // The pool listens only while one is idle. What is lost in use fails its statement, and no more than that: from the first
  // moment on, since a database that ends may say so in the same breath as that the connection is ready.
  pool.on("connect", (client) => {
    client.on("error", (cause) => log.debug({ err: cause }, "a database connection was lost in use"));
  });
  const listener = createListener({ url, tenant, log });

  /** A connection of this tenant, as the role that may not do more than that. */
  async function connect(): Promise<pg.PoolClient> {
    const client = await pool.connect();
    if (isBound.has(client)) return client;
    try {
      // Nobody puts tables of his own before ours.
      await client.query(`set role ${ROLE}; set search_path = public; set haggle.tenant = '${tenant}'`);
    } catch (cause) {
      client.release(true);
      throw cause;
    }
    isBound.add(client);
    return client;
  }

  const query: Query = async (text, values, name) => {
    const client = await connect().catch(throwUnreachable);
    try {
      return await run(client, { text, values, name });
    } finally {
      client.release();
    }
  };

  const hints = createHints(async (topics) => {
    const told = topics.map((topic) => `haggle_${topic}`);
    await query(
      "select pg_notify(topic, $2) from unnest($1::text[]) as t (topic)",
      [told, tenant],
      "notify-all",
    );
  });

  async function attempt<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await connect().catch(throwUnreachable);
    let broken: Error | undefined;
    const tx = createTransaction(client);
    try {
      // Waited for: what is sent behind a begin that fails would be a transaction of its own.
      await client.query("begin");
      const result = await work(tx);
      tx.end();
      // Where a statement failed that nobody waited for, the database undoes everything, and calls that no error.
      const { command } = await client.query("commit");
      if (command !== "COMMIT") throw await tx.failure();
      for (const topic of tx.hints) hints.tell(topic);
      return result;
    } catch (cause) {
      tx.end();
      await client.query("rollback").catch((failure: Error) => {
        broken = failure;
      });
      return throwUnreachable(cause);
    } finally {
      client.release(broken);
    }
  }

  return {
    tenant,
    query,
    async transaction(work) {
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(work);
        } catch (cause) {
          if (tries === MAX_TRIES || !mayGoWell(cause)) throw cause;
        }
      }
    },
    listen: listener.listen,
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    expectEnd() {
      isEndExpected = true;
    },
    async close() {
      await hints.close();
      await listener.close();
      await pool.end();
    },
  };
}

/** Statements on one connection, from `begin` until `end`. */
function createTransaction(
  client: pg.PoolClient,
): Queryable & { hints: ReadonlySet<string>; end: () => void; failure: () => Promise<unknown> } {
  const hints = new Set<string>();
  let isOver = false;
  let failure: unknown;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[], name?: string) {
      // What is still under way behind a failure must not run, and be committed, outside of the transaction.
      if (isOver) throw new Error("The transaction is over");
      sendTogether(client);
      const rows = run<Row>(client, { text, values, name }).catch((cause: unknown) => {
        failure ??= cause;
        // Of those that were sent together, the first to fail says what is wrong; the database does not run the others.
        throw codeOf(cause) === TRANSACTION_ABORTED ? failure : cause;
      });
      last = rows;
      return rows;
    },
    hint(topic) {
      hints.add(topic);
    },
    hints,
    end() {
      isOver = true;
    },
    /** What the first statement that failed was refused for, known when all have been answered. */
    async failure() {
      await last.catch(() => {});
      return failure ?? new Error("The transaction was undone");
    },
  };
}

/** What is asked of a connection until this turn of the event loop is over leaves as one packet, and not one a statement. */
function sendTogether(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

type Statement = { text: string; values: readonly unknown[] | undefined; name: string | undefined };

async function run<Row extends object>(
  client: pg.PoolClient,
  { text, values = [], name }: Statement,
): Promise<Row[]> {
  const config = { text, values: values as unknown[], ...(name !== undefined && { name }) };
  return (await client.query<Row>(config).catch(throwKnown)).rows;
}

/** Tells all processes after the commit. The topic's listeners look for themselves what is new. */
export async function notify({ query, hint }: Queryable, topic: string, tenant: string): Promise<void> {
  if (hint !== undefined) hint(topic);
  else await query("select pg_notify($1, $2)", [`haggle_${topic}`, tenant], "notify");
}

type Preparation = { adminUrl: string; url: string; migrations: string; tenant: string; log: Logger };

async function prepare({ adminUrl, url, migrations, tenant, log }: Preparation): Promise<void> {
  const client = new pg.Client({
    connectionString: adminUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: "haggle-migrations",
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const ran = await migrate(client, migrations);
    if (ran.length > 0) log.info({ migrations: ran }, "the database is up to date");
    const { user } = new pg.Client({ connectionString: url });
    if (user) await grantRole(client, user);
    await client.query(`set haggle.tenant = '${tenant}'`);
    await client.query("insert into tenants (tenant_id) values ($1) on conflict do nothing", [tenant]);
  } catch (cause) {
    throwUnreachable(cause);
  } finally {
    await client.end().catch(() => {});
  }
}

async function grantRole(client: pg.Client, user: string): Promise<void> {
  await client.query(`grant ${ROLE} to ${client.escapeIdentifier(user)}`).catch((cause: unknown) => {
    // Another server, or another tenant's, grants it at the same moment: unique_violation, or "tuple concurrently updated".
    if (!["23505", "XX000"].includes(codeOf(cause) ?? "")) throw cause;
  });
}

/** What the database asks to repeat: two got into each other's way, and neither did anything wrong. */
export function mayGoWell(cause: unknown): boolean {
  return AGAIN.includes(codeOf(cause) ?? "");
}

/** PostgreSQL's SQLSTATE, or the system's code. */
function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
}

/** Text that no column can hold is the caller's: zeros and halves of surrogate pairs come in JSON. */
function throwKnown(cause: unknown): never {
  if (["22021", "22P02", "22P05"].includes(codeOf(cause) ?? "")) {
    throw new HaggleError("SERVER_BAD_REQUEST", "A text has characters that cannot be stored", { cause });
  }
  return throwUnreachable(cause);
}

/** A constraint that was hit is for the caller; a database that is not there is a failure with a code. */
function throwUnreachable(cause: unknown): never {
  if (cause instanceof HaggleError || !(cause instanceof Error) || !isUnreachable(cause)) throw cause;
  throw new HaggleError("SERVER_DATABASE", `The database cannot be used: ${cause.message}`, {
    value: codeOf(cause),
    cause,
  });
}

/**
 * Classes of SQLSTATE: connection, authorisation, no such database, locks that were not given, resources, operator. Codes
 * of the system: ECONNREFUSED.
 */
function isUnreachable(cause: Error): boolean {
  const code = codeOf(cause);
  if (code === undefined) return /timeout|terminated|not queryable/i.test(cause.message);
  return /^(?:08|25P03|28|3D|53|55P03|57)/.test(code) || /^E[A-Z]+$/.test(code);
}
