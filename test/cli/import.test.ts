import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { readPromotionCases } from "../support/conformance.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
const [first, second] = readPromotionCases("cases");

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await writeFile(join(folder.path, "one.json"), JSON.stringify(first));
  await writeFile(join(folder.path, "two.json"), JSON.stringify([first, second]));
  await writeFile(join(folder.path, "odd.json"), JSON.stringify({ ...first, moonPhase: "full" }));
});
afterAll(() => folder.remove());

it("prints promotions, policy and cart of one case as one object", async () => {
  const { code, out, err } = await haggle("import", "--from", "vocabulary", "one.json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(out)).toMatchObject({
    promotions: [{ id: "P1", phase: "catalog", effects: [{ target: "unit", percent: "30" }] }],
    policy: { name: "sylius" },
    cart: { currency: "USD", lines: [{ id: "L1", unitPrice: 2000 }] },
  });
});

it("writes three files that a project takes as they are", async () => {
  const { code, out } = await haggle("import", "--from", "vocabulary", "one.json", "--out", "shop");
  expect({ code, out }).toEqual({
    code: 0,
    out: "shop/promotions.json\nshop/policy.json\nshop/cart.json\n",
  });
  const run = await haggle("run", "shop/cart.json", "--project", "shop", "--json");
  expect(run.err).toBe("");
  expect(JSON.parse(run.out)).toMatchObject({ total: 1400, policy: "sylius" });
  expect(JSON.parse(await readFile(join(folder.path, "shop", "policy.json"), "utf8")).name).toBe("sylius");
});

it("refuses what cannot be said, with the mechanism and the place", async () => {
  expect(await haggle("import", "--from", "vocabulary", "odd.json")).toEqual({
    code: 1,
    out: "",
    err: 'CLI_IMPORT This cannot be said: no mechanism for "moonPhase" at moonPhase\n',
  });
});

it("is misused without a format, with another one, and with several cases", async () => {
  for (const args of [
    ["one.json"],
    ["--from", "excel", "one.json"],
    ["--from", "vocabulary"],
    ["--from", "vocabulary", "two.json"],
  ]) {
    const { code, err } = await haggle("import", ...args);
    expect(code, args.join(" ")).toBe(2);
    expect(err).toMatch(/^CLI_USAGE /);
  }
});
