import { findFaults, strategySchema } from "@haggle/abi";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type FindExperiment, readStrategies } from "../../server/modules/strategies/read.ts";
import { buildRules } from "../support/release.ts";
import { LAMPS, readPricingRules, SHOES_BY_COST, strategiesText } from "../support/strategies.ts";

// Everything that is wrong with a file of strategies, each with its code, its place and its value.

const VERSION = "v2026.11.20-a";
let rules: Awaited<ReturnType<typeof buildRules>>["metadata"]["rules"];

beforeAll(async () => {
  const files = await readPricingRules(["price-by-stock", "cost-plus"]);
  rules = (await buildRules(files)).metadata.rules;
});

const read = (text: string) => readStrategies(text, rules);
const faultsOf = (...strategies: string[]) => read(strategiesText(VERSION, strategies)).faults;
const shown = (text: string) =>
  read(text).faults.map(({ code, line, column, at, value }) => [code, `${line}:${column}`, at, value]);

describe("an experiment that a strategy names", () => {
  const faults = (found: ReturnType<FindExperiment>) => {
    const experiment = "experiment: { key: lamp-price, variants: { b: { raise: '20' }, c: false } }";
    const { file, faults } = readStrategies(
      strategiesText(VERSION, [`${LAMPS}\n${experiment}`]),
      rules,
      (key) => (key === "lamp-price" ? found : undefined),
    );
    expect(file).toBeDefined();
    return faults.map(({ severity, code, at, value }) => [severity, code, at, value]);
  };
  const variants = ["control", "b"].map((key) => ({ key, weight: 0.5 }));
  const place = "strategies[0].experiment";

  it("is warned of when there is none over skus, and of each variant that it has not", () => {
    const unknown = [["warning", "EXPERIMENT_UNKNOWN", `${place}.key`, "lamp-price"]];
    expect(faults(undefined)).toEqual(unknown);
    expect(faults({ unit: "customer", variants })).toEqual(unknown);
    expect(faults({ unit: "sku", variants })).toEqual([
      ["warning", "EXPERIMENT_UNKNOWN", `${place}.variants.c`, "c"],
    ]);
    expect(faults({ unit: "sku", variants: [...variants, { key: "c", weight: 0 }] })).toEqual([]);
  });
});

describe("a file of strategies", () => {
  it("is what it says", () => {
    const window = `window: { from: 2026-12-01T00:00Z, until: "2026-12-02T00:00:00+08:00" }`;
    const experiment = "experiment: { key: lamp-price, variants: { variant_a: { raise: '20' }, b: false } }";
    const { file, faults } = read(
      strategiesText(VERSION, [`${LAMPS}\n${window}\n${experiment}`, SHOES_BY_COST]),
    );
    expect(faults).toEqual([]);
    expect(file).toEqual({
      version: VERSION,
      strategies: [
        {
          id: "lamps",
          rule: "price-by-stock",
          skus: ["lamp-*"],
          parameters: { few: 5, raise: "10" },
          window: { from: Date.UTC(2026, 11, 1), until: Date.UTC(2026, 11, 1, 16) },
          experiment: { key: "lamp-price", variants: { variant_a: { raise: "20" }, b: false } },
        },
        { id: "shoes", rule: "cost-plus", categories: ["shoes"], parameters: { markup: 3000 } },
      ],
    });
  });

  it("tells all of its faults at once, as they stand in it", () => {
    const text = strategiesText(VERSION, [
      `id: Lamps\nrule: price-by-stok\nskus: lamp-*\nparameters: { few: five }`,
      `id: shoes\nrule: cost-plus\nchanels: [stable]\nparameters: { markup: 2.5, floor: 300_00, top: 1 }\nstock: {}`,
      `id: b\nrule: shoes-ten-percent`,
    ]);
    expect(shown(text)).toEqual([
      ["STRATEGY_BAD_FIELD", "3:9", "strategies[0].id", "Lamps"],
      ["STRATEGY_UNKNOWN_RULE", "4:11", "strategies[0].rule", "price-by-stok"],
      ["STRATEGY_BAD_FIELD", "5:11", "strategies[0].skus", "lamp-*"],
      ["STRATEGY_UNKNOWN_FIELD", "9:5", "strategies[1].chanels", "chanels"],
      ["PROMOTION_WRONG_TYPE", "10:27", "strategies[1].parameters.markup", 2.5],
      ["PROMOTION_WRONG_TYPE", "10:39", "strategies[1].parameters.floor", "300_00"],
      ["PROMOTION_UNKNOWN_PARAMETER", "10:47", "strategies[1].parameters.top", "top"],
      ["STRATEGY_BAD_FIELD", "11:12", "strategies[1].stock", 0],
      ["STRATEGY_UNKNOWN_RULE", "13:11", "strategies[2].rule", "shoes-ten-percent"],
    ]);
  });

  it("names what may have been meant", () => {
    const [rule] = faultsOf(LAMPS.replace("price-by-stock", "price-by-stok"));
    expect(rule!.hint).toBe('did you mean "price-by-stock"?');
    const [money] = faultsOf(SHOES_BY_COST.replace("markup: 3000", "floor: 300_00"));
    expect(money!.hint).toBe("write it without quotes and underscores: 30000");
  });

  it("names the rule that a release without pricing rules has not", () => {
    const { faults } = readStrategies(strategiesText(VERSION, [LAMPS]), []);
    expect(faults).toMatchObject([
      { code: "STRATEGY_UNKNOWN_RULE", message: '"price-by-stock" is none of those known here' },
    ]);
  });

  it.each([
    ["two of one id", [LAMPS, LAMPS], "STRATEGY_DUPLICATE", "strategies[1].id"],
    [
      "no such day",
      [`${LAMPS}\nwindow: { from: 2026-02-30T00:00Z }`],
      "STRATEGY_NEVER",
      "strategies[0].window.from",
    ],
    [
      "an end before the beginning",
      [`${LAMPS}\nwindow: { from: 2026-03-01T00:00Z, until: 2026-02-01T00:00Z }`],
      "STRATEGY_NEVER",
      "strategies[0].window.until",
    ],
    ["no such stock", [`${LAMPS}\nstock: { min: 10, max: 9 }`], "STRATEGY_NEVER", "strategies[0].stock.max"],
    [
      "a date without a zone",
      [`${LAMPS}\nwindow: { from: 2026-03-01 }`],
      "STRATEGY_BAD_FIELD",
      "strategies[0].window.from",
    ],
    ["a star inside", [LAMPS.replace("lamp-*", "*-lamp")], "STRATEGY_BAD_FIELD", "strategies[0].skus[0]"],
    [
      "a variant's parameter",
      [`${LAMPS}\nexperiment: { key: k, variants: { a: { raise: 20 } } }`],
      "PROMOTION_WRONG_TYPE",
      "strategies[0].experiment.variants.a.raise",
    ],
  ])("refuses %s", (_what, strategies, code, at) => {
    expect(faultsOf(...strategies)).toMatchObject([{ severity: "error", code, at }]);
  });

  it.each([
    ["nothing", "", "STRATEGY_TORN"],
    ["no end", `version: ${VERSION}\nstrategies: []\n`, "STRATEGY_TORN"],
    ["another end", `version: ${VERSION}\nstrategies: []\nend: v2026.11.20-b\n`, "STRATEGY_TORN"],
    ["something behind the end", `version: ${VERSION}\nend: ${VERSION}\nstrategies: []\n`, "STRATEGY_TORN"],
    ["half a bracket", `version: ${VERSION}\nstrategies: [{ id: a`, "STRATEGY_TORN"],
    ["a bracket too few", `version: ${VERSION}\nstrategies: [\nend: ${VERSION}\n`, "STRATEGY_NOT_YAML"],
    [
      "a field twice",
      `version: ${VERSION}\nstrategies: []\nstrategies: []\nend: ${VERSION}\n`,
      "STRATEGY_NOT_YAML",
    ],
    [
      "two documents",
      `a: 1\n---\nversion: ${VERSION}\nstrategies: []\nend: ${VERSION}\n`,
      "STRATEGY_NOT_YAML",
    ],
    ["a bad version", "version: 2026-1\nstrategies: []\nend: 2026-1\n", "STRATEGY_BAD_FIELD"],
    ["levels", `a: ${"[".repeat(40)}`, "STRATEGY_TOO_LARGE"],
    ["lists in lists over many lines", "[\n".repeat(100_000), "STRATEGY_TOO_LARGE"],
    ["many keys", Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join("\n"), "STRATEGY_TOO_LARGE"],
    ["many bytes", "#".repeat(4 * 1024 * 1024 + 1), "STRATEGY_TOO_LARGE"],
    [
      "laughs",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\nversion: ${VERSION}\nend: ${VERSION}\n`,
      "STRATEGY_TOO_LARGE",
    ],
  ])("refuses %s", (_what, text, code) => {
    const { file, faults } = read(text);
    expect(file).toBeUndefined();
    expect(faults.map((fault) => fault.code)).toContain(code);
  });

  it("is whole with comments behind its end, and with its version in quotes", () => {
    const text = strategiesText(VERSION, [LAMPS], `end: "${VERSION}" # that was it\r\n# really\n\n`);
    expect(read(text)).toMatchObject({ faults: [], file: { version: VERSION } });
  });

  it("shares parameters by an anchor", () => {
    const text = strategiesText(VERSION, [
      LAMPS.replace("parameters: {", "parameters: &usual {"),
      "id: other\nrule: price-by-stock\nskus: [desk-1]\nparameters: *usual",
    ]);
    expect(read(text).file?.strategies[1]?.parameters).toEqual({ few: 5, raise: "10" });
  });

  it("warns of a strategy that can price nothing", () => {
    const all = "id: all\nrule: price-by-stock";
    const gold = "id: gold\nrule: price-by-stock\nskus: [lamp-1]\ntiers: [gold]";
    expect(faultsOf(LAMPS, gold)).toMatchObject([
      { severity: "warning", code: "STRATEGY_NEVER", at: "strategies[1].id", value: "gold" },
    ]);
    expect(faultsOf(all, SHOES_BY_COST)).toMatchObject([{ severity: "warning", value: "shoes" }]);
    expect(faultsOf(gold, LAMPS, SHOES_BY_COST, all)).toEqual([]);
  });
});

describe("the published schema", () => {
  it("refuses and accepts what another validator does", () => {
    const schema = strategySchema(rules);
    const validate = new Ajv2020({ strict: false }).compile(schema);
    // Mostly right, so that one thing that is wrong stands alone.
    const odd = fc.constantFrom<unknown>("", "Gold", "a*b", -1, 2.5, true, null, [], {});
    const mostly = (right: readonly unknown[]) =>
      fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: odd });
    const texts = (...right: string[]) =>
      fc.oneof(
        { weight: 8, arbitrary: fc.array(mostly(right), { minLength: 1, maxLength: 2 }) },
        { weight: 1, arbitrary: odd },
      );
    const parameters = fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.record({ few: mostly([0, 5]), raise: mostly(["12.5"]) }) },
      { weight: 1, arbitrary: fc.record({ markup: mostly([3000]) }) },
    );
    const variants = fc.dictionary(fc.constantFrom("a", "b_1", "B"), fc.oneof(parameters, mostly([false])), {
      maxKeys: 2,
    });
    const strategy = fc.record(
      {
        id: mostly(["lamps", "b-1"]),
        rule: mostly(["price-by-stock", "cost-plus"]),
        skus: texts("lamp-*", "x"),
        categories: texts("shoes"),
        channels: texts("stable"),
        tiers: texts("gold"),
        stock: fc.record({ min: mostly([0, 3]), max: mostly([9]) }, { requiredKeys: [] }),
        window: fc.record(
          { from: mostly([0, "2026-12-01T00:00Z"]), until: mostly([5]) },
          { requiredKeys: [] },
        ),
        parameters,
        experiment: fc.record({ key: mostly(["k"]), variants }, { requiredKeys: ["key"] }),
      },
      { requiredKeys: ["id", "rule"] },
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(strategy, { maxLength: 2 }), (strategies) => {
        const value = JSON.parse(JSON.stringify({ version: VERSION, strategies, end: VERSION })) as unknown;
        const isRight = validate(value);
        if (isRight && strategies.length > 0) accepted += 1;
        expect(findFaults(value, schema, schema).length === 0).toBe(isRight);
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});
