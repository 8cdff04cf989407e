import type { Queryable } from "../../platform/database/database.ts";

// One function per statement. Documents are the signed bytes; digests are lower-case hex SHA-256.

/** What a channel has one of, newest first: its channel document and its prices. */
export type Kind = "channel" | "prices";

export type Head = {
  channel: string;
  kind: Kind;
  /** Counts up by one, whatever becomes of versions. */
  edition: number;
  version: number;
  /** Of the payload. */
  sha256: string;
  /** Of the signed bytes. */
  fileSha256: string;
  document: Uint8Array;
};

export type ReleaseRow = {
  sha256: string;
  version: number;
  bundle: string;
  issued: number;
  expires: number;
  promotions: number;
  signers: string[];
};

const HEAD = `channel, kind, edition, version, sha256, file_sha256 as "fileSha256", document`;

export async function insertRoot(
  db: Queryable,
  root: { version: number; sha256: string; document: Uint8Array; now: number },
): Promise<boolean> {
  const rows = await db.query(
    `insert into roots (version, sha256, document, stored_at) values ($1, $2, $3, $4)
     on conflict do nothing returning version`,
    [root.version, root.sha256, toBuffer(root.document), root.now],
  );
  return rows.length > 0;
}

export async function findRoot(
  db: Queryable,
  version: number,
): Promise<{ sha256: string; document: Uint8Array } | undefined> {
  const [row] = await db.query<{ sha256: string; document: Uint8Array }>(
    "select sha256, document from roots where version = $1",
    [version],
  );
  return row;
}

export async function findFirstRoot(db: Queryable): Promise<Uint8Array | undefined> {
  const [row] = await db.query<{ document: Uint8Array }>(
    "select document from roots order by version limit 1",
  );
  return row?.document;
}

export async function findNewestRootVersion(db: Queryable): Promise<number> {
  const [row] = await db.query<{ version: number | null }>(
    "select max(version) as version from roots",
    [],
    "roots-newest-version",
  );
  return row?.version ?? 0;
}

export async function deleteRootsFrom(db: Queryable, version: number): Promise<void> {
  await db.query("delete from roots where version >= $1", [version]);
}

export async function insertBundle(
  db: Queryable,
  bundle: { sha256: string; document: Uint8Array; now: number },
): Promise<boolean> {
  const rows = await db.query(
    "insert into bundles (sha256, document, stored_at) values ($1, $2, $3) on conflict do nothing returning sha256",
    [bundle.sha256, toBuffer(bundle.document), bundle.now],
  );
  return rows.length > 0;
}

export async function findBundle(db: Queryable, sha256: string): Promise<Uint8Array | undefined> {
  const [row] = await db.query<{ document: Uint8Array }>("select document from bundles where sha256 = $1", [
    sha256,
  ]);
  return row?.document;
}

/** False when it is there already. */
export async function insertRelease(
  db: Queryable,
  release: ReleaseRow & { document: Uint8Array; now: number },
): Promise<boolean> {
  const { sha256, version, bundle, issued, expires, promotions, signers, document, now } = release;
  const rows = await db.query(
    `insert into releases (sha256, version, bundle, issued, expires, promotions, signers, document, stored_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning sha256`,
    [sha256, version, bundle, issued, expires, promotions, signers, toBuffer(document), now],
  );
  return rows.length > 0;
}

export async function findRelease(db: Queryable, sha256: string): Promise<Uint8Array | undefined> {
  const [row] = await db.query<{ document: Uint8Array }>("select document from releases where sha256 = $1", [
    sha256,
  ]);
  return row?.document;
}

/** One of those that are named and not there. */
export async function findMissingRelease(
  db: Queryable,
  digests: readonly string[],
): Promise<string | undefined> {
  const [row] = await db.query<{ sha256: string }>(
    `select named.sha256 from unnest($1::text[]) as named (sha256)
     where not exists (select from releases where releases.sha256 = named.sha256) limit 1`,
    [digests],
  );
  return row?.sha256;
}

/** The same release with more signatures. */
export async function replaceRelease(
  db: Queryable,
  { sha256, signers, document }: Pick<ReleaseRow, "sha256" | "signers"> & { document: Uint8Array },
): Promise<void> {
  await db.query("update releases set signers = $2, document = $3 where sha256 = $1", [
    sha256,
    signers,
    toBuffer(document),
  ]);
}

/** Newest first, below the version `before`. */
export function listReleases(
  db: Queryable,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<ReleaseRow[]> {
  return db.query<ReleaseRow>(
    `select sha256, version, bundle, issued, expires, promotions, signers from releases
     where $1::bigint is null or version < $1 order by version desc, sha256 limit $2`,
    [before ?? null, limit],
  );
}

/** False when there is one of this version or above. Of two at once one waits for the other, and is told. */
export async function claimReleaseVersion(db: Queryable, version: number): Promise<boolean> {
  const rows = await db.query(
    `insert into release_versions as known (newest) values ($1)
     on conflict (tenant_id) do update set newest = excluded.newest where known.newest < excluded.newest
     returning newest`,
    [version],
  );
  return rows.length > 0;
}

/** The newest document of each kind of each channel. */
export function listHeads(db: Queryable): Promise<Head[]> {
  return db.query<Head>(`select ${HEAD} from channel_heads order by channel, kind`, [], "channel-heads");
}

/** As it is, held by nobody. */
export async function findHead(db: Queryable, channel: string, kind: Kind): Promise<Head | undefined> {
  const [row] = await db.query<Head>(`select ${HEAD} from channel_heads where channel = $1 and kind = $2`, [
    channel,
    kind,
  ]);
  return row;
}

/** Holds the row until the transaction ends. */
export async function lockHead(db: Queryable, channel: string, kind: Kind): Promise<Head | undefined> {
  const [row] = await db.query<Head>(
    `select ${HEAD} from channel_heads where channel = $1 and kind = $2 for update`,
    [channel, kind],
  );
  return row;
}

export async function findEdition(db: Queryable, channel: string, kind: Kind): Promise<number | undefined> {
  const [row] = await db.query<Pick<Head, "edition">>(
    "select edition from channel_heads where channel = $1 and kind = $2",
    [channel, kind],
  );
  return row?.edition;
}

/** Holds the row until the transaction ends, without reading what may be long. */
export async function lockEdition(db: Queryable, channel: string, kind: Kind): Promise<number | undefined> {
  const [row] = await db.query<Pick<Head, "edition">>(
    "select edition from channel_heads where channel = $1 and kind = $2 for update",
    [channel, kind],
  );
  return row?.edition;
}

/** Puts a head in the place of the edition before it; the first edition where there is none. False when that is not so. */
export async function replaceHead(db: Queryable, head: Head): Promise<boolean> {
  const { channel, kind, edition, version, sha256, fileSha256, document } = head;
  const rows = await db.query(
    edition === 1
      ? `insert into channel_heads (channel, kind, edition, version, sha256, file_sha256, document)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning edition`
      : `update channel_heads set edition = $3, version = $4, sha256 = $5, file_sha256 = $6, document = $7
         where channel = $1 and kind = $2 and edition = $3 - 1 returning edition`,
    [channel, kind, edition, version, sha256, fileSha256, toBuffer(document)],
  );
  return rows.length > 0;
}

export async function insertDocument(db: Queryable, head: Head, now: number): Promise<void> {
  const { channel, kind, edition, version, sha256, fileSha256, document } = head;
  await db.query(
    `insert into channel_documents (channel, kind, edition, version, sha256, file_sha256, document, stored_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [channel, kind, edition, version, sha256, fileSha256, toBuffer(document), now],
  );
}

/** Of prices that were stored before a moment, and have others in their place: their digests stay. */
export async function dropPricesBytes(
  db: Queryable,
  { channel, edition }: Pick<Head, "channel" | "edition">,
  before: number,
): Promise<void> {
  await db.query(
    `update channel_documents set document = null
     where channel = $1 and kind = 'prices' and document is not null and edition < $2 and stored_at < $3`,
    [channel, edition, before],
  );
}

/** Whether there was ever a document of these bytes. */
export async function hasDocument(
  db: Queryable,
  { channel, kind, fileSha256 }: Pick<Head, "channel" | "kind" | "fileSha256">,
): Promise<boolean> {
  const rows = await db.query(
    "select 1 from channel_documents where channel = $1 and kind = $2 and file_sha256 = $3 limit 1",
    [channel, kind, fileSha256],
  );
  return rows.length > 0;
}

export async function findChannelDocument(
  db: Queryable,
  channel: string,
  fileSha256: string,
): Promise<Uint8Array | undefined> {
  const rows = await db.query<{ document: Uint8Array }>(
    "select document from channel_documents where channel = $1 and kind = 'channel' and file_sha256 = $2 limit 1",
    [channel, fileSha256],
  );
  return rows[0]?.document;
}

/** The driver would send any other view as text. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
