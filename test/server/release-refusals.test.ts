import { join } from "node:path";
import { encodeBase64, parseEnvelope, parseRoot, type Release, type Root } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { cosign, type SignedDocument, type Signer, signDocument } from "@haggle/sdk/sign";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { signBundle } from "@haggle/toolchain";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Api, createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { createShop, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl } from "../support/server.ts";

// What `POST /v1/releases` refuses, at a server whose root wants two authors: with which code, of what, and that nothing of it
// is kept.

const HOUR_MS = 60 * 60 * 1000;
const PAST = Date.now() - 100 * HOUR_MS;
const FUTURE = Date.now() + HOUR_MS;
/** Of what is refused. The registry has the one below. */
const VERSION = 3;
const NOBODYS = "ab".repeat(32);

const SPEND = "rules/spend.rule.ts";
const RULE = `class Spend {
  threshold: Money = 100_00;
  percent: Percent = Percent.of(5);
}

@promo(name="spend-percent")
export function spend(ctx: Context, p: Spend): Result {
  if (ctx.cart.total < p.threshold) return Result.none();
  return Result.orderPercent(p.percent, "SPEND");
}
`;

let shop: Shop;
let server: TestServer;
let api: Api;
let database: Database;
let authors: [Signer, Signer];
let bundle: { sha256: string; size: number };

beforeAll(async () => {
  shop = await createShop({ files: { [SPEND]: RULE } });
  authors = [await testSigner(1), await testSigner(2)];
  server = await startServer(shop.dataFolder);
  api = createApi(server, await readAdminKey(shop.dataFolder));
  database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("warn"),
  });
  const bytes = await signBundle(shop.bundle.bytes, authors[1]);
  bundle = { sha256: await sha256Hex(bytes), size: bytes.length };
  expect((await api.send("PUT", "/v1/root/1", (await signRootOfTwo()).bytes)).status).toBe(201);
  expect((await api.putBundle(bundle.sha256, bytes)).status).toBe(201);
  expect((await api.postRelease((await signRelease({ version: VERSION - 1 })).bytes)).status).toBe(201);
});

afterAll(async () => {
  await database?.close();
  await server?.close();
  await shop?.remove();
});

/** The shop's own root, but that releases and bundles want both authors. */
async function signRootOfTwo(): Promise<SignedDocument> {
  const root = parseRoot(parseEnvelope(shop.root.bytes, "root").payload);
  const { publicKey } = authors[1];
  const keyid = await sha256Hex(publicKey);
  const document: Root = {
    ...root,
    keys: { ...root.keys, [keyid]: { algorithm: "ed25519", public: encodeBase64(publicKey) } },
    roles: { ...root.roles, release: { keyids: [...root.roles.release.keyids, keyid], threshold: 2 } },
  };
  return signDocument(document, [authors[0]]);
}

/** Of one promotion, whose table is right before `change` is made. */
async function signRelease(
  change: Partial<Release> = {},
  signers: readonly Signer[] = authors,
): Promise<SignedDocument> {
  const promotions = [{ id: "spring", rule: "spend-percent", priority: 1, parameters: { percent: "7" } }];
  const right = await shop.sign({ version: VERSION, release: { promotions, bundles: [bundle] } });
  const { payload } = parseEnvelope(right.release.bytes, "release");
  const release = JSON.parse(new TextDecoder().decode(payload)) as Release;
  return signDocument({ ...release, ...change }, signers);
}

const withParameters = (parameters: Record<string, string | number>): Partial<Release> => ({
  promotions: [{ id: "spring", rule: "spend-percent", priority: 1, parameters }],
});

/** Everything that a publish could write. */
async function countRows(): Promise<object> {
  const [counts] = await database.query<object>(
    `select (select count(*)::int from releases) releases, (select count(*)::int from bundles) bundles,
       (select max(newest) from release_versions) newest, (select count(*)::int from channel_heads) heads,
       (select count(*)::int from audit_records) records, (select count(*)::int from outbox_events) events`,
  );
  return counts!;
}

type Told = { status: number; code: string; at: string; value: unknown };

async function expectRefused(bytes: Uint8Array | string, told: Told): Promise<void> {
  const before = await countRows();
  expect(await api.postRelease(bytes)).toMatchObject(told);
  expect(await countRows()).toEqual(before);
  const { payload } = parseEnvelope(bytes, "release");
  expect((await server.get(`/v1/releases/${await sha256Hex(payload)}`)).status).toBe(404);
}

it.each<[name: string, Told, change: () => Partial<Release>]>([
  [
    "not above the newest",
    { status: 409, code: "DOCUMENT_ROLLBACK", at: "release.version", value: VERSION - 1 },
    () => ({ version: VERSION - 1, expires: FUTURE }),
  ],
  [
    "expired",
    { status: 422, code: "DOCUMENT_EXPIRED", at: "expires", value: PAST + HOUR_MS },
    () => ({ issued: PAST, expires: PAST + HOUR_MS }),
  ],
  [
    "from the future",
    { status: 422, code: "DOCUMENT_ISSUED_IN_FUTURE", at: "issued", value: FUTURE },
    () => ({ issued: FUTURE, expires: FUTURE + HOUR_MS }),
  ],
  [
    "of a bundle that nobody brought",
    { status: 422, code: "SERVER_UNKNOWN_BUNDLE", at: "release.bundles[0]", value: NOBODYS },
    () => ({ bundles: [{ sha256: NOBODYS, size: 100 }] }),
  ],
  [
    "of a bundle of another size",
    // The digest of what the registry has.
    {
      status: 422,
      code: "ENGINE_BUNDLE_MISMATCH",
      at: "bundle",
      value: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
    () => ({ bundles: [{ ...bundle, size: 1 }] }),
  ],
  [
    "with a parameter that the rule has not",
    { status: 422, code: "PROMOTION_UNKNOWN_PARAMETER", at: "promotions.spring.parameters", value: "percnt" },
    () => withParameters({ percnt: "7" }),
  ],
  [
    "with a parameter of another type",
    {
      status: 422,
      code: "PROMOTION_WRONG_TYPE",
      at: "promotions.spring.parameters.threshold",
      value: "dear",
    },
    () => withParameters({ threshold: "dear" }),
  ],
  [
    "with a percentage that is none",
    { status: 422, code: "PROMOTION_WRONG_TYPE", at: "promotions.spring.parameters.percent", value: "101" },
    () => withParameters({ percent: "101" }),
  ],
  [
    "of a rule that the bundle has not",
    { status: 422, code: "PROMOTION_UNKNOWN_RULE", at: "promotions.spring.rule", value: "spend-percents" },
    () => ({ promotions: [{ id: "spring", rule: "spend-percents", priority: 1 }] }),
  ],
])("is refused when it is %s", async (_name, told, change) => {
  await expectRefused((await signRelease(change())).bytes, told);
});

it("is refused when strangers signed it, one author alone, one and a stranger, or somebody in an author's name", async () => {
  const [first, second] = authors;
  const short = { status: 422, code: "DOCUMENT_THRESHOLD", at: "release" };
  const strangers = await signRelease({}, [await testSigner(7), await testSigner(8)]);
  await expectRefused(strangers.bytes, { ...short, value: 0 });
  const one = await signRelease({}, [first]);
  await expectRefused(one.bytes, { ...short, value: 1 });
  const withStranger = await cosign(one.envelope, [await testSigner(7)]);
  await expectRefused(withStranger.bytes, { ...short, value: 1 });
  const envelope = JSON.parse(new TextDecoder().decode(one.bytes)) as { signatures: object[] };
  const other = await signRelease({ expires: FUTURE }, [second]);
  const forged = {
    ...envelope,
    signatures: [...envelope.signatures, ...JSON.parse(new TextDecoder().decode(other.bytes)).signatures],
  };
  await expectRefused(JSON.stringify(forged), {
    status: 422,
    code: "DOCUMENT_BAD_SIGNATURE",
    at: "signatures[1]",
    value: await sha256Hex(second.publicKey),
  });
});

it("is stored where nothing is wrong with it: what was refused has taken no version", async () => {
  const { bytes, sha256 } = await signRelease();
  expect(await api.postRelease(bytes)).toMatchObject({
    status: 201,
    body: { sha256, version: VERSION, isNew: true },
  });
  expect((await server.get(`/v1/releases/${sha256}`)).status).toBe(200);
});
