// Conditions mean what they mean to GrowthBook.

import { evalCondition, paddedVersionString } from "@growthbook/growthbook";
import { createAssigner, type ExperimentCondition } from "@haggle/sdk/experiments";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { padVersion } from "../../sdk/src/experiments/version.ts";
import { experimentOf } from "../support/experiments.ts";

const UNITS = { customer: "c-1" };

function holds(condition: ExperimentCondition, attributes: object): boolean {
  const assigner = createAssigner([experimentOf({ condition })]);
  const { reason } = assigner.assign("threshold", { units: UNITS, attributes: attributes as never });
  expect(["split", "condition"]).toContain(reason);
  return reason === "split";
}

describe("conditions", () => {
  it.each<[string, object, object, boolean]>([
    ["nothing", {}, {}, true],
    ["$or of nothing", { $or: [] }, {}, true],
    ["$nor of nothing", { $nor: [] }, {}, false],
    ["$and of nothing", { $and: [] }, {}, true],
    ["$not", { $not: { name: "hello" } }, { name: "world" }, true],
    ["$nor", { $nor: [{ a: 1 }, { b: 1 }] }, { b: 1 }, false],
    ["a path", { "a.b.c": 1 }, { a: { b: { c: 1 } } }, true],
    ["a path into a list", { "a.1": "y" }, { a: ["x", "y"] }, true],
    ["a path to nowhere", { "a.b.c": null }, { a: 1 }, true],
    ["a name with a dollar", { $groups: { $elemMatch: { $eq: "a" } } }, { $groups: ["a"] }, true],
    ["a number as text", { a: "1" }, { a: 1 }, true],
    ["text as a number", { a: 1 }, { a: "1" }, true],
    ["nothing as zero", { a: 0 }, {}, true],
    ["a list", { a: [1, 2] }, { a: [1, 2] }, true],
    ["an object", { a: { b: 1 } }, { a: { b: 1, c: 2 } }, false],
    ["an object without fields", { a: {} }, { a: {} }, true],
    ["$eq of other types", { a: { $eq: 1 } }, { a: "1" }, false],
    ["$gt of text", { a: { $gt: "alphabet", $lt: "zebra" } }, { a: "AZL" }, false],
    ["$gt of a number and text", { n: { $gt: "5", $lt: "10" } }, { n: 8 }, true],
    ["$in of a list", { a: { $in: ["x", "y"] } }, { a: ["z", "y"] }, true],
    ["$nin of nothing", { a: { $nin: ["x"] } }, {}, true],
    ["$ini", { a: { $ini: ["DE", 1] } }, { a: "de" }, true],
    ["$nini", { a: { $nini: ["DE"] } }, { a: ["de"] }, false],
    ["$all", { a: { $all: ["x", { $regex: "^y" }] } }, { a: ["yes", "x"] }, true],
    ["$alli", { a: { $alli: ["X"] } }, { a: ["x"] }, true],
    ["$size", { a: { $size: { $gt: 1 } } }, { a: [1, 2] }, true],
    ["$elemMatch of fields", { a: { $elemMatch: { n: 1, m: 2 } } }, { a: [{ n: 1 }, { n: 1, m: 2 }] }, true],
    ["$elemMatch of nothing", { a: { $elemMatch: { $eq: null } } }, { a: [null] }, false],
    ["$exists", { "a.b": { $exists: true } }, { a: { b: null } }, false],
    ["$type", { a: { $type: "array" } }, { a: [] }, true],
    ["$type of nothing", { a: { $type: "null" } }, {}, true],
    ["$regex of a number", { a: { $regex: "^1$" } }, { a: 1 }, true],
    ["$regex with a slash", { a: { $regex: "a/b\\/c" } }, { a: "a/b/c" }, true],
    ["$regexi", { a: { $regexi: "^[a-z]+$" } }, { a: "ABC" }, true],
    ["$not of an operator", { a: { $not: { $gt: 1 } } }, { a: 1 }, true],
    ["$vgt", { v: { $vgt: "1.9.0" } }, { v: "1.10.0" }, true],
    ["$vlt of a candidate", { v: { $vlt: "2.0.0" } }, { v: "v2.0.0-rc.1+build" }, true],
  ])("%s", (_name, condition, attributes, expected) => {
    expect(evalCondition(attributes as never, condition as never)).toBe(expected);
    expect(holds(condition as ExperimentCondition, attributes)).toBe(expected);
  });

  it("are GrowthBook's, whatever they and the attributes are", () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(anyCondition, anyAttributes, (condition, attributes) => {
        const expected = evalCondition(attributes as never, condition as never);
        expect(holds(condition as ExperimentCondition, attributes)).toBe(expected);
        seen[`${expected}`] += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(4_000);
  });

  it.each<[string, object]>([
    ["condition.a.$within", { a: { $within: [1, 2] } }],
    ["condition.a.$inGroup", { a: { $inGroup: "vip" } }],
    ["condition.a.$notInGroup", { a: { $notInGroup: "constructor" } }],
    ["condition.$savedGroup.id", { $savedGroup: { id: "vip" } }],
    ["condition.$savedGroup", { $savedGroup: "vip" }],
    ["condition.a.$in", { a: { $in: "x" } }],
    ["condition.$or", { $or: { a: 1 } }],
    ["condition.$and[1]", { $and: [{}, 1] }],
    ["condition.a.$elemMatch", { a: { $elemMatch: null } }],
    ["condition.a.$regex", { a: { $regex: "(a+" } }],
    ["condition.a.$all[0].$regex", { a: { $all: [{ $regex: 1 }] } }],
  ])("that nobody could fulfil are refused: %s", (at, condition) => {
    expect(() => createAssigner([experimentOf({ condition: condition as never })])).toThrow(
      expect.objectContaining({ code: "EXPERIMENT_CONDITION", at: `experiments[0].${at}` }),
    );
  });

  it("take only what was given, not what every object has", () => {
    expect(holds({ constructor: { $exists: false } } as never, {})).toBe(true);
    expect(holds({ "a.length": 1 }, { a: "x" })).toBe(false);
  });

  it("do not hold for what cannot be read", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(holds({ self: [1] }, circle)).toBe(false);
    expect(holds({ a: { $gt: 1 } }, { a: Symbol("one") })).toBe(false);
    const trap = Object.defineProperty({}, "a", {
      enumerable: true,
      get: () => {
        throw new Error("a trap");
      },
    });
    expect(holds({ a: 1 }, trap)).toBe(false);
    expect(holds({ $not: { a: 1 } }, trap)).toBe(false);
  });
});

describe("versions", () => {
  it("are spelt as GrowthBook spells them", () => {
    const part = fc.string({ unit: fc.constantFrom(..."v1290.-+~a\n"), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(part, fc.double(), fc.constant(null)), (version) => {
        expect(padVersion(version)).toBe(paddedVersionString(version));
      }),
      { numRuns: 5_000 },
    );
  });

  it("take a time in proportion to the text", () => {
    // GrowthBook's expression would take a minute and more for it.
    expect(padVersion(`${"+".repeat(400_000)}\n`)).toHaveLength(400_001);
  });
});

const leaf = fc.constantFrom<unknown>(0, 1, 2, 10, -1, 0.5, "", "a", "b", "A", "10", "2", true, false, null);
const name = fc.constantFrom("a", "b", "a.b", "a.0", "c.a", "d");
const version = fc.constantFrom("1.2.3", "1.10.0", "v1.2.3-rc.1", "1.2", "2", "1.2.3+7");

const anyAttributes = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d"),
  fc.oneof(
    leaf,
    version,
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b"), leaf, { noNullPrototype: true }),
  ),
);

const { condition: anyCondition } = fc.letrec<{ condition: object; value: unknown }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.dictionary(name, tie("value"), { maxKeys: 2, noNullPrototype: true }),
    fc.array(tie("condition"), { maxLength: 2 }).map(($or) => ({ $or })),
    fc.array(tie("condition"), { maxLength: 2 }).map(($and) => ({ $and })),
    fc.array(tie("condition"), { maxLength: 2 }).map(($nor) => ({ $nor })),
    tie("condition").map(($not) => ({ $not })),
  ),
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(leaf, { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b"), leaf, { maxKeys: 2, noNullPrototype: true }),
    operatorOf(["$eq", "$ne", "$lt", "$lte", "$gt", "$gte"], leaf),
    operatorOf(["$veq", "$vne", "$vlt", "$vlte", "$vgt", "$vgte"], fc.oneof(version, leaf)),
    operatorOf(["$in", "$nin", "$ini", "$nini"], fc.array(leaf, { maxLength: 3 })),
    operatorOf(["$all", "$alli"], fc.array(tie("value"), { maxLength: 2 })),
    operatorOf(["$not", "$size"], tie("value")),
    operatorOf(
      ["$elemMatch"],
      fc.oneof(
        operatorOf(["$eq", "$gt"], leaf),
        fc.dictionary(name, tie("value"), { maxKeys: 2, noNullPrototype: true }),
      ),
    ),
    operatorOf(["$exists"], leaf),
    operatorOf(
      ["$type"],
      fc.constantFrom("string", "number", "boolean", "array", "object", "null", "undefined"),
    ),
    operatorOf(["$regex", "$regexi"], fc.constantFrom("a", "^A$", "[0-9]+", "^$", "l$", ".", "^(a|b)?$")),
  ),
}));

function operatorOf(operators: readonly string[], operand: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.tuple(fc.constantFrom(...operators), operand).map(([operator, each]) => ({ [operator]: each }));
}
