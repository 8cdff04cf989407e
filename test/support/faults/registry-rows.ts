import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnvelope, parseRelease } from "@haggle/abi";
import type { Database } from "@haggle/server";

// What a registry holds, by its rows and by its release folder.

/** Of every table of the registry what tells its rows apart; and what was written down, and told, of them. */
const ROWS = `
  select concat_ws(' ', 'root', version, sha256) as line from roots
  union all select concat_ws(' ', 'bundle', sha256, octet_length(document)) from bundles
  union all select concat_ws(' ', 'release', sha256, signers) from releases
  union all select concat_ws(' ', 'newest', newest) from release_versions
  union all select concat_ws(' ', 'head', channel, kind, edition, file_sha256) from channel_heads
  union all select concat_ws(' ', 'document', channel, kind, edition, file_sha256) from channel_documents
  union all select concat_ws(' ', 'record', seq, hash) from audit_records
  union all select concat_ws(' ', 'event', id, type) from outbox_events`;

/** One line for each row. */
export async function listRows(database: Database): Promise<string[]> {
  const rows = await database.query<{ line: string }>(ROWS);
  return rows.map(({ line }) => line).sort();
}

/** One line for each file, with the digest of its bytes. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const lines = files.map(
    async ({ parentPath, name }) => `${name} ${sha256(await readFile(join(parentPath, name)))}`,
  );
  return (await Promise.all(lines)).sort();
}

/**
 * Holds every row against what it says of itself: digests, what it names, the newest of its kind, and its record.
 *
 * @returns what is wrong
 */
export async function checkRows(database: Database): Promise<string[]> {
  const wrong: string[] = [];
  type Stored = { sha256: string; document: Uint8Array };
  const bundles = await database.query<Stored>("select sha256, document from bundles");
  const releases = await database.query<Stored>("select sha256, document from releases");
  const held = new Set(bundles.map((bundle) => bundle.sha256));
  for (const bundle of bundles) {
    if (sha256(bundle.document) !== bundle.sha256) wrong.push(`bundle ${bundle.sha256}`);
  }
  for (const release of releases) {
    const { payload } = parseEnvelope(release.document, "release");
    if (sha256(payload) !== release.sha256) wrong.push(`release ${release.sha256}`);
    for (const bundle of parseRelease(payload).bundles) {
      if (!held.has(bundle.sha256)) wrong.push(`release ${release.sha256} without its bundle`);
    }
  }
  const heads = await database.query<{ channel: string }>(
    `select h.channel from channel_heads h where not exists (
       select from channel_documents d where (d.channel, d.kind, d.edition, d.file_sha256, d.document)
         = (h.channel, h.kind, h.edition, h.file_sha256, h.document)
     ) or h.edition <> (
       select count(*) from channel_documents d where (d.channel, d.kind) = (h.channel, h.kind)
     )`,
  );
  return [...wrong, ...heads.map(({ channel }) => `the head of ${channel}`)];
}

/** How often the audit log tells of an object. */
export async function countRecords(database: Database, object: string): Promise<number> {
  const rows = await database.query<{ record: string }>(
    "select record from audit_records where strpos(record, $1) > 0",
    [object],
  );
  return rows.filter(({ record }) => (JSON.parse(record) as { object: string }).object === object).length;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
