import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { once } from "../../server/platform/idempotency.ts";
import { makeKey, readAdminKey } from "../support/api-keys.ts";
import { createShop, type Shop } from "../support/release.ts";
import { type Answer, type Call, callerAt, type ErrorJson } from "../support/rollout.ts";
import { startServer, type TestServer, testDatabaseUrl } from "../support/server.ts";

// A caller that heard no answer sends its request again, to any of the servers.

const DAY_MS = 86_400_000;
const KEY = { name: "till", scopes: ["evaluate"] };
const HOOK = { url: "http://127.0.0.1:9/hook", events: ["*"] };

type Made = Partial<ErrorJson> & {
  id?: string;
  key?: string;
  secret?: string;
  webhook?: { id: string };
};

let shop: Shop;
let servers: TestServer[];
let calls: [Call, Call];
let now = Date.now();
let keys = 0;

beforeAll(async () => {
  shop = await createShop();
  await shop.publish();
  const start = () => startServer(shop.dataFolder, { clock: () => now });
  servers = [await start(), await start()];
  const [first, second] = await Promise.all(servers.map(({ url }) => callerAt(url, shop.dataFolder)));
  calls = [first!, second!];
});

afterAll(async () => {
  for (const server of servers) await server.close();
  await shop.remove();
});

const newKey = () => `request-${keys++}`;

function send(call: Call, path: string, body: object, key: string): Promise<Answer<Made>> {
  return call<Made>(path, body, { headers: { "idempotency-key": key } });
}

async function count(what: "keys" | "webhooks"): Promise<number> {
  const { body } = await calls[0]<{ [list: string]: { revokedAt?: number }[] }>(`/v1/${what}`);
  return body[what]!.length;
}

async function countRecords(): Promise<number> {
  return (await calls[0]<{ head: { seq: number } }>("/v1/audit/head")).body.head.seq;
}

function refused(body: Made): [string, string | undefined] {
  return [body.error!.code, body.error!.at];
}

describe.each([
  ["keys", "/v1/keys", KEY, { ...KEY, name: "other" }],
  ["webhooks", "/v1/webhooks", HOOK, { ...HOOK, events: ["rollout.*"] }],
] as const)("a creation of %s", (list, path, body, other) => {
  it("happens once, and tells the secret once", async () => {
    const key = newKey();
    const before = [await count(list), await countRecords()];
    const first = await send(calls[0], path, body, key);
    const again = await send(calls[1], path, body, key);
    expect([first.status, again.status]).toEqual([201, 200]);
    const { key: apiKey, secret, ...rest } = first.body;
    expect([apiKey, secret].filter((one) => one !== undefined)).toHaveLength(1);
    expect(again.body).toEqual(rest);
    expect([await count(list), await countRecords()]).toEqual([before[0]! + 1, before[1]! + 1]);
  });

  it("happens once when it is sent to two servers at once", async () => {
    const key = newKey();
    const before = await count(list);
    const answers = await Promise.all([0, 1, 0, 1].map((at) => send(calls[at]!, path, body, key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map((answer) => answer.body.id ?? answer.body.webhook!.id)).size).toBe(1);
    expect(await count(list)).toBe(before + 1);
  });

  it("is refused when the key had another body, or another path", async () => {
    const key = newKey();
    await send(calls[0], path, body, key);
    const before = await count(list);
    for (const [where, what] of [
      [path, other],
      list === "keys" ? (["/v1/webhooks", HOOK] as const) : (["/v1/keys", KEY] as const),
    ] as const) {
      const answer = await send(calls[1], where, what, key);
      expect(answer.status).toBe(422);
      expect(refused(answer.body)).toEqual(["SERVER_IDEMPOTENCY_KEY", "headers/idempotency-key"]);
      expect(answer.body.error!.value).toBe(key);
    }
    expect(await count(list)).toBe(before);
  });

  it("happens again after a day, and for somebody else", async () => {
    const key = newKey();
    const admin = await makeKey(servers[0]!, await readAdminKey(shop.dataFolder), ["admin"]);
    const stranger = await callerAt(servers[0]!.url, shop.dataFolder, admin.key);
    await send(calls[0], path, body, key);
    expect((await send(stranger, path, body, key)).status).toBe(201);
    now += DAY_MS - 1;
    expect((await send(calls[0], path, body, key)).status).toBe(200);
    now += 1;
    expect((await send(calls[0], path, body, key)).status).toBe(201);
  });

  it("is not remembered when it was refused", async () => {
    const key = newKey();
    expect((await send(calls[0], path, { ...body, nonsense: 1 }, key)).status).toBe(400);
    const late = list === "keys" ? { ...KEY, expiresAt: 1 } : { ...HOOK, url: "http://example.com/" };
    expect((await send(calls[0], path, late, key)).status).toBeGreaterThanOrEqual(400);
    expect((await send(calls[0], path, body, key)).status).toBe(201);
  });

  it("takes no key that is empty, too long or not of printable ASCII", async () => {
    for (const key of ["", "x".repeat(256), "two words", "\u00e9"]) {
      const answer = await send(calls[0], path, body, key);
      expect([answer.status, ...refused(answer.body)]).toEqual([
        400,
        "SERVER_BAD_REQUEST",
        "headers/idempotency-key",
      ]);
    }
  });
});

describe("a key that nobody asks for any more", () => {
  it("is free, and keeps nobody waiting for whoever is at another one", async () => {
    const migrations = join(import.meta.dirname, "../../server/migrations");
    const tenant = "idempotency-waits";
    const database = await openDatabase({
      url: testDatabaseUrl(),
      tenant,
      migrations,
      log: createLog("silent"),
    });
    const ask = (key: string, at: number, work: () => Promise<object>) =>
      database.transaction((tx) => once(tx, { actor: "till", key, request: "0".repeat(64) }, at, work));
    await ask("old", 0, async () => ({ is: "old" }));
    const begun = Promise.withResolvers<void>();
    const isOver = Promise.withResolvers<void>();
    const slow = ask("slow", DAY_MS, async () => {
      begun.resolve();
      await isOver.promise;
      return { is: "slow" };
    });
    await begun.promise;
    const { answer } = await ask("quick", DAY_MS, async () => ({ is: "quick" }));
    expect(answer).toEqual({ is: "quick" });
    isOver.resolve();
    await slow;
    const again = () => ask("old", DAY_MS, async () => ({ is: "new" }));
    expect([await again(), await again()]).toEqual([
      { answer: { is: "new" }, isRepeat: false },
      { answer: { is: "new" }, isRepeat: true },
    ]);
    await database.close();
  });
});

describe("a new secret", () => {
  it("is made once for a key, whose repeat tells which key came in its place", async () => {
    const { id } = (await send(calls[0], "/v1/keys", KEY, newKey())).body;
    const key = newKey();
    const path = `/v1/keys/${id}/rotate`;
    const first = await send(calls[0], path, {}, key);
    const again = await send(calls[1], path, {}, key);
    expect([first.status, again.status]).toEqual([201, 200]);
    const { key: told, ...rest } = first.body;
    expect(told).toMatch(/^hg_live_/);
    expect(again.body).toEqual(rest);
  });

  it("is made once for a webhook, which goes on signing with it", async () => {
    const { id } = (await send(calls[0], "/v1/webhooks", HOOK, newKey())).body.webhook!;
    const key = newKey();
    const path = `/v1/webhooks/${id}/secret`;
    const before = await countRecords();
    expect((await send(calls[0], path, {}, key)).body.secret).toMatch(/^whsec_/);
    const again = await send(calls[1], path, {}, key);
    expect([again.status, again.body.secret]).toEqual([200, undefined]);
    expect(await countRecords()).toBe(before + 1);
  });
});
