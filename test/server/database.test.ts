import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createLog, type Database, openDatabase, startEmbedded } from "@haggle/server";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { notify } from "../../server/platform/database/database.ts";
import { migrate } from "../../server/platform/database/migrate.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { testDatabaseUrl, until } from "../support/server.ts";

const log = createLog("silent");
const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
const SHARED = testDatabaseUrl();

let folder: string;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-database-test-"));
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  await removeFolder(folder);
});

async function openAs(
  tenant: string,
  options: { url?: string; migrations?: string } = {},
): Promise<Database> {
  const database = await openDatabase({ url: SHARED, migrations: MIGRATIONS, tenant, log, ...options });
  open.push(database);
  return database;
}

async function startHere(): Promise<string> {
  const postgres = await startEmbedded(join(folder, "database"), log);
  open.push({ close: postgres.stop });
  return postgres.url;
}

describe("a database", () => {
  it("is used by a role that is no superuser, owns nothing, and passes no policy by", async () => {
    const database = await openAs("roles");
    const [role] = await database.query<object>(
      "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user",
    );
    expect(role).toEqual({ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false });
    const owned = await database.query("select from pg_class where relowner = current_user::regrole");
    expect(owned).toEqual([]);
  });

  it("forces row-level security by tenant on each of its tables", async () => {
    const database = await openAs("security");
    const tables = await database.query<{ name: string; safe: boolean }>(`
      select c.relname as name,
        c.relrowsecurity and c.relforcerowsecurity
        and exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id' and attnotnull)
        and exists (
          select from pg_policies p
          where p.tablename = c.relname and p.qual like '%tenant_id = ( SELECT current_setting(''haggle.tenant''%'
        ) as safe
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname = 'public' and c.relname not in ('haggle_migrations', 'order_transitions')`);
    expect(tables.map(({ name }) => name)).toContain("tenants");
    expect(tables.filter(({ safe }) => !safe)).toEqual([]);
  });

  it("shows a tenant no rows but its own", async () => {
    const [north, south] = [await openAs("north"), await openAs("south")];
    for (const database of [north, south]) {
      expect(await database.query("select tenant_id from tenants")).toEqual([{ tenant_id: database.tenant }]);
    }
  });

  it("refuses a tenant whose name is none", async () => {
    await expect(openAs("x'; drop table tenants; --")).rejects.toMatchObject({
      code: "SERVER_BAD_CONFIG",
      at: "HAGGLE_TENANT",
    });
  });

  it("undoes all of a transaction that throws", async () => {
    const url = await startHere();
    const migrations = await notes("create table notes (note text unique)");
    const database = await openAs("undo", { url, migrations });
    const work = database.transaction(async (tx) => {
      await tx.query("insert into notes values ('a')");
      throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    // Of statements that are sent together the first that fails is told, not that the others were not run.
    const together = database.transaction(async ({ query }) => {
      const twice = async () => {
        await Promise.all(["b", "b"].map((note) => query("insert into notes values ($1)", [note])));
      };
      await Promise.all([twice(), query("insert into notes values ('c')")]);
    });
    await expect(together).rejects.toMatchObject({ code: "23505" });
    // Nor is it said to be done where nobody waits for the one that fails.
    const unheard = database.transaction(async ({ query }) => {
      await query("insert into notes values ('e')");
      query("insert into notes values ('e')").catch(() => {});
    });
    await expect(unheard).rejects.toMatchObject({ code: "23505" });
    // What goes on behind the end of a transaction is in no other one.
    let late: Promise<unknown> | undefined;
    const ended = database.transaction(async ({ query }) => {
      late = query("select 1").then(async () => {
        await ended.catch(() => {});
        await query("insert into notes values ('d')");
      });
      throw new Error("no");
    });
    await expect(ended).rejects.toThrow("no");
    await expect(late).rejects.toThrow("The transaction is over");
    expect(await database.query("select * from notes")).toEqual([]);
  });

  it("runs transactions again that ran into each other", async () => {
    const url = await startHere();
    const migrations = await notes(
      "create table notes (note text primary key, count int not null); insert into notes values ('a', 0), ('b', 0)",
    );
    const database = await openAs("again", { url, migrations });
    const raise = (first: string, second: string) =>
      database.transaction(async (tx) => {
        for (const note of [first, second]) {
          await tx.query("update notes set count = count + 1 where note = $1", [note]);
          await setTimeout(20);
        }
      });
    // Each pair locks the two rows in opposite order: a deadlock, which one of them must lose.
    await Promise.all(Array.from({ length: 4 }, (_, i) => (i % 2 ? raise("a", "b") : raise("b", "a"))));
    expect(await database.query("select note, count from notes order by note")).toEqual([
      { note: "a", count: 4 },
      { note: "b", count: 4 },
    ]);
  });

  it("gives whole numbers as numbers, and none that is not exact", async () => {
    const database = await openAs("numbers");
    expect(await database.query("select 9007199254740991::bigint as n")).toEqual([{ n: 2 ** 53 - 1 }]);
    await expect(database.query("select 9007199254740992::bigint as n")).rejects.toThrow("2^53");
    expect(await database.query("select 1 as n")).toEqual([{ n: 1 }]);
  });

  it("passes hints on to every process of the tenant, and to no other", async () => {
    const [here, there, stranger] = [await openAs("hints"), await openAs("hints"), await openAs("others")];
    const heard = { there: 0, stranger: 0 };
    there.listen("things", () => heard.there++);
    stranger.listen("things", () => heard.stranger++);
    // Whoever begins to listen is told to look once: what was said before is not told again.
    await until(() => heard.there === 1 && heard.stranger === 1);
    await here.query("select pg_notify('haggle_things', 'hints')");
    await until(() => heard.there === 2);
    expect(heard.stranger).toBe(1);
  });

  it("tells of what was committed, and of nothing that was undone", async () => {
    const [here, there] = [await openAs("told"), await openAs("told")];
    const heard = { things: 0, others: 0, last: 0 };
    for (const topic of ["things", "others", "last"] as const) there.listen(topic, () => heard[topic]++);
    await until(() => heard.things === 1 && heard.others === 1 && heard.last === 1);
    const tell = (topic: string) => here.transaction((tx) => notify(tx, topic, "told"));
    const undone = here.transaction(async (tx) => {
      await notify(tx, "things", "told");
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await tell("others");
    await until(() => heard.others === 2);
    expect(heard.things).toBe(1);
    // What is told at once goes together; what is committed while others are told is told behind them.
    await Promise.all(Array.from({ length: 20 }, () => tell("things")));
    await tell("last");
    await until(() => heard.last === 2);
    expect(heard.things).toBeGreaterThan(1);
    expect(heard.things).toBeLessThanOrEqual(21);
    expect(heard.others).toBe(2);
  });

  it("says what is wrong when it cannot be reached", async () => {
    const url = "postgres://haggle:secret@127.0.0.1:1/haggle";
    const failure = await openAs("gone", { url }).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: "SERVER_DATABASE", value: "ECONNREFUSED" });
    expect(String(failure)).not.toContain("secret");
  });
});

describe("migrations", () => {
  it("run once, in order, also when servers start at once", async () => {
    const url = await startHere();
    const migrations = await notes("create table notes (note text)");
    await writeFile(join(migrations, "0003-more.sql"), "insert into notes values ('ran')");
    const databases = await Promise.all(
      [1, 2, 3].map((number) => openAs(`server-${number}`, { url, migrations })),
    );
    expect(await databases[0]!.query("select note from notes")).toEqual([{ note: "ran" }]);
  });

  it("begin once on a database that has none, however close to each other servers start", async () => {
    const url = await startHere();
    const clients = Array.from({ length: 8 }, () => new pg.Client(url));
    for (const client of clients) {
      await client.connect();
      open.push({ close: () => client.end() });
    }
    const none = join(folder, "none");
    await mkdir(none);
    // One of them in a thousand finds the other's table half-way, so there are many, a little apart.
    for (let round = 0; round < 400; round++) {
      await clients[0]!.query("drop table if exists haggle_migrations");
      const start = async (client: pg.Client) => {
        await setTimeout(Math.random() * 6);
        return migrate(client, none);
      };
      expect((await Promise.all(clients.map(start))).flat()).toEqual([]);
    }
  });

  it("leave nothing of one that fails, and stop the start with its name", async () => {
    const url = await startHere();
    const migrations = await notes("create table notes (note text); select wrong");
    await expect(openAs("fails", { url, migrations })).rejects.toMatchObject({
      code: "SERVER_MIGRATION",
      at: "0002-notes.sql",
    });
    await notes("create table notes (note text)");
    const database = await openAs("fails", { url, migrations });
    expect(await database.query("select * from notes")).toEqual([]);
  });

  it("are never changed once they ran", async () => {
    const url = await startHere();
    const migrations = await notes("create table notes (note text)");
    await openAs("first", { url, migrations });
    await notes("create table notes (note text, number int)");
    await expect(openAs("second", { url, migrations })).rejects.toMatchObject({
      code: "SERVER_MIGRATION",
      at: "0002-notes.sql",
    });
  });
});

describe("the embedded PostgreSQL", () => {
  it("keeps its rows over a stop", async () => {
    const migrations = await notes("create table notes (note text)");
    const first = await startEmbedded(join(folder, "database"), log);
    const writer = await openDatabase({ url: first.url, migrations, tenant: "kept", log });
    await writer.query("insert into notes values ('kept')");
    await writer.close();
    await first.stop();
    const database = await openAs("kept", { url: await startHere(), migrations });
    expect(await database.query("select note from notes")).toEqual([{ note: "kept" }]);
  });

  it("has files for its owner alone, and leaves no socket behind", async () => {
    const postgres = await startEmbedded(join(folder, "database"), log);
    expect((await stat(join(folder, "database", "password"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "database"))).mode & 0o777).toBe(0o700);
    const socket = new URL(postgres.url).searchParams.get("host")!;
    expect((await stat(socket)).mode & 0o777).toBe(0o700);
    await postgres.stop();
    await expect(stat(socket)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is not shared by two servers", async () => {
    await startHere();
    await expect(startEmbedded(join(folder, "database"), log)).rejects.toMatchObject({
      code: "SERVER_DATABASE_LOCKED",
    });
  });

  it("begins anew where the making of the cluster was interrupted", async () => {
    await mkdir(join(folder, "database", "cluster.new", "base"), { recursive: true });
    await startHere();
    expect(await readdir(join(folder, "database"))).not.toContain("cluster.new");
  });

  it("starts over what a power cut has left", async () => {
    const migrations = await notes("create table notes (note text)");
    const first = await startEmbedded(join(folder, "database"), log);
    const writer = await openDatabase({ url: first.url, migrations, tenant: "cut", log });
    await writer.query("insert into notes values ('kept')");
    const state = join(folder, "database", "cluster", "postmaster.pid");
    const left = await readFile(state, "utf8");
    await writer.close();
    await first.stop();
    // Of a process that is no more, and which was ready.
    const gone = spawn("true");
    await new Promise((resolve) => gone.once("close", resolve));
    await writeFile(state, left.replace(/^\d+/, String(gone.pid)));
    const database = await openAs("cut", { url: await startHere(), migrations });
    expect(await database.query("select note from notes")).toEqual([{ note: "kept" }]);
  });

  it("is started again when it ends by itself", async () => {
    const url = await startHere();
    const database = await openAs("again", { url });
    const pid = await readPostmaster();
    process.kill(pid, "SIGKILL");
    const isBack = () =>
      database.query("select 1 as one").then(
        ([row]) => row,
        (cause: unknown) => expect(cause).toMatchObject({ code: "SERVER_DATABASE" }),
      );
    await until(async () => ![0, pid].includes(await readPostmaster()) && (await isBack()) !== undefined);
  });

  it("ends with its server, also when that is killed, and loses nothing that was committed", async () => {
    const migrations = await notes("create table notes (note int)");
    const program = new URL("../support/write-in-a-loop.ts", import.meta.url).pathname;
    const child = spawn(
      process.execPath,
      ["--conditions=haggle-source", program, join(folder, "database"), migrations],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let acknowledged = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      acknowledged = Number(chunk.toString("utf8").trim().split("\n").at(-1));
    });
    await until(() => acknowledged > 20);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    const database = await openAs("loop", { url: await startHere(), migrations });
    const [row] = await database.query<{ newest: number }>("select max(note) as newest from notes");
    expect(row!.newest).toBeGreaterThanOrEqual(acknowledged);
  });
});

async function readPostmaster(): Promise<number> {
  const path = join(folder, "database", "cluster", "postmaster.pid");
  return Number.parseInt(await readFile(path, "utf8").catch(() => "0"), 10);
}

/** The first migration, and a second one with tables that only this test has. */
async function notes(sql: string): Promise<string> {
  const path = join(folder, "migrations");
  await mkdir(path, { recursive: true });
  await cp(join(MIGRATIONS, "0001-tenants.sql"), join(path, "0001-tenants.sql"));
  const grants = "grant select, insert, update on all tables in schema public to haggle_app";
  await writeFile(join(path, "0002-notes.sql"), `${sql};\n${grants};\n`);
  return path;
}
