import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeKey, readAdminKey, withKey } from "../support/api-keys.ts";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl, until } from "../support/server.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
const DAY_MS = 86_400_000;

let shop: Shop;
let server: TestServer;
let admin: string;
let now = Date.now();

beforeAll(async () => {
  shop = await createShop();
  await shop.publish();
  server = await startServer(shop.dataFolder, { clock: () => now, logLevel: "trace" });
  admin = await readAdminKey(shop.dataFolder);
});

afterAll(async () => {
  await server.close();
  await shop.remove();
});

async function statusOf(key: string, at: TestServer = server): Promise<number> {
  const response = await at.get("/v1/audit/head", { authorization: `Bearer ${key}` });
  await response.text();
  return response.status;
}

async function codeOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
}

function remove(id: string, key: string = admin): Promise<Response> {
  return fetch(`${server.url}/v1/keys/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${key}` },
  });
}

function rotate(id: string, body: object = {}): Promise<Response> {
  return server.post(`/v1/keys/${id}/rotate`, body, withKey(admin));
}

describe("the first start", () => {
  it("leaves an admin key in a file that only the server's account reads, and says where", async () => {
    const file = join(shop.dataFolder, "admin.key");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(admin).toMatch(/^hg_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/);
    expect(server.log).toContainEqual(expect.objectContaining({ file }));
    expect(await statusOf(admin)).toBe(200);
  });

  it("is the only one that does", async () => {
    await (await startServer(shop.dataFolder)).close();
    expect(await readAdminKey(shop.dataFolder)).toBe(admin);
  });
});

describe("a key", () => {
  it("is told once, with what begins it, and listed without", async () => {
    const { id, key } = await makeKey(server, admin, ["evaluate", "audit"], { name: "till" });
    const list = await (await server.get("/v1/keys", withKey(admin))).text();
    expect(list).toContain(`"prefix":"hg_live_${id}"`);
    expect(list).not.toContain(key.slice(-43));
    expect(await statusOf(key)).toBe(200);
  });

  it("opens what its scopes say and nothing else", async () => {
    const { key } = await makeKey(server, admin, ["audit"]);
    expect(await codeOf(await server.get("/v1/keys", withKey(key)))).toEqual([403, "SERVER_FORBIDDEN"]);
    expect(await codeOf(await server.post("/v1/evaluations", makeCart(), withKey(key)))).toEqual([
      403,
      "SERVER_FORBIDDEN",
    ]);
  });

  it("ends when it says", async () => {
    const { key } = await makeKey(server, admin, ["audit"], { expiresAt: now + 1_000 });
    expect(await statusOf(key)).toBe(200);
    now += 999;
    expect(await statusOf(key)).toBe(200);
    now += 1;
    expect(await statusOf(key)).toBe(401);
  });

  it("gets one answer for every way of not being one", async () => {
    const { id, key } = await makeKey(server, admin, ["audit"]);
    await remove(id);
    const expired = await makeKey(server, admin, ["audit"], { expiresAt: now + 1 });
    now += 1;
    const changed = admin.slice(0, -1) + (admin.endsWith("x") ? "y" : "x");
    const answers = new Set<string>();
    for (const wrong of [
      key,
      expired.key,
      changed,
      `hg_live_${"0".repeat(12)}_${"0".repeat(43)}`,
      "hg_live_",
      "x",
      "é",
    ]) {
      const response = await server.get("/v1/audit", { "x-api-key": encodeURI(wrong) });
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="haggle"');
      answers.add((await response.text()).replace(/"requestId":"[^"]*"/, ""));
    }
    expect([...answers]).toEqual([expect.stringContaining("SERVER_UNAUTHORIZED")]);
  });

  it.each([
    [{}, "body/name"],
    [{ name: "x", scopes: [] }, "body/scopes"],
    [{ name: "x", scopes: ["root"] }, "body/scopes/0", "root"],
    [{ name: "x", scopes: ["audit", "audit"] }, "body/scopes"],
    [{ name: "", scopes: ["audit"] }, "body/name", ""],
    [{ name: "x".repeat(101), scopes: ["audit"] }, "body/name"],
    [{ name: "x", scopes: ["audit"], expiresAt: "tomorrow" }, "body/expiresAt", "tomorrow"],
    [{ name: "x", scopes: ["audit"], expiresAt: 1 }, "body/expiresAt"],
    [{ name: "x", scopes: ["audit"], tenant: "other" }, "body/tenant"],
  ])("is not made of %o", async (body, at, value = undefined) => {
    const before = await (await server.get("/v1/keys", withKey(admin))).text();
    const response = await server.post("/v1/keys", body, withKey(admin));
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: object };
    expect(error).toMatchObject({ code: "SERVER_BAD_REQUEST", at, ...(value !== undefined && { value }) });
    expect(await (await server.get("/v1/keys", withKey(admin))).text()).toBe(before);
  });
});

describe("rotation", () => {
  it("has two live keys of one actor, until the old one's time is over", async () => {
    const first = await makeKey(server, admin, ["audit", "admin"]);
    const second = (await (await rotate(first.id, { graceMs: 1_000 })).json()) as { id: string; key: string };
    expect([await statusOf(first.key), await statusOf(second.key)]).toEqual([200, 200]);
    await makeKey(server, first.key, ["ingest"]);
    await makeKey(server, second.key, ["ingest"]);
    const page = await (await server.get("/v1/audit?limit=2", withKey(admin))).json();
    const [a, b] = (page as { records: { actor: object }[] }).records;
    expect(a!.actor).toEqual(b!.actor);
    now += 1_000;
    expect([await statusOf(first.key), await statusOf(second.key)]).toEqual([401, 200]);
  });

  it("never has three, and rotates only the newest", async () => {
    const first = await makeKey(server, admin, ["audit"]);
    const second = (await (await rotate(first.id)).json()) as { id: string; key: string };
    expect(await codeOf(await rotate(first.id))).toEqual([409, "SERVER_KEY_ROTATED"]);
    const third = (await (await rotate(second.id)).json()) as { id: string; key: string };
    const statuses = await Promise.all([first, second, third].map(({ key }) => statusOf(key)));
    expect(statuses).toEqual([401, 200, 200]);
  });

  it("is settled by the database when two do it at once", async () => {
    const { id } = await makeKey(server, admin, ["audit"]);
    const answers = await Promise.all(Array.from({ length: 6 }, () => rotate(id)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it("gives a key that ends one with as long a life", async () => {
    const first = await makeKey(server, admin, ["audit"], { expiresAt: now + 10 * DAY_MS });
    now += 4 * DAY_MS;
    const second = (await (await rotate(first.id)).json()) as { expiresAt: number };
    expect(second.expiresAt).toBe(now + 10 * DAY_MS);
  });

  it("of what is not there is 404", async () => {
    expect(await codeOf(await rotate("000000000000"))).toEqual([404, "SERVER_UNKNOWN_KEY"]);
    expect(await codeOf(await rotate("short"))).toEqual([400, "SERVER_BAD_REQUEST"]);
    expect(await codeOf(await rotate("000000000000", { graceMs: -1 }))).toEqual([400, "SERVER_BAD_REQUEST"]);
  });
});

describe("revocation", () => {
  it("is at once here, soon in other processes, and again does nothing", async () => {
    const other = await startServer(shop.dataFolder, { clock: () => now });
    try {
      const { id, key } = await makeKey(server, admin, ["audit"]);
      expect([await statusOf(key), await statusOf(key, other)]).toEqual([200, 200]);
      expect((await remove(id)).status).toBe(204);
      expect(await statusOf(key)).toBe(401);
      await until(async () => (await statusOf(key, other)) === 401);
      expect((await remove(id)).status).toBe(204);
    } finally {
      await other.close();
    }
  });

  it("never takes the last admin key, also when two admins revoke each other at once", async () => {
    const lone = await createShop();
    const alone = await startServer(lone.dataFolder);
    try {
      const first = await readAdminKey(lone.dataFolder);
      const second = await makeKey(alone, first, ["admin"]);
      const drop = (id: string, key: string) =>
        fetch(`${alone.url}/v1/keys/${id}`, {
          method: "DELETE",
          headers: { authorization: `Bearer ${key}` },
        });
      const answers = await Promise.all([drop(first.slice(8, 20), second.key), drop(second.id, first)]);
      // The slower one finds itself revoked, or the last.
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      const left = (await statusOf(first, alone)) === 200 ? first : second.key;
      expect(await codeOf(await drop(left.slice(8, 20), left))).toEqual([409, "SERVER_LAST_ADMIN_KEY"]);
      expect(await statusOf(left, alone)).toBe(200);
    } finally {
      await alone.close();
      await lone.remove();
    }
  });
});

describe("an admin key that ends", () => {
  it("does not let the one go that does not", async () => {
    const lone = await createShop();
    const alone = await startServer(lone.dataFolder);
    const drop = (id: string, key: string) =>
      fetch(`${alone.url}/v1/keys/${id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${key}` },
      });
    try {
      const first = await readAdminKey(lone.dataFolder);
      const id = first.slice(8, 20);
      const brief = await makeKey(alone, first, ["admin"], { expiresAt: Date.now() + DAY_MS });
      expect(await codeOf(await drop(id, first))).toEqual([409, "SERVER_LAST_ADMIN_KEY"]);
      expect((await drop(brief.id, first)).status).toBe(204);
      const lasting = await makeKey(alone, first, ["admin"]);
      expect((await drop(id, first)).status).toBe(204);
      expect(await statusOf(lasting.key, alone)).toBe(200);
    } finally {
      await alone.close();
      await lone.remove();
    }
  });
});

describe("the pepper", () => {
  it("must be the same for all servers on a database", async () => {
    const other = await createShop();
    const file = join(other.dataFolder, "pepper");
    try {
      await writeFile(file, randomBytes(32).toString("base64"));
      const env = { HAGGLE_PEPPER_FILE: file };
      await (await startServer(other.dataFolder, { env })).close();
      const second = await startServer(other.dataFolder, { env });
      expect(await statusOf(await readAdminKey(other.dataFolder), second)).toBe(200);
      await second.close();
      const refusal = { code: "SERVER_BAD_CONFIG", at: "HAGGLE_PEPPER_FILE" };
      await expect(startServer(other.dataFolder)).rejects.toMatchObject(refusal);
      await writeFile(file, randomBytes(32).toString("base64"));
      await expect(startServer(other.dataFolder, { env })).rejects.toMatchObject(refusal);
      await writeFile(file, "short");
      await expect(startServer(other.dataFolder, { env })).rejects.toMatchObject(refusal);
    } finally {
      await other.remove();
    }
  });
});

describe("settings", () => {
  it.each([
    ["HAGGLE_ANONYMOUS", "yes"],
    ["HAGGLE_APPROVALS", "Stable!"],
    ["HAGGLE_KEY_PER_MINUTE", "many"],
    ["HAGGLE_TRUSTED_PROXIES", "proxy.example"],
    ["HAGGLE_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["HAGGLE_TRUSTED_PROXIES", "0.0.0.0/0"],
    ["HAGGLE_SHOPPER_ATTRIBUTES", "gift wrap"],
    ["HAGGLE_SHOPPER_ATTRIBUTES", "engraved,firstName"],
    ["HAGGLE_ORIGINS", "*"],
    ["HAGGLE_ORIGINS", "null"],
    ["HAGGLE_ORIGINS", "https://shop.example/"],
    ["HAGGLE_ORIGINS", "https://shop.example, file:///"],
    ["HAGGLE_PEPPER_FILE", "nothing-is-here"],
    ["HAGGLE_JWT_JWKS", "http://10.0.0.1/keys"],
  ])("refuse %s=%s", async (name, value) => {
    const env = {
      [name]: value,
      ...(name === "HAGGLE_JWT_JWKS" && { HAGGLE_JWT_ISSUER: "i", HAGGLE_JWT_AUDIENCE: "a" }),
    };
    await expect(startServer(shop.dataFolder, { env })).rejects.toMatchObject({
      code: "SERVER_BAD_CONFIG",
      at: name,
    });
  });
});

// Last: by now keys have been used in every way above.
describe("a key's secret", () => {
  it("is in no log line, no error and no row of the database, wherever a client put it", async () => {
    const { key } = await makeKey(server, admin, ["audit"], { name: "canary" });
    const secret = key.slice(-43);
    const errors: string[] = [];
    for (const response of [
      await server.get(`/v1/${key}`),
      await server.get(`/v1/audit?key=${key}`, withKey(key)),
      await server.get("/v1/keys", withKey(key)),
      await server.get("/v1/keys", { authorization: key }),
      await server.post("/v1/evaluations", { ...makeCart(), [key]: 1 }),
      await server.post("/v1/evaluations", `{"${key}`),
      await remove(key.slice(8, 20), `${key}x`),
    ]) {
      expect(response.status).toBeGreaterThanOrEqual(400);
      errors.push(await response.text());
    }
    expect(errors.join("\n")).not.toContain(secret);
    const lines = JSON.stringify(server.log);
    expect(server.log.length).toBeGreaterThan(20);
    expect(lines).not.toContain(secret);
    expect(lines).not.toContain(admin.slice(-43));
    const dump = await dumpDatabase();
    expect(dump).toContain(key.slice(8, 20));
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(admin.slice(-43));
    expect(await readFile(join(shop.dataFolder, "admin.key"), "utf8")).toContain(admin);
  });
});

/** Every row of every table, as whoever owns the database reads it. */
async function dumpDatabase(): Promise<string> {
  const log = createLog("silent");
  const tenant = tenantOf(shop.dataFolder);
  const database = await openDatabase({ url: testDatabaseUrl(), tenant, migrations: MIGRATIONS, log });
  try {
    return await database.transaction(async (tx) => {
      await tx.query("set local role none");
      const tables = await tx.query<{ name: string }>(
        "select tablename as name from pg_tables where schemaname = 'public'",
      );
      const dumps = [];
      for (const { name } of tables) dumps.push(await tx.query(`select t::text as row from "${name}" t`));
      return JSON.stringify(dumps);
    });
  } finally {
    await database.close();
  }
}
