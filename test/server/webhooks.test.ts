import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAudit } from "../../server/modules/audit/service.ts";
import { createDispatcher } from "../../server/modules/webhooks/dispatcher.ts";
import { webhookRoutes } from "../../server/modules/webhooks/index.ts";
import type { Delivery } from "../../server/modules/webhooks/schema.ts";
import { createWebhooks } from "../../server/modules/webhooks/service.ts";
import { checkTarget, type Resolve, systemResolve } from "../../server/modules/webhooks/target.ts";
import { createHttpServer } from "../../server/platform/http.ts";
import { createOutbox, type Outbox } from "../../server/platform/outbox.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import { openSecretBox } from "../../server/platform/secret-box.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { testDatabaseUrl, until } from "../support/server.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
const DAY_MS = 86_400_000;

type Message = { headers: IncomingHttpHeaders; body: string; path: string };
type Reaction = { status: number; text?: string };
type Json = Record<string, unknown>;

let folder: string;
let receiver: Server;
let address: string;
/** By path; 204 for all others. */
let reactions: Record<string, Reaction>;
let messages: Message[];
let now: number;
let tenants = 0;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-webhooks-"));
  messages = [];
  reactions = {};
  now = Date.now();
  tenants += 1;
  receiver = createServer(async (request, response) => {
    const body = await text(request);
    messages.push({ headers: request.headers, body, path: request.url! });
    const { status, text: said } = reactions[request.url!] ?? { status: 204 };
    response.writeHead(status).end(said);
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
  await rm(folder, { recursive: true });
});

type Running = {
  database: Database;
  outbox: Outbox;
  log: { msg: string }[];
  ask(method: string, path: string, body?: object): Promise<{ status: number; body: Json }>;
  emit(type: string, subject: string, data?: object): Promise<void>;
  isKeyForeign(): boolean;
};

/** A server of webhooks as app.ts makes it, but for who may do what. */
async function start({
  resolve = systemResolve,
  keyFile = "secret.key",
}: {
  resolve?: Resolve;
  keyFile?: string;
} = {}): Promise<Running> {
  const lines: Running["log"] = [];
  const log = createLog("info", { write: (line: string) => void lines.push(JSON.parse(line)) });
  const tenant = `webhooks-${process.pid}-${tenants}`;
  const database = await openDatabase({ url: testDatabaseUrl(), migrations: MIGRATIONS, tenant, log });
  closing.push(database.close);
  const clock = () => now;
  const telemetry = createTelemetry();
  const outbox = createOutbox({ database, telemetry, clock, log });
  const audit = createAudit({ database, clock });
  const secrets = await openSecretBox(join(folder, keyFile), true);
  const check = (url: string) => checkTarget(url, { resolve, allowLoopback: true });
  const shared = { database, audit, outbox, secrets, checkTarget: check, clock };
  const webhooks = createWebhooks(shared);
  const dispatcher = createDispatcher({ ...shared, telemetry, random: () => 0.5, log });
  const server = await createHttpServer({ log, isDraining: () => false });
  server.addHook("onRequest", async (request) => {
    request.actor = SYSTEM_ACTOR;
  });
  await server.register(webhookRoutes(webhooks));
  outbox.subscribe("webhooks", webhooks.queue);
  closing.push(outbox.start());
  closing.push(dispatcher.start());
  await until(async () => (await database.query("select from outbox_cursors")).length > 0);
  return {
    database,
    outbox,
    log: lines,
    isKeyForeign: dispatcher.isKeyForeign,
    async ask(method, path, body) {
      const { statusCode, payload } = await server.inject({
        method: method as "GET",
        url: path,
        ...(body && { payload: body }),
      });
      return { status: statusCode, body: payload === "" ? {} : JSON.parse(payload) };
    },
    emit: (type, subject, data = {}) =>
      database.transaction((tx) => outbox.emit(tx, { type, subject, data })),
  };
}

async function create({ ask }: Running, events: string[], path = "/hook") {
  const { status, body } = await ask("POST", "/v1/webhooks", { url: address + path, events });
  expect(status).toBe(201);
  return { id: (body.webhook as { id: string }).id, secret: String(body.secret) };
}

async function deliveries({ ask }: Running, id: string): Promise<Delivery[]> {
  return (await ask("GET", `/v1/webhooks/${id}/deliveries`)).body.deliveries as Delivery[];
}

function verify(secret: string, { headers, body }: Message): Json {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as Json;
}

describe("a webhook", () => {
  it("gets the events it asked for, signed as Standard Webhooks says, and no others", async () => {
    const running = await start();
    const { id, secret } = await create(running, ["rollout.*", "key.created"]);
    for (const type of ["rollout.started", "rolloutish.started", "key.created", "key.revoked"]) {
      await running.emit(type, `about ${type}`, { weight: 100 });
    }
    await until(() => messages.length === 2);
    // Events about different things come in any order.
    const first = messages
      .map((message) => ({ message, event: verify(secret, message) }))
      .find(({ event }) => event.type === "rollout.started");
    expect(first!.event.subject).toBe("about rollout.started");
    expect(first!.event).toMatchObject({
      data: { weight: 100 },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(first!.message.headers["webhook-id"]).toBe(first!.event.id);
    expect(first!.message.path).toBe("/hook");
    const changed = { ...first!.message, body: first!.message.body.replace("100", "101") };
    expect(() => verify(secret, changed)).toThrow();
    const log = await until(async () => {
      const all = await deliveries(running, id);
      return all.every(({ status }) => status === "delivered") && all;
    });
    expect(log.map(({ type }) => type).sort()).toEqual(["key.created", "rollout.started"]);
    expect(log[0]).toMatchObject({ attempts: 1, responseCode: 204 });
  });

  it("shows its secret once, and keeps it encrypted by a key that is the owner's alone", async () => {
    const running = await start();
    const { id, secret } = await create(running, ["*"]);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = JSON.stringify([
      await running.ask("GET", "/v1/webhooks"),
      await running.ask("GET", `/v1/webhooks/${id}`),
    ]);
    const stored = JSON.stringify(await running.database.query("select * from webhooks"));
    const audited = JSON.stringify(await running.database.query("select record from audit_records"));
    for (const text of [shown, stored, audited]) expect(text).not.toContain(secret.slice(6, 30));
    expect(audited).toContain("webhook.created");
    expect((await stat(join(folder, "secret.key"))).mode & 0o777).toBe(0o600);
  });

  it("has signatures of both secrets for a day after a rotation", async () => {
    const running = await start();
    const { id, secret: old } = await create(running, ["thing.made"]);
    const { status, body } = await running.ask("POST", `/v1/webhooks/${id}/secret`);
    expect(status).toBe(201);
    const secret = String(body.secret);
    await running.emit("thing.made", "1");
    await until(() => messages.length === 1);
    expect(verify(secret, messages[0]!)).toEqual(verify(old, messages[0]!));
    expect(messages[0]!.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
    now += DAY_MS + 1;
    await running.emit("thing.made", "2");
    await until(() => messages.length === 2);
    expect(messages[1]!.headers["webhook-signature"]).toMatch(/^v1,\S+$/);
  });

  it("is tried again, later each time, and disabled when a message failed eight times", async () => {
    const running = await start();
    const { id } = await create(running, ["thing.made"]);
    await create(running, ["webhook.disabled"], "/watcher");
    reactions["/hook"] = { status: 500, text: `sorry ${"x".repeat(2_000)}` };
    await running.emit("thing.made", "1");
    const waits: number[] = [];
    for (let tries = 1; tries < 8; tries += 1) {
      const [delivery] = await until(async () => {
        const all = await deliveries(running, id);
        return (
          all[0]?.attempts === tries && all[0].responseCode === 500 && all[0].nextAt !== now + 30_000 && all
        );
      });
      expect(delivery).toMatchObject({ status: "pending", error: "The answer was 500" });
      expect(delivery!.responseText).toHaveLength(500);
      waits.push(delivery!.nextAt! - now);
      now = delivery!.nextAt!;
      await running.ask("PATCH", `/v1/webhooks/${id}`, { description: `hint ${tries}` });
    }
    expect(waits).toEqual([10_000, 40_000, 160_000, 640_000, 2_560_000, 10_240_000, 40_960_000]);
    const disabled = await until(async () => {
      const { body } = await running.ask("GET", `/v1/webhooks/${id}`);
      return body.state === "disabled" && body;
    });
    expect(disabled.reason).toBe("8 tries of a message failed");
    expect((await deliveries(running, id))[0]).toMatchObject({ status: "failed", attempts: 8 });
    const told = await until(() => messages.find(({ path }) => path === "/watcher"));
    expect(JSON.parse(told.body)).toMatchObject({ type: "webhook.disabled", subject: id });
    // Nothing goes to it any more, until somebody enables it; then the message can be sent again, with its id.
    const [{ id: message } = { id: "" }] = await deliveries(running, id);
    delete reactions["/hook"];
    await running.ask("PATCH", `/v1/webhooks/${id}`, { state: "enabled" });
    const before = messages.length;
    const again = await running.ask("POST", `/v1/webhooks/${id}/deliveries/${message}/redeliver`);
    expect(again).toEqual({ status: 202, body: { delivery: message } });
    await until(async () => (await deliveries(running, id))[0]?.status === "delivered");
    expect(messages.slice(before).map(({ headers }) => headers["webhook-id"])).toContain(message);
  });

  it("that says 410 is asked no more", async () => {
    const running = await start();
    const { id } = await create(running, ["thing.made"]);
    reactions["/hook"] = { status: 410 };
    await running.emit("thing.made", "1");
    const { body } = await until(async () => {
      const answer = await running.ask("GET", `/v1/webhooks/${id}`);
      return answer.body.state === "disabled" && answer;
    });
    expect(body.reason).toBe("It answered 410 Gone");
    expect(messages).toHaveLength(1);
  });

  it("is tried out by a ping, also while it is disabled, and no failed ping disables it", async () => {
    const running = await start();
    const { id, secret } = await create(running, ["thing.made"]);
    await running.ask("PATCH", `/v1/webhooks/${id}`, { state: "disabled" });
    const { status, body } = await running.ask("POST", `/v1/webhooks/${id}/ping`);
    expect(status).toBe(202);
    await until(() => messages.length === 1);
    expect(verify(secret, messages[0]!)).toMatchObject({ type: "webhook.ping", id: body.delivery });
    reactions["/hook"] = { status: 302 };
    await running.ask("PATCH", `/v1/webhooks/${id}`, { state: "enabled" });
    await running.ask("POST", `/v1/webhooks/${id}/ping`);
    const failed = await until(async () =>
      (await deliveries(running, id)).find(({ status }) => status === "failed"),
    );
    expect(failed).toMatchObject({ error: "The answer was 302", attempts: 1 });
    expect((await running.ask("GET", `/v1/webhooks/${id}`)).body.state).toBe("enabled");
  });

  it("is not sent to by two processes at once", async () => {
    const [one, other] = [await start(), await start()];
    const { id } = await create(one, ["thing.made"]);
    for (let i = 0; i < 20; i += 1) await (i % 2 ? one : other).emit("thing.made", String(i));
    await until(async () => {
      const all = await deliveries(one, id);
      return all.length === 20 && all.every(({ status }) => status === "delivered");
    });
    const ids = messages.map(({ headers }) => headers["webhook-id"]);
    expect([ids.length, new Set(ids).size]).toEqual([20, 20]);
  });

  it("whose name points inward by now is not asked", async () => {
    // Public when it is made, the receiver on this machine's neighbour afterwards.
    let answers = ["93.184.216.34"];
    const running = await start({
      resolve: async () => answers.map((one) => ({ address: one, family: 4 as const })),
    });
    const url = "https://rebinding.example/";
    const made = await running.ask("POST", "/v1/webhooks", { url, events: ["thing.made"] });
    const { id } = made.body.webhook as { id: string };
    answers = ["10.0.0.1"];
    await running.emit("thing.made", "1");
    const [delivery] = await until(async () => {
      const all = await deliveries(running, id);
      return all[0]?.error !== undefined && all;
    });
    expect(delivery).toMatchObject({
      status: "pending",
      attempts: 1,
      error: 'Not a public address at url, got "10.0.0.1"',
    });
    expect(delivery!.responseCode).toBeUndefined();
  });

  it("is left to processes with the key of its secret", async () => {
    const running = await start();
    const { id } = await create(running, ["thing.made"]);
    const stranger = await start({ keyFile: "another.key" });
    await until(() => stranger.isKeyForeign());
    expect(running.isKeyForeign()).toBe(false);
    await stranger.emit("thing.made", "1");
    await until(async () => (await deliveries(running, id))[0]?.status === "delivered");
    expect(stranger.log.map(({ msg }) => msg).join()).toContain("encrypted with another key");
  });
});

describe("a request about webhooks", () => {
  const UNKNOWN = "wh_AAAAAAAAAAAAAAAA";

  it.each([
    [
      "POST",
      "/v1/webhooks",
      { url: "https://10.0.0.1/", events: ["*"] },
      422,
      "SERVER_WEBHOOK_TARGET",
      "url",
    ],
    ["POST", "/v1/webhooks", { url: "x", events: ["*"] }, 422, "SERVER_WEBHOOK_TARGET", "url"],
    [
      "POST",
      "/v1/webhooks",
      { url: "https://a.example/", events: [] },
      400,
      "SERVER_BAD_REQUEST",
      "body/events",
    ],
    [
      "POST",
      "/v1/webhooks",
      { url: "https://a.example/", events: ["*x"] },
      400,
      "SERVER_BAD_REQUEST",
      "body/events/0",
    ],
    [
      "POST",
      "/v1/webhooks",
      { url: "https://a.example/", events: ["*"], x: 1 },
      400,
      "SERVER_BAD_REQUEST",
      "body/x",
    ],
    ["PATCH", `/v1/webhooks/${UNKNOWN}`, {}, 400, "SERVER_BAD_REQUEST", "body"],
    ["PATCH", `/v1/webhooks/${UNKNOWN}`, { state: "disabled" }, 404, "SERVER_UNKNOWN_WEBHOOK", "id"],
    ["DELETE", `/v1/webhooks/${UNKNOWN}`, undefined, 404, "SERVER_UNKNOWN_WEBHOOK", "id"],
    ["GET", "/v1/webhooks/wh_1", undefined, 400, "SERVER_BAD_REQUEST", "params/id"],
    ["GET", `/v1/webhooks/${UNKNOWN}/deliveries`, undefined, 404, "SERVER_UNKNOWN_WEBHOOK", "id"],
    [
      "GET",
      `/v1/webhooks/${UNKNOWN}/deliveries?limit=0`,
      undefined,
      400,
      "SERVER_BAD_REQUEST",
      "querystring/limit",
    ],
    ["POST", `/v1/webhooks/${UNKNOWN}/ping`, undefined, 404, "SERVER_UNKNOWN_WEBHOOK", "id"],
    ["POST", `/v1/webhooks/${UNKNOWN}/secret`, undefined, 404, "SERVER_UNKNOWN_WEBHOOK", "id"],
  ])("%s %s with %o is refused", async (method, path, body, status, code, at) => {
    const running = await start();
    expect(await running.ask(method, path, body)).toMatchObject({ status, body: { error: { code, at } } });
    expect(await running.database.query("select from webhooks")).toEqual([]);
    expect(await running.database.query("select from audit_records")).toEqual([]);
  });

  it("for the fifty-first webhook is refused, and one for no such delivery", async () => {
    const running = await start();
    const { id } = await create(running, ["*"]);
    const unknown = await running.ask(
      "POST",
      `/v1/webhooks/${id}/deliveries/evt_${"a".repeat(24)}/redeliver`,
    );
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: "SERVER_UNKNOWN_DELIVERY" } } });
    for (let i = 1; i < 50; i += 1) await create(running, ["a.b"]);
    const refused = await running.ask("POST", "/v1/webhooks", { url: address, events: ["*"] });
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_TOO_MANY_WEBHOOKS", value: 50 } },
    });
  });

  it("to delete one forgets its deliveries", async () => {
    const running = await start();
    const { id } = await create(running, ["*"]);
    await running.ask("POST", `/v1/webhooks/${id}/ping`);
    expect(await running.ask("DELETE", `/v1/webhooks/${id}`)).toEqual({ status: 204, body: {} });
    expect(await running.database.query("select from webhook_deliveries")).toEqual([]);
    expect((await running.ask("GET", `/v1/webhooks/${id}`)).status).toBe(404);
  });
});
