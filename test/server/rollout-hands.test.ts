import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startCommitProxy } from "../support/commit-proxy.ts";
import {
  type Answer,
  type Call,
  createRolloutWorld,
  MINUTE_MS,
  operatorOf,
  type Rollout,
  type RolloutWorld,
  rolloutsOf,
  twoPeople,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// What stands between what an operator says and what is done: a second person, a key, a database that is busy or away.

/** Of a server's pool. */
const CONNECTIONS = 10;
const FULL = "满300减50";

let world: RolloutWorld;

beforeAll(async () => {
  world = await createRolloutWorld();
});
afterAll(() => world.close());

describe("a channel that wants two people", () => {
  let server: TestServer;
  let operate: Call;
  let second: Call;
  let rollouts: ReturnType<typeof rolloutsOf>;

  beforeAll(async () => {
    server = await world.start({ HAGGLE_APPROVALS: "stable" });
    [operate, second] = await twoPeople(world, server);
    rollouts = rolloutsOf(world, server, operate);
  });
  afterEach(async () => {
    const alone = await world.start();
    await rolloutsOf(world, alone, await operatorOf(alone, world.shop.dataFolder)).rest();
    await alone.close();
    await until(async () => (await rollouts.readChannel()).off.promotions.length === 0);
  });
  afterAll(() => server.close());

  const say = (answer: Answer<object>) => {
    expect(answer.status).toBe(202);
    const { approval } = answer.body as { approval: string };
    return second<{ result?: { rollout: string }; error?: { code: string } }>(
      `/v1/approvals/${approval}/approve`,
      {},
    );
  };

  it("does not do with a later step what somebody wanted of an earlier one", async () => {
    const id = (await say(await rollouts.start())).body.result!.rollout;
    const stale = await rollouts.act(id, "promote", { reason: "good so far" });
    await rollouts.next(id);
    const refused = await say(stale);
    expect([refused.status, refused.body.error?.code]).toEqual([409, "SERVER_ROLLOUT_STATE"]);
    expect(await rollouts.show(id)).toMatchObject({ state: "running", step: 1 });
    // Nor after somebody has stopped it in between.
    const hasty = await rollouts.act(id, "promote", { reason: "good so far" });
    await rollouts.act(id, "pause");
    expect((await say(hasty)).status).toBe(409);
    await say(await rollouts.act(id, "promote", { reason: "good so far" }));
    expect((await rollouts.show(id)).state).toBe("completed");
  });

  it("switches off at once, and on again with the second one", async () => {
    const kill = { kind: "promotion", id: FULL, channel: "stable", confirm: true, reason: "too much" };
    expect((await operate("/v1/kills", kill)).status).toBe(201);
    const query = new URLSearchParams({ kind: "promotion", id: FULL, channel: "stable", reason: "mended" });
    const asked = await operate(`/v1/kills?${query}`, undefined, { method: "DELETE" });
    expect((await rollouts.readChannel()).off.promotions).toEqual([FULL]);
    expect((await say(asked)).status).toBe(200);
    expect((await rollouts.readChannel()).off.promotions).toEqual([]);
  });

  it("starts nothing with a release that was switched off meanwhile", async () => {
    const asked = await rollouts.start();
    const kill = { kind: "release", id: world.to, channel: "stable", confirm: true, reason: "broken" };
    expect((await operate("/v1/kills", kill)).status).toBe(201);
    const refused = await say(asked);
    expect([refused.status, refused.body.error?.code]).toEqual([422, "SERVER_ROLLOUT_REFUSED"]);
  });
});

describe("a server", () => {
  let server: TestServer;
  let operate: Call;
  let rollouts: ReturnType<typeof rolloutsOf>;

  beforeAll(async () => {
    server = await world.start();
    operate = await operatorOf(server, world.shop.dataFolder);
    rollouts = rolloutsOf(world, server, operate);
  });
  afterEach(() => rollouts.rest());
  afterAll(() => server.close());

  it("starts with the last connection of its pool, and waits for none of its own", async () => {
    const { id } = (await rollouts.start()).body;
    // Nothing has asked this one for the new release's engine yet.
    const fresh = await world.start();
    const operateThere = await operatorOf(fresh, world.shop.dataFolder);
    const there = rolloutsOf(world, fresh, operateThere);
    await there.show(id);
    const pauses: Promise<{ status: number }>[] = [];
    const code = await world.database.transaction(async (tx) => {
      await tx.query("select from rollouts where id = $1 for update", [id]);
      for (let i = 0; i < CONNECTIONS - 1; i++) pauses.push(there.act(id, "pause"));
      await until(async () => (await countBusy(fresh)) >= CONNECTIONS - 1);
      // The last connection is also that of whatever looks now and then: who asks in vain asks again.
      return until(async () => {
        const { body } = await there.start();
        return body.error.code !== "SERVER_DATABASE" && body.error.code;
      });
    });
    expect(code).toBe("SERVER_ROLLOUT_LIVE");
    const statuses = (await Promise.all(pauses)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, ...new Array(CONNECTIONS - 2).fill(409)]);
    await fresh.close();
  });

  it("tells what was done as done, also where it cannot serve it yet", async () => {
    const proxy = await startCommitProxy("into rollout_transitions");
    const fresh = await world.start({ DATABASE_URL: proxy.url });
    const there = rolloutsOf(world, fresh, await operatorOf(fresh, world.shop.dataFolder));
    try {
      await there.readChannel();
      proxy.arm();
      const { status, body } = await there.start();
      expect([status, body.state]).toEqual([201, "running"]);
      expect(proxy.isDown()).toBe(true);
      expect(fresh.log.map(({ msg }) => msg)).toContain("what was committed is served later");
      proxy.mend();
      // It finds out by itself.
      await until(async () => (await there.readChannel()).arms.length === 2);
      expect((await rollouts.show(body.id)).state).toBe("running");
    } finally {
      proxy.mend();
      await fresh.close();
      await proxy.close();
    }
  });

  it("says that a rollout cannot move and why, until it can", async () => {
    const { id } = (await rollouts.start()).body;
    const key = join(world.shop.dataFolder, "keys", "channel.sk");
    const blockedOf = async () =>
      (await operate<Rollout & { blocked?: string }>(`/v1/rollouts/${id}`)).body.blocked;
    const isWarned = async () => (await server.ready()).warnings.includes("SERVER_ROLLOUT_BLOCKED");
    expect([await blockedOf(), await isWarned()]).toEqual([undefined, false]);
    await rename(key, `${key}.away`);
    await until(async () => (await server.ready()).keys.channel === "missing");
    world.pass(MINUTE_MS + 1);
    await until(async () => (await blockedOf()) === "SERVER_KEY_MISSING");
    await until(isWarned);
    await rename(`${key}.away`, key);
    await until(async () => (await server.ready()).keys.channel === "ready");
    world.pass(MINUTE_MS + 1);
    await until(async () => (await rollouts.show(id)).step > 0);
    expect(await blockedOf()).toBeUndefined();
    await until(async () => !(await isWarned()));
  });
});

async function countBusy(server: TestServer): Promise<number> {
  const text = await (await server.get("/metrics")).text();
  const read = (state: string) =>
    Number(new RegExp(`^haggle_database_connections\\{state="${state}"\\} (\\d+)$`, "m").exec(text)![1]);
  return read("open") - read("idle");
}
