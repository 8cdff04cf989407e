import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ABI_VERSION,
  type BundleMetadata,
  DEFAULT_POLICY,
  HaggleError,
  type Policy,
  parsePolicy,
  parsePromotions,
} from "@haggle/abi";
import { createEngine } from "@haggle/sdk";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { checkData, readData } from "../../engine/cli/promotion-files/check.ts";
import { findFaults } from "../../engine/cli/promotion-files/json-schema.ts";
import { withoutDates } from "../../engine/cli/promotion-files/moments.ts";
import { policySchema } from "../../engine/cli/promotion-files/policy-schema.ts";
import { promotionSchema } from "../../engine/cli/promotion-files/schema.ts";
import { readSource } from "../../engine/cli/promotion-files/source.ts";
import { GROUPS, LANES, policies, promotions } from "../support/abi-promotions.ts";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const METADATA: BundleMetadata = {
  abi: ABI_VERSION,
  compiler: "none",
  symbols: [],
  reads: 0,
  rules: [
    {
      name: "spend-and-save",
      kind: "promotion",
      file: "rules/a.rule.ts",
      function: "a",
      priority: 0,
      phase: "order",
      parameters: {
        type: "object",
        additionalProperties: false,
        properties: {
          threshold: { type: "integer", default: 300_00, "x-haggle-type": "money" },
          percent: { type: "string", default: "5", "x-haggle-type": "percent" },
          pieces: { type: "integer", default: 3, "x-haggle-type": "integer" },
          loud: { type: "boolean", default: false, "x-haggle-type": "boolean" },
          segment: { type: "string", default: "vip", "x-haggle-type": "symbol" },
          categories: { type: "array", items: { type: "string" }, default: null, "x-haggle-type": "tags" },
        },
      },
    },
    {
      name: "满300减50",
      kind: "promotion",
      file: "rules/b.rule.ts",
      function: "b",
      priority: 0,
      phase: "order",
      template: true,
      parameters: { type: "object", additionalProperties: false, properties: {} },
    },
    {
      name: "cost-plus",
      kind: "pricing",
      file: "rules/c.rule.ts",
      function: "c",
      priority: 0,
      phase: "pricing",
      template: true,
      parameters: { type: "object", additionalProperties: false, properties: {} },
    },
  ],
};

const PRESETS = { default: DEFAULT_POLICY };

type Texts = Readonly<Record<string, string>>;

function sourcesOf(files: Texts, policy?: string) {
  return {
    promotions: Object.entries(files).map(([file, text]) => readSource(`promotions/${file}`, text)),
    policy: policy === undefined ? undefined : readSource("policy.yaml", policy),
    presets: PRESETS,
  };
}

/** `file:line:column CODE message (hint)` of everything that is wrong. */
function faultsOf(files: Texts, policy?: string): string[] {
  return checkData(sourcesOf(files, policy), METADATA).map(
    ({ severity, file, line, column, code, message, hint }) =>
      `${file}:${line}:${column} ${severity === "warning" ? "warning " : ""}${code} ${message}${hint ? ` (${hint})` : ""}`,
  );
}

/** Each name stands for two of the one before. */
const BOMB = [..."bcdefghijkl"]
  .map((name, i) => `${name}: &${name} [*${"abcdefghijk"[i]}, *${"abcdefghijk"[i]}]`)
  .reduce((text, line) => `${text}${line}\n`, "a: &a [x, x]\n");

describe("promotion files", () => {
  it("tell of every fault at once, each with its place and a way out", () => {
    const autumn = `# the autumn sale
id: autumn
rule: spend-and-save
parameters:
  treshold: 100_00
  percent: 5
  pieces: 3000000000
  loud: "yes"
  categories: shoes
priorty: 3
window: { from: 2026-02-30T00:00:00Z, until: tomorrow }
conditions:
  - kind: goodsTotl
    value: 5
  - kind: timeOfDay
    from: "9:00"
    until: "18:00"
  - kind: quantity
    value: -1
  - { kind: segments, match: { any: [vip], none: [new] } }
`;
    const list = `- id: autumn
  rule: spend-and-saves
- effects: [{ target: order, percent: "10", amount: 5 }]
  lane: pre
- id: both
  rule: spend-and-save
  effects:
    - target: unit
      percent: "10"
      units: { buy: { quantity: 2 } }
    - target: line
      tiers: { by: lineTotal, steps: [{ from: 0, percent: "1" }, { from: 5, amount: 1 }] }
`;
    expect(faultsOf({ "autumn.yaml": autumn, "more/list.yml": list })).toEqual([
      'promotions/autumn.yaml:5:3 PROMOTION_UNKNOWN_PARAMETER The rule has no parameter "treshold" (did you mean "threshold"?)',
      'promotions/autumn.yaml:6:12 PROMOTION_WRONG_TYPE Needs a percentage in quotes, such as "12.5", not 5 (write it in quotes: "5")',
      "promotions/autumn.yaml:7:11 PROMOTION_OUT_OF_RANGE Needs at least -2147483648 and at most 2147483647, not 3000000000",
      'promotions/autumn.yaml:8:9 PROMOTION_WRONG_TYPE Needs true or false, not "yes" (write it without quotes)',
      'promotions/autumn.yaml:9:15 PROMOTION_WRONG_TYPE Needs null or a list, not "shoes"',
      'promotions/autumn.yaml:10:1 DOCUMENT_UNKNOWN_FIELD There is no field "priorty" (did you mean "priority"?)',
      'promotions/autumn.yaml:11:46 DOCUMENT_BAD_FIELD Needs a moment with an offset, such as 2026-11-27T00:00:00+01:00, not "tomorrow"',
      'promotions/autumn.yaml:13:11 DOCUMENT_BAD_FIELD "goodsTotl" is none of those known here (did you mean "goodsTotal"?)',
      'promotions/autumn.yaml:16:11 DOCUMENT_BAD_FIELD Needs a time of day in quotes, such as "09:30", not "9:00"',
      "promotions/autumn.yaml:19:12 DOCUMENT_BAD_FIELD Needs at least 0 and at most 1000000000, not -1",
      "promotions/autumn.yaml:20:30 DOCUMENT_BAD_FIELD Needs at least 1 and at most 1 fields, not 2",
      'promotions/more/list.yml:1:7 PROMOTION_DUPLICATE The id "autumn" is taken by promotions/autumn.yaml:2',
      'promotions/more/list.yml:2:9 PROMOTION_UNKNOWN_RULE "spend-and-saves" is none of those known here (did you mean "spend-and-save"?)',
      'promotions/more/list.yml:3:3 DOCUMENT_BAD_FIELD "id" is missing',
      'promotions/more/list.yml:3:13 DOCUMENT_BAD_FIELD Needs exactly one of "percent", "amount", "price", "tiers"',
      'promotions/more/list.yml:4:9 PROMOTION_UNKNOWN_LANE The policy has no lanes, so there is no "pre"',
      'promotions/more/list.yml:5:3 DOCUMENT_BAD_FIELD Needs exactly one of "rule", "effects"',
      'promotions/more/list.yml:10:14 DOCUMENT_BAD_FIELD "get" is missing',
      'promotions/more/list.yml:12:66 DOCUMENT_BAD_FIELD "percent" is missing',
      'promotions/more/list.yml:12:77 DOCUMENT_UNKNOWN_FIELD There is no field "amount" (known here: from, percent)',
    ]);
  });

  it("tell what no schema can say: numbers out of order, days that are none, what the whole table shows", () => {
    const text = `- id: steps
  effects:
    - { target: order, tiers: { by: goods, steps: [{ from: 9, percent: "1" }, { from: 5, percent: "2" }] } }
- { id: range, effects: [{ target: unit, percent: "1", filter: { quantity: { min: 3, max: 2 } } }] }
- { id: day, rule: spend-and-save, window: { from: 2026-02-30T00:00:00Z } }
`;
    expect(faultsOf({ "a.yaml": text })).toEqual([
      "promotions/a.yaml:3:87 DOCUMENT_BAD_FIELD The field is missing, of another type or out of range, not 5",
      'promotions/a.yaml:4:76 DOCUMENT_BAD_FIELD The field is missing, of another type or out of range, not "3 to 2"',
      'promotions/a.yaml:5:52 DOCUMENT_BAD_FIELD The field is missing, of another type or out of range, not "2026-02-30T00:00:00Z"',
    ]);
    const mixed = `- { id: a, group: g, effects: [{ target: unit, percent: "1" }], phase: catalog }
- { id: b, group: g, effects: [{ target: order, percent: "1" }] }
`;
    const groups = "extends: default\ngroups: { g: { mode: best } }\n";
    expect(faultsOf({ "m.yaml": mixed }, groups)).toEqual([
      "promotions/m.yaml:2:3 PROMOTION_MIXED_TREE Groups that choose together have promotions of the catalog phase beside others",
    ]);
    expect(
      faultsOf(
        { "g.yaml": "{ id: a, group: basked, rule: spend-and-save }" },
        groups.replace("g:", "basket:"),
      ),
    ).toEqual([
      'promotions/g.yaml:1:17 warning PROMOTION_LOOSE_GROUP The policy does not name the group "basked": its promotions stack (did you mean "basket"?)',
    ]);
  });

  it("keep pricing rules and others apart", () => {
    const text = `- { id: a, rule: cost-plus }
- { id: b, rule: spend-and-save, phase: pricing }
- { id: c, rule: cost-plus, phase: pricing, limits: [], filter: { skus: [x] } }
- { id: spend-and-save, rule: 满300减50, filter: { skus: [x] } }
- { id: d, rule: cost-plus, phase: pricing, conditions: [{ kind: goodsTotal, value: 1, base: after }] }
`;
    expect(faultsOf({ "a.yaml": text }).map((fault) => fault.replace(/^promotions\/a.yaml:/, ""))).toEqual([
      "1:3 PROMOTION_WRONG_PHASE Promotions of pricing rules say `phase: pricing`, and no others do",
      "2:18 PROMOTION_WRONG_PHASE Promotions of pricing rules say `phase: pricing`, and no others do",
      '3:45 DOCUMENT_BAD_FIELD "limits" has no place here',
      '4:40 DOCUMENT_BAD_FIELD "filter" has no place here',
      '5:94 DOCUMENT_BAD_FIELD "after" is none of those known here (known here: initial, current)',
    ]);
  });

  it("are YAML or JSON, and say where they are not", () => {
    expect(
      faultsOf({
        "a.yaml": "id: a\n  rule: b\n",
        "b.json": '[\n  { "id": "b", rule: "spend-and-save" }\n]\n',
        "c.yaml": "id: c\nid: d\n",
        "d.yaml": "",
        "e.yaml": "- 7\n",
        "f.json": '{\n\t"id": "f",\n\t"rule": "spend-and-save"\n}',
        "g.yaml": BOMB,
        "h.yaml": "id: !!js/function x\nrule: spend-and-save\n",
      }).map((fault) => fault.split(" ").slice(0, 2).join(" ")),
    ).toEqual([
      "promotions/a.yaml:1:5 CLI_NOT_YAML",
      "promotions/b.json:2:16 CLI_NOT_JSON",
      "promotions/c.yaml:2:1 CLI_NOT_YAML",
      "promotions/d.yaml:1:1 DOCUMENT_BAD_FIELD",
      "promotions/e.yaml:1:3 DOCUMENT_BAD_FIELD",
      "promotions/g.yaml:1:1 CLI_NOT_YAML",
      "promotions/h.yaml:1:5 CLI_NOT_YAML",
    ]);
  });

  it("may write moments as dates", () => {
    const text = `id: night
rule: spend-and-save
window: { from: 2026-11-27T00:00:00+01:00, until: 1796000000000 }
conditions: [{ kind: period, until: 2026-11-28T12:30Z }]
`;
    expect(faultsOf({ "a.yaml": text })).toEqual([]);
    expect(readData(sourcesOf({ "a.yaml": text })).promotions).toMatchObject([
      {
        window: { from: Date.UTC(2026, 10, 26, 23), until: 1_796_000_000_000 },
        conditions: [{ kind: "period", until: Date.UTC(2026, 10, 28, 12, 30) }],
      },
    ]);
  });
});

describe("a policy file", () => {
  it("extends a preset", () => {
    const { policy } = readData(
      sourcesOf({}, "extends: default\nname: mine\ntax: { prices: gross }\nlanes: [pre]\n"),
    );
    expect(policy).toEqual({
      ...DEFAULT_POLICY,
      name: "mine",
      lanes: ["pre"],
      tax: { prices: "gross", per: "line" },
    });
    expect(
      faultsOf(
        { "a.yaml": "{ id: a, rule: spend-and-save, lane: post }" },
        "extends: default\nlanes: [pre, past]",
      ),
    ).toEqual([
      'promotions/a.yaml:1:38 PROMOTION_UNKNOWN_LANE "post" is none of those known here (did you mean "past"?)',
    ]);
  });

  it("is refused with every place", () => {
    const text = "extends: defualt\nlines: given\nrouding: {}\ntax: { prices: net, per: cart }\n";
    expect(faultsOf({}, text)).toEqual([
      'policy.yaml:1:10 DOCUMENT_BAD_FIELD "defualt" is none of those known here (did you mean "default"?)',
      'policy.yaml:2:8 DOCUMENT_BAD_FIELD "given" is none of those known here (did you mean "asGiven"?)',
      'policy.yaml:3:1 DOCUMENT_UNKNOWN_FIELD There is no field "rouding" (did you mean "rounding"?)',
      'policy.yaml:4:26 DOCUMENT_BAD_FIELD "cart" is none of those known here (known here: line, unit, rate)',
    ]);
    expect(faultsOf({}, "extends: default\ngroups: { a: { mode: best, parent: b } }\n")).toEqual([
      'policy.yaml:2:36 DOCUMENT_BAD_FIELD The field is missing, of another type or out of range, not "b"',
    ]);
    expect(faultsOf({}, "name: half\n").length).toBeGreaterThan(15);
  });
});

describe("the published schema", () => {
  const root = promotionSchema(METADATA.rules, LANES);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const accepts = ajv.compile(root);

  it("is one by the standard's own schema", () => {
    expect(ajv.validateSchema(root)).toBe(true);
    expect(ajv.validateSchema(policySchema(["default"]))).toBe(true);
  });

  it("accepts and refuses what the build does", () => {
    const few = promotions(GROUPS, LANES).map((list) => list.slice(0, 2));
    let refused = 0;
    let accepted = 0;
    fc.assert(
      fc.property(few.chain(changed), (value) => {
        const isAccepted = accepts(value);
        expect(findFaults(value, root, root).length === 0).toBe(isAccepted);
        const fault = faultOf(value);
        if (fault === undefined) expect(accepts.errors ?? []).toEqual([]);
        // Beyond a schema: an order among numbers, and the number of clauses in a filter.
        else if (isAccepted)
          expect(fault).toMatch(/\.from, got|" to |clauses|\d+ to -?\d+|\.filter, got \d+/);
        if (isAccepted) accepted++;
        else refused++;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(60);
  });

  it("does so for what rules take", () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        "5",
        "100.0",
        "101",
        "12.34567",
        "",
        null,
        true,
        3,
        -1,
        2 ** 31,
        1.5,
        2 ** 53,
        [],
        ["a"],
        [1],
        {},
      ),
      fc.string(),
    );
    const names = ["threshold", "percent", "pieces", "loud", "segment", "categories", "other"];
    const parameters = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 2 });
    fc.assert(
      fc.property(
        parameters,
        fc.constantFrom("spend-and-save", "满300减50", "cost-plus", "none"),
        (entries, rule) => {
          const promotion = { id: "a", rule, parameters: Object.fromEntries(entries) };
          const text = JSON.stringify(rule === "cost-plus" ? { ...promotion, phase: "pricing" } : promotion);
          expect(faultsOf({ "a.json": text }).length === 0, text).toBe(accepts(JSON.parse(text)));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("of policies does too", () => {
    const schema = policySchema(Object.keys(PRESETS));
    const acceptsPolicy = ajv.compile(schema);
    fc.assert(
      fc.property(
        policies().chain((policy) => changed(policy)),
        (value) => {
          const text = JSON.stringify(value);
          const isAccepted = acceptsPolicy(JSON.parse(text));
          const faults = faultsOf({}, text);
          if (faults.length === 0) expect(acceptsPolicy.errors ?? []).toEqual([]);
          // Beyond a schema: which groups there are, and the order of a zone's transitions.
          else if (isAccepted) expect(() => parsePolicy(value, "p")).toThrow(/\.parent, got|\]\.from, got/);
        },
      ),
      { numRuns: 300 },
    );
    const partial = { extends: "default", rounding: { tax: "up" } } satisfies {
      extends: string;
      rounding: Partial<Policy["rounding"]>;
    };
    expect(acceptsPolicy(partial)).toBe(true);
    expect(acceptsPolicy({ ...partial, extends: "none" })).toBe(false);
  });
});

/** What the reader of promotions says against a file's value. */
function faultOf(value: unknown): string | undefined {
  const list = Array.isArray(value) ? value : [value];
  try {
    parsePromotions(list.map(withoutDates), "p");
    const faults = checkData(
      { promotions: [readSource("p.json", JSON.stringify(value))], policy: undefined, presets: PRESETS },
      METADATA,
    );
    return faults.find(({ code }) => /RULE|PARAMETER|WRONG_/.test(code))?.message;
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    // Two with one id: what one promotion's schema does not see.
    return error.code === "PROMOTION_DUPLICATE" ? undefined : error.message;
  }
}

/** The value itself, or with one thing changed somewhere inside. */
function changed(value: unknown): fc.Arbitrary<unknown> {
  const plain = JSON.parse(JSON.stringify(value)) as unknown;
  const places = placesOf(plain);
  const odd = fc.constantFrom<unknown>(
    0,
    -1,
    1.5,
    2 ** 53,
    "",
    "x",
    "10",
    true,
    null,
    [],
    ["a"],
    [5],
    {},
    { min: 1 },
  );
  const change = fc.record({ place: fc.nat(places.length), how: fc.constantFrom("drop", "set", "add"), odd });
  return fc.option(change, { nil: undefined, freq: 4 }).map((asked) => {
    const copy = structuredClone(plain);
    const place = asked && places[asked.place];
    if (!place) return copy;
    const parent = place
      .slice(0, -1)
      .reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], copy);
    const [last] = place.slice(-1);
    if (last === undefined || typeof parent !== "object" || parent === null) return copy;
    const fields = parent as Record<string, unknown>;
    if (asked.how === "set" || Array.isArray(parent)) fields[last] = asked.odd;
    else if (asked.how === "drop") delete fields[last];
    else fields.more = asked.odd;
    return copy;
  });
}

function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [[...path, key], ...placesOf(each, [...path, key])]);
}

describe("the command", () => {
  let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
  const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
  beforeAll(async () => {
    folder = await createTemporaryFolder();
    await mkdir(join(folder.path, "shop", "promotions", "2026"), { recursive: true });
  });
  afterAll(() => folder.remove());

  it("builds promotions without rules from YAML and JSON, and refuses them with places", async () => {
    const file = (...path: string[]) => join(folder.path, "shop", ...path);
    const write = (text: string) => writeFile(file("promotions", "2026", "order.yaml"), text);
    await write("id: order\neffects:\n  - target: oder\n    percent: 10\n");
    await writeFile(file("policy.yaml"), "extends: saleor\nname: shop\n");
    const faulty = await haggle("build", "shop");
    expect(faulty).toMatchObject({ code: 1, out: "" });
    expect(faulty.err).toBe(
      'shop/promotions/2026/order.yaml:3:13 DOCUMENT_BAD_FIELD "oder" is none of those known here\n  hint: did you mean "order"?\n',
    );
    await write('id: order\neffects:\n  - target: order\n    percent: "10"\n');
    const item = { id: "json", effects: [{ target: "shipping", percent: "100" }] };
    await writeFile(file("promotions", "more.json"), JSON.stringify([item]));
    expect(await haggle("build", "shop")).toMatchObject({ code: 0, err: "" });
    const read = async (name: string) => new Uint8Array(await readFile(file("dist", name)));
    const engine = await createEngine({
      bundle: await read("bundle.wasm"),
      release: await read("release.json"),
      root: await read("root.json"),
    });
    expect(engine.promotions.map(({ id }) => id).sort()).toEqual(["json", "order"]);
    expect(engine.policy).toMatchObject({ name: "shop", lines: "asGiven" });
    // A fault in a project that was built before is not overlooked.
    await write("id: order\n");
    expect(await haggle("build", "shop")).toMatchObject({ code: 1 });
    const printed = await haggle("schema", "shop");
    expect(printed).toMatchObject({ code: 0, err: "" });
    expect(printed.out).toBe(new TextDecoder().decode(await read("promotions.schema.json")));
    await writeFile(file("policy.json"), "{}");
    expect((await haggle("build", "shop")).err).toContain("shop/policy.json:1:1 CLI_POLICY_TWICE ");
  });
});
