import { createHaggle, type Haggle } from "@haggle/sdk/client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeCart, SHOES } from "../support/release.ts";
import {
  type Answer,
  type Call,
  caller,
  createRolloutWorld,
  type ErrorJson,
  MINUTE_MS,
  operatorOf,
  type RolloutWorld,
  rolloutsOf,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";
import { waitersAre } from "../support/waiters.ts";

// What an operator switches off is off for everybody at once, whatever else is under way.

const FULL = "满300减50";
const CLIENTS = 20;

type Killed = { version: number; off: { promotions: string[]; rules: string[]; releases: string[] } };

let world: RolloutWorld;
let server: TestServer;
let operate: Call;
let rollouts: ReturnType<typeof rolloutsOf>;

beforeAll(async () => {
  world = await createRolloutWorld();
  server = await world.start();
  operate = await operatorOf(server, world.shop.dataFolder);
  rollouts = rolloutsOf(world, server, operate);
});

afterEach(() => rollouts.rest());
afterAll(() => world.close());

const kill = (kind: string, id: string, more: object = {}): Promise<Answer<Killed & ErrorJson>> =>
  operate("/v1/kills", { kind, id, channel: "stable", confirm: true, reason: "it gives too much", ...more });
const lift = (kind: string, id: string): Promise<Answer<Killed & ErrorJson>> =>
  operate(`/v1/kills?${new URLSearchParams({ kind, id, channel: "stable", reason: "mended" })}`, undefined, {
    method: "DELETE",
  });
const discountOf = async (): Promise<number> => {
  const answer = await caller(server)<{ discountTotal: number }>("/v1/evaluations", makeCart());
  return answer.body.discountTotal;
};

describe("a kill", () => {
  it.each([
    ["promotion", FULL, 4_000],
    ["rule", SHOES, 5_000],
  ])("switches a %s off, and its end switches it on again", async (kind, id, left) => {
    const { version } = await rollouts.readChannel();
    expect(await discountOf()).toBe(9_000);
    const { status, body } = await kill(kind, id);
    expect([status, body.version]).toEqual([201, version + 1]);
    expect((await rollouts.readChannel()).off[`${kind}s` as "rules"]).toEqual([id]);
    expect(await discountOf()).toBe(left);
    expect((await lift(kind, id)).status).toBe(200);
    expect((await rollouts.readChannel()).off[`${kind}s` as "rules"]).toEqual([]);
    expect(await discountOf()).toBe(9_000);
  });

  it("of the new release takes the rollout back, in one document", async () => {
    const { id } = (await rollouts.start()).body;
    const { version } = await rollouts.readChannel();
    expect((await kill("release", world.to)).body.version).toBe(version + 1);
    const { state, history } = await rollouts.show(id);
    expect(state).toBe("rolled_back");
    expect(history.at(-1)).toMatchObject({
      cause: "rollback",
      reason: `release ${world.to} was switched off: it gives too much`,
      channelVersion: version + 1,
    });
    const channel = await rollouts.readChannel();
    expect(channel).toMatchObject({ arms: rollouts.armsAt(0), off: { releases: [world.to] } });
    expect(channel.version).toBe(version + 1);
  });

  it("of the new release ends a rollout that began while it waited", async () => {
    // Whoever starts a rollout holds the channel, and waits for the audit log's end.
    const { starting, killing } = await withAuditHeld(async (holder) => {
      const starting = rollouts.start();
      await waitersAre(1, holder, world.database);
      const killing = kill("release", world.to);
      await waitersAre(2, holder, world.database);
      return { starting, killing };
    });
    expect((await killing).status).toBe(201);
    const { status, body } = await starting;
    expect(status).toBe(201);
    expect((await rollouts.show(body.id)).state).toBe("rolled_back");
    expect(await rollouts.readChannel()).toMatchObject({
      arms: rollouts.armsAt(0),
      off: { releases: [world.to] },
    });
  });

  it("of the old release pauses the rollout, since there is nothing to go back to", async () => {
    const { id } = (await rollouts.start()).body;
    await kill("release", world.from);
    expect(await rollouts.show(id)).toMatchObject({ state: "paused", weightBp: 2_000 });
    const back = await rollouts.act(id, "rollback", { reason: "as ever" });
    expect(back.body).toMatchObject({ error: { code: "ENGINE_RELEASE_OFF", at: "channel.off.releases" } });
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(2_000));
    const promoted = await rollouts.act(id, "promote", { reason: "what else" });
    expect(promoted.body).toMatchObject({ state: "completed" });
    expect(await discountOf()).toBe(4_000);
  });

  it("of a promotion leaves the rollout as it is", async () => {
    const { id } = (await rollouts.start()).body;
    await kill("promotion", FULL);
    expect(await rollouts.show(id)).toMatchObject({ state: "running", weightBp: 2_000 });
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(2_000));
    expect(await rollouts.next(id)).toMatchObject({ state: "running", step: 1 });
    expect((await rollouts.readChannel()).off.promotions).toEqual([FULL]);
  });

  it("is recorded with who, why, and what it was before", async () => {
    await kill("promotion", FULL);
    const { body } = await operate<{
      records: { action: string; object: string; note: string; after: object }[];
    }>("/v1/audit?limit=5");
    expect(body.records[0]).toMatchObject({
      action: "kill",
      object: `promotion:${FULL}`,
      note: "it gives too much",
      after: { channel: "stable", off: { promotions: [FULL] } },
    });
    const events = await world.database.query<{ data: object }>(
      "select data from outbox_events where type = 'kill.made' and subject = $1",
      [FULL],
    );
    expect(events.at(-1)!.data).toMatchObject({ kind: "promotion", reason: "it gives too much" });
  });

  it("of a name that is not there says which are near it, and changes nothing", async () => {
    const before = await rollouts.readChannel();
    const answer = await kill("promotion", "shoe-ten-percent");
    expect(answer.status).toBe(404);
    expect(answer.body.error).toMatchObject({
      code: "SERVER_KILL_UNKNOWN",
      message: expect.stringContaining(`near it: ${SHOES}`),
      value: "shoe-ten-percent",
    });
    expect((await kill("rule", "xyz")).body.error.message).not.toContain("near");
    expect((await kill("release", "0".repeat(64))).status).toBe(404);
    expect((await lift("promotion", FULL)).body.error.code).toBe("SERVER_KILL_UNKNOWN");
    expect(await rollouts.readChannel()).toEqual(before);
  });

  it.each([
    [{ confirm: false }, 400],
    [{ confirm: undefined }, 400],
    [{ reason: "" }, 400],
    [{ kind: "shop" }, 400],
    [{ channel: "nowhere" }, 404],
  ])("with %j is refused", async (wrong, status) => {
    expect((await kill("promotion", FULL, wrong)).status).toBe(status);
  });

  it("is no stranger's", async () => {
    const body = { kind: "promotion", id: FULL, channel: "stable", confirm: true, reason: "mine" };
    expect((await caller(server)("/v1/kills", body)).status).toBe(401);
  });
});

/** Nobody commits a change while `work` is done: each ends with an audit record. */
function withAuditHeld<T>(work: (holder: number) => Promise<T>): Promise<T> {
  return world.database.transaction(async (tx) => {
    await tx.query("select from audit_heads for update");
    const [self] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
    return work(self!.pid);
  });
}

describe("connected SDKs", () => {
  it(`know of a kill at once, all ${CLIENTS} of them`, async () => {
    const clients: Haggle[] = Array.from({ length: CLIENTS }, (_, index) =>
      createHaggle({
        url: server.url,
        root: world.shop.root.bytes,
        context: { unit: `customer-${index}` },
        // So long that only the event stream can tell in time.
        pollMs: 600_000,
      }),
    );
    try {
      await Promise.all(clients.map((client) => client.ready()));
      await streamsAre(CLIENTS);
      const discounts = () =>
        clients.map((client) => (client.evaluate(makeCart()) as { discountTotal: number }).discountTotal);
      expect(discounts()).toEqual(clients.map(() => 9_000));
      const from = performance.now();
      expect((await kill("promotion", FULL)).status).toBe(201);
      await until(() => discounts().every((discount) => discount === 4_000));
      console.log(`a kill was with ${CLIENTS} clients after ${Math.round(performance.now() - from)} ms`);
    } finally {
      for (const client of clients) client.close();
    }
  });

  /** Until the server has as many open streams: a client opens its own after its first update. */
  async function streamsAre(count: number): Promise<void> {
    await until(async () => {
      const connections = await new Promise<number>((resolve, reject) =>
        server.app.server.server.getConnections((error, found) => (error ? reject(error) : resolve(found))),
      );
      return connections >= count;
    });
  }
});

// Last: everything of this world has expired then.
it("a kill counts where the release has expired while it was live", async () => {
  world.pass(49 * 60 * MINUTE_MS);
  expect(await discountOf()).toBe(9_000);
  expect((await kill("promotion", FULL)).status).toBe(201);
  expect(await discountOf()).toBe(4_000);
  expect((await server.ready()).warnings).toEqual(
    expect.arrayContaining(["DOCUMENT_EXPIRED", "SERVER_RELEASE_EXPIRED"]),
  );
});
