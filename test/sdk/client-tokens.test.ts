import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HaggleError } from "@haggle/abi";
import { createHaggle, type Haggle, type HaggleOptions } from "@haggle/sdk/client";
import { clientExperiments, type KeptTexts } from "@haggle/sdk/experiments-client";
import { signRoot } from "@haggle/toolchain";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSession } from "../../sdk/src/client/session.ts";
import { browserCart, line } from "../support/quotes.ts";
import { testSigner } from "../support/release.ts";
import { until } from "../support/server.ts";
import { createWebStorage } from "../support/web-storage.ts";

// The unit that a server has signed for a browser: who is asked for it, when, and what becomes of a shopper meanwhile.

type Reply = (status: number, body: object) => void;
type Asked = { path: string; headers: IncomingHttpHeaders; reply: Reply };

const DAY_MS = 86_400_000;
const PLACE = "haggle-assignment/stable";
const CART = browserCart([line("1", "runner-42", 2)]);
const QUOTE = { quote: { total: 1 }, decision: {} };

const unitOf = (name: string, expires = Date.now() + DAY_MS) => ({ unit: `u-${name}`, token: name, expires });
const refusal = { error: { code: "SERVER_BAD_TOKEN", at: "assignment" } };

let server: Server;
let url: string;
let root: Uint8Array;
let asked: Asked[];
let answer: (asked: Asked) => void;
let clients: Haggle[];

beforeAll(async () => {
  root = (await signRoot({ signer: await testSigner(2), now: Date.now() })).bytes;
});
beforeEach(async () => {
  asked = [];
  clients = [];
  answer = ({ reply }) => reply(404, {});
  server = createServer((request, response) => {
    const one: Asked = {
      path: request.url!,
      headers: request.headers,
      reply: (status, body) =>
        void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
    };
    if (!one.path.startsWith("/v1/assignments") && request.method === "GET") return one.reply(404, {});
    asked.push(one);
    answer(one);
  }).listen(0, "127.0.0.1");
  await until(() => server.listening);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const client of clients) client.close();
  server.closeAllConnections();
  server.close();
});

const askedFor = (path: string) => asked.filter((one) => one.path === path);

/** A client of a browser that has this kept, and no release. */
async function open(kept: object | string, options: Partial<HaggleOptions> = {}): Promise<Haggle> {
  const storage = createWebStorage();
  storage.setItem(PLACE, JSON.stringify(kept));
  const client = createHaggle({
    ...{ url, root, store: "memory", pollMs: 600_000 },
    experiments: clientExperiments({ storage }),
    ...options,
  });
  clients.push(client);
  await client.ready().catch(() => {});
  return client;
}

function openSession(storage: KeptTexts) {
  const told = { changes: 0, failures: [] as HaggleError[] };
  const session = createSession({
    ...{ url, channel: "stable", storage, signal: new AbortController().signal },
    changed: () => {
      told.changes += 1;
    },
    failed: (error) => told.failures.push(error),
  });
  return { session, told };
}

describe("a request that is given up", () => {
  it.each(["quote", "decide"] as const)("waits for no other token: %s", async (kind) => {
    answer = ({ path, reply }) => {
      if (path !== "/v1/assignments") reply(403, refusal);
    };
    const client = await open(unitOf("old"));
    const leaving = new AbortController();
    const outcome = client[kind](CART, { signal: leaving.signal }).catch((cause: unknown) => cause);
    await until(() => askedFor("/v1/assignments").length === 1);
    const reason = new Error("typed on");
    const from = performance.now();
    leaving.abort(reason);
    expect(await outcome).toBe(reason);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});

describe("a unit", () => {
  it("stays one where the page's storage keeps nothing", async () => {
    answer = ({ reply }) => reply(200, unitOf(`${asked.length}`));
    const full: KeptTexts = {
      getItem: () => null,
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    };
    const { session, told } = openSession(full);
    // As at each look.
    for (let look = 0; look < 3; look++) await session.ask();
    expect([session.signed?.unit, told.changes, asked.length]).toEqual(["u-1", 1, 1]);
  });

  it("is one for pages that are opened at once", async () => {
    const waiting: Reply[] = [];
    answer = ({ reply }) => void waiting.push(reply);
    const storage = createWebStorage();
    const [first, second] = [openSession(storage).session, openSession(storage).session];
    const both = Promise.all([first.ask(), second.ask()]);
    await until(() => waiting.length === 2);
    waiting[0]!(200, unitOf("a"));
    await until(() => storage.texts.has(PLACE));
    waiting[1]!(200, unitOf("b"));
    await both;
    expect([first.signed?.unit, second.signed?.unit]).toEqual(["u-a", "u-a"]);
  });

  it("has another token though one is being asked for, which does not come", async () => {
    const waiting: Reply[] = [];
    answer = ({ reply }) => void waiting.push(reply);
    const storage = createWebStorage();
    storage.setItem(PLACE, JSON.stringify(unitOf("old", Date.now() + 60_000)));
    const { session } = openSession(storage);
    const plain = session.ask();
    const renewed = session.renew("old");
    await until(() => waiting.length === 1);
    waiting[0]!(503, {});
    await plain;
    expect(session.signed?.token).toBe("old");
    await until(() => waiting.length === 2);
    waiting[1]!(200, unitOf("new"));
    await renewed;
    expect(session.signed?.token).toBe("new");
    // Who was refused with the one before needs no third.
    await session.renew("old");
    expect(asked.length).toBe(2);
  });

  it.each([
    ["what no header takes", "old\nx-haggle-pin: 1"],
    ["what no header takes either", "ключ"],
    ["more than any server reads", "x".repeat(100_000)],
    ["nothing", ""],
  ])("that somebody put into the storage ends no quotes: %s", async (_name, token) => {
    answer = ({ reply }) => reply(201, QUOTE);
    const client = await open({ ...unitOf("old", Number.MAX_SAFE_INTEGER), token });
    await client.quote(CART);
    expect(asked.map(({ headers }) => headers["x-haggle-unit"])).toEqual([undefined]);
  });

  it("of a customer is sent alone, in whatever letters its header is written, and is nobody's to renew", async () => {
    answer = ({ reply }) => reply(403, refusal);
    const headers = { "X-Haggle-Unit": "theirs", "Content-Type": "text/html" };
    const client = await open(unitOf("old"), { headers });
    await expect(client.quote(CART)).rejects.toMatchObject({ code: "SERVER_BAD_TOKEN" });
    expect(
      asked.map(({ path, headers: sent }) => [path, sent["x-haggle-unit"], sent["content-type"]]),
    ).toEqual([["/v1/quotes", "theirs", "application/json"]]);
  });
});

it("who answers with something else than a price gives none", async () => {
  answer = ({ reply }) => reply(200, { status: "welcome to our network" });
  const client = await open(unitOf("mine"));
  await expect(client.quote(CART)).rejects.toMatchObject({ code: "CLIENT_STATUS" });
  expect((await client.decide(CART)).decision).toMatchObject({ ok: false, error: { code: "CLIENT_STATUS" } });
});
