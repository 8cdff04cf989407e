import { createHash } from "node:crypto";
import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createDocumentCache } from "../../server/modules/releases/document-cache.ts";
import { insertBundle } from "../../server/modules/releases/store.ts";
import { testDatabaseUrl } from "../support/server.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");

let database: Database;
let questions: number;
let tenants = 0;
let cache: ReturnType<typeof createDocumentCache>;

beforeEach(async () => {
  const tenant = `documents-${process.pid}-${++tenants}`;
  const log = createLog("silent");
  database = await openDatabase({ url: testDatabaseUrl(), tenant, migrations: MIGRATIONS, log });
  questions = 0;
  cache = createDocumentCache({
    ...database,
    query(text, values) {
      questions++;
      return database.query(text, values);
    },
  });
});
afterEach(() => database.close());

async function store(text: string): Promise<string> {
  const document = new TextEncoder().encode(text);
  const sha256 = createHash("sha256").update(document).digest("hex");
  await insertBundle(database, { sha256, document, now: 0 });
  return sha256;
}

it("asks once for what is not there, until something was stored", async () => {
  const sha256 = createHash("sha256").update("later").digest("hex");
  for (let time = 0; time < 3; time++) expect(await cache.findBundle(sha256)).toBeUndefined();
  expect(questions).toBe(1);
  await store("later");
  expect(await cache.findBundle(sha256)).toBeUndefined();
  cache.forget();
  for (let time = 0; time < 3; time++) expect(await cache.findBundle(sha256)).toMatchObject({ sha256 });
  expect(questions).toBe(2);
});

it("does not call missing what was stored while it looked", async () => {
  const sha256 = createHash("sha256").update("now").digest("hex");
  const looking = cache.findBundle(sha256);
  cache.forget();
  await looking;
  await store("now");
  expect(await cache.findBundle(sha256)).toMatchObject({ sha256 });
});

it("takes no bundle for a release", async () => {
  const sha256 = await store("bundle");
  expect(await cache.findBundle(sha256)).toMatchObject({ sha256 });
  expect(await cache.findRelease(sha256)).toBeUndefined();
  expect(await cache.findBundle(sha256)).toMatchObject({ sha256 });
});

it("gives nobody what is not what its digest says, and does not keep it", async () => {
  const sha256 = createHash("sha256").update("whole").digest("hex");
  await insertBundle(database, { sha256, document: new TextEncoder().encode("whole, and more"), now: 0 });
  for (let time = 1; time <= 2; time++) {
    const refusal = { code: "DOCUMENT_DIGEST_MISMATCH", at: "bundle", value: sha256 };
    await expect(cache.findBundle(sha256)).rejects.toMatchObject(refusal);
    expect(questions).toBe(time);
  }
});

it("remembers a thousand that are missing", async () => {
  const digests = Array.from({ length: 1_001 }, (_, index) => index.toString(16).padStart(64, "0"));
  for (const sha256 of digests) await cache.findRelease(sha256);
  expect(questions).toBe(1_001);
  await cache.findRelease(digests.at(-1)!);
  expect(questions).toBe(1_001);
  await cache.findRelease(digests[0]!);
  expect(questions).toBe(1_002);
});
