import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CliResult, createTemporaryFolder, runCli } from "../support/cli.ts";

const PROMOTIONS = [
  {
    id: "contradiction",
    priority: 3,
    effects: [{ target: "order", percent: "5" }],
    conditions: [
      { kind: "goodsTotal", value: 9000 },
      { kind: "goodsTotal", operator: "atMost", value: 5000 },
    ],
  },
  {
    id: "launch",
    priority: 2,
    effects: [{ target: "order", amount: 800 }],
    conditions: [{ kind: "goodsTotal", value: 3000 }],
    limits: [{ allowance: "launch-money", counts: "money" }],
  },
];

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let first: CliResult;
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await mkdir(join(folder.path, "shop"));
  await writeFile(join(folder.path, "shop/promotions.json"), JSON.stringify(PROMOTIONS));
  first = await haggle("check", "shop", "--carts");
});
afterAll(() => folder.remove());

it("tells what is wrong in a sentence, writes the cart and exits with 1", () => {
  expect(first).toMatchObject({ code: 1, err: "" });
  expect(first.out).toContain("error CHECK_UNREACHABLE 'contradiction' never applies");
  expect(first.out).toContain("haggle run shop/dist/check/01-unreachable-contradiction.json --server");
  expect(first.out).toMatch(/1 error, 0 warnings, 0 notes, 0 undecided; \d+ carts priced\n$/);
});

it("writes carts that run", async () => {
  expect(await readdir(join(folder.path, "shop/dist/check"))).toEqual(["01-unreachable-contradiction.json"]);
  const path = "shop/dist/check/01-unreachable-contradiction.json";
  const run = await haggle("run", path, "--project", "shop", "--server", "--json");
  expect(run.code).toBe(0);
  const { promotions } = JSON.parse(run.out) as { promotions: { id: string; status: string }[] };
  expect(promotions.find(({ id }) => id === "contradiction")?.status).toBe("notEligible");
});

it("gives the report as JSON, and holds limits against what budgets hold", async () => {
  const checked = await haggle("check", "shop", "--json", "--budget", "launch-money=500");
  expect(checked.code).toBe(1);
  expect(JSON.parse(checked.out)).toMatchObject({
    findings: [
      { code: "CHECK_UNREACHABLE", severity: "error", promotions: ["contradiction"] },
      { code: "CHECK_BUDGET", severity: "warning", promotions: ["launch"], cart: { allowances: {} } },
    ],
    undecided: [],
  });
});

it("exits with 0 when there are no errors", async () => {
  const sound = JSON.stringify(PROMOTIONS.slice(1));
  await writeFile(join(folder.path, "shop/promotions.json"), sound);
  expect(await haggle("check", "shop")).toMatchObject({ code: 0, err: "" });
  expect(await readFile(join(folder.path, "shop/promotions.json"), "utf8")).toBe(sound);
});

it("refuses budgets and figures that are none", async () => {
  expect(await haggle("check", "shop", "--budget", "launch")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^CLI_USAGE A budget is NAME=AMOUNT/),
  });
  expect((await haggle("check", "shop", "--cost", "half")).code).toBe(2);
  expect(await haggle("check", "shop", "--currency", "eus")).toEqual({
    code: 2,
    out: "",
    err: 'CLI_USAGE --currency takes an ISO 4217 code, got "eus"\n',
  });
  const inYen = await haggle("check", "shop", "--currency", "jpy");
  expect([inYen.code, inYen.err]).toEqual([0, ""]);
});

it("says of a rule that is stopped that it fails, not that it gives nothing", async () => {
  await mkdir(join(folder.path, "stopped", "rules"), { recursive: true });
  await writeFile(
    join(folder.path, "stopped", "rules", "loops.rule.ts"),
    '@promo(name="loops")\nexport function loops(ctx: Context): Result {\n  let n = 0;\n  while (ctx.cart.total > 0) n++;\n  return Result.order(n as i64, "N");\n}\n',
  );
  const { code, out } = await haggle("check", "stopped");
  expect(code).toBe(0);
  expect(out).toContain("'loops' fails in the carts that were tried: ENGINE_RULE_FUEL");
});
