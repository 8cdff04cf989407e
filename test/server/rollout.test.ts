import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type Call,
  caller,
  createRolloutWorld,
  MINUTE_MS,
  NO_GATES,
  operatorOf,
  type RolloutWorld,
  rolloutsOf,
  STEPS,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// A rollout from the outside: what an operator asks for, what the channel says then, and what the gates make of it.

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

/** Servers look when ten seconds have passed. */
const LOOK_AFTER_MS = 10_001;

const armsAre = (weightBp: number) =>
  until(async () => {
    const { arms } = await rollouts.readChannel();
    return JSON.stringify(arms) === JSON.stringify(rollouts.armsAt(weightBp));
  });

type Event = { type: string; subject: string; data: { cause?: string; reason?: string } };

/** Enough requests to the new release, of which some went wrong. Sums are kept per ten seconds. */
function feed(rollout: string, failures: number, from = server): Promise<void> {
  world.pass(10_000);
  for (let i = 0; i < 6_000; i++) {
    const outcome = i < failures ? "error" : "ok";
    const common = {
      rollout,
      stepAt: 0,
      source: "evaluation",
      isOverridden: false,
      latencyMs: 2,
      outcome,
    } as const;
    from.app.metrics.observe({ ...common, release: world.to, arm: "canary" });
  }
  return from.app.metrics.flush();
}

const GATED = { ...NO_GATES, errorRate: { mode: "on" } };

describe("a rollout", () => {
  it("goes through its steps to its end, one channel document each", async () => {
    const before = await rollouts.readChannel();
    const started = await rollouts.start();
    expect(started.status).toBe(201);
    const { id } = started.body;
    expect(started.body).toMatchObject({ state: "running", step: 0, weightBp: 2_000, from: world.from });
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(2_000));
    expect(await rollouts.next(id)).toMatchObject({ step: 1, weightBp: 5_000 });
    await armsAre(5_000);
    expect(await rollouts.next(id)).toMatchObject({ step: 2, weightBp: 10_000 });
    await armsAre(10_000);
    const ended = await rollouts.next(id);
    expect(ended).toMatchObject({ state: "completed", weightBp: 10_000 });
    expect(ended.history.map(({ cause, state, weightBp }) => [cause, state, weightBp])).toEqual([
      ["start", "running", 2_000],
      ["soaked", "running", 5_000],
      ["soaked", "running", 10_000],
      ["soaked", "completed", 10_000],
    ]);
    const channel = await rollouts.readChannel();
    expect(channel.version).toBe(before.version + 3);
    expect(channel).toMatchObject({ off: before.off, minRelease: before.minRelease });
  });

  it("catches up by one step, however long nobody looked", async () => {
    const { id } = (await rollouts.start()).body;
    world.pass(60 * MINUTE_MS);
    await until(async () => (await rollouts.show(id)).step === 1);
    // The second one begins when what the first one does is done.
    for (let looks = 0; looks < 2; looks++) await rollouts.look(id, LOOK_AFTER_MS);
    const { history } = await rollouts.show(id);
    // The step that was late; on a machine that stood still the next one too, which has soaked as long as any.
    const gaps = history.slice(1).map(({ at }, i) => at - history[i]!.at);
    expect(gaps.length).toBeGreaterThan(0);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it("stays where it is while paused, and soaks anew when it goes on", async () => {
    const { id } = (await rollouts.start()).body;
    expect((await rollouts.act(id, "pause", { reason: "lunch" })).body).toMatchObject({ state: "paused" });
    expect(await rollouts.look(id)).toMatchObject({ state: "paused", step: 0, weightBp: 2_000 });
    expect(await (await server.get("/metrics")).text()).toContain('haggle_rollouts{state="paused"} 1\n');
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(2_000));
    const { body } = await rollouts.act(id, "resume");
    expect(body).toMatchObject({ state: "running", step: 0 });
    expect(body.history.at(-2)).toMatchObject({ cause: "pause", reason: "lunch" });
    expect(await rollouts.next(id)).toMatchObject({ step: 1 });
  });

  it("waits before a step that somebody has to approve", async () => {
    const steps = STEPS.map((step, index) => ({ ...step, approval: index === 1 }));
    const { id } = (await rollouts.start({ steps })).body;
    expect(await rollouts.next(id)).toMatchObject({ state: "awaiting_approval", step: 0, weightBp: 2_000 });
    expect(await rollouts.look(id)).toMatchObject({ state: "awaiting_approval" });
    expect((await rollouts.act(id, "approve")).body).toMatchObject({ state: "running", step: 0 });
    expect(await rollouts.next(id)).toMatchObject({ state: "running", step: 1 });
  });

  it("is promoted to everybody, and taken back from everybody, with a reason", async () => {
    const { id } = (await rollouts.start()).body;
    expect((await rollouts.act(id, "promote")).body.error).toMatchObject({ code: "SERVER_BAD_REQUEST" });
    const promoted = await rollouts.act(id, "promote", { reason: "a fix" });
    expect(promoted.body).toMatchObject({ state: "completed", weightBp: 10_000 });
    expect(promoted.body.history.at(-1)).toMatchObject({ cause: "promote", reason: "a fix" });
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(10_000));
    await rollouts.rest();
    const second = (await rollouts.start()).body.id;
    const back = await rollouts.act(second, "rollback", { reason: "a bug" });
    expect(back.body).toMatchObject({ state: "rolled_back", weightBp: 0 });
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(0));
    expect((await rollouts.act(second, "resume")).body.error.code).toBe("SERVER_ROLLOUT_STATE");
  });
});

describe("gates", () => {
  const takeBack = async (id: string) => {
    const { version } = await rollouts.readChannel();
    await feed(id, 300);
    const ended = await rollouts.next(id);
    expect(ended).toMatchObject({ state: "rolled_back", weightBp: 0 });
    expect(ended.history.at(-1)).toMatchObject({
      cause: "gate",
      actor: { name: "server" },
      reason: expect.stringMatching(/^errorRate: evaluation: 300 of (6|12)000,/),
    });
    await armsAre(0);
    expect((await rollouts.readChannel()).version).toBe(version + 1);
    return ended;
  };

  it("let a step pass with enough that went well", async () => {
    const { id } = (await rollouts.start({ gates: GATED })).body;
    expect(await rollouts.look(id)).toMatchObject({ state: "running", step: 0 });
    await feed(id, 0);
    expect(await rollouts.next(id)).toMatchObject({ state: "running", step: 1 });
    // The next step begins with nothing.
    expect(await rollouts.look(id)).toMatchObject({ state: "running", step: 1 });
  });

  it("want as much of the last step as of any other", async () => {
    const { id } = (await rollouts.start({ gates: GATED })).body;
    for (const step of [1, 2]) {
      await feed(id, 0);
      expect(await rollouts.next(id)).toMatchObject({ state: "running", step });
    }
    expect(await rollouts.look(id)).toMatchObject({ state: "running", step: 2 });
    await feed(id, 0);
    expect(await rollouts.next(id)).toMatchObject({ state: "completed" });
  });

  it("leave a rollout running that somebody resumes, whatever SDKs had reported before", async () => {
    const gates = { ...NO_GATES, reports: { mode: "on" } };
    const { id } = (await rollouts.start({ gates })).body;
    const report = () => {
      world.pass(10_000);
      for (const [arm, release, outcome] of [
        ["stable", world.from, "ok"],
        ["canary", world.to, "error"],
      ] as const) {
        const common = { rollout: id, source: "report", isOverridden: false, latencyMs: 2 } as const;
        for (let i = 0; i < 400; i++) server.app.metrics.observe({ ...common, arm, release, outcome });
      }
      return server.app.metrics.flush();
    };
    await report();
    expect(await rollouts.next(id)).toMatchObject({ state: "paused" });
    // Its slot is over before somebody has looked at it.
    world.pass(10_000);
    expect((await rollouts.act(id, "resume")).body.state).toBe("running");
    expect(await rollouts.next(id)).toMatchObject({ state: "running", step: 1 });
    await report();
    expect(await rollouts.next(id)).toMatchObject({ state: "paused", step: 1 });
  });

  it("take a release back that fails, in one transaction with record and event", async () => {
    const { id } = (await rollouts.start({ gates: GATED })).body;
    await takeBack(id);
    const { body } = await operate<{ records: { action: string; object: string; note?: string }[] }>(
      "/v1/audit?limit=20",
    );
    const record = body.records.find(
      ({ action, object }) => action === "rollout.gate" && object.endsWith(id),
    );
    expect(record).toMatchObject({ note: expect.stringMatching(/^errorRate/) });
    const events = await world.database.query<Event>(
      "select type, subject, data from outbox_events where subject = $1 order by emitted",
      [id],
    );
    expect(events.map(({ type }) => type)).toEqual(["rollout.started", "rollout.rolled_back"]);
    expect(events[1]!.data).toMatchObject({ cause: "gate", reason: expect.stringMatching(/^errorRate/) });
  });

  it("take it back while it is paused", async () => {
    const { id } = (await rollouts.start({ gates: GATED })).body;
    await rollouts.act(id, "pause");
    await takeBack(id);
  });

  it("take it back while it waits for an approval", async () => {
    const steps = STEPS.map((step) => ({ ...step, approval: true }));
    const { id } = (await rollouts.start({ steps, gates: GATED })).body;
    await feed(id, 0);
    expect(await rollouts.next(id)).toMatchObject({ state: "awaiting_approval" });
    await takeBack(id);
  });

  it("count nothing that was chosen by hand", async () => {
    const { id } = (await rollouts.start({ gates: GATED })).body;
    for (let i = 0; i < 6_000; i++) {
      server.app.metrics.observe({
        rollout: id,
        source: "evaluation",
        release: world.to,
        arm: "canary",
        isOverridden: true,
        latencyMs: 900,
        outcome: "error",
      });
    }
    await server.app.metrics.flush();
    expect(await rollouts.look(id)).toMatchObject({ state: "running", step: 0 });
  });
});

describe("bad input", () => {
  it.each([
    [{ to: "0".repeat(64) }, 404, "SERVER_UNKNOWN_RELEASE"],
    [{ channel: "nowhere" }, 404, "SERVER_UNKNOWN_CHANNEL"],
    [{ steps: [] }, 400, "SERVER_BAD_REQUEST"],
    [{ steps: [STEPS[0]] }, 422, "SERVER_ROLLOUT_STEPS"],
    [{ steps: [STEPS[1], STEPS[0], STEPS[2]] }, 422, "SERVER_ROLLOUT_STEPS"],
    [{ steps: [{ ...STEPS[2], weightBp: 10_001 }] }, 400, "SERVER_BAD_REQUEST"],
    [{ gates: { errorRate: { mode: "perhaps" } } }, 400, "SERVER_BAD_REQUEST"],
    [{ more: 1 }, 400, "SERVER_BAD_REQUEST"],
  ])("refuses %j by %i %s, and changes nothing", async (wrong, status, code) => {
    const before = await rollouts.readChannel();
    const { body, ...answer } = await rollouts.start(wrong);
    expect(answer.status).toBe(status);
    expect(body.error).toMatchObject({ code });
    expect(await rollouts.readChannel()).toEqual(before);
  });

  it("refuses the release that everybody has, one that is not newer, and a second rollout", async () => {
    expect((await rollouts.start({ to: world.from })).body.error.code).toBe("SERVER_ROLLOUT_REFUSED");
    const { id } = (await rollouts.start()).body;
    expect((await rollouts.start()).body.error.code).toBe("SERVER_ROLLOUT_LIVE");
    await rollouts.act(id, "promote", { reason: "for the next" });
    expect((await rollouts.start({ to: world.from })).body.error.code).toBe("SERVER_ROLLOUT_OLDER");
  });

  it("refuses a release that the channel has switched off", async () => {
    const kill = { kind: "release", id: world.to, channel: "stable", confirm: true, reason: "broken" };
    expect((await operate("/v1/kills", kill)).status).toBe(201);
    const { status, body } = await rollouts.start();
    expect([status, body.error.code]).toEqual([422, "SERVER_ROLLOUT_REFUSED"]);
  });

  it("knows no rollout but those that there are", async () => {
    const nobody = `rol_${"0".repeat(16)}`;
    expect((await operate(`/v1/rollouts/${nobody}`)).status).toBe(404);
    expect((await rollouts.act(nobody, "pause")).body.error.code).toBe("SERVER_UNKNOWN_ROLLOUT");
    expect((await operate("/v1/rollouts/other")).status).toBe(400);
  });

  it("is told nothing, and does nothing, without a key", async () => {
    const { id } = (await rollouts.start()).body;
    const stranger = caller(server);
    for (const path of ["", `/${id}/pause`, `/${id}/rollback`, "/preview", `/${id}/preview-tokens`]) {
      expect((await stranger(`/v1/rollouts${path}`, { reason: "mine" })).status).toBe(401);
    }
    expect((await stranger("/v1/rollouts")).status).toBe(401);
    expect((await rollouts.show(id)).state).toBe("running");
  });
});

describe("a channel that somebody publishes to", () => {
  it("is his, and the rollout is over", async () => {
    const { id } = (await rollouts.start()).body;
    const { version } = await rollouts.readChannel();
    await world.shop.publish({ version: 1, channel: { version: version + 5 } });
    await until(async () => (await server.ready()).channel?.version === version + 5);
    world.pass(MINUTE_MS);
    await until(async () => (await rollouts.show(id)).state === "superseded");
    expect((await rollouts.readChannel()).version).toBe(version + 5);
    expect((await rollouts.start()).status).toBe(201);
  });
});

describe("the list", () => {
  it("has the newest first, of one channel or of all", async () => {
    const first = (await rollouts.start()).body.id;
    await rollouts.rest();
    world.pass(1_000);
    const second = (await rollouts.start()).body.id;
    const ids = async (query: string) =>
      (await operate<{ rollouts: { id: string }[] }>(`/v1/rollouts${query}`)).body.rollouts.map(
        ({ id }) => id,
      );
    expect((await ids("")).slice(0, 2)).toEqual([second, first]);
    expect((await ids("?channel=stable"))[0]).toBe(second);
    expect(await ids("?channel=other")).toEqual([]);
  });
});
