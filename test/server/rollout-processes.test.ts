import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseChannel, parseEnvelope } from "@haggle/abi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { childEnv } from "../support/child-env.ts";
import {
  type Call,
  callerAt,
  createRolloutWorld,
  MINUTE_MS,
  NO_GATES,
  operatorOf,
  type Rollout,
  type RolloutWorld,
  rolloutsOf,
  STEPS,
  twoPeople,
} from "../support/rollout.ts";
import { type TestServer, tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// Several processes on one database do a step once, and one that is killed leaves nothing half done.

let world: RolloutWorld;

beforeAll(async () => {
  world = await createRolloutWorld();
});

afterAll(() => world.close());

type Counted = { transitions: number; events: number; records: number };

/** What was written in one transaction is there in equal number. */
async function countOf(id: string): Promise<Counted> {
  const [row] = await world.database.query<Counted>(
    `select (select count(*)::int from rollout_transitions where rollout_id = $1) transitions,
       (select count(*)::int from outbox_events where subject = $1) events,
       (select count(*)::int from audit_records where record::json ->> 'object' = 'rollout:' || $1) records`,
    [id],
  );
  return row!;
}

async function readArms(): Promise<unknown> {
  const [row] = await world.database.query<{ document: Uint8Array }>(
    "select document from channel_heads where channel = 'stable' and kind = 'channel'",
  );
  return parseChannel(parseEnvelope(new Uint8Array(row!.document), "channel").payload).arms;
}

describe("two servers", () => {
  it("do each step once, and serve the same", async () => {
    const servers: TestServer[] = [await world.start(), await world.start()];
    const operate = await operatorOf(servers[0]!, world.shop.dataFolder);
    const rollouts = rolloutsOf(world, servers[0]!, operate);
    const { id } = (await rollouts.start()).body;
    for (const weightBp of [2_000, 5_000, 10_000]) {
      if (weightBp > 2_000) await rollouts.next(id);
      for (const server of servers) {
        await until(async () => {
          const { arms } = await rollouts.readChannel(server);
          return JSON.stringify(arms) === JSON.stringify(rollouts.armsAt(weightBp));
        });
      }
    }
    const ended = await rollouts.next(id);
    expect(ended.history.map(({ step, state }) => [step, state])).toEqual([
      [0, "running"],
      [1, "running"],
      [2, "running"],
      [2, "completed"],
    ]);
    expect(await countOf(id)).toEqual({ transitions: 4, events: 4, records: 4 });
    await rollouts.rest();
    for (const server of servers) await server.close();
  });
});

describe("a channel that wants two people", () => {
  it("starts, promotes and approves with the second one, and stops with one", async () => {
    const server = await world.start({ HAGGLE_APPROVALS: "stable" });
    const operate = await operatorOf(server, world.shop.dataFolder);
    const [first, second] = await twoPeople(world, server);
    const rollouts = rolloutsOf(world, server, first);
    const approve = async (answer: { status: number; body: object }, by = second) => {
      expect(answer.status).toBe(202);
      const { approval } = answer.body as { approval: string };
      return by<{ result?: { rollout: string } }>(`/v1/approvals/${approval}/approve`, {});
    };
    const asked = await rollouts.start({ reason: "a new week" });
    // Neither who asked, nor who made the key that asked.
    expect((await approve(asked, first)).status).toBe(403);
    expect((await approve(asked, operate)).status).toBe(403);
    expect((await operate<{ rollouts: Rollout[] }>("/v1/rollouts")).body.rollouts[0]?.state).not.toBe(
      "running",
    );
    const approved = await approve(asked);
    expect(approved).toMatchObject({ status: 200, body: { result: { rollout: expect.any(String) } } });
    const id = approved.body.result!.rollout;
    const { state, history } = await rollouts.show(id);
    expect(state).toBe("running");
    expect(history[0]).toMatchObject({
      actor: { name: "second" },
      reason: expect.stringMatching(/^a new week \(asked for by /),
    });
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(2_000));
    const promoted = await rollouts.act(id, "promote", { reason: "good" });
    expect((await rollouts.show(id)).state).toBe("running");
    await approve(promoted);
    expect((await rollouts.show(id)).state).toBe("completed");
    const kill = { kind: "release", id: world.to, channel: "stable", confirm: true, reason: "broken" };
    expect((await operate("/v1/kills", kill)).status).toBe(201);
    const alone = await world.start();
    await rolloutsOf(world, alone, await callerAt(alone.url, world.shop.dataFolder)).rest();
    for (const each of [server, alone]) await each.close();
  });
});

// The last one: the documents that it leaves behind were made hours later.
describe("a server that is killed", () => {
  const SPEED = 120;
  const SOAK_MS = MINUTE_MS;
  const begin = Date.now();
  const steps = Array.from({ length: 20 }, (_, index) => ({
    weightBp: (index + 1) * 500,
    soakMs: SOAK_MS,
    minSamples: 0,
  }));
  let child: ChildProcess | undefined;
  let operate: Call;
  let started: string[] = [];

  beforeEach(() => run());
  afterEach(async () => {
    for (const id of started) await operate(`/v1/rollouts/${id}/rollback`, { reason: "the test is over" });
    started = [];
    await kill();
  });

  async function run(): Promise<void> {
    const path = join(import.meta.dirname, "../support/serve-fast.ts");
    const program = spawn(process.execPath, ["--conditions=haggle-source", path, `${begin}`, `${SPEED}`], {
      env: {
        ...childEnv(),
        HAGGLE_DATA: world.shop.dataFolder,
        DATABASE_URL: testDatabaseUrl(),
        HAGGLE_TENANT: tenantOf(world.shop.dataFolder),
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    child = program;
    const [url] = (await once(createInterface(program.stdout), "line")) as [string];
    operate = await callerAt(url, world.shop.dataFolder);
    await until(
      async () => (await operate<{ keys: { channel: string } }>("/readyz")).body.keys.channel === "ready",
    );
  }

  async function kill(): Promise<void> {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  const start = async (more: object = {}): Promise<string> => {
    const body = { channel: "stable", to: world.to, steps, gates: NO_GATES, ...more };
    const { id } = (await operate<Rollout>("/v1/rollouts", body)).body;
    started.push(id);
    return id;
  };
  const show = async (id: string): Promise<Rollout> => (await operate<Rollout>(`/v1/rollouts/${id}`)).body;

  it("between and in the middle of steps leaves whole ones, and skips none of their time", async () => {
    const id = await start();
    // Of real time; a step takes half a second of it.
    for (const delayMs of [40, 200, 370, 560]) {
      const { step } = await show(id);
      await until(async () => (await show(id)).step > step);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await kill();
      const { transitions, ...others } = await countOf(id);
      expect(others).toEqual({ events: transitions, records: transitions });
      const [row] = await world.database.query<{ step: number; revision: number }>(
        "select step, revision from rollouts where id = $1",
        [id],
      );
      expect(row!.revision).toBe(transitions);
      const border = 10_000 - steps[row!.step]!.weightBp;
      expect(await readArms()).toMatchObject([{ range: [0, border] }, { range: [border, 10_000] }]);
      // Several steps' time, in which nobody looks.
      await run();
    }
    const { history, stepAt } = await show(id);
    // One reading of the clock for both, or the soak's begin and the history's differ by what the commit took.
    expect(history.at(-1)!.at).toBe(stepAt);
    for (const [index, { step, at }] of history.entries()) {
      expect(step).toBe(index);
      if (index > 0) expect(at - history[index - 1]!.at).toBeGreaterThanOrEqual(SOAK_MS);
    }
    expect(history.length).toBeGreaterThan(4);
  }, 240_000);

  it.each([
    ["paused", async (id: string) => void (await operate(`/v1/rollouts/${id}/pause`, {}))],
    ["awaiting_approval", async () => {}],
  ])(
    "while %s, finds it so again",
    async (state, bring) => {
      const id = await start({ steps: STEPS.map((step) => ({ ...step, approval: true })) });
      await bring(id);
      await until(async () => (await show(id)).state === state);
      const before = await show(id);
      await kill();
      await run();
      await until(async () => "judgedAt" in (await show(id)));
      const { state: after, history } = await show(id);
      expect([after, history]).toEqual([state, before.history]);
    },
    120_000,
  );
});
