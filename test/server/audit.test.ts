import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodePublicKey } from "@haggle/sdk/sign";
import { createLog, openDatabase } from "@haggle/server";
import { verifyAuditChain } from "@haggle/toolchain";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAudit } from "../../server/modules/audit/service.ts";
import { makeKey, withKey } from "../support/api-keys.ts";
import { runCli } from "../support/cli.ts";
import { type AuditedShop, createAuditedShop, tamper, verify } from "../support/faults/audit-edits.ts";
import { testSigner } from "../support/release.ts";
import { startServer, testDatabaseUrl } from "../support/server.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
const RUNS = Number(process.env.HAGGLE_RUNS ?? 22);

let shop: AuditedShop;

beforeAll(async () => {
  shop = await createAuditedShop();
});
afterAll(() => shop.remove());

// First: nothing outside of the database knows of a record behind the last head that was kept.
describe("whoever owns the database", () => {
  it(`is found out at each of ${RUNS} edits`, async () => {
    expect(await tamper(shop, RUNS, 20)).toEqual([]);
  });
});

async function exportLog(): Promise<string> {
  return (await shop.server.get("/v1/audit/export", withKey(shop.admin))).text();
}

describe("the audit log", () => {
  it("has a record of each change, by whom and in which request, and is whole", async () => {
    const before = await verify(shop);
    const response = await shop.server.post(
      "/v1/keys",
      { name: "till", scopes: ["evaluate"] },
      withKey(shop.admin),
    );
    const { id } = (await response.json()) as { id: string };
    const page = await shop.server.get("/v1/audit?limit=1", withKey(shop.admin));
    const { records, next } = (await page.json()) as { records: object[]; next: number };
    expect(records).toMatchObject([
      {
        seq: before.records + 1,
        actor: { id: expect.stringMatching(/^key:/), name: "first admin" },
        action: "key.create",
        object: `key:${id}`,
        after: { name: "till", scopes: ["evaluate"] },
        requestId: response.headers.get("x-request-id"),
        prev: before.hash,
      },
    ]);
    expect(next).toBe(before.records + 1);
    const after = await verify(shop);
    expect(after).toMatchObject({ tenant: shop.tenant, records: before.records + 1, findings: [] });
    expect(after.heads).toBeGreaterThan(0);
  });

  it("goes back page by page to its first record", async () => {
    const seqs: number[] = [];
    for (let path: string | undefined = "/v1/audit?limit=7"; path !== undefined; ) {
      const page = (await (await shop.server.get(path, withKey(shop.admin))).json()) as {
        records: { seq: number }[];
        next?: number;
      };
      seqs.push(...page.records.map(({ seq }) => seq));
      path = page.next === undefined ? undefined : `/v1/audit?limit=7&before=${page.next}`;
    }
    const { records } = await verify(shop);
    expect(seqs).toEqual(Array.from({ length: records }, (_, index) => records - index));
  });

  it("is asked for what somebody did to something, and when", async () => {
    type Found = { records: { seq: number; time: number; actor: { id: string } }[]; next?: number };
    const find = async (query: Record<string, string | number>): Promise<Found> => {
      const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
      return (await (await shop.server.get(`/v1/audit?${text}`, withKey(shop.admin))).json()) as Found;
    };
    const { id } = await makeKey(shop.server, shop.admin, ["audit"]);
    const [made] = (await find({ limit: 1 })).records;
    expect(await find({ object: `key:${id}`, action: "key.create" })).toEqual({ records: [made] });
    expect(await find({ object: `key:${id}`, action: "key.revoke" })).toEqual({ records: [] });
    const { seq, time, actor } = made!;
    expect((await find({ actor: actor.id, limit: 1 })).records).toEqual([made]);
    expect(await find({ actor: "key:nobody" })).toEqual({ records: [] });
    expect((await find({ from: time })).records.at(0)).toEqual(made);
    expect(await find({ from: time + 1 })).toEqual({ records: [] });
    expect((await find({ until: time })).records.map((record) => record.seq)).not.toContain(seq);
    const paged = await find({ action: "key.create", limit: 1 });
    expect((await find({ action: "key.create", before: paged.next! })).records[0]!.seq).toBeLessThan(seq);
  });

  it("chains what many change at once", async () => {
    const before = await verify(shop);
    await Promise.all(Array.from({ length: 20 }, () => makeKey(shop.server, shop.admin, ["audit"])));
    expect(await verify(shop)).toMatchObject({ records: before.records + 20, findings: [] });
  });

  it("has no record of what was refused", async () => {
    const before = await verify(shop);
    const body = { name: "x", scopes: ["evaluate"], expiresAt: 1 };
    expect((await shop.server.post("/v1/keys", body, withKey(shop.admin))).status).toBe(400);
    expect((await verify(shop)).records).toBe(before.records);
  });

  it.each(["?limit=0", "?limit=1000", "?before=0", "?before=x", "?after=3", "?action=%00", "?from=-1"])(
    "refuses %s",
    async (query) => {
      const response = await shop.server.get(`/v1/audit${query}`, withKey(shop.admin));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: "SERVER_BAD_REQUEST" } });
    },
  );

  it.each(["update audit_records set record = '{}'", "delete from audit_records", "truncate audit_records"])(
    "cannot be changed by the server's own role: %s",
    async (sql) => {
      await expect(shop.owner.query(sql)).rejects.toMatchObject({ code: "42501" });
    },
  );
});

describe("an export", () => {
  it.each([
    ["nothing", "", "AUDIT_BAD_LINE"],
    ["something else", "<html>\n", "AUDIT_BAD_LINE"],
    ["null", "null\n", "AUDIT_BAD_LINE"],
  ])("that is %s is none", async (_, text, code) => {
    const { findings } = await verifyAuditChain(text.split("\n"));
    expect(findings.map((finding) => finding.code)).toContain(code);
  });

  it("that broke off is told from a whole one", async () => {
    const lines = (await exportLog()).trim().split("\n");
    for (const kept of [1, 2, lines.length - 1]) {
      const { findings } = await verifyAuditChain(lines.slice(0, kept));
      expect(findings.map(({ code }) => code)).toEqual(["AUDIT_TRUNCATED"]);
    }
  });

  it("says where it was changed", async () => {
    const lines = (await exportLog()).trim().split("\n");
    lines[5] = lines[5]!.replace("key.create", "key.cReate");
    expect((await verifyAuditChain(lines)).findings).toMatchObject([{ code: "AUDIT_HASH", at: 5 }]);
    lines.splice(5, 1);
    expect((await verifyAuditChain(lines)).findings).toMatchObject([
      { code: "AUDIT_GAP", at: 6 },
      { code: "AUDIT_LINK", at: 6 },
    ]);
  });

  it("of another tenant is told by the heads", async () => {
    const heads = [JSON.stringify({ tenant: "other", seq: 0, hash: "0".repeat(64), time: 1 })];
    const { findings } = await verifyAuditChain((await exportLog()).trim().split("\n"), { heads });
    expect(findings).toMatchObject([{ code: "AUDIT_TENANT" }]);
  });

  it("needs heads that the key signed", async () => {
    const lines = (await exportLog()).trim().split("\n");
    const { keys } = shop;
    const unsigned = [JSON.stringify({ tenant: shop.tenant, seq: 0, hash: "0".repeat(64), time: 1 })];
    const forged = shop.heads.map((head) => head.replace(/"sig":"..../, '"sig":"AAAA'));
    for (const heads of [[], unsigned, forged]) {
      const { findings } = await verifyAuditChain(lines, { heads, keys });
      expect(findings.map(({ code }) => code)).toContain("AUDIT_SIGNATURE");
    }
  });
});

describe("the heads that are kept", () => {
  it("are signed by the audit key, and served", async () => {
    expect(shop.heads.at(-1)).toContain("application/vnd.haggle.audit-head+json");
    const head = await shop.server.get("/v1/audit/head", withKey(shop.admin));
    expect(await head.json()).toMatchObject({
      head: { tenant: shop.tenant, seq: (await verify(shop)).records },
    });
  });

  it("tell a server that starts on another log, which then signs nothing", async () => {
    const file = join(shop.dataFolder, "audit", "heads.jsonl");
    const kept = await readFile(file, "utf8");
    const other = JSON.stringify({ tenant: shop.tenant, seq: 2, hash: "1".repeat(64), time: 1 });
    await appendFile(file, `${other}\n`);
    const server = await startServer(shop.dataFolder);
    try {
      await expect.poll(async () => (await server.ready()).warnings).toContain("SERVER_AUDIT_BROKEN");
      expect(server.log).toContainEqual(expect.objectContaining({ code: "SERVER_AUDIT_BROKEN" }));
    } finally {
      await server.close();
    }
    expect((await readFile(file, "utf8")).trim().split("\n").at(-1)).toBe(other);
    await writeFile(file, kept);
  });

  it("lose nothing but the line that a crash has torn", async () => {
    const file = join(shop.dataFolder, "audit", "heads.jsonl");
    await appendFile(file, '{"payload":"eyJ0');
    await (await startServer(shop.dataFolder)).close();
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    expect(lines.slice(0, shop.heads.length)).toEqual(shop.heads);
    expect(lines.length).toBeGreaterThan(shop.heads.length);
    for (const line of lines) expect(JSON.parse(line)).toBeTypeOf("object");
  });
});

describe("haggle audit verify", () => {
  const at = (name: string) => join(shop.dataFolder, name);

  it("reads a server, with the key in a file and not in its arguments", async () => {
    await writeFile(at("audit.pub"), encodePublicKey((await testSigner(7)).publicKey));
    const args = [
      "audit",
      "verify",
      "--url",
      shop.server.url,
      "--heads",
      at("audit/heads.jsonl"),
      "--key",
      at("audit.pub"),
    ];
    const result = await runCli(args, { cwd: shop.dataFolder, env: { HAGGLE_DATA: shop.dataFolder } });
    expect(result).toMatchObject({ code: 0, err: "", out: expect.stringContaining("whole") });
    const refused = await runCli(args, { cwd: shop.dataFolder });
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("SERVER_UNAUTHORIZED") });
  });

  it("reads an export, and ends with 1 when it was edited", async () => {
    const text = await exportLog();
    await writeFile(at("export.jsonl"), text);
    const args = ["audit", "verify", "--file", at("export.jsonl"), "--json"];
    const whole = await runCli(args, { cwd: shop.dataFolder });
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.out)).toMatchObject({ ok: true, findings: [] });
    await writeFile(at("export.jsonl"), text.replace("key.create", "key.revoke"));
    const edited = await runCli(args, { cwd: shop.dataFolder });
    expect(edited.code).toBe(1);
    expect(JSON.parse(edited.out)).toMatchObject({ ok: false, findings: [{ code: "AUDIT_HASH", at: 1 }] });
  });

  it.each([
    [["audit"], 2, "CLI_USAGE"],
    [["audit", "verify"], 2, "CLI_USAGE"],
    [["audit", "verify", "--url", "ftp://x"], 2, "CLI_USAGE"],
    [["audit", "verify", "--file", "nothing.jsonl"], 1, "CLI_FILE"],
    [["audit", "verify", "--url", "http://127.0.0.1:9"], 1, "CLIENT_NETWORK"],
  ])("refuses %o", async (args, code, text) => {
    expect(await runCli(args, { cwd: shop.dataFolder })).toMatchObject({
      code,
      err: expect.stringContaining(text),
    });
  });
});

it("reads so much at once where nothing matches, and says where to go on", async () => {
  const log = createLog("silent");
  const tenant = `audit-${process.pid}`;
  const database = await openDatabase({ url: testDatabaseUrl(), tenant, migrations: MIGRATIONS, log });
  try {
    await database.query(
      `insert into audit_records (seq, record, hash)
       select seq, json_build_object('action', case seq when 3 then 'rare' else 'common' end), repeat('0', 64)
       from generate_series(1, 10005) as seq`,
    );
    const audit = createAudit({ database, clock: Date.now });
    expect(await audit.list({ limit: 5, action: "rare" })).toEqual({ records: [], next: 6 });
    expect(await audit.list({ limit: 5, action: "rare", before: 6 })).toMatchObject({
      records: [{ action: "rare" }],
    });
    const last = await audit.list({ limit: 5, action: "rare", before: 3 });
    expect(last).toEqual({ records: [] });
  } finally {
    await database.close();
  }
});

it("undoes what it cannot record, and says why", async () => {
  const log = createLog("silent");
  const tenant = `audit-full-${process.pid}`;
  const database = await openDatabase({ url: testDatabaseUrl(), tenant, migrations: MIGRATIONS, log });
  try {
    const audit = createAudit({ database, clock: Date.now });
    await database.query("insert into audit_records (seq, record, hash) values (1, '{}', repeat('0', 64))");
    const change = database.transaction(async (tx) => {
      await tx.query(
        "insert into roots (version, sha256, document, stored_at) values (1, repeat('a', 64), '', 0)",
      );
      await audit.record(tx, { actor: { id: "key:a", name: "a", scopes: [] }, action: "do", object: "a" });
    });
    await expect(change).rejects.toMatchObject({ code: "23505", table: "audit_records" });
    expect(await database.query("select from roots")).toEqual([]);
    expect(await database.query("select seq from audit_heads")).toEqual([]);
  } finally {
    await database.close();
  }
});
