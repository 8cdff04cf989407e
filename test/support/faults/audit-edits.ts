import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AUDIT_START, encodeAuditLink } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { type AuditVerdict, verifyAuditChain } from "@haggle/toolchain";
import { makeKey, readAdminKey, withKey } from "../api-keys.ts";
import { signOnlineRoot } from "../online-root.ts";
import { createShop, type Shop, testSigner } from "../release.ts";
import { seeded } from "../seeded.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl } from "../server.ts";

// Whoever owns the database edits the audit log by SQL, as well as they can; what the server kept outside must tell.

type Row = { seq: number; record: string; hash: string };

/** What is done to the rows; `goesOn` lets the server write more behind it. */
type Edit = { name: string; edit(rows: Row[], random: () => number): Row[]; goesOn?: boolean };

const MIGRATIONS = join(import.meta.dirname, "../../../server/migrations");
const AUDIT_KEY = 7;
const CHANGES = 24;

const EDITS: readonly Edit[] = [
  { name: "a record changed", edit: (rows, random) => changeOne(rows, random) },
  { name: "a record and its hash changed", edit: (rows, random) => rehash(changeOne(rows, random)) },
  {
    name: "a record changed, and the chain made anew",
    edit: (rows, random) => rechain(changeOne(rows, random)),
  },
  { name: "a record deleted", edit: (rows, random) => without(rows, pick(random, rows.length - 1)) },
  {
    name: "a record deleted, and the chain made anew",
    edit: (rows, random) => rechain(without(rows, pick(random, rows.length))),
  },
  { name: "two records swapped", edit: (rows, random) => swap(rows, random) },
  {
    name: "two records swapped, and the chain made anew",
    edit: (rows, random) => rechain(swap(rows, random)),
  },
  {
    name: "a record put in, and the chain made anew",
    edit: (rows, random) => rechain(repeatOne(rows, random)),
  },
  { name: "the tail cut off", edit: (rows, random) => rows.slice(0, 1 + pick(random, rows.length - 1)) },
  {
    name: "an older copy restored",
    edit: (rows, random) => rows.slice(0, 1 + pick(random, rows.length - 1)),
    goesOn: true,
  },
  { name: "everything deleted", edit: () => [] },
];

/** A server with an audit key, its log of some changes, and what it kept of it outside of the database. */
export async function createAuditedShop() {
  const shop: Shop = await createShop();
  const signer = await testSigner(AUDIT_KEY);
  await shop.publish({ root: await signOnlineRoot({ roles: { audit: [signer] } }) });
  await shop.giveKey("audit", AUDIT_KEY);
  const first = await startServer(shop.dataFolder);
  const admin = await readAdminKey(shop.dataFolder);
  for (let change = 0; change < CHANGES; change++) await makeKey(first, admin, ["evaluate"]);
  await first.close();
  // Another machine on the same database: what it keeps by itself does not matter here.
  const elsewhere = await createShop();
  const server = await startServer(elsewhere.dataFolder, {
    env: { HAGGLE_TENANT: tenantOf(shop.dataFolder) },
  });
  const tenant = tenantOf(shop.dataFolder);
  const owner = await openDatabase({
    url: testDatabaseUrl(),
    tenant,
    migrations: MIGRATIONS,
    log: createLog("warn"),
  });
  return {
    server,
    admin,
    tenant,
    owner,
    heads: (await readFile(join(shop.dataFolder, "audit", "heads.jsonl"), "utf8")).trim().split("\n"),
    keys: [await importPublicKey(signer.publicKey)],
    dataFolder: shop.dataFolder,
    async remove(): Promise<void> {
      await owner.close();
      await server.close();
      await shop.remove();
      await elsewhere.remove();
    },
  };
}

export type AuditedShop = Awaited<ReturnType<typeof createAuditedShop>>;

/** Edits the log `runs` times, each time from what it was, and tells which edits nobody saw. */
export async function tamper(shop: AuditedShop, runs: number, seed: number): Promise<string[]> {
  const random = seeded(seed);
  const whole = await readRows(shop);
  const missed: string[] = [];
  for (let run = 0; run < runs; run++) {
    const { name, edit, goesOn } = EDITS[run % EDITS.length]!;
    await writeRows(shop, edit(structuredClone(whole), random));
    if (goesOn) for (let more = 0; more < CHANGES / 4; more++) await goOn(shop.server, shop.admin);
    const { findings } = await verify(shop);
    if (findings.length === 0) missed.push(`run ${run}: ${name}`);
    await writeRows(shop, whole);
  }
  const sound = await verify(shop);
  if (sound.findings.length > 0) missed.push(`the log itself: ${JSON.stringify(sound.findings)}`);
  return missed;
}

export async function verify({ server, admin, heads, keys }: AuditedShop): Promise<AuditVerdict> {
  const response = await server.get("/v1/audit/export", withKey(admin));
  return verifyAuditChain((await response.text()).trim().split("\n"), { heads, keys });
}

/** A change that leaves nothing but its record. */
async function goOn(server: TestServer, admin: string): Promise<void> {
  const { id } = await makeKey(server, admin, ["evaluate"]);
  await fetch(`${server.url}/v1/keys/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${admin}` },
  });
}

/** As the one who owns the database, whom no policy and no grant holds. */
function asOwner<T>({ owner }: AuditedShop, work: (tx: Pick<Database, "query">) => Promise<T>): Promise<T> {
  return owner.transaction(async (tx) => {
    await tx.query("set local role none");
    return work(tx);
  });
}

function readRows(shop: AuditedShop): Promise<Row[]> {
  const sql = "select seq, record, hash from audit_records where tenant_id = $1 order by seq";
  return asOwner(shop, (tx) => tx.query<Row>(sql, [shop.tenant]));
}

/** The head follows: who can write one can write the other. */
async function writeRows(shop: AuditedShop, rows: Row[]): Promise<void> {
  const { tenant } = shop;
  const { seq, hash } = rows.at(-1) ?? { seq: 0, hash: AUDIT_START };
  await asOwner(shop, async (tx) => {
    await tx.query("delete from audit_records where tenant_id = $1", [tenant]);
    await tx.query(
      `insert into audit_records (tenant_id, seq, record, hash)
       select $1, * from unnest($2::bigint[], $3::text[], $4::text[])`,
      [tenant, rows.map((row) => row.seq), rows.map((row) => row.record), rows.map((row) => row.hash)],
    );
    await tx.query("update audit_heads set seq = $2, hash = $3 where tenant_id = $1", [tenant, seq, hash]);
  });
}

function changeOne(rows: Row[], random: () => number): Row[] {
  const row = rows[pick(random, rows.length)]!;
  const record = JSON.parse(row.record) as { time: number; action: string; actor: { id: string } };
  const kind = pick(random, 3);
  if (kind === 0) record.time += 1 + pick(random, 1_000);
  else if (kind === 1) record.action = `${record.action}d`;
  else record.actor.id = "key:somebodyelse";
  row.record = JSON.stringify(record);
  return rows;
}

function without(rows: Row[], index: number): Row[] {
  return rows.filter((_, at) => at !== index);
}

function swap(rows: Row[], random: () => number): Row[] {
  const a = pick(random, rows.length);
  const b = (a + 1 + pick(random, rows.length - 1)) % rows.length;
  [rows[a]!.record, rows[b]!.record] = [rows[b]!.record, rows[a]!.record];
  [rows[a]!.hash, rows[b]!.hash] = [rows[b]!.hash, rows[a]!.hash];
  return rows;
}

function repeatOne(rows: Row[], random: () => number): Row[] {
  // Not the last: behind the last head that was kept nobody can tell what is right.
  const index = pick(random, rows.length - 1);
  return [...rows.slice(0, index), { ...rows[index]! }, ...rows.slice(index)];
}

function rehash(rows: Row[]): Row[] {
  for (const row of rows) {
    const { prev } = JSON.parse(row.record) as { prev: string };
    row.hash = hashOf(prev, row.record);
  }
  return rows;
}

/** Numbers, links and hashes as if the rows had been written so. */
function rechain(rows: Row[]): Row[] {
  let prev = AUDIT_START;
  return rows.map(({ record: text }, index) => {
    const record = JSON.stringify({ ...(JSON.parse(text) as object), seq: index + 1, prev });
    prev = hashOf(prev, record);
    return { seq: index + 1, record, hash: prev };
  });
}

function hashOf(prev: string, record: string): string {
  return createHash("sha256").update(encodeAuditLink(prev, record)).digest("hex");
}

function pick(random: () => number, below: number): number {
  return Math.floor(random() * below);
}
