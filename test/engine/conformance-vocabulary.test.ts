import { DEFAULT_POLICY } from "@haggle/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { readPolicies } from "../../engine/cli/policies.ts";
import { convertCase, type Policies } from "../../engine/cli/vocabulary/convert.ts";
import { PRESETS } from "../../engine/cli/vocabulary/presets.ts";
import { type Case, convert, readPromotionCases } from "../support/conformance.ts";

const all = [...readPromotionCases("cases"), ...readPromotionCases("neighbours")];
let policies: Policies;

beforeAll(async () => {
  policies = await readPolicies();
});

describe("the policies that come with the command", () => {
  it("are the default and the eight presets, each with its placement and a description", () => {
    expect(Object.keys(policies).sort()).toEqual(Object.keys(PRESETS).sort());
    expect(Object.keys(policies)).toHaveLength(9);
    for (const [name, policy] of Object.entries(policies)) {
      expect(policy.name).toBe(name);
      expect(policy.description).toMatch(/\.$/);
    }
  });

  it("the default's file is the default", () => {
    const { description, ...rest } = policies.default!;
    expect(description).toBeDefined();
    expect(rest).toEqual(DEFAULT_POLICY);
  });

  it("a policy whose result depends on an order says so", () => {
    for (const { name, lines, description } of Object.values(policies)) {
      expect(/depends? on/.test(description!), name).toBe(lines === "asGiven");
    }
  });
});

describe("converting a case", () => {
  it("never looks at what it expects, nor at its titles", () => {
    for (const each of all) {
      const blind: Record<string, unknown> = {
        ...each,
        title: "x",
        source: "x",
        path: "x",
        note: "x",
        tags: [],
      };
      delete blind.expected;
      expect(convertCase(blind, policies), each.id).toEqual(convertCase(each, policies));
    }
  });

  it("refuses a key that nobody knows, wherever it stands, with its place", () => {
    let places = 0;
    for (const each of all) {
      for (const { value, at } of withUnknownKeys(each)) {
        expect(convertCase(value, policies), `${each.id} ${at}`).toMatchObject({
          id: each.id,
          refused: { mechanism: 'no mechanism for "unheardOf"', at },
        });
        places++;
      }
    }
    expect(places).toBeGreaterThan(1000);
  });

  it.each([
    [
      "an effect",
      { promotions: [promotion({ effects: [{ kind: "cashMachine" }] })] },
      "promotions[0].effects[0].kind",
    ],
    [
      "a condition",
      { promotions: [promotion({ conditions: [{ kind: "fullMoon" }] })] },
      "promotions[0].conditions[0].kind",
    ],
    [
      "an order of units",
      { promotions: [promotion({ effects: [{ kind: "unitPercentOff", percent: 5, pick: "at random" }] })] },
      "promotions[0].effects[0].pick",
    ],
    ["a lane of a product without lanes", { promotions: [promotion({ lane: "pre" })] }, "promotions[0].lane"],
    ["a policy", { policy: "elsewhere" }, "policy"],
    ["a percentage finer than ppm", { promotions: [off(33.333333)] }, "promotions[0].effects[0].percent"],
    ["a part of a unit", { lines: [{ ...line(), qty: 4.5 }] }, "lines[0].qty"],
    ["a negative price", { lines: [{ ...line(), unitPrice: -1 }] }, "lines[0].unitPrice"],
    ["a day that no calendar has", { at: "2025-02-30" }, "at"],
    ["a rate above all there is", { lines: [{ ...line(), taxRate: 150 }] }, "lines[0].taxRate"],
    [
      "a threshold below nothing",
      { promotions: [promotion({ conditions: [{ kind: "itemsTotalEquals", amount: -1 }] })] },
      "promotions[0].conditions[0].amount",
    ],
    [
      "an exclusive promotion in parts",
      {
        policy: "vendure",
        promotions: [
          promotion({
            exclusive: true,
            effects: [
              { kind: "orderPercentOff", percent: 10 },
              { kind: "shippingPercentOff", percent: 100 },
            ],
          }),
        ],
      },
      "promotions.P1.exclusive",
    ],
    ["a time without a zone", { at: "2025-01-01T10:00" }, "at"],
    ["no id of a line", { lines: [{ ...line(), id: undefined }] }, "lines[0].id"],
  ])("refuses %s that it has no mechanism for", (_, change, at) => {
    expect(convertCase(oneCase(change), policies)).toMatchObject({ id: "one", refused: { at } });
  });

  it.each([undefined, null, 5, "case", []])("refuses %j", (value) => {
    expect(convertCase(value, policies)).toMatchObject({ id: "", refused: { at: "" } });
  });

  it("percentages outside 0 to 100 are nothing and all", () => {
    const percents = [-10, 0, 33.3333, 150].map((percent) => {
      const [only] = convert(oneCase({ promotions: [off(percent)] }), policies).promotions;
      return (only!.effects![0] as { percent: string }).percent;
    });
    expect(percents).toEqual(["0", "0", "33.3333", "100"]);
  });

  it("a line that holds nothing is not in the cart, but is told of", () => {
    const { cart, lines } = convert(oneCase({ lines: [{ ...line(), qty: 0 }] }), policies);
    expect(cart.lines).toEqual([]);
    expect(lines).toEqual(["L1"]);
  });

  it("parts of one promotion draw on allowances of their own", () => {
    const effects = [
      { kind: "unitPercentOff", percent: 5 },
      { kind: "orderPercentOff", percent: 5 },
      { kind: "shippingPercentOff", percent: 5 },
    ];
    const limited = promotion({ effects, limits: { usage: { limit: 3, used: 1 } } });
    const { promotions, cart } = convert(oneCase({ policy: "vendure", promotions: [limited] }), policies);
    expect(promotions.map(({ id }) => id)).toEqual(["P1/1", "P1/2", "P1/3"]);
    expect(cart.allowances).toEqual({ "P1/1 usage": 2, "P1/2 usage": 2, "P1/3 usage": 2 });
  });
});

/** The case once for each object in it that says something about prices, with a key more. */
function* withUnknownKeys(each: Case): Generator<{ value: unknown; at: string }> {
  const prose = new Set(["expected", "tags"]);
  function* visit(
    value: unknown,
    at: string,
    replace: (next: unknown) => unknown,
  ): Generator<{ value: unknown; at: string }> {
    if (Array.isArray(value)) {
      for (const [i, entry] of value.entries()) {
        yield* visit(entry, `${at}[${i}]`, (next) => replace(value.with(i, next)));
      }
    } else if (typeof value === "object" && value !== null) {
      yield { value: replace({ ...value, unheardOf: 1 }), at: at === "" ? "unheardOf" : `${at}.unheardOf` };
      for (const [key, entry] of Object.entries(value)) {
        if (at === "" && prose.has(key)) continue;
        yield* visit(entry, at === "" ? key : `${at}.${key}`, (next) => replace({ ...value, [key]: next }));
      }
    }
  }
  yield* visit(each, "", (next) => next);
}

function oneCase(change: object): object {
  return { id: "one", currency: "USD", policy: "sylius", lines: [line()], promotions: [off(10)], ...change };
}

function line(): object {
  return { id: "L1", sku: "A", product: "A", categories: [], qty: 1, unitPrice: 1000 };
}

function off(percent: number): object {
  return promotion({ effects: [{ kind: "orderPercentOff", percent }] });
}

function promotion(change: object): object {
  return {
    id: "P1",
    title: "one",
    order: 1,
    trigger: { kind: "automatic" },
    conditions: [],
    effects: [{ kind: "orderPercentOff", percent: 10 }],
    ...change,
  };
}
