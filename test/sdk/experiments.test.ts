// Experiments beyond what GrowthBook has: numbered skus, holdouts by name, what moves whom, and what is refused.

import {
  type AssignmentContext,
  checkExperiments,
  createAssigner,
  createMemoryStickyStore,
  createWebStickyStore,
  type Experiment,
  modulo100,
  sampleUniformity,
  whoMoves,
} from "@haggle/sdk/experiments";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../support/carts.ts";
import { anyExperiment, experimentOf, text } from "../support/experiments.ts";
import { hostileValue } from "../support/json-mutator.ts";

const MODULO = experimentOf({
  key: "lamp-price",
  unit: "sku",
  bucketing: "modulo100",
  variants: [
    { key: "control", weight: 0.4 },
    { key: "variant_a", weight: 0.3 },
    { key: "variant_b", weight: 0.3 },
  ],
});

describe("modulo100", () => {
  it.each([
    ["0", "control", 0],
    ["39", "control", 39],
    ["40", "variant_a", 40],
    ["69", "variant_a", 69],
    ["70", "variant_b", 70],
    ["1099", "variant_b", 99],
    ["123456789012345678901", "control", 1],
  ])("gives sku %s %s", (sku, variant, bucket) => {
    const assigned = createAssigner([MODULO]).assign("lamp-price", { units: { sku } });
    expect(assigned).toEqual({ experiment: "lamp-price", variant, bucket, reason: "split", counts: true });
    expect(modulo100(sku)).toBe(bucket);
  });

  it("takes numbers as numbers", () => {
    expect(createAssigner([MODULO]).assign("lamp-price", { units: { sku: 140 } }).variant).toBe("variant_a");
    expect(modulo100(140)).toBe(40);
  });

  it.each(["lamp-1", "-1", "1.5", "007", " 1", "1e3", "٣", ""])("refuses '%s'", (sku) => {
    expect(() => modulo100(sku)).toThrow(
      expect.objectContaining({ code: "EXPERIMENT_BAD_UNIT", at: "unit", value: sku }),
    );
    const { variant, reason } = createAssigner([MODULO]).assign("lamp-price", { units: { sku } });
    expect([variant, reason]).toEqual([undefined, sku === "" ? "no-unit" : "bad-unit"]);
  });

  it.each<[string, (i: number) => number, boolean | undefined]>([
    ["numbers at random", (i) => (i * 2_654_435_761) % 2 ** 32, true],
    ["one after the other", (i) => i, true],
    ["steps of 100", (i) => i * 100, false],
    ["steps of 25", (i) => i * 25, false],
    ["even ones", (i) => i * 2, false],
    ["too few to tell", (i) => i, undefined],
  ])("tells of ids whether they spread: %s", (_name, id, isUniform) => {
    const size = isUniform === undefined ? 499 : 5_000;
    const found = sampleUniformity(Array.from({ length: size }, (_, i) => id(i)));
    expect(found).toMatchObject({ size, refused: 0, isUniform });
    expect(found.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  });

  it("shows how uneven ids are, and counts those it refuses", () => {
    const ids = ["x", ...Array.from({ length: 1_000 }, (_, i) => i * 25)];
    expect(sampleUniformity(ids)).toMatchObject({ size: 1_000, refused: 1, shares: [0.5, 0.25, 0.25] });
    expect(sampleUniformity([])).toMatchObject({ size: 0, shares: [0, 0, 0], isUniform: undefined });
  });
});

describe("an assignment", () => {
  const context: AssignmentContext = { units: { customer: "c-7" }, attributes: { country: "de" } };

  it("says why there is none", () => {
    const reasons = (change: Partial<Experiment>, others: Experiment[] = []) =>
      createAssigner([experimentOf(change), ...others]).assign("threshold", context).reason;
    expect(createAssigner([]).assign("threshold", context).reason).toBe("unknown");
    expect(reasons({ unit: "session" })).toBe("no-unit");
    expect(reasons({ namespace: { name: "n", range: [0, 0] } })).toBe("namespace");
    expect(reasons({ condition: { country: "at" } })).toBe("condition");
    expect(reasons({ coverage: 0 })).toBe("coverage");
    const other = experimentOf({ key: "other", coverage: 0 });
    expect(reasons({ prerequisites: [{ experiment: "other", variants: ["b"] }] }, [other])).toBe(
      "prerequisite",
    );
    const holdout = experimentOf({
      key: "holdouts",
      variants: [
        { key: "holdout", weight: 1 },
        { key: "rest", weight: 0 },
      ],
    });
    expect(reasons({ holdout: "holdouts" }, [holdout])).toBe("holdout");
  });

  it("that is forced does not count, and is forced for that unit alone", () => {
    const assigner = createAssigner([experimentOf({ coverage: 0, forced: { "c-7": "b" } })]);
    expect(assigner.assign("threshold", context)).toMatchObject({
      variant: "b",
      reason: "forced",
      counts: false,
    });
    expect(assigner.assign("threshold", { units: { customer: "c-8" } }).variant).toBeUndefined();
  });

  it("that is remembered stays, and counts; a holdout takes it back", () => {
    const sticky = createMemoryStickyStore();
    const assign = (change: Partial<Experiment>, others: Experiment[] = []) =>
      createAssigner([experimentOf({ sticky: true, ...change }), ...others], { sticky }).assign(
        "threshold",
        context,
      );
    const first = assign({});
    expect(first.reason).toBe("split");
    expect(sticky.find("customer", "c-7", [])).toEqual({ threshold__0: first.variant });
    expect(assign({ coverage: 0, condition: { country: "at" } })).toEqual({ ...first, reason: "sticky" });
    expect(assign({ coverage: 0, sticky: false }).reason).toBe("coverage");
    expect(assign({ bucketVersion: 1, coverage: 0 }).reason).toBe("coverage");
    expect(assign({ bucketVersion: 1, minBucketVersion: 1 }).reason).toBe("blocked");
    const holdout = experimentOf({
      key: "holdouts",
      variants: [
        { key: "holdout", weight: 1 },
        { key: "rest", weight: 0 },
      ],
    });
    expect(assign({ holdout: "holdouts" }, [holdout]).reason).toBe("holdout");
  });

  it("is remembered by a page as far as its storage lets it", () => {
    const items = new Map<string, string>();
    const storage = {
      getItem: (item: string) => items.get(item) ?? null,
      setItem: (item: string, value: string) => void items.set(item, value),
    };
    const store = createWebStickyStore(storage);
    const entries = ["threshold__0", "other__1", "third__0"];
    store.save("customer", "c-7", "threshold__0", "b");
    store.save("customer", "c-7", "other__1", "control");
    expect(createWebStickyStore(storage).find("customer", "c-7", entries)).toEqual({
      threshold__0: "b",
      other__1: "control",
    });
    expect(store.find("customer", "c-7", ["other__1"])).toEqual({ other__1: "control" });
    // Of another tab, which has read nothing of this one's.
    items.set("haggle-sticky/customer||c-7/third__0", "b");
    store.save("customer", "c-7", "threshold__0", "control");
    expect(store.find("customer", "c-7", entries)).toMatchObject({ third__0: "b" });
    // A variant that is no more is as good as none.
    const assigner = createAssigner([experimentOf({ key: "third", sticky: true })], { sticky: store });
    items.set("haggle-sticky/customer||c-7/third__0", "{torn");
    expect(assigner.assign("third", { units: { customer: "c-7" } })).toMatchObject({ reason: "split" });
    const full = {
      getItem: () => {
        throw new DOMException("no", "SecurityError");
      },
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    };
    expect(() => createWebStickyStore(full).save("cart", "1", "x__0", "b")).not.toThrow();
    expect(createWebStickyStore(full).find("cart", "1", ["x__0"])).toEqual({});
  });

  it("asks for each experiment once, however many depend on it", () => {
    let asked = 0;
    const attributes = Object.defineProperty({}, "a", { get: () => ++asked });
    const chain = Array.from({ length: 60 }, (_, i) =>
      experimentOf({
        key: `e${i}`,
        condition: { a: { $exists: true } },
        prerequisites: [i - 1, i - 2]
          .filter((n) => n >= 0)
          .map((n) => ({ experiment: `e${n}`, variants: ["control", "b"] })),
      }),
    );
    const assigner = createAssigner(chain);
    expect(assigner.assign("e59", { units: { customer: "c" }, attributes }).variant).toBeDefined();
    expect(asked).toBe(60);
    expect(assigner.assignAll({ units: { customer: "c" }, attributes })).toHaveLength(60);
    expect(asked).toBe(120);
  });

  it("is at most one, and as coverage grows nobody changes variants", () => {
    fc.assert(
      fc.property(
        anyExperiment("x"),
        fc.double({ min: 0, max: 1, noNaN: true }),
        text,
        (experiment, factor, id) => {
          const context = { units: { customer: id, session: id, cart: id, sku: id } };
          const wide = createAssigner([experiment]);
          const narrow = createAssigner([{ ...experiment, coverage: experiment.coverage * factor }]);
          const [before, after] = [narrow.assign("x", context), wide.assign("x", context)];
          if (before.variant !== undefined) expect(after).toEqual(before);
          expect(wide.assignAll(context)).toEqual(after.variant === undefined ? [] : [after]);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("throws for no context", () => {
    const assigner = createAssigner([
      experimentOf({ condition: { a: { $in: ["x"] }, b: { $elemMatch: { c: { $gt: 1 } } } } }),
      MODULO,
    ]);
    const random = createRandom(7);
    for (let i = 0; i < 20_000; i++) {
      const [units, attributes] = [hostileValue(random), hostileValue(random)];
      const wild = i % 2 === 0 ? { units: { customer: units, sku: units }, attributes } : units;
      for (const key of ["threshold", "lamp-price"]) {
        const { experiment, variant } = assigner.assign(key, wild as never);
        expect(experiment).toBe(key);
        expect([undefined, "control", "b", "variant_a", "variant_b"]).toContain(variant);
      }
      assigner.assignAll(wild as never);
    }
    expect(assigner.assignAll(undefined as never)).toEqual([]);
  });
});

describe("experiments that contradict themselves are refused", () => {
  const prerequisite = (experiment: string, ...variants: string[]) => ({
    prerequisites: [{ experiment, variants }],
  });

  it.each<[code: string, at: string, value: unknown, Partial<Experiment>[]]>([
    ["EXPERIMENT_DUPLICATE", "[1].key", "threshold", [{}, {}]],
    [
      "EXPERIMENT_DUPLICATE",
      "[0].variants[1].key",
      "b",
      [
        {
          variants: [
            { key: "b", weight: 1 },
            { key: "b", weight: 0 },
          ],
        },
      ],
    ],
    [
      "EXPERIMENT_WEIGHTS",
      "[0].variants",
      0.9999,
      [
        {
          variants: [
            { key: "a", weight: 0.9999 },
            { key: "b", weight: 0 },
          ],
        },
      ],
    ],
    [
      "EXPERIMENT_RANGES",
      "[0].ranges",
      3,
      [
        {
          ranges: [
            [0, 0.1],
            [0.1, 0.2],
            [0.2, 0.3],
          ],
        },
      ],
    ],
    [
      "EXPERIMENT_RANGES",
      "[0].ranges[0]",
      "[0.4, 0.8)",
      [
        {
          ranges: [
            [0.4, 0.8],
            [0, 0.5],
          ],
        },
      ],
    ],
    ["EXPERIMENT_FIXED", "[0]", ["control", "b"], [{ bucketing: "modulo100" }]],
    ["EXPERIMENT_FIXED", "[0]", ["control", "variant_a", "variant_b"], [{ ...MODULO, coverage: 0.5 }]],
    ["EXPERIMENT_BAD_UNIT", "[0].forced", "lamp-1", [{ ...MODULO, forced: { "lamp-1": "control" } }]],
    ["EXPERIMENT_UNKNOWN", "[0].forced.c-1", "c", [{ forced: { "c-1": "c" } }]],
    ["EXPERIMENT_UNKNOWN", "[0].prerequisites[0].experiment", "other", [prerequisite("other", "b")]],
    [
      "EXPERIMENT_UNKNOWN",
      "[0].prerequisites[0].variants",
      "z",
      [prerequisite("other", "b", "z"), { key: "other" }],
    ],
    ["EXPERIMENT_UNKNOWN", "[0].holdout", "other", [{ holdout: "other" }, { key: "other" }]],
    ["EXPERIMENT_CYCLE", "[0]", "threshold -> threshold", [prerequisite("threshold", "b")]],
    [
      "EXPERIMENT_CYCLE",
      "[1]",
      "a -> c -> a",
      [
        { key: "x", ...prerequisite("a", "b") },
        { key: "a", ...prerequisite("c", "b") },
        { key: "c", ...prerequisite("a", "b") },
      ],
    ],
  ])("%s at %s", (code, at, value, changes) => {
    const experiments = changes.map((change) => experimentOf(change));
    const refusal = expect.objectContaining({ code, at: `list${at}`, value });
    expect(() => checkExperiments(experiments, "list")).toThrow(refusal);
    expect(() => createAssigner(experiments)).toThrow(expect.objectContaining({ code }));
  });
});

describe("whoMoves", () => {
  const weights = (control: number, b: number, c: number) =>
    experimentOf({
      variants: [
        { key: "control", weight: control },
        { key: "b", weight: b },
        { key: "c", weight: c },
      ],
    });

  it("shows what new weights do to whom", () => {
    const moves = whoMoves(weights(0.8, 0.1, 0.1), weights(0.4, 0.3, 0.3));
    expect(moves.map(({ from, to }) => `${from} -> ${to}`)).toEqual([
      "control -> b",
      "b -> c",
      "control -> c",
    ]);
    expect(moves[0]!.share).toBeCloseTo(0.3, 2);
    expect(moves[1]!.share).toBeCloseTo(0.1, 2);
  });

  it("finds that a growing coverage moves nobody between variants, and a new seed about half", () => {
    const half = experimentOf({ coverage: 0.5 });
    const grown = whoMoves(half, experimentOf({ coverage: 0.8 }));
    expect(grown.map(({ from, to }) => [from, to])).toEqual([
      [undefined, expect.any(String)],
      [undefined, expect.any(String)],
    ]);
    const drawn = whoMoves(experimentOf(), experimentOf({ seed: "threshold:2" }));
    expect(drawn.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(0.5, 1);
    expect(whoMoves(half, half)).toEqual([]);
  });

  it("looks at the ids that it is given, whatever keeps them out", () => {
    const before = experimentOf({ condition: { country: "de" }, holdout: "elsewhere", sticky: true });
    const moves = whoMoves(before, { ...before, coverage: 0 }, ["c-7"]);
    expect(moves).toEqual([{ from: expect.any(String), to: undefined, share: 1 }]);
  });
});
