import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

const REPO = join(import.meta.dirname, "../..");

const RULE = `/** Half off *all* | and nothing else. */
class Half {
  /** What | comes off, as \`a|b\`. */
  percent: Percent = Percent.bp(12_50);
  /** From here on. */
  threshold: Money = 1_000_00;
  goods: Tags = Tags.of("a", "b");
}

@promo(name="half off", priority=7, group="sale")
export function half(ctx: Context, p: Half): Result {
  const missing = p.threshold - ctx.cart.total;
  return missing > 0 ? Result.message(missing, "TO_HALF") : Result.orderPercent(p.percent, "HALF");
}
`;
const LINE = {
  id: "a",
  sku: "pen",
  productId: "pens",
  categories: ["office"],
  quantity: 2,
  unitPrice: 50_000,
};
const CART = { id: "c", currency: "JPY", now: 0, lines: [LINE], shipping: [], coupons: ["X"] };
const CASES = [
  { name: "enough", cart: CART, expect: { total: 87_500 } },
  { name: "not enough", cart: CART, parameters: { threshold: 100_001 }, expect: { total: 100_000 } },
];

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const inShop = (...path: string[]) => join(folder.path, "shop", ...path);
const docs = (...args: string[]) => runCli(["docs", "shop", ...args], { cwd: folder.path });
const writeCases = (cases: unknown) => writeFile(inShop("rules", "half.cases.json"), JSON.stringify(cases));

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await mkdir(inShop("rules"), { recursive: true });
  await mkdir(inShop("docs"));
  await writeFile(inShop("rules", "half.rule.ts"), RULE);
  await writeCases(CASES);
});
afterAll(() => folder.remove());

describe("haggle docs", () => {
  it("tells of each rule what its comments, parameters and cases say", async () => {
    await writeFile(inShop("docs", "own.md"), "# Ours\n");
    expect(await docs()).toEqual({ code: 0, out: "shop/docs: 2 pages, 2 changed\n", err: "" });
    const page = await readFile(inShop("docs", "half.md"), "utf8");
    for (const part of [
      "# half off\n\nHalf off \\*all\\* \\| and nothing else.\n",
      "- Is a promotion by itself, unless promotions name it: with its defaults, at priority 7.\n- Is in the group `sale`.\n",
      "[rules/half.rule.ts](../rules/half.rule.ts)",
      "| `percent` | What \\| comes off, as `a\\|b`. | percentage | 12.5 % |\n",
      "| `threshold` | From here on. | amount | 1000.00 |\n| `goods` |  | list of texts | a, b |\n",
      '```yaml\nid: "my half off"\nrule: "half off"\npriority: 7\nparameters:\n  percent: "12.5"\n  threshold: 100000\n  goods: ["a", "b"]\n```\n',
      "| enough | 2 × pen at ¥50,000 (office, product pens)<br>coupon X | **¥87,500** instead of ¥100,000<br>¥12,500 off pen |\n",
      "*with* `threshold: 100001` | **¥100,000**<br>¥1 missing (`TO_HALF`) |\n",
      "Codes to have texts for: `HALF` and `TO_HALF`.\n",
    ]) {
      expect(page).toContain(part);
    }
    expect(await readFile(inShop("docs", "README.md"), "utf8")).toContain(
      "| [half off](half.md) \\* | Half off",
    );
  });

  it("says which pages are behind, mends them, and removes those of rules that are gone", async () => {
    await writeFile(inShop("rules", "half.rule.ts"), RULE.replace('"sale"', '"sale", template=true'));
    const old = await readFile(inShop("docs", "half.md"), "utf8");
    await writeFile(inShop("docs", "gone.md"), old);
    const behind = await docs("--check");
    expect(behind).toMatchObject({ code: 1, out: "" });
    expect(behind.err.split("\n")).toEqual([
      "not up to date: shop/docs/README.md",
      "not up to date: shop/docs/gone.md",
      "not up to date: shop/docs/half.md",
      "",
    ]);
    expect(await readFile(inShop("docs", "half.md"), "utf8")).toBe(old);
    expect(await docs()).toMatchObject({ code: 0, out: "shop/docs: 2 pages, 3 changed\n" });
    expect((await readdir(inShop("docs"))).sort()).toEqual(["README.md", "half.md", "own.md"]);
    expect(await readFile(inShop("docs", "half.md"), "utf8")).toContain("- Is a template: ");
  });

  it("writes nothing that does not hold", async () => {
    await rm(inShop("docs"), { recursive: true });
    await writeCases([{ ...CASES[0], expect: { total: 1 } }]);
    expect(await docs()).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/^failed rules\/half\.cases\.json: enough\n/),
    });
    await expect(readdir(inShop("docs"))).rejects.toThrow("ENOENT");
  });

  it("takes cases with parameters or promotions, not both", async () => {
    await writeCases([{ ...CASES[1], promotions: [] }]);
    expect(await docs()).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_CASES .*half\.cases/) });
  });
});

describe("the pages of our own rules", () => {
  it("are up to date", async () => {
    const checked = await runCli(["docs", ".", "--out", "rules/docs", "--check"], { cwd: REPO });
    expect(checked).toEqual({ code: 0, out: "", err: "" });
  });
});
