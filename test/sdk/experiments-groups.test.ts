// Groups that conditions name mean what they mean to GrowthBook.

import { evalCondition } from "@growthbook/growthbook";
import { parseExperiment, type SavedGroup } from "@haggle/abi";
import { createAssigner, type ExperimentCondition } from "@haggle/sdk/experiments";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { experimentOf } from "../support/experiments.ts";

type Groups = Record<string, SavedGroup>;

const GROUPS: Groups = {
  vip: { type: "list", attributeKey: "id", values: ["a", "b", 1] },
  plain: { type: "list", values: ["b", "c", 10] },
  none: { type: "list", attributeKey: "plan.name", values: [] },
  adult: { type: "condition", condition: { age: { $gte: 2 } } },
  both: {
    type: "condition",
    condition: { $and: [{ $savedGroup: { id: "adult" } }, { $not: { $savedGroup: { id: "vip" } } }] },
  },
  either: {
    type: "condition",
    condition: { $or: [{ id: { $notInGroup: "plain" } }, { $savedGroup: { id: "both" } }] },
  },
};
const LISTS = ["vip", "plain", "none"];

function holds(condition: object, attributes: object, savedGroups: Groups = GROUPS): boolean {
  const experiment = experimentOf({ condition: condition as ExperimentCondition, savedGroups });
  const assigner = createAssigner([parseExperiment(experiment, "experiment")]);
  const { reason } = assigner.assign("threshold", {
    units: { customer: "c-1" },
    attributes: attributes as never,
  });
  expect(["split", "condition"]).toContain(reason);
  return reason === "split";
}

describe("groups", () => {
  it.each<[string, object, object, boolean]>([
    ["$inGroup", { id: { $inGroup: "vip" } }, { id: "a" }, true],
    ["$inGroup of another", { id: { $inGroup: "vip" } }, { id: "c" }, false],
    ["$inGroup of a number is not of its text", { id: { $inGroup: "vip" } }, { id: "1" }, false],
    ["$inGroup of a list", { id: { $inGroup: "vip" } }, { id: ["x", "b"] }, true],
    ["$inGroup on whatever attribute", { "plan.name": { $inGroup: "vip" } }, { plan: { name: "a" } }, true],
    ["$notInGroup", { id: { $notInGroup: "vip" } }, { id: "c" }, true],
    ["$notInGroup of nothing", { id: { $notInGroup: "none" } }, {}, true],
    ["$savedGroup of a list", { $savedGroup: { id: "vip" } }, { id: "a" }, true],
    [
      "$savedGroup of another attribute",
      { $savedGroup: { id: "vip", attributeKey: "b.c" } },
      { b: { c: 1 } },
      true,
    ],
    ["$savedGroup of a condition", { $savedGroup: { id: "adult" } }, { age: 2 }, true],
    ["$savedGroup of groups", { $savedGroup: { id: "both" } }, { age: 2, id: "a" }, false],
    ["$not of a group", { $not: { $savedGroup: { id: "vip" } } }, { id: "a" }, false],
  ])("%s", (_name, condition, attributes, expected) => {
    expect(evalCondition(attributes as never, condition as never, GROUPS as never)).toBe(expected);
    expect(holds(condition, attributes)).toBe(expected);
  });

  it("are GrowthBook's, whatever they and the attributes are", () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(anyCondition, anyLists, anyAttributes, (condition, lists, attributes) => {
        const groups = { ...GROUPS, ...lists } as Groups;
        const expected = evalCondition(attributes as never, condition as never, groups as never);
        expect(holds(condition, attributes, groups)).toBe(expected);
        seen[`${expected}`] += 1;
      }),
      { numRuns: 10_000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(2_000);
  });

  it.each<[string, object, Groups]>([
    ["condition.a.$inGroup", { a: { $inGroup: "adult" } }, GROUPS],
    ["condition.a.$notInGroup", { a: { $notInGroup: 1 } }, GROUPS],
    ["condition.$savedGroup.id", { $savedGroup: { id: "nobody" } }, GROUPS],
    ["condition.$savedGroup.attributeKey", { $savedGroup: { id: "plain" } }, GROUPS],
    ["condition.$savedGroup.attributeKey", { $savedGroup: { id: "vip", attributeKey: 1 } }, GROUPS],
    [
      "savedGroups.loop.condition.$savedGroup.id",
      {},
      { loop: { type: "condition", condition: { $savedGroup: { id: "loop" } } } },
    ],
    [
      "savedGroups.unused.condition.a.$within",
      {},
      { unused: { type: "condition", condition: { a: { $within: 1 } } } },
    ],
  ])("that nobody could be in are refused: %s", (at, condition, savedGroups) => {
    const experiment = experimentOf({ condition: condition as ExperimentCondition, savedGroups });
    const code = "EXPERIMENT_CONDITION";
    expect(() => createAssigner([experiment])).toThrow(
      expect.objectContaining({
        code,
        at: at.includes("loop") ? expect.stringMatching(/\$savedGroup\.id$/) : `experiments[0].${at}`,
      }),
    );
  });

  it("of groups of groups are refused before they take forever", () => {
    const groups: Groups = { g0: { type: "condition", condition: { a: 1 } } };
    for (let i = 1; i < 30; i++) {
      const twice = { $savedGroup: { id: `g${i - 1}` } };
      groups[`g${i}`] = { type: "condition", condition: { $or: [twice, twice] } };
    }
    expect(() => holds({ $savedGroup: { id: "g29" } }, {}, groups)).toThrow(
      expect.objectContaining({ code: "EXPERIMENT_CONDITION" }),
    );
  });

  it("are refused where all experiments together name what is large too often", () => {
    const parts = Array.from({ length: 999 }, (_, i) => ({ a: i + 1 }));
    const groups: Groups = { large: { type: "condition", condition: { $nor: parts } } };
    const often = Array.from({ length: 32 }, () => ({ $savedGroup: { id: "large" } }));
    for (let i = 1; i < 32; i++) groups[`g${i}`] = { type: "condition", condition: { $and: often } };
    const one = experimentOf({ condition: { $savedGroup: { id: "large" } }, savedGroups: groups });
    const refused = expect.objectContaining({
      code: "EXPERIMENT_CONDITION",
      at: expect.stringMatching(/id$/),
    });
    expect(() => createAssigner([parseExperiment(one, "experiment")])).toThrow(refused);
    // Each of many is small enough by itself.
    const { large } = groups;
    const many = Array.from({ length: 256 }, (_, i) => ({
      ...one,
      key: `e-${i}`,
      savedGroups: { large: large! },
    }));
    expect(() => createAssigner(many)).toThrow(refused);
    expect(
      createAssigner(many.slice(0, 40)).assign("e-7", { units: { customer: "c-1" } }).variant,
    ).toBeDefined();
  });

  it("that are long lists are made ready once, however often they are named", () => {
    const values = Array.from({ length: 2_000 }, (_, i) => i);
    const named = Array.from({ length: 600 }, () => ({ a: { $inGroup: "long" } }));
    const condition = { $and: named };
    const groups: Groups = { long: { type: "list", values } };
    for (let i = 1; i < 32; i++) groups[`g${i}`] = { type: "condition", condition };
    const startedAt = performance.now();
    expect(holds(condition, { a: 7 }, groups)).toBe(true);
    // Thirty million entries of sets take seconds.
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it.each<[string, unknown]>([
    ["vip", { type: "list", values: Array.from({ length: 2_001 }, (_, i) => i) }],
    ["vip", { type: "list", values: [null] }],
    ["vip", { type: "list", values: [""] }],
    ["vip", { type: "crowd", values: [] }],
    ["vip", { type: "condition", condition: [] }],
    ["vip", ["a"]],
    ["a group", { type: "list", values: [] }],
  ])("are read as they are written or not at all: %s %j", (id, group) => {
    const experiment = { ...experimentOf({}), savedGroups: { [id]: group } };
    expect(() => parseExperiment(experiment, "experiment")).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^DOCUMENT_/) }),
    );
  });
});

const leaf = fc.constantFrom<unknown>("a", "b", "c", "x", 1, 2, 10, "1", true, null);
const list = fc.constantFrom(...LISTS);
const attribute = fc.constantFrom("id", "b", "plan.name");

const anyAttributes = fc.record(
  {
    id: fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })),
    age: fc.constantFrom<unknown>(1, 2, "3", null),
    b: leaf,
    plan: fc.record({ name: leaf }),
  },
  { requiredKeys: [] },
);

const values = fc.array(fc.constantFrom<string | number>("a", "b", "c", "1", 1, 2, 10), { maxLength: 4 });
const anyLists = fc.record({
  vip: values.map((each) => ({ type: "list", attributeKey: "id", values: each })),
  plain: values.map((each) => ({ type: "list", values: each })),
});

const { condition: anyCondition } = fc.letrec<{ condition: object }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc
      .tuple(attribute, fc.constantFrom("$inGroup", "$notInGroup"), list)
      .map(([name, operator, id]) => ({ [name]: { [operator]: id } })),
    fc.tuple(attribute, list).map(([name, id]) => ({ [name]: { $not: { $inGroup: id } } })),
    fc.tuple(attribute, list).map(([attributeKey, id]) => ({ $savedGroup: { id, attributeKey } })),
    fc.constantFrom("adult", "both", "either", "vip", "none").map((id) => ({ $savedGroup: { id } })),
    fc.array(tie("condition"), { maxLength: 2 }).map(($or) => ({ $or })),
    fc.array(tie("condition"), { maxLength: 2 }).map(($nor) => ({ $nor })),
    tie("condition").map(($not) => ({ $not })),
  ),
}));
