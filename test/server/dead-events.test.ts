import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { readConfig } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeadEvents } from "../../server/modules/events/schema.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import {
  type Answer,
  type Call,
  createRolloutWorld,
  type ErrorJson,
  operatorOf,
  type RolloutWorld,
} from "../support/rollout.ts";
import { type TestServer, tenantOf, until } from "../support/server.ts";

// What a subscriber gave up, seen and told again by an operator, of a server whose events go by Redis.

let redis: RedisServer;
let world: RolloutWorld;
let server: TestServer;
let operate: Call;
let receiver: Server;
let messages: { id: string; type: string }[];

beforeAll(async () => {
  messages = [];
  receiver = createServer(async (request, response) => {
    messages.push(JSON.parse(await text(request)));
    response.writeHead(204).end();
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  world = await createRolloutWorld();
  redis = await startRedis();
  server = await world.start({ EVENTS: "redis", REDIS_URL: redis.url });
  operate = await operatorOf(server, world.shop.dataFolder);
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await operate("/v1/webhooks", { url, events: ["thing.made"] });
});

afterAll(async () => {
  await world.close();
  await redis.close();
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
});

const idOf = (n: number) => `evt_${String(n).padStart(24, "0")}`;
const list = async (query = ""): Promise<DeadEvents["dead"]> =>
  (await operate<DeadEvents>(`/v1/events/dead${query}`)).body.dead;
const replay = (path: string): Promise<Answer<{ replayed: number } & ErrorJson>> =>
  operate(`/v1/events/dead/${path}/replay`, undefined, { method: "POST" });

/** As if a subscriber had given it up. */
async function giveUp(n: number, subscriber = "webhooks", failedAt = n): Promise<void> {
  const event = { id: idOf(n), number: n, type: "thing.made", subject: "s", data: { n }, createdAt: n };
  await world.database.query(
    "insert into outbox_failures (subscriber, event_id, event, error, failed_at) values ($1, $2, $3, 'no', $4)",
    [subscriber, event.id, JSON.stringify(event), failedAt],
  );
}

describe("EVENTS", () => {
  it("is the database or Redis, which has to be somewhere", () => {
    const tell = (env: Record<string, string>) => {
      try {
        return readConfig(env).events;
      } catch (cause) {
        const { code, at, value } = cause as { code: string; at: string; value: string };
        return [code, at, value];
      }
    };
    const address = { REDIS_URL: "redis://127.0.0.1" };
    expect([tell({}), tell(address)]).toEqual(["database", "database"]);
    expect([tell({ ...address, EVENTS: "redis" }), tell({ EVENTS: "database" })]).toEqual([
      "redis",
      "database",
    ]);
    expect(tell({ EVENTS: "redis" })).toEqual(["SERVER_BAD_CONFIG", "EVENTS", "redis"]);
    expect(tell({ ...address, EVENTS: "kafka" })).toEqual(["SERVER_BAD_CONFIG", "EVENTS", "kafka"]);
  });

  it("brings events by Redis where it says so", async () => {
    const tenant = tenantOf(world.shop.dataFolder);
    await until(async () => {
      const keys = await redis.ask((client) => client.keys(`haggle:{${tenant}:events:*`));
      return keys.length > 0;
    });
  });
});

describe("dead events", () => {
  it("are listed, the newest first, by whoever gave them up and from where one likes", async () => {
    for (const n of [1, 2, 3]) await giveUp(n);
    await giveUp(4, "cdn");
    const ids = async (query?: string) => (await list(query)).map(({ event }) => event.id);
    expect(await ids()).toEqual([4, 3, 2, 1].map(idOf));
    expect(await ids("?subscriber=webhooks&limit=2")).toEqual([3, 2].map(idOf));
    expect(await ids("?subscriber=webhooks&before=2")).toEqual([idOf(1)]);
    expect((await list("?before=2"))[0]).toEqual({
      subscriber: "webhooks",
      event: { id: idOf(1), number: 1, type: "thing.made", subject: "s", data: { n: 1 }, createdAt: 1 },
      error: "no",
      failedAt: 1,
    });
  });

  it("are told again one by one, or all of a subscriber, with the ids that they had", async () => {
    expect(await replay(`webhooks/${idOf(2)}`)).toMatchObject({ status: 202, body: { replayed: 1 } });
    await until(() => messages.length === 1);
    expect(messages).toMatchObject([{ id: idOf(2), type: "thing.made" }]);
    const again = await replay(`webhooks/${idOf(2)}`);
    expect([again.status, again.body.error.code]).toEqual([404, "SERVER_UNKNOWN_EVENT"]);
    expect((await replay("webhooks")).body).toEqual({ replayed: 2 });
    expect((await replay("webhooks")).body).toEqual({ replayed: 0 });
    await until(() => messages.length === 3);
    expect(messages.map(({ id }) => id).toSorted()).toEqual([1, 2, 3].map(idOf));
    expect((await list()).map(({ subscriber }) => subscriber)).toEqual(["cdn"]);
  });

  it("stay where they are when nobody of the name would take them", async () => {
    for (const path of ["cdn", `cdn/${idOf(4)}`]) {
      const { status, body } = await replay(path);
      expect([status, body.error.code, body.error.value]).toEqual([404, "SERVER_UNKNOWN_SUBSCRIBER", "cdn"]);
    }
    expect((await list()).map(({ event }) => event.id)).toEqual([idOf(4)]);
    expect(await world.database.query("select from outbox_held where subscriber = 'cdn'")).toEqual([]);
  });

  it("come page by page, each once, also where many were given up in one moment", async () => {
    for (const n of [5, 6, 7]) await giveUp(n, "cdn", 9);
    await giveUp(6, "webhooks", 9);
    const told: string[] = [];
    let page = await operate<DeadEvents>("/v1/events/dead?limit=2");
    for (;;) {
      told.push(...page.body.dead.map(({ event, subscriber }) => `${event.number} ${subscriber}`));
      if (page.body.next === undefined) break;
      page = await operate<DeadEvents>(`/v1/events/dead?limit=2&after=${page.body.next}`);
    }
    expect(told).toEqual(["7 cdn", "6 webhooks", "6 cdn", "5 cdn", "4 cdn"]);
    const of = await operate<DeadEvents>("/v1/events/dead?subscriber=cdn&limit=2&before=10");
    expect(of.body.next).toBe(`9.${idOf(6)}.cdn`);
    expect((await operate("/v1/events/dead?after=9")).status).toBe(400);
  });

  it("leave a record of who had them told again", async () => {
    const { body } = await operate<{ records: { action: string; object: string; after: object }[] }>(
      "/v1/audit?action=events.replayed",
    );
    expect(body.records).toMatchObject([
      { object: "subscriber:webhooks", after: { count: 2 } },
      { object: "subscriber:webhooks", after: { count: 1, events: [idOf(2)] } },
    ]);
  });
});
