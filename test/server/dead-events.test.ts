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
async function giveUp(n: number, subscriber = "webhooks"): Promise<void> {
  const event = { id: idOf(n), number: n, type: "thing.made", subject: "s", data: { n }, createdAt: n };
  await world.database.query(
    "insert into outbox_failures (subscriber, event_id, event, error, failed_at) values ($1, $2, $3, 'no', $4)",
    [subscriber, event.id, JSON.stringify(event), n],
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
