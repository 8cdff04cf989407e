import type { Channel } from "@haggle/abi";
import { bucketOf, findArm } from "@haggle/sdk";
import { rolloutArms, rolloutMachine } from "@haggle/server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

// What a rollout may do, whatever is seen and asked for in whatever order. The server's own tests are in rollout.test.ts.

const { advance, decide, FINAL_STATES, isLive, LIVE_STATES, obey, weightOf } = rolloutMachine;

type Verb = rolloutMachine.Verb;
type Progress = rolloutMachine.Progress;
type Step = rolloutMachine.Step;
type Evidence = rolloutMachine.Evidence;

const VERBS = ["pause", "resume", "approve", "promote", "rollback", "kill", "supersede"] as const;
const HOUR_MS = 3_600_000;

const steps = fc
  .uniqueArray(fc.integer({ min: 1, max: 9_999 }), { minLength: 0, maxLength: 6 })
  .chain((weights) =>
    fc.tuple(
      ...[...weights.sort((a, b) => a - b), 10_000].map((weightBp) =>
        fc.record<Step>({
          weightBp: fc.constant(weightBp),
          soakMs: fc.integer({ min: 0, max: HOUR_MS }),
          minSamples: fc.integer({ min: 0, max: 5_000 }),
          approval: fc.boolean(),
        }),
      ),
    ),
  );

// A rollout that fails or stops at once proves little.
const often = <T>(usual: T, ...others: T[]) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(usual) },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
  );
const evidence = fc.record<Evidence>({
  verdict: often<Evidence["verdict"]>("pass", "hold", "fail"),
  samples: often(1_000_000, 0, 2_999, 5_000),
  advice: often<Evidence["advice"]>(undefined, "pause"),
});

const look = fc.record({ afterMs: fc.constantFrom(0, 10_000, HOUR_MS, 720 * HOUR_MS), evidence });
const verb = fc.record({
  afterMs: fc.integer({ min: 0, max: HOUR_MS }),
  verb: fc.constantFrom<Verb>("resume", "approve", "resume", "approve", "resume", "approve", ...VERBS),
});
const deeds = fc.array(fc.oneof({ weight: 3, arbitrary: look }, { weight: 1, arbitrary: verb }), {
  minLength: 10,
  maxLength: 40,
});

const START: Progress = { state: "running", step: 0, stepAt: 0, soakFrom: 0 };

type Passage = {
  before: Progress;
  after: Progress;
  now: number;
  cause: rolloutMachine.Cause | undefined;
  evidence?: Evidence;
};

/** All that happened, in order. */
function walk(
  plan: readonly Step[],
  done: readonly { afterMs: number; evidence?: Evidence; verb?: Verb }[],
): Passage[] {
  let progress = START;
  let now = 0;
  return done.map(({ afterMs, evidence: seen, verb: asked }) => {
    now += afterMs;
    const before = progress;
    const due = seen ? decide(plan, before, seen, now) : obey(before, asked!);
    if (due !== undefined) progress = advance(before, due, now);
    return { before, after: progress, now, cause: due?.cause, ...(seen && { evidence: seen }) };
  });
}

const property = (check: (passage: Passage, plan: readonly Step[], all: readonly Passage[]) => void) =>
  fc.assert(
    fc.property(steps, deeds, (plan, done) => {
      const all = walk(plan, done);
      for (const passage of all) check(passage, plan, all);
    }),
    { numRuns: 500 },
  );

describe("a rollout", () => {
  it("never takes two steps at once, however long nobody looked", () => {
    property(({ before, after }) => {
      expect([before.step, before.step + 1]).toContain(after.step);
      if (after.step !== before.step)
        expect(after).toMatchObject({ state: "running", stepAt: after.soakFrom });
    });
  });

  it("goes forward only when it ran, soaked, had its samples, passed, and was approved where that is asked", () => {
    let forward = 0;
    property(({ before, after, now, evidence: seen, cause }, plan) => {
      const isForward = after.step > before.step || (after.state === "completed" && isLive(before.state));
      if (!isForward || cause === "promote") return;
      forward += 1;
      const { soakMs, minSamples } = plan[before.step]!;
      expect(before.state).toBe("running");
      expect(seen?.verdict).toBe("pass");
      expect(seen!.samples).toBeGreaterThanOrEqual(minSamples);
      expect(now - before.soakFrom).toBeGreaterThanOrEqual(soakMs);
      if (plan[before.step + 1]?.approval) expect(before.approvedStep).toBe(before.step + 1);
    });
    expect(forward).toBeGreaterThan(300);
  });

  it("soaks anew after a resume, and never for less than its time in one piece", () => {
    property(({ before, after, now, cause }) => {
      if (cause === "resume") expect(after).toMatchObject({ soakFrom: now, stepAt: before.stepAt });
    });
  });

  it("is approved for one step by one approval", () => {
    property(({ before, after, cause }) => {
      if (after.approvedStep !== before.approvedStep) {
        expect(cause).toBe("approve");
        expect(before.state).toBe("awaiting_approval");
        expect(after.approvedStep).toBe(before.step + 1);
      }
    });
  });

  it("has three ends that are final", () => {
    property(({ before, after, cause }) => {
      if (isLive(before.state)) return;
      expect(FINAL_STATES).toContain(before.state);
      expect(cause).toBeUndefined();
      expect(after).toBe(before);
    });
  });

  it("gives the new release a larger share only while it runs, and takes it away only at its end", () => {
    property(({ before, after, cause }, plan) => {
      const was = weightOf(plan, before);
      const is = weightOf(plan, after);
      if (is > was && cause !== "promote") expect(before.state).toBe("running");
      if (is < was) expect(after.state).toBe("rolled_back");
    });
  });

  it("is taken back by a failed gate from every live state, and by nothing else that is seen", () => {
    for (const state of LIVE_STATES) {
      fc.assert(
        fc.property(steps, evidence, fc.nat(), fc.nat(), (plan, seen, at, now) => {
          const progress = { ...START, state, step: at % plan.length };
          const due = decide(plan, progress, seen, now);
          expect(due?.state === "rolled_back").toBe(seen.verdict === "fail");
        }),
      );
    }
  });

  it("does no more than pause for what SDKs report", () => {
    fc.assert(
      fc.property(steps, evidence, fc.constantFrom(...LIVE_STATES), fc.nat(), (plan, seen, state, now) => {
        const advised = { ...seen, advice: "pause" as const };
        const due = decide(plan, { ...START, state }, advised, now);
        if (seen.verdict === "fail") expect(due?.state).toBe("rolled_back");
        else
          expect(due).toEqual(state === "paused" ? undefined : { state: "paused", step: 0, cause: "advice" });
      }),
    );
  });
});

describe("a verb", () => {
  it.each([
    ["running", ["pause", "promote", "rollback", "kill", "supersede"]],
    ["paused", ["resume", "promote", "rollback", "supersede"]],
    ["awaiting_approval", ["pause", "approve", "promote", "rollback", "kill", "supersede"]],
    ["completed", []],
    ["rolled_back", []],
    ["superseded", []],
  ] as const)("while %s is one of %j", (state, allowed) => {
    const possible = VERBS.filter((asked) => obey({ ...START, state }, asked) !== undefined);
    expect([...possible].sort()).toEqual([...allowed].sort());
  });
});

describe("the arms of a rollout", () => {
  const pair = { fromRelease: "a".repeat(64), toRelease: "b".repeat(64), seed: "b".repeat(64) };
  const weight = fc.integer({ min: 0, max: 10_000 });
  const at = (weightBp: number) =>
    ({ arms: rolloutArms.armsOf(pair, weightBp), off: { releases: [] as string[] } }) as Channel;

  it("never take the new release from anybody as its share grows", () => {
    fc.assert(
      fc.property(weight, weight, fc.string(), (one, other, unit) => {
        const bucket = bucketOf(pair.seed, unit);
        const small = findArm(at(Math.min(one, other)), bucket);
        const large = findArm(at(Math.max(one, other)), bucket);
        if (small === pair.toRelease) expect(large).toBe(pair.toRelease);
      }),
      { numRuns: 2_000 },
    );
  });

  it("give it to exactly as many of 10,000 buckets, and to whoever has no unit last of all", () => {
    fc.assert(
      fc.property(weight, (weightBp) => {
        const buckets = Array.from({ length: 10_000 }, (_, bucket) => findArm(at(weightBp), bucket));
        expect(buckets.filter((release) => release === pair.toRelease)).toHaveLength(weightBp);
        expect(buckets[0] === pair.toRelease).toBe(weightBp === 10_000);
      }),
    );
  });
});
