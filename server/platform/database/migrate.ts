import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError } from "@haggle/abi";
import type { Client } from "pg";

// Forward only. A file that has run is never changed: its digest is remembered, and another text under its name stops
// the start.

const NAME = /^\d{4}-[a-z0-9-]+\.sql$/;

/**
 * Runs the migrations of the folder that this database has not seen, in the order of their names, each in one transaction
 * with the note that it ran. Servers that start at once wait for each other.
 *
 * @returns the names of those that ran
 * @throws HaggleError SERVER_MIGRATION with the file's name
 */
export async function migrate(client: Client, folder: string): Promise<string[]> {
  await createHistory(client);
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  const ran: string[] = [];
  for (const name of names) {
    const sql = await readFile(join(folder, name), "utf8");
    if (await runOnce(client, name, sql)) ran.push(name);
  }
  return ran;
}

/**
 * `if not exists` alone does not keep two servers on an empty database apart: both may find nothing there, and the slower
 * one is told of a name that exists, with a code for each of the catalogue's tables that may say so first.
 */
async function createHistory(client: Client): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock(hashtextextended('haggle migrations', 0))");
    await client.query(`create table if not exists haggle_migrations (
      name text primary key, sha256 text not null, ran_at timestamptz not null default now()
    )`);
    await client.query("commit");
  } catch (cause) {
    await client.query("rollback");
    throw cause;
  }
}

async function runOnce(client: Client, name: string, sql: string): Promise<boolean> {
  const sha256 = createHash("sha256").update(sql).digest("hex");
  await client.query("begin");
  try {
    await client.query("lock table haggle_migrations in access exclusive mode");
    const { rows } = await client.query<{ sha256: string }>(
      "select sha256 from haggle_migrations where name = $1",
      [name],
    );
    const [known] = rows;
    if (known !== undefined && known.sha256 !== sha256) {
      const message = "This migration has run with another text; a migration is never changed";
      throw new HaggleError("SERVER_MIGRATION", message, { at: name, value: known.sha256 });
    }
    if (known === undefined) {
      await client.query(sql);
      await client.query("insert into haggle_migrations (name, sha256) values ($1, $2)", [name, sha256]);
    }
    await client.query("commit");
    return known === undefined;
  } catch (cause) {
    await client.query("rollback");
    if (cause instanceof HaggleError) throw cause;
    throw new HaggleError("SERVER_MIGRATION", (cause as Error).message, { at: name, cause });
  }
}
