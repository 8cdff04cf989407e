import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createRecorder } from "../../server/modules/metrics/recorder.ts";
import type { Observation } from "../../server/modules/metrics/service.ts";
import { CANARY, type Observed, observeIn, ROLLOUT, STABLE } from "../support/observations.ts";
import { testDatabaseUrl, until } from "../support/server.ts";

const SLOT_MS = 10_000;
const DAY_MS = 86_400_000;
const LOOP = join(import.meta.dirname, "../support/observe-in-a-loop.ts");
const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");

const closing: (() => Promise<void>)[] = [];
let tenants = 0;
let now = 1_800_000_000_000;

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function newTenant(): string {
  tenants += 1;
  return `observations-${process.pid}-${tenants}`;
}

async function open(tenant = newTenant(), clock = () => now): Promise<Observed> {
  const observed = await observeIn(tenant, clock);
  closing.push(observed.database.close);
  return observed;
}

const order = (discountMinor: number, totalMinor: number): NonNullable<Observation["money"]> => ({
  currency: "EUR",
  discountMinor,
  totalMinor,
  marginMinor: totalMinor / 4,
  atFloor: discountMinor === 0,
});

describe("what is observed under a rollout", () => {
  it("adds up over processes, slots and flushes, and counts once however often it is written", async () => {
    const tenant = newTenant();
    const [one, other] = [await open(tenant), await open(tenant)];
    one.feed(3, { arm: "canary", latencyMs: 2 });
    await one.metrics.flush();
    await one.metrics.flush();
    one.feed(2, { arm: "canary", outcome: "error", latencyMs: 400 });
    other.feed(4, { arm: "canary", outcome: "fault" });
    await other.metrics.flush();
    now += SLOT_MS;
    one.feed(1, { arm: "canary" });
    one.feed(5, { arm: "stable", source: "order", money: order(100, 900) });
    other.feed(5, { arm: "stable", source: "order", money: order(0, 1_000) });
    await other.metrics.flush();
    const { arms, overridden } = await one.summarise();
    expect(arms.canary.traffic).toEqual({
      evaluation: {
        samples: 10,
        errors: 2,
        errorRate: 0.2,
        faults: 4,
        faultRate: 0.4,
        latencyMs: { p50: 0.4, p95: 375, p99: 395 },
      },
    });
    expect(arms.stable.traffic.order?.samples).toBe(10);
    expect(arms.stable.money).toEqual([
      {
        source: "order",
        currency: "EUR",
        orders: 10,
        discountMinor: 50,
        totalMinor: 950,
        marginMinor: 237.5,
        marginShare: 0.25,
        atFloorShare: 0.5,
      },
    ]);
    expect(overridden).toEqual({ stable: 0, canary: 0 });
  });

  it("counts from the first slot that begins at or after the time that is asked for", async () => {
    const observed = await open();
    now += SLOT_MS - (now % SLOT_MS);
    const begin = now;
    observed.feed(1, { arm: "canary" });
    now += SLOT_MS + 3_000;
    observed.feed(2, { arm: "canary" });
    // Back within the slot that is over: it stays in the newer one.
    now -= 5_000;
    observed.feed(4, { arm: "canary" });
    const count = async (since: number) =>
      (await observed.summarise(since)).arms.canary.traffic.evaluation?.samples ?? 0;
    expect(await count(begin)).toBe(7);
    expect(await count(begin + 1)).toBe(6);
    expect(await count(begin + SLOT_MS)).toBe(6);
    expect(await count(begin + SLOT_MS + 1)).toBe(0);
  });

  it("is that rollout's, those releases' and that tenant's, and nothing without a rollout", async () => {
    const observed = await open();
    const stranger = await open();
    observed.feed(1, { arm: "canary" });
    observed.feed(1, { arm: "canary", rollout: "rol_2" });
    observed.feed(1, { arm: "canary", release: "d".repeat(64) });
    observed.feed(1, { arm: "stable", release: CANARY });
    observed.feed(1, { arm: "canary", rollout: undefined });
    stranger.feed(50, { arm: "canary" });
    await stranger.metrics.flush();
    const { arms } = await observed.summarise();
    expect(arms.canary.traffic.evaluation?.samples).toBe(1);
    expect(arms.stable.traffic).toEqual({});
    const [{ rows }] = (await observed.database.query<{ rows: number }>(
      "select count(*) as rows from observations",
    )) as [{ rows: number }];
    expect(rows).toBe(4);
  });

  it("keeps what was overridden by hand and what SDKs report apart", async () => {
    const observed = await open();
    observed.feed(5_000, { arm: "canary" });
    observed.feed(500, { arm: "canary", isOverridden: true, outcome: "error", latencyMs: 5_000 });
    observed.feed(500, { arm: "canary", source: "report", outcome: "error", latencyMs: 5_000 });
    const { arms, overridden, judgement } = await observed.summarise();
    expect(overridden.canary).toBe(500);
    expect(arms.canary.traffic.report?.errors).toBe(500);
    expect(judgement.samples).toBe(5_000);
    expect(judgement.verdict).toBe("pass");
  });

  it("is the same however often it is asked for, while old slots are remembered and late ones come", async () => {
    const tenant = newTenant();
    const [one, late] = [await open(tenant), await open(tenant)];
    const since = now;
    late.feed(5, { arm: "canary", money: order(10, 90) });
    let fed = 0;
    for (let slot = 0; slot < 70; slot++) {
      now += SLOT_MS;
      one.feed(2, { arm: "canary", money: order(10, 90) });
      one.feed(1, { arm: "stable" });
      fed += 2;
      // A process that had lost the database writes what it has of ten minutes ago.
      if (slot === 60) await late.metrics.flush();
      const { arms } = await one.summarise(since - SLOT_MS);
      if (slot < 60) expect(arms.canary.traffic.evaluation?.samples).toBe(fed);
      expect(arms.stable.traffic.evaluation?.samples).toBe(slot + 1);
    }
    now += 10 * 60_000;
    const { arms } = await one.summarise(since - SLOT_MS);
    expect(arms.canary.traffic.evaluation?.samples).toBe(fed + 5);
    expect(arms.canary.money).toHaveLength(1);
    expect(arms.canary.money[0]).toMatchObject({ orders: fed + 5, discountMinor: 10, totalMinor: 90 });
  });

  it("survives the process that observed it, but for the last second", async () => {
    const observed = await open(newTenant(), Date.now);
    const { tenant } = observed.database;
    const args = ["--conditions=haggle-source", LOOP, testDatabaseUrl(), MIGRATIONS, tenant, ROLLOUT, CANARY];
    const count = async () => (await observed.summarise()).arms.canary.traffic.evaluation?.samples ?? 0;
    const child = spawn(process.execPath, args, { stdio: "inherit" });
    closing.push(async () => void child.kill("SIGKILL"));
    await until(async () => (await count()) > 100);
    child.kill("SIGKILL");
    await once(child, "exit");
    const before = await count();
    expect(before).toBeGreaterThan(100);
    observed.feed(7, { arm: "canary" });
    expect(await count()).toBe(before + 7);
  });

  it("is forgotten after thirty days", async () => {
    const observed = await open();
    observed.feed(1, { arm: "canary" });
    await observed.metrics.flush();
    now += 31 * DAY_MS;
    observed.feed(2, { arm: "stable" });
    const stop = observed.metrics.watch();
    await until(async () => {
      const rows = await observed.database.query<{ arm: string }>("select arm from observations");
      return rows.length === 1 && rows[0]?.arm === "stable";
    });
    await stop();
  });

  it("is written a last time when the server closes", async () => {
    const observed = await open();
    const stop = observed.metrics.watch();
    await observed.metrics.flush();
    observed.feed(3, { arm: "canary" });
    await stop();
    const rows = await observed.database.query<{ samples: number }>("select samples from observations");
    expect(rows).toEqual([{ samples: 3 }]);
  });
});

describe("the sums in memory", () => {
  const seen: Observation = {
    rollout: ROLLOUT,
    stepAt: 0,
    source: "evaluation",
    release: STABLE,
    arm: "stable",
    isOverridden: false,
    latencyMs: 1,
    outcome: "ok",
  };
  const samples = (cells: readonly { samples: number }[]) => cells.map((cell) => cell.samples);

  it("are told again, whole, while they change, and once when they do not", () => {
    const recorder = createRecorder({ clock: () => now });
    recorder.observe(seen);
    expect(samples(recorder.take())).toEqual([1]);
    recorder.settle();
    expect(recorder.take()).toEqual([]);
    recorder.observe(seen);
    expect(samples(recorder.take())).toEqual([2]);
  });

  it("outlive a write that failed, also when their slot has ended meanwhile", () => {
    const recorder = createRecorder({ clock: () => now });
    recorder.observe(seen);
    const taken = recorder.take();
    now += SLOT_MS;
    recorder.observe({ ...seen, arm: "canary" });
    recorder.putBack(taken);
    expect(samples(recorder.take())).toEqual([1, 1]);
    recorder.settle();
    expect(recorder.take()).toEqual([]);
  });

  it("keep a kind apart by currency, until there are too many to tell", () => {
    const recorder = createRecorder({ clock: () => now });
    for (let i = 0; i < 2_000; i++) {
      recorder.observe({
        ...seen,
        unit: `${i}`,
        money: { currency: `X${i}`, discountMinor: 1, totalMinor: 2 },
      });
    }
    const taken = recorder.take();
    expect(taken.length).toBe(1_025);
    expect(samples(taken).reduce((sum, count) => sum + count, 0)).toBe(2_000);
  });
});
