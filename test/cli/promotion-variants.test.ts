// Promotions that differ by the variants of an experiment: written in one file, built into one release.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cart } from "@haggle/abi";
import { createEngine } from "@haggle/sdk";
import { createAssigner, withVariants } from "@haggle/sdk/experiments";
import { readData } from "@haggle/toolchain/project-files";
import { afterAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { faultsOf, sourcesOf } from "../support/promotion-files.ts";

const removals: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const remove of removals) await remove();
});

const PLAIN = `id: spend-and-save
rule: spend-and-save
parameters: { threshold: 30000, off: 5000 }
`;
const VARIED = `${PLAIN}experiment: summer-threshold
variants:
  b: { parameters: { threshold: 25000 } }
  c: false
`;

const CART: Cart = {
  id: "cart-1",
  currency: "EUR",
  now: Date.UTC(2026, 10, 26),
  lines: [
    {
      id: "1",
      sku: "lamp",
      productId: "lamp",
      categories: [],
      quantity: 1,
      unitPrice: 270_00,
      attributes: {},
    },
  ],
  shipping: [],
  coupons: [],
};

describe("a promotion with variants", () => {
  it("is several promotions, of which each shopper meets one", () => {
    const text = VARIED.replace("off: 5000", "loud: true");
    const { promotions } = readData(sourcesOf({ "a.yaml": text }));
    const segments = ["b", "c"].map((variant) => `experiment:summer-threshold=${variant}`);
    const common = { rule: "spend-and-save", priority: 0 };
    expect(promotions).toEqual([
      {
        ...{ ...common, id: "spend-and-save", parameters: { threshold: 30_000, loud: true } },
        conditions: [{ kind: "segments", match: { none: segments } }],
      },
      {
        ...{ ...common, id: "spend-and-save~b", parameters: { threshold: 25_000, loud: true } },
        conditions: [{ kind: "segments", match: { any: [segments[0]] } }],
      },
    ]);
    expect(faultsOf({ "a.yaml": text })).toEqual([]);
  });

  it("may have other effects, behind conditions of its own", () => {
    const text = `id: sale
conditions: [{ kind: tier, match: [gold] }]
effects: [{ target: order, percent: "5" }]
experiment: sale
variants: { b: { effects: [{ target: order, percent: "10" }] } }
`;
    const { promotions } = readData(sourcesOf({ "a.yaml": text }));
    expect(promotions?.map(({ effects }) => effects)).toEqual([
      [{ target: "order", percent: "5" }],
      [{ target: "order", percent: "10" }],
    ]);
    expect(promotions?.[1]?.conditions).toEqual([
      { kind: "tier", match: ["gold"] },
      { kind: "segments", match: { any: ["experiment:sale=b"] } },
    ]);
    expect(faultsOf({ "a.yaml": text })).toEqual([]);
  });

  it("tells of every fault at its place", () => {
    const steps = "[{ from: 5, percent: '5' }, { from: 4, percent: '5' }]";
    const text = `- id: autumn
  rule: spend-and-save
  experiment: Summer
  variants:
    b: { parameters: { treshold: 1, percent: 5 }, priority: 3 }
    C: true
    d: { effects: [{ target: order, percent: "5" }] }
- id: autumn~b
  effects: [{ target: order, percent: "5" }]
  variants: {}
- id: z
  experiment: y
  effects: [{ target: order, percent: "5" }]
  variants:
    d: { effects: [{ target: unit, tiers: { by: goods, steps: ${steps} } }] }
- { id: w, experiment: y, effects: [{ target: order, percent: "5" }], variants: { b: { parameters: {} } } }
- { id: z~d, effects: [{ target: order, percent: "5" }] }
`;
    expect(faultsOf({ "a.yaml": text })).toEqual([
      'promotions/a.yaml:3:15 DOCUMENT_BAD_FIELD Needs the key of an experiment: small letters, digits and hyphens, not "Summer"',
      'promotions/a.yaml:5:24 PROMOTION_UNKNOWN_PARAMETER The rule has no parameter "treshold" (did you mean "threshold"?)',
      'promotions/a.yaml:5:46 PROMOTION_WRONG_TYPE Needs a percentage in quotes, such as "12.5", not 5 (write it in quotes: "5")',
      'promotions/a.yaml:5:51 DOCUMENT_UNKNOWN_FIELD There is no field "priority" (known here: parameters, effects)',
      'promotions/a.yaml:6:8 DOCUMENT_BAD_FIELD Needs the key of a variant: small letters, digits, _ and hyphens, not "C"',
      'promotions/a.yaml:7:10 DOCUMENT_BAD_FIELD "effects" has no place here',
      'promotions/a.yaml:8:3 DOCUMENT_BAD_FIELD "experiment" is missing',
      'promotions/a.yaml:8:7 PROMOTION_DUPLICATE The id "autumn~b" is taken by promotions/a.yaml:1',
      "promotions/a.yaml:10:13 DOCUMENT_BAD_FIELD Needs at least 1 and at most 31 fields, not 0",
      "promotions/a.yaml:15:99 DOCUMENT_BAD_FIELD The field is missing, of another type or out of range, not 4",
      'promotions/a.yaml:16:88 DOCUMENT_BAD_FIELD "parameters" has no place here',
      'promotions/a.yaml:17:9 PROMOTION_DUPLICATE The id "z~d" is taken by promotions/a.yaml:11',
    ]);
  });

  it("is priced as it says, by the same bundle as without variants", async () => {
    const { haggle, file, read } = await createShop();
    await writeFile(file("promotions", "a.yaml"), PLAIN);
    expect(await haggle("build", "shop")).toMatchObject({ code: 0, err: "" });
    const bundle = await read("bundle.wasm");
    await writeFile(file("promotions", "a.yaml"), VARIED);
    expect(await haggle("build", "shop")).toMatchObject({ code: 0, err: "" });
    expect(Buffer.compare(await read("bundle.wasm"), bundle)).toBe(0);

    const engine = await createEngine({
      bundle,
      release: await read("release.json"),
      root: await read("root.json"),
      development: true,
    });
    const variants = ["control", "b", "c"].map((key, i) => ({ key, weight: [0.4, 0.3, 0.3][i]! }));
    const assigner = createAssigner([
      {
        ...{
          key: "summer-threshold",
          unit: "cart",
          seed: "summer-threshold:1",
          bucketing: "hash2",
          coverage: 1,
        },
        variants,
      },
    ]);
    const seen: Record<string, Set<number>> = {};
    for (let i = 0; i < 50; i++) {
      const cart = { ...CART, lines: [{ ...CART.lines[0]!, unitPrice: i % 2 === 0 ? 270_00 : 300_00 }] };
      const assignments = assigner.assignAll({ units: { cart: `cart-${i}` } });
      const decision = engine.evaluate(withVariants(cart, assignments));
      if (!decision.ok) throw decision.error;
      seen[`${assignments[0]!.variant} of ${cart.lines[0]!.unitPrice}`] ??= new Set();
      seen[`${assignments[0]!.variant} of ${cart.lines[0]!.unitPrice}`]!.add(decision.discountTotal);
    }
    expect(Object.fromEntries(Object.entries(seen).map(([name, totals]) => [name, [...totals]]))).toEqual({
      "control of 27000": [0],
      "b of 27000": [50_00],
      "c of 27000": [0],
      "control of 30000": [50_00],
      "b of 30000": [50_00],
      "c of 30000": [0],
    });

    // By the command line: the segment is in the cart.
    await writeFile(
      file("b.json"),
      JSON.stringify(withVariants(CART, [{ experiment: "summer-threshold", variant: "b" }])),
    );
    await writeFile(file("nobody.json"), JSON.stringify(CART));
    const run = async (name: string) =>
      JSON.parse((await haggle("run", `shop/${name}`, "--project", "shop", "--json")).out) as {
        discountTotal: number;
      };
    expect((await run("b.json")).discountTotal).toBe(50_00);
    expect((await run("nobody.json")).discountTotal).toBe(0);
  });

  it("is tried by cases that name variants, and no alarm to check", async () => {
    const { haggle, file } = await createShop();
    await writeFile(file("promotions", "a.yaml"), VARIED);
    const promotions = [
      {
        ...{ id: "spend-and-save", rule: "spend-and-save", experiment: "summer-threshold" },
        variants: { b: { parameters: { threshold: 250_00 } }, c: false },
      },
    ];
    const big = { ...CART, lines: [{ ...CART.lines[0]!, unitPrice: 400_00 }] };
    const cases = [
      { name: "b", cart: CART, experiments: { "summer-threshold": "b" }, expect: { discountTotal: 50_00 } },
      {
        name: "control",
        cart: CART,
        experiments: { "summer-threshold": "control" },
        expect: { discountTotal: 0 },
      },
      { name: "nobody", cart: big, expect: { discountTotal: 50_00 } },
      { name: "c", cart: big, experiments: { "summer-threshold": "c" }, expect: { discountTotal: 0 } },
    ].map((each) => ({ ...each, promotions }));
    await writeFile(file("rules", "spend-and-save.cases.json"), JSON.stringify(cases));
    expect(await haggle("test", "shop")).toMatchObject({ code: 0, err: "" });
    const wrong = [{ ...cases[0], experiments: { "summer-threshold": 1 } }];
    await writeFile(file("rules", "spend-and-save.cases.json"), JSON.stringify(wrong));
    const refused = await haggle("test", "shop");
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/CLI_CASES.*cases\.json\[0\]\.experiments\.summer-threshold, got 1/);
  });

  it("is no campaign that meets itself: check takes a shopper for one of each experiment", async () => {
    const { haggle, file } = await createShop();
    const window = "window: { from: 2027-06-01T00:00Z, until: 2027-07-01T00:00Z }";
    const findings = async (text: string) => {
      await writeFile(file("promotions", "a.yaml"), text);
      const report = JSON.parse((await haggle("check", "shop", "--json")).out) as {
        findings: { kind: string; promotions: string[] }[];
      };
      return report.findings;
    };
    const c = "c: { parameters: { threshold: 20000 } }";
    expect(await findings(`${VARIED.replace("c: false", c)}${window}\n`)).toEqual([]);
    // The same two for everybody are found, so that the silence above says something.
    const other = `{ id: other, rule: spend-and-save, ${window} }`;
    const both = await findings(`- ${PLAIN.trim().replaceAll("\n", "\n  ")}\n  ${window}\n- ${other}\n`);
    expect(both.length).toBeGreaterThan(0);
    const never = `id: never
effects: [{ target: order, percent: "5" }]
conditions:
  - { kind: segments, match: ["experiment:x=a"] }
  - { kind: segments, match: ["experiment:x=b", "experiment:y=b"] }
  - { kind: segments, match: { none: ["experiment:y=b"] } }
`;
    expect(await findings(never)).not.toEqual([]);
    expect(await findings(never.replace("none", "any"))).toEqual([]);
  });
});

async function createShop() {
  const { path: cwd, remove } = await createTemporaryFolder();
  removals.push(remove);
  const haggle = (...args: string[]) => runCli(args, { cwd });
  expect(await haggle("init", "shop")).toMatchObject({ code: 0 });
  const file = (...path: string[]) => join(cwd, "shop", ...path);
  await mkdir(file("promotions"), { recursive: true });
  const read = async (name: string) => new Uint8Array(await readFile(file("dist", name)));
  await rm(file("promotions", "spend-and-save.yaml"), { force: true });
  return { haggle, file, read };
}
