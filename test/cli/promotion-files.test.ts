import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_POLICY, parseEnvelope, parseRelease } from "@haggle/abi";
import { createEngine } from "@haggle/sdk";
import { readData } from "@haggle/toolchain/project-files";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { faultsOf, sourcesOf } from "../support/promotion-files.ts";

/** Each name stands for two of the one before. */
const BOMB = [..."bcdefghijkl"]
  .map((name, i) => `${name}: &${name} [*${"abcdefghijk"[i]}, *${"abcdefghijk"[i]}]`)
  .reduce((text, line) => `${text}${line}\n`, "a: &a [x, x]\n");

/** The bounds of the same project: every fault with its place, then what the release carries. */
async function checkBounds(
  haggle: (...args: string[]) => ReturnType<typeof runCli>,
  file: (...path: string[]) => string,
  read: (name: string) => Promise<Uint8Array>,
): Promise<void> {
  const faultsAt = async (text: string) => {
    await writeFile(file("bounds.yaml"), text);
    const built = await haggle("build", "shop");
    expect(built).toMatchObject({ code: 1, out: "" });
    return built.err.split("\n").filter((line) => line.startsWith("shop/bounds"));
  };
  const lamps = "- { sku: lamp-*, minUnitPrice: 1000, maxUnitPrice: 9900";
  expect(
    await faultsAt(`${lamps}, maxChangePerHour: 10 }\n- { sku: "", minUnitPrice: -1, max: 5 }\n`),
  ).toEqual([
    'shop/bounds.yaml:1:76 DOCUMENT_BAD_FIELD Needs a percentage in quotes, such as "12.5", not 10',
    'shop/bounds.yaml:2:3 DOCUMENT_BAD_FIELD "maxUnitPrice" is missing',
    'shop/bounds.yaml:2:10 DOCUMENT_BAD_FIELD Needs at least 1 and at most 256 characters, not ""',
    "shop/bounds.yaml:2:28 DOCUMENT_BAD_FIELD Needs at least 0 and at most 9007199254740991, not -1",
    'shop/bounds.yaml:2:32 DOCUMENT_UNKNOWN_FIELD There is no field "max"',
  ]);
  expect(await faultsAt("- { sku: a, minUnitPrice: 2, maxUnitPrice: 1 }\n")).toEqual([
    expect.stringMatching(/^shop\/bounds\.yaml:1:44 DOCUMENT_BAD_FIELD .*, not 1$/),
  ]);
  expect(await faultsAt(`${lamps} }\n${lamps} }\n`)).toEqual([
    expect.stringMatching(/^shop\/bounds\.yaml:2:10 DOCUMENT_BAD_FIELD .*, not "lamp-\*"$/),
  ]);
  await writeFile(file("bounds.yaml"), `${lamps}, maxChangePerHour: "10" }\n`);
  expect(await haggle("build", "shop")).toMatchObject({ code: 0, err: "" });
  const { payload } = parseEnvelope(await read("release.json"), "release");
  const bounds = [{ sku: "lamp-*", minUnitPrice: 1_000, maxUnitPrice: 9_900, maxChangePerHour: "10" }];
  expect(parseRelease(payload).bounds).toEqual(bounds);
  expect((await haggle("release", "inspect", "shop/dist/release.json")).out).toContain(
    "bounds   lamp-* 1000 to 9900, at most 10 % an hour",
  );
  expect((await haggle("schema", "shop", "--bounds")).out).toBe(
    new TextDecoder().decode(await read("bounds.schema.json")),
  );
  await writeFile(file("bounds.json"), "[]");
  expect((await haggle("build", "shop")).err).toContain("shop/bounds.json:1:1 CLI_POLICY_TWICE ");
}

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
        "i.yaml": `id: ${"[".repeat(30_000)}`,
        "j.json": `${"[".repeat(30_000)}${"]".repeat(30_000)}`,
        "k.yaml": "id: k\n---\nid: l\n",
      }).map((fault) => fault.split(" ").slice(0, 2).join(" ")),
    ).toEqual([
      "promotions/a.yaml:1:5 CLI_NOT_YAML",
      "promotions/b.json:2:16 CLI_NOT_JSON",
      "promotions/c.yaml:2:1 CLI_NOT_YAML",
      "promotions/d.yaml:1:1 DOCUMENT_BAD_FIELD",
      "promotions/e.yaml:1:3 DOCUMENT_BAD_FIELD",
      "promotions/g.yaml:1:1 CLI_NOT_YAML",
      "promotions/h.yaml:1:5 CLI_NOT_YAML",
      "promotions/i.yaml:1:68 CLI_NOT_YAML",
      "promotions/j.json:1:1 CLI_NOT_JSON",
      "promotions/k.yaml:2:1 CLI_NOT_YAML",
    ]);
  });

  it("say of a field in a wrong column what is meant by it", () => {
    const [fault] = faultsOf({ "a.yaml": "id: a\n  rule: spend-and-save\n" });
    expect(fault).toContain("(fields of one object begin in the same column;");
  });

  it("say how a percentage is written", () => {
    const [fault] = faultsOf({ "a.yaml": "id: a\neffects: [{ target: order, percent: 12.5 % }]\n" });
    expect(fault).toContain('not "12.5 %" (write it in quotes: "12.5")');
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
      development: true,
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
    await rm(file("policy.json"));
    await write('id: order\neffects:\n  - target: order\n    percent: "10"\n');
  });

  it("builds bounds, and refuses them with places", async () => {
    const file = (...path: string[]) => join(folder.path, "shop", ...path);
    await checkBounds(haggle, file, async (name) => new Uint8Array(await readFile(file("dist", name))));
  });
});
