import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_GATES, parseGates } from "../../server/modules/metrics/gates.ts";
import type { Observation } from "../../server/modules/metrics/service.ts";
import { type Observed, observeIn, only } from "../support/observations.ts";
import { seeded } from "../support/seeded.ts";

const closing: (() => Promise<void>)[] = [];
let tenants = 0;

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(): Promise<Observed> {
  tenants += 1;
  const observed = await observeIn(`gates-${process.pid}-${tenants}`);
  closing.push(observed.database.close);
  return observed;
}

const every = (n: number, kind: Partial<Observation>) => (i: number) => (i % n === n - 1 ? kind : {});

describe("the gates of requests", () => {
  it("hold until the last request that is needed, and pass with it", async () => {
    const observed = await open();
    observed.feed(3_683, { arm: "canary" });
    const before = await observed.judge();
    expect(before.verdict).toBe("hold");
    expect(find(before, "p99Evaluation").verdict).toBe("pass");
    expect(find(before, "errorRate").verdict).toBe("hold");
    observed.feed(1, { arm: "canary" });
    const after = await observed.judge();
    expect(after.verdict).toBe("pass");
    expect(find(after, "errorRate").reason).toBe(
      "evaluation: 0 of 3684, certainly 0 % to 0.1 %, within 0.1 %",
    );
  });

  it("need no minimum to fail: four errors are enough where nothing else came", async () => {
    const observed = await open();
    observed.feed(3, { arm: "canary", outcome: "error" });
    expect((await observed.judge()).verdict).toBe("hold");
    observed.feed(1, { arm: "canary", outcome: "error" });
    const judgement = await observed.judge();
    expect(judgement.verdict).toBe("fail");
    expect(judgement.gates.filter(({ verdict }) => verdict === "fail").map(({ name }) => name)).toEqual([
      "errorRate",
    ]);
  });

  it.each([
    ["errorRate", { outcome: "error" }],
    ["ruleFaults", { outcome: "fault" }],
    ["p99Evaluation", { latencyMs: 301 }],
  ] as const)("fail by %s, whatever the old release does", async (name, kind) => {
    const observed = await open();
    observed.feed(2_000, { arm: "stable" }, every(20, kind));
    observed.feed(2_000, { arm: "canary" }, every(20, kind));
    const judgement = await observed.judge();
    expect(judgement.verdict).toBe("fail");
    expect(judgement.gates.filter(({ verdict }) => verdict === "fail").map((gate) => gate.name)).toEqual([
      name,
    ]);
    const gate = find(judgement, name);
    expect(gate.estimate).toBeCloseTo(0.05, 10);
    expect(gate.lower).toBeGreaterThan(gate.limit);
  });

  it("do not hear of errors of the old release", async () => {
    const observed = await open();
    observed.feed(500, { arm: "stable", outcome: "error" });
    observed.feed(4_000, { arm: "canary" });
    expect((await observed.judge()).verdict).toBe("pass");
  });

  it("count exactly 300 ms as in time, and quotes apart from evaluations", async () => {
    const observed = await open();
    observed.feed(4_000, { arm: "canary", latencyMs: 300 });
    observed.feed(100, { arm: "canary", source: "quote", latencyMs: 300.1 });
    const judgement = await observed.judge();
    expect(find(judgement, "p99Evaluation")).toMatchObject({ verdict: "pass", estimate: 0 });
    expect(find(judgement, "p99Quote")).toMatchObject({ verdict: "fail", estimate: 1, samples: 100 });
  });

  it("hold without traffic, wait for what is never fed only when they are on, and pass where all are off", async () => {
    const observed = await open();
    expect((await observed.judge()).verdict).toBe("hold");
    observed.feed(4_000, { arm: "canary" });
    expect((await observed.judge()).verdict).toBe("pass");
    expect((await observed.judge({ p99Quote: { mode: "on" } })).verdict).toBe("hold");
    expect((await observed.judge({ errorRate: { minSamples: 4_001 } })).verdict).toBe("hold");
    observed.feed(20, { arm: "canary", outcome: "error" });
    expect((await observed.judge()).verdict).toBe("fail");
    const off = await observed.judge(only({}));
    expect(off).toMatchObject({ verdict: "pass", gates: [], samples: 4_020 });
  });
});

describe("the gates of money", () => {
  const random = seeded(3);
  const money = (discountMinor: number, totalMinor = 10_000, currency = "EUR") => ({
    money: { currency, discountMinor, totalMinor, marginMinor: totalMinor * 0.3, atFloor: false },
  });
  const usual = () => money(Math.round(1_000 * random()));

  it("pass where both arms sell alike", async () => {
    const observed = await open();
    observed.feed(20_000, { arm: "stable", source: "order" }, usual);
    observed.feed(10_000, { arm: "canary", source: "order" }, usual);
    const source = { source: "order" };
    const judgement = await observed.judge(
      only({ discountPerOrder: { mode: "on", ...source }, marginShare: source, atFloorShare: source }),
    );
    expect(judgement.gates.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["discountPerOrder", "pass"],
      ["marginShare", "pass"],
      ["atFloorShare", "pass"],
    ]);
  });

  it("fail by a discount that is doubled, and not before the minimum of orders in each arm", async () => {
    const gates = only({ discountPerOrder: { mode: "on" } });
    const observed = await open();
    observed.feed(5_000, { arm: "stable" }, usual);
    observed.feed(499, { arm: "canary" }, () => money(2_000));
    expect((await observed.judge(gates)).verdict).toBe("hold");
    observed.feed(1_500, { arm: "canary" }, () => money(2_000));
    const judgement = await observed.judge(gates);
    const gate = find(judgement, "discountPerOrder");
    expect(judgement.verdict).toBe("fail");
    expect(gate.limit).toBe(100);
    // 2,000 against 110 % of about 500.
    expect(gate.estimate).toBeGreaterThan(1_400);
    expect(gate.estimate).toBeLessThan(1_500);
    expect(gate.reason).toMatch(/^EUR: discount per order 2000\.0 of 1999, old release /);
  });

  it("let one wild order decide nothing: it counts as the cap", async () => {
    const observed = await open();
    const gates = only({ discountPerOrder: { mode: "on", capMinor: 1_000 } });
    observed.feed(5_000, { arm: "stable" }, () => money(500));
    observed.feed(2_000, { arm: "canary" }, (n) => money(n === 7 ? 5_000_000_000 : 500));
    const judgement = await observed.judge(gates);
    expect(judgement.verdict).toBe("pass");
    expect(find(judgement, "discountPerOrder").estimate).toBeCloseTo((1_999 * 500 + 1_000) / 2_000 - 550, 6);
  });

  it("judge one currency at a time: the commonest, or the one that is named", async () => {
    const observed = await open();
    observed.feed(2_000, { arm: "stable" }, () => money(500));
    observed.feed(2_000, { arm: "canary" }, () => money(500));
    observed.feed(1_000, { arm: "stable" }, () => money(10, 100, "USD"));
    observed.feed(1_000, { arm: "canary" }, () => money(900, 100, "USD"));
    const discount = (currency?: string) => only({ discountPerOrder: { capMinor: 1_000, currency } });
    expect((await observed.judge(only({ discountPerOrder: { capMinor: 1_000 } }))).verdict).toBe("pass");
    expect((await observed.judge(discount("USD"))).verdict).toBe("fail");
    expect((await observed.judge(discount("CHF"))).gates[0]).toMatchObject({ samples: 0, isAwaited: false });
  });

  it("fail by a margin that falls, and by a floor that stops more", async () => {
    const observed = await open();
    const sold = (share: number, atFloor: boolean) => ({
      money: { currency: "EUR", discountMinor: 0, totalMinor: 1_000, marginMinor: 1_000 * share, atFloor },
    });
    observed.feed(4_000, { arm: "stable" }, (n) => sold(0.3, n % 20 === 0));
    observed.feed(4_000, { arm: "canary" }, (n) => sold(0.2, n % 5 === 0));
    const judgement = await observed.judge(only({ marginShare: {}, atFloorShare: {} }));
    expect(find(judgement, "marginShare")).toMatchObject({ verdict: "fail", limit: 0.02 });
    expect(find(judgement, "marginShare").estimate).toBeCloseTo(0.1, 10);
    expect(find(judgement, "atFloorShare")).toMatchObject({ verdict: "fail" });
    expect(find(judgement, "atFloorShare").estimate).toBeCloseTo(0.15, 10);
  });

  it("take margins of nothing, and losses above the price, as what they are at most", async () => {
    const observed = await open();
    const loss = (totalMinor: number, marginMinor: number) => ({
      money: { currency: "EUR", discountMinor: 0, totalMinor, marginMinor },
    });
    observed.feed(2, { arm: "canary" }, (n) => loss(n === 0 ? 0 : 100, -100_000));
    observed.feed(2, { arm: "canary" }, () => loss(0, 0));
    const { arms } = await observed.summarise();
    expect(arms.canary.money[0]?.marginShare).toBe(-0.5);
  });
});

describe("what SDKs report", () => {
  it("has a rollout paused, and neither taken back nor passed", async () => {
    const observed = await open();
    observed.feed(4_000, { arm: "canary" });
    observed.feed(300, { arm: "stable", source: "report" });
    observed.feed(300, { arm: "canary", source: "report" }, every(3, { outcome: "error" }));
    const judgement = await observed.judge();
    expect(judgement).toMatchObject({ verdict: "pass", advice: "pause" });
    expect(judgement.gates.map(({ name }) => name)).not.toContain("reports");
    expect((await observed.judge({ reports: { mode: "off" } })).advice).toBeUndefined();
    expect((await observed.judge({ reports: { minSamples: 301 } })).advice).toBeUndefined();
  });

  it("advises nothing where the old release fails as often", async () => {
    const observed = await open();
    observed.feed(900, { arm: "stable", source: "report" }, every(3, { outcome: "fault" }));
    observed.feed(900, { arm: "canary", source: "report" }, every(3, { outcome: "fault" }));
    expect((await observed.judge()).advice).toBeUndefined();
  });
});

describe("gates as data", () => {
  it("are the defaults, with what is said instead", () => {
    expect(parseGates()).toEqual(DEFAULT_GATES);
    expect(
      parseGates({ alpha: 0.01, p99Quote: { limit: 250 }, discountPerOrder: { currency: "JPY" } }),
    ).toEqual({
      ...DEFAULT_GATES,
      alpha: 0.01,
      p99Quote: { ...DEFAULT_GATES.p99Quote, limit: 250 },
      discountPerOrder: { ...DEFAULT_GATES.discountPerOrder, currency: "JPY" },
    });
  });

  it.each([
    [5, "gates", 5],
    [null, "gates", null],
    [{ p98: {} }, "gates.p98", {}],
    [{ errorRate: { limits: 1 } }, "gates.errorRate.limits", 1],
    [{ errorRate: { limit: 0 } }, "gates.errorRate.limit", 0],
    [{ errorRate: { limit: 1 } }, "gates.errorRate.limit", 1],
    [{ errorRate: { limit: "0.1 %" } }, "gates.errorRate.limit", "0.1 %"],
    [{ errorRate: { mode: "maybe" } }, "gates.errorRate.mode", "maybe"],
    [{ ruleFaults: { minSamples: 1.5 } }, "gates.ruleFaults.minSamples", 1.5],
    [{ ruleFaults: { minSamples: -1 } }, "gates.ruleFaults.minSamples", -1],
    [{ p99Evaluation: { limit: 310 } }, "gates.p99Evaluation.limit", 310],
    [{ p99Quote: { limit: 20_000 } }, "gates.p99Quote.limit", 20_000],
    [{ discountPerOrder: { capMinor: 123 } }, "gates.discountPerOrder.capMinor", 123],
    [{ discountPerOrder: { currency: "eur" } }, "gates.discountPerOrder.currency", "eur"],
    [{ marginShare: { source: "report" } }, "gates.marginShare.source", "report"],
    [{ alpha: 0.5 }, "gates.alpha", 0.5],
    [JSON.parse('{ "__proto__": {} }'), "gates.__proto__", {}],
  ])("are refused: %j", (value, at, wrong) => {
    expect(() => parseGates(value)).toThrow(
      expect.objectContaining({ code: "SERVER_BAD_REQUEST", at, value: wrong }),
    );
  });

  it("say which limits are near", () => {
    expect(() => parseGates({ p99Quote: { limit: 310 } })).toThrow(/the nearest is 300 or 400/);
    expect(() => parseGates({ p99Quote: { limit: 20_000 } })).toThrow(/the nearest is 10000/);
  });

  it("are gates again or refused with a code, whatever comes", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(DEFAULT_GATES)), fc.jsonValue()), (value) => {
        try {
          expect(parseGates(parseGates(value))).toEqual(parseGates(value));
        } catch (cause) {
          expect(cause).toMatchObject({ code: "SERVER_BAD_REQUEST" });
        }
      }),
    );
  });
});

function find(judgement: Awaited<ReturnType<Observed["judge"]>>, name: string) {
  return judgement.gates.find((gate) => gate.name === name)!;
}
