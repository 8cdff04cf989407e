import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Observation } from "../../server/modules/metrics/service.ts";
import { type Observed, observeIn, only } from "../support/observations.ts";
import { seeded } from "../support/seeded.ts";

// Over which time, and over which shoppers, gates look.

const SLOT_MS = 10_000;
const HOUR_MS = 3_600_000;

let tenants = 0;
let now: number;
let observed: Observed;

beforeEach(async () => {
  now = 1_800_000_000_000;
  tenants += 1;
  observed = await observeIn(`gate-times-${process.pid}-${tenants}`, () => now);
});
afterEach(() => observed.database.close());

const sold = (discountMinor: number, currency = "EUR"): Pick<Observation, "money"> => ({
  money: { currency, discountMinor, totalMinor: 10_000, marginMinor: 3_000 },
});
const DISCOUNT = only({ discountPerOrder: {} });

describe("the last step, in which nobody has the old release", () => {
  it("is compared over the step before, while requests are judged since it began", async () => {
    const begin = now;
    observed.feed(2_000, { arm: "stable" }, () => sold(500));
    observed.feed(2_000, { arm: "canary" }, () => sold(500));
    now += HOUR_MS;
    // The sale begins, for everybody; the slot in which the step began belongs to neither.
    observed.feed(5_000, { arm: "canary" }, () => sold(5_000));
    const stepAt = now + 3_000;
    now += SLOT_MS;
    observed.feed(5_000, { arm: "canary", stepAt }, () => sold(5_000));
    const money = { money: { since: begin, before: stepAt } };
    expect((await observed.judge(DISCOUNT, begin)).verdict).toBe("fail");
    const judgement = await observed.judge(DISCOUNT, stepAt, money);
    expect(judgement).toMatchObject({ verdict: "pass", samples: 5_000 });
    expect(judgement.gates[0]).toMatchObject({ verdict: "pass", samples: 2_000, isAwaited: false });
    observed.feed(100, { arm: "canary", outcome: "error", stepAt });
    expect((await observed.judge({}, stepAt, money)).verdict).toBe("fail");
    // Later the same is read from what is remembered.
    now += HOUR_MS;
    expect((await observed.judge(DISCOUNT, stepAt, money)).gates).toEqual(judgement.gates);
  });

  it("does not wait for money that was never there, unless it is told to", async () => {
    const money = { money: { since: now, before: now } };
    observed.feed(4_000, { arm: "canary" }, () => sold(500));
    expect((await observed.judge(DISCOUNT, 0, money)).verdict).toBe("pass");
    const gates = only({ discountPerOrder: { mode: "on" } });
    expect((await observed.judge(gates, 0, money)).verdict).toBe("hold");
  });
});

describe("what SDKs report", () => {
  it("is judged since somebody said that the rollout goes on", async () => {
    observed.feed(300, { arm: "stable", source: "report" });
    observed.feed(300, { arm: "canary", source: "report", outcome: "error" });
    now += SLOT_MS;
    expect((await observed.judge()).advice).toBe("pause");
    expect((await observed.judge({}, 0, { reportsSince: now })).advice).toBeUndefined();
    observed.feed(300, { arm: "stable", source: "report" });
    observed.feed(300, { arm: "canary", source: "report", outcome: "error" });
    expect((await observed.judge({}, 0, { reportsSince: now })).advice).toBe("pause");
  });
});

describe("shoppers", () => {
  it("weigh the same however often each comes: two arms that are alike stay so", async () => {
    const random = seeded(5);
    let failed = 0;
    for (let run = 0; run < 60; run++) {
      const rollout = `rol_${run}`;
      for (let shopper = 0; shopper < 200; shopper++) {
        const arm = shopper % 2 === 0 ? "stable" : "canary";
        // Each has a cart of his own, and some have large ones.
        const discount = Math.round(10_000 * random() ** 4);
        observed.feed(50, { arm, rollout, unit: `${run} ${shopper}` }, () => sold(discount));
      }
      const gates = only({ discountPerOrder: { minSamples: 50 } });
      if ((await observed.judge(gates, 0, { rollout })).verdict === "fail") failed += 1;
    }
    expect(failed).toBe(0);
  });

  it("take no release back alone, whatever they repeat, and nobody does whom no server knows", async () => {
    observed.feed(5_000, { arm: "stable" }, () => sold(500));
    observed.feed(1_000, { arm: "canary" }, () => sold(500));
    const before = await observed.judge(only({ discountPerOrder: {}, ruleFaults: {}, marginShare: {} }));
    const loss = { ...sold(40_000), outcome: "fault" as const };
    observed.feed(3_000, { arm: "canary", unit: "the one" }, () => loss);
    observed.feed(3_000, { arm: "canary", unit: undefined }, () => loss);
    const after = await observed.judge(only({ discountPerOrder: {}, ruleFaults: {}, marginShare: {} }));
    expect(after.gates.map(({ samples }) => samples)).toEqual(before.gates.map(({ samples }) => samples + 1));
    expect(after.verdict).not.toBe("fail");
  });

  it("are counted in each step again, from its first whole slot on, and for a fault that comes later", async () => {
    const begin = now;
    const faults = only({ ruleFaults: {} });
    const count = async (since: number) => {
      const [gate] = (await observed.judge(faults, since)).gates;
      return [gate!.estimate, gate!.samples];
    };
    observed.feed(2, { arm: "canary", unit: "ada", stepAt: begin });
    now += SLOT_MS;
    observed.feed(2, { arm: "canary", unit: "ada", stepAt: begin, outcome: "fault" });
    expect(await count(begin)).toEqual([1, 1]);
    const stepAt = now + 1;
    observed.feed(1, { arm: "canary", unit: "ada", stepAt });
    now += SLOT_MS;
    expect(await count(stepAt)).toEqual([0, 0]);
    observed.feed(3, { arm: "canary", unit: "ada", stepAt });
    // Somebody who has not heard of the step yet.
    observed.feed(3, { arm: "canary", unit: "bob", stepAt: begin });
    expect(await count(stepAt)).toEqual([0, 1]);
  });
});

describe("a discount above the cap", () => {
  it("has the gate hold where it is no exception, and say what helps", async () => {
    observed.feed(2_000, { arm: "stable" }, (n) => sold(n % 10 === 0 ? 200_000 : 40_000, "HUF"));
    observed.feed(2_000, { arm: "canary" }, (n) => sold(n % 10 === 0 ? 400_000 : 40_000, "HUF"));
    const [gate] = (await observed.judge(DISCOUNT)).gates;
    expect(gate).toMatchObject({ verdict: "hold", limit: 100 });
    expect(gate!.reason).toMatch(/10 % of the discounts of one release are above 50000: raise capMinor$/);
    const raised = only({ discountPerOrder: { capMinor: 500_000 } });
    expect((await observed.judge(raised)).verdict).toBe("fail");
  });

  it("is ten times as much in a currency of three minor digits, as is the limit", async () => {
    observed.feed(2_000, { arm: "stable" }, () => sold(60_000, "KWD"));
    observed.feed(2_000, { arm: "canary" }, () => sold(60_000, "KWD"));
    expect((await observed.judge(DISCOUNT)).gates[0]).toMatchObject({ verdict: "pass", limit: 1_000 });
    const own = only({ discountPerOrder: { limit: 7 } });
    expect((await observed.judge(own)).gates[0]).toMatchObject({ limit: 7 });
  });
});

describe("the error rate", () => {
  it("is that of the worst source: orders are few beside evaluations", async () => {
    const errors = only({ errorRate: {} });
    observed.feed(200_000, { arm: "canary" });
    expect((await observed.judge(errors)).verdict).toBe("pass");
    observed.feed(40, { arm: "canary", source: "order" });
    const [few] = (await observed.judge(errors)).gates;
    expect(few).toMatchObject({ verdict: "hold", samples: 40 });
    expect(few!.reason).toMatch(/^order: 0 of 40, /);
    observed.feed(40, { arm: "canary", source: "order", outcome: "error" });
    const [failed] = (await observed.judge(errors)).gates;
    expect(failed).toMatchObject({ verdict: "fail", estimate: 0.5 });
    expect(failed!.reason).toMatch(/^order: 40 of 80, /);
  });
});
