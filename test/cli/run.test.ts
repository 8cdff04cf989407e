import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const run = (...args: string[]) => runCli(["run", "cart.json", ...args], { cwd: folder.path });
/** Whole sentences: no figure of the table ends in one. */
const sentencesOf = (out: string) => out.split("\n").filter((text) => /[.?。？]$/.test(text));

const PROMOTIONS = `
- { id: welcome, coupon: WELCOME, effects: [{ target: order, percent: "5" }] }
- id: big
  coupon: BIG
  conditions: [{ kind: goodsTotal, value: 100000 }]
  effects: [{ target: order, percent: "10" }]
- { id: hello, conditions: [{ kind: coupons, match: [HELLO] }], effects: [{ target: order, amount: 100 }] }
- { id: vip, conditions: [{ kind: segments, match: [vip] }], effects: [{ target: order, percent: "3" }] }
- id: near
  unlock: true
  conditions: [{ kind: goodsTotal, value: 40000 }]
  effects: [{ target: order, percent: "5" }]
`;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await runCli(["init", "shop"], { cwd: folder.path });
  const cart = JSON.parse(await readFile(join(folder.path, "shop", "carts", "example.json"), "utf8"));
  const coupons = ["WELCOME", "BIG", "HELLO", "welcom", "SUMMER"];
  await writeFile(join(folder.path, "cart.json"), JSON.stringify({ ...cart, coupons }));
  for (const name of ["few", "many"]) await mkdir(join(folder.path, name, "promotions"), { recursive: true });
  await writeFile(join(folder.path, "few", "promotions", "all.yaml"), PROMOTIONS);
  // An index leaves out of them what nothing in the cart concerns.
  const others = Array.from({ length: 80 }, (_, i) => ({
    id: `other-${i}`,
    effects: [{ target: "line", percent: "10", filter: { skus: [`no-sku-${i}`] } }],
  }));
  await writeFile(join(folder.path, "many", "promotions", "few.yaml"), PROMOTIONS);
  await writeFile(join(folder.path, "many", "promotions", "others.json"), JSON.stringify(others));
});
afterAll(() => folder.remove());

describe("run", () => {
  it("says of each promotion why it did not apply and what it lacks, and which coupons gave nothing", async () => {
    const { code, out, err } = await run("--project", "few");
    expect([code, err]).toEqual([0, ""]);
    expect(sentencesOf(out)).toEqual([
      "'big' did not apply: goods total €309.97, needs at least €1,000.00 (€690.03 more).",
      "'hello' took €1.00 off 2 lines.",
      "'near' did not apply: goods total €309.97, needs at least €400.00 (€90.03 more); is €90.03 away.",
      "'vip' did not apply: customer segments none, needs vip.",
      "'welcome' took €15.50 off 2 lines.",
      "Coupon 'BIG' gave nothing: it is for 'big'.",
      "Coupon 'HELLO' is tied to no promotion; a condition or a rule looks for it.",
      "Coupon 'welcom' belongs to nothing here. Did you mean 'WELCOME'?",
      "Coupon 'SUMMER' belongs to nothing here.",
    ]);
  });

  it("says it in Chinese too, and in no language that it has not", async () => {
    const { out } = await run("--project", "few", "--locale", "zh-CN");
    expect(sentencesOf(out)).toEqual([
      "「big」未生效：商品总额为 €309.97，需要至少 €1,000.00（还差 €690.03）。",
      "「hello」在 2 行商品上优惠 €1.00。",
      "「near」未生效：商品总额为 €309.97，需要至少 €400.00（还差 €90.03）；还差 €90.03。",
      "「vip」未生效：客户分群为 无，需要 vip。",
      "「welcome」在 2 行商品上优惠 €15.50。",
      "优惠券「BIG」未带来优惠：用于「big」。",
      "优惠券「HELLO」未绑定优惠，由条件或规则判断。",
      "优惠券「welcom」不属于此处任何优惠。是否应为「WELCOME」？",
      "优惠券「SUMMER」不属于此处任何优惠。",
    ]);
    const other = await run("--project", "few", "--locale", "de");
    expect(other).toEqual({ code: 2, out: "", err: 'CLI_USAGE --locale is en or zh-CN, got "de"\n' });
  });

  it("counts what nothing in the cart concerns, and tells of it with --all", async () => {
    const { out } = await run("--project", "many");
    expect(out).not.toMatch(/'(?:vip|other-\d+)'/);
    expect(out).toContain("\n81 other promotions concern nothing in this cart; see --all\n");
    const all = await run("--project", "many", "--all");
    expect(all.out).not.toContain("see --all");
    const told = sentencesOf(all.out);
    expect(told).toContain("'vip' did not apply: customer segments none, needs vip.");
    expect(
      told.filter((text) => /^'other-\d+' did not apply: it gives this cart nothing\.$/.test(text)),
    ).toHaveLength(80);
    const totalOf = (text: string) => /^total .*$/m.exec(text)?.[0];
    expect(totalOf(all.out)).toBe(totalOf(out));
  });
});
