import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Results } from "../../server/modules/experiments/results.ts";
import { makeKey, withKey } from "../support/api-keys.ts";
import { createEventWorld, type EventWorld, type Told } from "../support/experiment-events.ts";
import type { Answer, ErrorJson } from "../support/rollout.ts";

// What the server makes of what it was told, against figures that others have computed.

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/gbstats", name), "utf8"));
const gbstats = read("gbstats.json");
const scipy = read("scipy.json");

let world: EventWorld;

beforeAll(async () => {
  world = await createEventWorld();
});
afterAll(() => world.close());

async function results(key: string): Promise<Results> {
  const answer = await world.operate<Results>(`/v1/experiments/${key}/results`);
  expect(answer.status).toBe(200);
  return answer.body;
}

const analyse = (key: string, body: object): Promise<Answer<Results["analysis"] & ErrorJson>> =>
  world.operate(`/v1/experiments/${key}/analysis`, body, { method: "PUT" });

/** In as many requests as it takes. */
async function tell(key: string, events: readonly Told[]): Promise<void> {
  for (let i = 0; i < events.length; i += 500) {
    const { status, body } = await world.tell(key, events.slice(i, i + 500));
    if (status !== 202) throw new Error(JSON.stringify(body));
  }
}

function see(variant: string, units: number): Told[] {
  return Array.from({ length: units }, (_, i) => ({ type: "exposure", unit: `${variant}-${i}`, variant }));
}

function convert(variant: string, units: number): Told[] {
  return Array.from({ length: units }, (_, i) => ({ type: "outcome", unit: `${variant}-${i}`, variant }));
}

/** The n-th unit buys the n-th amount; a list is one order for each of its amounts. */
function buy(
  variant: string,
  amounts: readonly (number | readonly number[])[],
  more: Partial<Told> = {},
): Told[] {
  return amounts.flatMap((amount, i) =>
    [amount].flat().map((valueMinor) => ({
      type: "outcome" as const,
      unit: `${variant}-${i}`,
      variant,
      metric: "revenue",
      currency: "EUR",
      valueMinor,
      ...more,
    })),
  );
}

describe("the results of an experiment", () => {
  it("are nothing of a draft, and of one that nobody was told of", async () => {
    const draft = await results(await world.draft());
    expect(draft).toMatchObject({ state: "draft", since: null, sampleRatio: { p: 1, verdict: "ok" } });
    const { variants, comparisons } = await results(await world.run());
    expect(variants.map(({ units, conversionRate, money }) => [units, conversionRate, money])).toEqual([
      [0, 0, []],
      [0, 0, []],
    ]);
    expect(comparisons).toEqual([{ variant: "b", conversions: null, revenue: [], guardrails: [] }]);
    const unknown = await world.operate<ErrorJson>("/v1/experiments/nowhere/results");
    expect([unknown.status, unknown.body.error.code]).toEqual([404, "SERVER_UNKNOWN_EXPERIMENT"]);
  });

  it("compare conversions as gbstats and scipy do", async () => {
    const key = await world.run();
    await tell(key, [
      ...see("control", 100),
      ...see("b", 100),
      ...convert("control", 49),
      ...convert("b", 51),
    ]);
    const { variants, comparisons } = await results(key);
    expect(
      variants.map(({ units, conversions, conversionRate }) => [units, conversions, conversionRate]),
    ).toEqual([
      [100, 49, 0.49],
      [100, 51, 0.51],
    ]);
    const { lift } = gbstats.lifts.find(({ about }: { about: string }) => about.startsWith("TestBinom."));
    const [exact] = scipy.betaBinomial;
    const { conversions } = comparisons[0]!;
    expect(conversions!.lift).toBeCloseTo(lift.estimate, 5);
    expect(conversions!.bayesian.chance).toBeCloseTo(exact.chance, 8);
    expect(conversions!.bayesian.lower).toBeCloseTo(exact.lower, 6);
    expect(conversions!.bayesian.upper).toBeCloseTo(exact.upper, 6);
    const { lower, upper, p } = conversions!.sequential;
    expect(lower).toBeLessThan(exact.lower);
    expect(upper).toBeGreaterThan(exact.upper);
    expect(p).toBe(1);
  });

  it("compare revenue of all units, whatever each ordered, as gbstats does with the same sums", async () => {
    // 100 and 105 of ten units, squares 1002.25 and 1111.5: TestNorm of gbstats, in cents.
    const control = [1_050, 950, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000];
    const key = await world.run();
    await tell(key, [...see("control", 10), ...see("b", 10)]);
    await tell(key, [
      ...buy(
        "control",
        control.map((amount) => [amount - 300, 300]),
      ),
      ...buy("b", [[2_000, 500]]),
    ]);
    const { variants, comparisons } = await results(key);
    const [first, second] = variants;
    expect(first).toMatchObject({
      conversions: 10,
      money: [{ orders: 20, revenueMinor: 10_000, revenuePerUnitMinor: 1_000 }],
    });
    expect(second).toMatchObject({
      conversions: 1,
      money: [{ orders: 2, revenueMinor: 2_500, revenuePerUnitMinor: 250 }],
    });
    const [revenue] = comparisons[0]!.revenue;
    expect(revenue).toMatchObject({ currency: "EUR", lift: -0.75 });
    // By hand: variances 555.56 and 625,000; (625000 / 10 + 555.56 (250 / 1000)^2 / 10) / 1000^2.
    const error = Math.sqrt((625_000 / 10 + ((5_000 / 9) * 0.0625) / 10) / 1_000 ** 2);
    expect(revenue!.bayesian.upper).toBeCloseTo(-0.75 + 1.959963984540054 * error, 9);
  });

  it("have quantiles of orders as numpy has them", async () => {
    const key = await world.run();
    const [one, other] = [scipy.quantiles[0], scipy.quantiles[3]];
    await tell(key, [
      ...see("control", 10),
      ...see("b", 10),
      ...buy("control", one.values),
      ...buy("b", other.values),
    ]);
    const { variants } = await results(key);
    for (const [i, { p50, p90, p99 }] of [one, other].entries()) {
      const found = variants[i]!.money[0]!.orderMinor;
      expect(found!.p50).toBeCloseTo(p50, 9);
      expect(found!.p90).toBeCloseTo(p90, 9);
      expect(found!.p99).toBeCloseTo(p99, 9);
    }
  });

  it("keep currencies and other things that are counted apart", async () => {
    const key = await world.run();
    await tell(key, [
      ...see("control", 3),
      ...see("b", 3),
      ...buy("control", [100, 200]),
      ...buy("control", [7], { currency: "JPY" }),
      { type: "outcome", unit: "control-0", variant: "control", metric: "add-to-cart" },
      { type: "outcome", unit: "control-0", variant: "control", metric: "add-to-cart" },
      { type: "outcome", unit: "control-2", variant: "control", metric: "add-to-cart" },
    ]);
    const [control] = (await results(key)).variants;
    expect(control!.metrics).toEqual({ "add-to-cart": 2 });
    expect(control!.conversions).toBe(2);
    expect(control!.money.map(({ currency, revenueMinor }) => [currency, revenueMinor])).toEqual([
      ["EUR", 300],
      ["JPY", 7],
    ]);
    expect(control!.money[0]!.marginMinor).toBeNull();
  });

  it("leave out, and count, units of two variants, of testers, and outcomes of nobody who was exposed", async () => {
    const key = await world.run({ forced: { tester: "b" } });
    const at = world.clock();
    await tell(key, [
      ...see("control", 4),
      ...see("b", 4),
      { type: "exposure", unit: "both", variant: "control" },
      { type: "exposure", unit: "both", variant: "b" },
      { type: "outcome", unit: "both", variant: "b" },
      { type: "exposure", unit: "tester", variant: "b" },
      { type: "outcome", unit: "tester", variant: "b" },
      { type: "outcome", unit: "nobody", variant: "b" },
      // Of the other variant, and before it was exposed.
      { type: "outcome", unit: "b-0", variant: "control" },
      { type: "exposure", unit: "late", variant: "b", at },
      { type: "outcome", unit: "late", variant: "b", at: at - 1 },
      { type: "outcome", unit: "b-1", variant: "b" },
    ]);
    const { variants, excluded, sampleRatio } = await results(key);
    expect(variants.map(({ units, conversions }) => [units, conversions])).toEqual([
      [4, 0],
      [5, 1],
    ]);
    expect(excluded).toEqual({
      multipleUnits: 1,
      carried: 0,
      forced: 2,
      earlier: 0,
      afterEnd: 0,
      unattributed: 4,
    });
    expect(sampleRatio).toMatchObject({ expected: { control: 0.5, b: 0.5 }, verdict: "ok" });
  });

  it("tell which units were told of two variants, under one id too", async () => {
    const key = await world.run();
    const at = world.clock();
    await tell(key, [
      ...see("control", 2),
      { id: "view-1", type: "exposure", unit: "ann", variant: "control", at },
      { id: "view-1", type: "exposure", unit: "ann", variant: "control", at },
    ]);
    expect(await results(key)).toMatchObject({ variants: [{ units: 3 }, { units: 0 }], conflicts: [] });
    await tell(key, [{ id: "view-1", type: "exposure", unit: "ann", variant: "b", at: at + 1 }]);
    const { variants, excluded, conflicts } = await results(key);
    expect(variants.map(({ units }) => units)).toEqual([2, 0]);
    expect(excluded.multipleUnits).toBe(1);
    expect(conflicts).toEqual([{ unit: "ann", variants: ["b", "control"] }]);
  });

  it("take refunds from revenue, margin and discount, and count them as no order", async () => {
    const key = await world.run();
    const more = { discountMinor: 10, marginMinor: 5 };
    await tell(key, [
      ...see("control", 2),
      ...see("b", 2),
      ...buy("control", [[100, 300]], more),
      ...buy("control", [-100], { ...more, marginMinor: -5 }),
      ...buy("b", [-50]),
    ]);
    const [control, b] = (await results(key)).variants;
    expect(control).toMatchObject({ conversions: 1 });
    expect(control!.money).toEqual([
      {
        currency: "EUR",
        orders: 2,
        revenueMinor: 300,
        revenuePerUnitMinor: 150,
        discountMinor: 10,
        discountPerOrderMinor: 5,
        marginMinor: 5,
        marginPerUnitMinor: 2.5,
        orderMinor: { p50: 200, p90: 280, p99: 298 },
      },
    ]);
    expect(b).toMatchObject({ conversions: 0 });
    expect(b!.money).toMatchObject([
      { orders: 0, revenueMinor: -50, discountPerOrderMinor: null, marginMinor: null, orderMinor: null },
    ]);
  });

  it("count an order that was given away, with all that was taken off", async () => {
    const key = await world.run();
    await tell(key, [...see("b", 2), ...buy("b", [0, 100], { discountMinor: 40 })]);
    const [, b] = (await results(key)).variants;
    expect(b).toMatchObject({ conversions: 2, money: [{ orders: 2, revenueMinor: 100, discountMinor: 80 }] });
  });

  it("are read by whoever audits, who changes nothing", async () => {
    const key = await world.run();
    const auditor = withKey((await makeKey(world.server, world.key, ["audit"])).key);
    expect((await world.server.get(`/v1/experiments/${key}/results`, auditor)).status).toBe(200);
    const refused = await world.server.post(`/v1/experiments/${key}/winner`, { variant: "b" }, auditor);
    expect(refused.status).toBe(403);
  });

  it("begin anew with a phase, and end with the experiment; what is of no phase is not lost", async () => {
    const key = await world.run();
    await tell(key, [...see("control", 5), ...see("b", 5), ...convert("b", 2)]);
    world.pass(1_000);
    const weights = [
      { key: "control", weight: 0.1 },
      { key: "b", weight: 0.9 },
    ];
    const change = { unit: "customer", variants: weights, newPhase: true };
    expect((await world.operate(`/v1/experiments/${key}`, change, { method: "PUT" })).status).toBe(200);
    const empty = await results(key);
    expect(empty).toMatchObject({ phase: 2, excluded: { earlier: 12 } });
    expect(empty.variants.map(({ units }) => units)).toEqual([0, 0]);
    // Told again, they are of the new phase.
    await tell(key, [...see("control", 1), ...see("b", 9), ...convert("b", 2)]);
    await world.act(key, "end");
    world.pass(1_000);
    await tell(key, convert("b", 3));
    const { variants, excluded, sampleRatio, until } = await results(key);
    expect(variants.map(({ units, conversions }) => [units, conversions])).toEqual([
      [1, 0],
      [9, 2],
    ]);
    expect(excluded).toMatchObject({ earlier: 12, afterEnd: 3 });
    expect(sampleRatio).toMatchObject({ expected: { control: 0.1, b: 0.9 }, p: 1 });
    expect(until).toBeGreaterThan(0);
  });

  it("begin anew too when weights are changed on purpose: what was weighed otherwise cannot be added", async () => {
    const key = await world.run();
    await tell(key, [...see("control", 5), ...see("b", 5)]);
    world.pass(1_000);
    const weights = [
      { key: "control", weight: 0.2 },
      { key: "b", weight: 0.8 },
    ];
    const change = { unit: "customer", variants: weights, confirm: true };
    expect((await world.operate(`/v1/experiments/${key}`, change, { method: "PUT" })).status).toBe(200);
    const { variants, excluded } = await results(key);
    expect(variants.map(({ units }) => units)).toEqual([0, 0]);
    expect(excluded.earlier).toBe(10);
  });

  it("alarm where units got lost", async () => {
    const key = await world.run();
    await tell(key, [...see("control", 100), ...see("b", 200)]);
    const { sampleRatio } = await results(key);
    expect(sampleRatio.verdict).toBe("alarm");
    expect(sampleRatio.p).toBeLessThan(0.001);
    const even = await world.run({
      ranges: [
        [0, 0.2],
        [0.5, 0.9],
      ],
    });
    await tell(even, [...see("control", 100), ...see("b", 200)]);
    expect((await results(even)).sampleRatio).toMatchObject({ p: 1, verdict: "ok" });
  });
});

describe("how an experiment is judged", () => {
  it("is said before it begins; what it must not cost, at any time", async () => {
    const key = await world.draft();
    const set = await analyse(key, { alpha: 0.01, tunedFor: 20_000, reason: "as agreed" });
    expect(set.body).toEqual({ alpha: 0.01, tunedFor: 20_000, guardrails: {} });
    await world.act(key, "start");
    expect(await analyse(key, { alpha: 0.2 })).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_STATE", value: "running" } },
    });
    const guardrails = { marginPerUnit: { maxDrop: 0.05 } };
    expect((await analyse(key, { guardrails })).status).toBe(200);
    expect((await results(key)).analysis).toEqual({ alpha: 0.01, tunedFor: 20_000, guardrails });
    const { body } = await world.operate<{ records: object[] }>("/v1/audit");
    expect(body.records.slice(0, 3)).toMatchObject([
      { action: "experiment.analysis", object: `experiment:${key}`, after: { guardrails } },
      { action: "experiment.started" },
      { action: "experiment.analysis", note: "as agreed" },
    ]);
  });

  it("refuses what is no limit, with its place", async () => {
    const key = await world.draft();
    for (const [body, at] of [
      [{ alpha: 0 }, "body/alpha"],
      [{ guardrails: { marginPerUnit: { maxDrop: 2 } } }, "body/guardrails/marginPerUnit/maxDrop"],
      [{ guardrails: { revenue: {} } }, "body/guardrails/revenue"],
    ] as const) {
      expect(await analyse(key, body)).toMatchObject({ status: 400, body: { error: { at } } });
    }
    expect((await analyse("nowhere", {})).body.error.code).toBe("SERVER_UNKNOWN_EXPERIMENT");
  });

  it("fails a variant only for what is certain, and passes none for want of figures", async () => {
    const key = await world.draft();
    const guardrails = { marginPerUnit: { maxDrop: 0.1 }, discountPerOrder: { maxRise: 0.1 } };
    await analyse(key, { guardrails, tunedFor: 1_000 });
    await world.act(key, "start");
    const verdicts = async () =>
      Object.fromEntries(
        (await results(key)).comparisons[0]!.guardrails.map(({ name, verdict }) => [name, verdict]),
      );
    await tell(key, [...see("control", 600), ...see("b", 600)]);
    expect(await verdicts()).toEqual({});
    await tell(key, buy("control", [100], { discountMinor: 10, marginMinor: 20 }));
    expect(await verdicts()).toEqual({ marginPerUnit: "open", discountPerOrder: "open" });
    const spread = (i: number) => (i % 2 === 0 ? 1 : -1);
    // The variant earns half as much of an order; what it takes off is the same.
    const orders = (variant: string, margin: number) =>
      Array.from(
        { length: 599 },
        (_, i): Told => ({
          type: "outcome",
          unit: `${variant}-${i + 1}`,
          variant,
          metric: "revenue",
          currency: "EUR",
          valueMinor: 1_000,
          discountMinor: 100 + spread(i),
          marginMinor: margin + spread(i),
        }),
      );
    await tell(key, [...orders("control", 200), ...orders("b", 100)]);
    expect(await verdicts()).toEqual({ marginPerUnit: "fail", discountPerOrder: "pass" });
  });
});
