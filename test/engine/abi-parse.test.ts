import {
  ABI_VERSION,
  type BundleMetadata,
  type Code,
  compileTable,
  DEFAULT_POLICY,
  encodeBase64,
  encodeDocument,
  encodeUtf8,
  type Promotion,
  parsePolicy,
  parsePromotions,
  parseRelease,
  parseReleaseStrictly,
  type Release,
} from "@haggle/abi";
import { describe, expect, it } from "vitest";

// The strict readers: each mistake in a promotion, a policy or a release is refused with its code and its place.

function expectRefused(run: () => unknown, code: Code, at: string): void {
  expect(run).toThrow(expect.objectContaining({ code, at }));
}

const EFFECT = { target: "unit", percent: "10" };
const SHOES = { categories: ["shoes"] };

describe("a promotion", () => {
  const parse = (fields: object) =>
    parsePromotions([{ id: "a", effects: [EFFECT], ...fields }], "promotions");
  const effect = (fields: object) => parse({ effects: [fields] });
  const condition = (fields: object) => parse({ conditions: [fields] });

  it("comes out as it went in, with a priority", () => {
    const promotion = {
      id: "a",
      conditions: [{ kind: "goodsTotal", filter: SHOES, value: 1 }],
      effects: [{ target: "lines", price: { of: { skus: ["x"] } } }],
    };
    expect(parsePromotions([promotion], "promotions")).toEqual([{ ...promotion, priority: 0 }]);
  });

  it.each<[string, object, Code, string]>([
    ["no id", { id: undefined }, "DOCUMENT_BAD_FIELD", ".id"],
    ["a field that there is not", { budget: "b" }, "DOCUMENT_UNKNOWN_FIELD", ""],
    ["a rule and effects", { rule: "r" }, "DOCUMENT_BAD_FIELD", ".rule"],
    ["neither", { effects: undefined }, "DOCUMENT_BAD_FIELD", ".rule"],
    ["no effect", { effects: [] }, "DOCUMENT_BAD_FIELD", ".effects"],
    ["parameters without a rule", { parameters: {} }, "DOCUMENT_BAD_FIELD", ".parameters"],
    ["a parameter that is an object", { parameters: { a: {} } }, "DOCUMENT_BAD_FIELD", ".parameters.a"],
    [
      "too many conditions",
      { conditions: Array(33).fill({ kind: "loggedIn" }) },
      "DOCUMENT_BAD_FIELD",
      ".conditions",
    ],
    ["too many effects", { effects: Array(33).fill(EFFECT) }, "DOCUMENT_BAD_FIELD", ".effects"],
    [
      "too many limits",
      { limits: Array(9).fill({ allowance: "a", counts: "uses" }) },
      "DOCUMENT_BAD_FIELD",
      ".limits",
    ],
    [
      "a limit of nothing",
      { limits: [{ allowance: "a", counts: "days" }] },
      "DOCUMENT_BAD_FIELD",
      ".limits[0].counts",
    ],
    ["a flag that is no flag", { exclusive: 1 }, "DOCUMENT_BAD_FIELD", ".exclusive"],
    ["another phase", { phase: "price" }, "DOCUMENT_BAD_FIELD", ".phase"],
    [
      "an order discount in the catalog",
      { phase: "catalog", effects: [EFFECT, { ...EFFECT, target: "order" }] },
      "DOCUMENT_BAD_FIELD",
      ".effects[1]",
    ],
    [
      "some units of a line in the catalog",
      { phase: "catalog", effects: [{ ...EFFECT, units: { max: 1 } }] },
      "DOCUMENT_BAD_FIELD",
      ".effects[0]",
    ],
  ])("is refused with %s", (_, fields, code, at) => {
    expectRefused(() => parse(fields), code, `promotions[0]${at}`);
  });

  it("is refused beside another of its id", () => {
    const twin = { id: "a", effects: [EFFECT] };
    expectRefused(() => parsePromotions([twin, twin], "promotions"), "PROMOTION_DUPLICATE", "promotions");
  });

  it.each<[string, object, string]>([
    ["of a target that there is not", { target: "cart", percent: "1" }, ".target"],
    ["without a value", { target: "unit" }, ""],
    ["with two values", { target: "unit", percent: "1", amount: 1 }, ""],
    [
      "with a value beside its tiers",
      { ...EFFECT, tiers: { by: "goods", steps: [{ from: 0, percent: "1" }] } },
      "",
    ],
    ["above 100 percent", { target: "unit", percent: "100.1" }, ".percent"],
    ["with a percentage that is a number", { target: "unit", percent: 10 }, ".percent"],
    ["with a negative amount", { target: "unit", amount: -1 }, ".amount"],
    ["with part of a unit", { ...EFFECT, units: { max: 1.5 } }, ".units.max"],
    ["that gets without buying", { ...EFFECT, units: { get: 1 } }, ".units.get"],
    ["that buys without getting", { ...EFFECT, units: { buy: { quantity: 1 } } }, ".units.get"],
    ["with an empty bundle", { ...EFFECT, units: { bundle: [] } }, ".units.bundle"],
    ["with the price of other goods off shipping", { target: "shipping", price: { of: SHOES } }, ".price"],
    ["on shipping with a filter", { target: "shipping", amount: 1, filter: SHOES }, ""],
    ["of a gift without a sku", { target: "gift", productId: "p", unitPrice: 1, quantity: 1 }, ".sku"],
    ["of points at a price", { target: "points", price: 1 }, ""],
  ])("is refused with an effect %s", (_, fields, at) => {
    expect(() => effect(fields)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^DOCUMENT_/),
        at: `promotions[0].effects[0]${at}`,
      }),
    );
  });

  it.each<[string, string, object, string]>([
    ["unit", "no steps", { by: "goods", steps: [] }, ".steps"],
    [
      "unit",
      "steps that fall",
      {
        by: "goods",
        steps: [
          { from: 2, amount: 1 },
          { from: 1, amount: 2 },
        ],
      },
      ".steps[1].from",
    ],
    [
      "unit",
      "steps of two kinds",
      {
        by: "goods",
        steps: [
          { from: 1, amount: 1 },
          { from: 2, percent: "2" },
        ],
      },
      ".steps[1]",
    ],
    ["order", "a line's total for the order", { by: "lineTotal", steps: [{ from: 1, amount: 1 }] }, ".by"],
    [
      "order",
      "marginal amounts",
      { by: "total", mode: "marginal", steps: [{ from: 1, amount: 1 }] },
      ".mode",
    ],
    [
      "order",
      "marginal quantities",
      { by: "quantity", mode: "marginal", steps: [{ from: 1, percent: "1" }] },
      ".by",
    ],
    [
      "line",
      "marginal totals of many lines",
      { by: "total", mode: "marginal", steps: [{ from: 1, percent: "1" }] },
      ".by",
    ],
  ])("is refused with tiers of target %s with %s", (target, _, tiers, at) => {
    expectRefused(
      () => effect({ target, tiers }),
      "DOCUMENT_BAD_FIELD",
      `promotions[0].effects[0].tiers${at}`,
    );
  });

  it.each<[string, object, string]>([
    ["of a kind that there is not", { kind: "moon" }, ".kind"],
    ["of a kind that objects have", { kind: "constructor" }, ".kind"],
    ["without a value", { kind: "goodsTotal" }, ".value"],
    ["on another base", { kind: "goodsTotal", value: 1, base: "before" }, ".base"],
    ["with another operator", { kind: "orders", value: 1, operator: "near" }, ".operator"],
    ["in two lists", { kind: "segments", match: { any: ["a"], none: ["b"] } }, ".match"],
    ["in no list", { kind: "segments", match: {} }, ".match"],
    ["at 24:00", { kind: "timeOfDay", from: "24:00", until: "01:00" }, ".from"],
    ["on the eighth day", { kind: "weekday", days: [8] }, ".days[0]"],
    ["with an empty range", { kind: "lines", value: 1, filter: { unitPrice: {} } }, ".filter.unitPrice"],
    [
      "with a range turned round",
      { kind: "lines", value: 1, filter: { quantity: { min: 2, max: 1 } } },
      ".filter.quantity",
    ],
    [
      "with an attribute in a list and a range",
      { kind: "lines", value: 1, filter: { attributes: { a: { any: ["x"], min: 1 } } } },
      ".filter.attributes.a",
    ],
    [
      "with too many clauses",
      {
        kind: "lines",
        value: 1,
        filter: {
          ...SHOES,
          attributes: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`a${i}`, ["x"]])),
        },
      },
      ".filter",
    ],
  ])("is refused with a condition %s", (_, fields, at) => {
    expect(() => condition(fields)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^DOCUMENT_/),
        at: `promotions[0].conditions[0]${at}`,
      }),
    );
  });
});

describe("a policy", () => {
  it("states every field that is not optional", () => {
    for (const field of Object.keys(DEFAULT_POLICY)) {
      const { [field]: _, ...rest } = DEFAULT_POLICY as Record<string, unknown>;
      expectRefused(() => parsePolicy(rest, "policy"), "DOCUMENT_BAD_FIELD", `policy.${field}`);
    }
    expect(parsePolicy(DEFAULT_POLICY, "policy")).toEqual(DEFAULT_POLICY);
  });

  it.each<[string, object, string]>([
    ["another rounding", { rounding: { ...DEFAULT_POLICY.rounding, tax: "odd" } }, ".rounding.tax"],
    ["two lanes of one name", { lanes: ["a", "a"] }, ".lanes"],
    [
      "a margin of everything",
      { marginFloor: { basisPoints: 10_000, unknownCost: "refuse" } },
      ".marginFloor.basisPoints",
    ],
    ["coins of nothing", { cash: { step: 0, rounding: "halfUp" } }, ".cash.step"],
    ["a mode that there is not", { groups: { g: { mode: "worst" } } }, ".groups.g.mode"],
    ["a parent that is not named", { groups: { g: { mode: "stack", parent: "h" } } }, ".groups.g.parent"],
    [
      "times that go back",
      {
        timeZones: {
          Z: [
            { from: 5, offset: 0 },
            { from: 5, offset: 60 },
          ],
        },
      },
      ".timeZones.Z[1].from",
    ],
    ["an offset of two days", { timeZones: { Z: [{ from: 5, offset: 2880 }] } }, ".timeZones.Z[0].offset"],
    ["no fuel", { fuel: { ...DEFAULT_POLICY.fuel, base: 0 } }, ".fuel.base"],
  ])("is refused with %s", (_, fields, at) => {
    expectRefused(
      () => parsePolicy({ ...DEFAULT_POLICY, ...fields }, "policy"),
      "DOCUMENT_BAD_FIELD",
      `policy${at}`,
    );
  });
});

describe("a release", () => {
  const metadata: BundleMetadata = {
    abi: ABI_VERSION,
    compiler: "none",
    rules: [],
    symbols: ["shoes"],
    reads: 0,
  };
  const made = compileTable(
    [
      { id: "b", priority: 0, effects: [{ target: "order", percent: "10", reason: "TEN" }] },
      {
        id: "a",
        priority: 0,
        effects: [{ target: "unit", amount: 5, filter: { categories: ["shoes", "bags"] } }],
      },
    ],
    DEFAULT_POLICY,
    metadata,
  );
  const release: Release = {
    type: "release",
    version: 1,
    issued: 1,
    expires: 2,
    bundles: [{ sha256: "ab".repeat(32), size: 1 }],
    promotions: made.promotions,
    policy: DEFAULT_POLICY,
    table: { bytes: encodeBase64(made.bytes), symbols: made.symbols },
  };
  const strictly = (fields: Partial<Release>) =>
    parseReleaseStrictly(encodeUtf8(JSON.stringify({ ...release, ...fields })), metadata);

  it("is read alike by who answers for it and by who evaluates with it", () => {
    const payload = encodeDocument(release);
    expect(parseReleaseStrictly(payload, metadata)).toEqual(release);
    expect(parseRelease(payload)).toEqual(release);
    expect(made.symbols).toEqual(["bags", "TEN"]);
  });

  it.each<[string, Partial<Release>, string]>([
    ["promotions in another order", { promotions: made.promotions.toReversed() }, ".promotions[0]"],
    ["a promotion too few", { promotions: made.promotions.slice(1) }, ".table.symbols"],
    [
      "a promotion that was changed",
      {
        promotions: [
          { ...made.promotions[0]!, effects: [{ target: "unit", amount: 6 }] },
          made.promotions[1]!,
        ],
      },
      ".table.symbols",
    ],
    ["another amount", { promotions: [changed(made.promotions[0]!), made.promotions[1]!] }, ".table.bytes"],
    ["another policy", { policy: { ...DEFAULT_POLICY, respread: false } }, ".table.bytes"],
    ["symbols too few", { table: { ...release.table, symbols: ["bags"] } }, ".table.symbols"],
    ["symbols too many", { table: { ...release.table, symbols: [...made.symbols, "x"] } }, ".table.symbols"],
    [
      "other bytes",
      { table: { ...release.table, bytes: release.table.bytes.replace(/A/, "B") } },
      ".table.bytes",
    ],
  ])("is refused with %s", (_, fields, at) => {
    expectRefused(() => strictly(fields), "DOCUMENT_TABLE_DIFFERS", `release${at}`);
  });

  it("is refused by who answers for it with a field that who evaluates does not look at", () => {
    const promotions = [{ ...made.promotions[0]!, exclusive: "yes" as never }, made.promotions[1]!];
    const payload = encodeUtf8(JSON.stringify({ ...release, promotions }));
    expect(parseRelease(payload).promotions).toEqual(promotions);
    expectRefused(
      () => parseReleaseStrictly(payload, metadata),
      "DOCUMENT_BAD_FIELD",
      "release.promotions[0].exclusive",
    );
    expectRefused(
      () => encodeDocument({ ...release, promotions }),
      "DOCUMENT_BAD_FIELD",
      "release.promotions[0].exclusive",
    );
  });

  it.each<[string, object, string]>([
    ["a promotion without an id", { promotions: [{ rule: "r" }] }, ".promotions[0].id"],
    ["a coupon that is none", { promotions: [{ id: "a", coupon: 7 }] }, ".promotions[0].coupon"],
    ["a policy without fuel", { policy: { ...DEFAULT_POLICY, fuel: undefined } }, ".policy.fuel"],
    ["lines in no way", { policy: { ...DEFAULT_POLICY, lines: "random" } }, ".policy.lines"],
    ["no table", { table: undefined }, ".table"],
    [
      "bytes beyond the table's region",
      { table: { bytes: "A".repeat(7_000_000), symbols: [] } },
      ".table.bytes",
    ],
    ["a symbol that is none", { table: { ...release.table, symbols: [1] } }, ".table.symbols[0]"],
  ])("is refused by who evaluates with %s", (_, fields, at) => {
    const payload = encodeUtf8(JSON.stringify({ ...release, ...fields }));
    expectRefused(() => parseRelease(payload), "DOCUMENT_BAD_FIELD", `release${at}`);
  });
});

function changed(promotion: Promotion): Promotion {
  const [effect] = promotion.effects!;
  return { ...promotion, effects: [{ ...effect!, amount: 6 } as never] };
}
