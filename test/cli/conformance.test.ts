import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { type Case, readPromotionCases } from "../support/conformance.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
const all = readPromotionCases("cases");
const find = (id: string): Case => all.find((each) => each.id === id)!;

beforeAll(async () => {
  folder = await createTemporaryFolder();
});
afterAll(() => folder.remove());

async function write(name: string, cases: unknown): Promise<string> {
  await writeFile(join(folder.path, name), JSON.stringify(cases));
  return name;
}

it("prints one object for each case, in their order, refused ones included", async () => {
  const blind: Partial<Case> = { ...find("syl-002") };
  delete blind.expected;
  const file = await write("some.json", [blind, { ...find("syl-009"), moonPhase: 1 }, find("sal-059"), "?"]);
  const { code, out, err } = await haggle("conformance", file, "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(
    out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    {
      id: "syl-002",
      status: "priced",
      total: 1400,
      lineDiscounts: { L1: 600 },
      unitDiscounts: { L1: [600] },
      itemsDiscount: 600,
      orderDiscount: 0,
      shippingDiscount: 0,
    },
    { id: "syl-009", status: "refused", reason: 'no mechanism for "moonPhase" at moonPhase' },
    {
      id: "sal-059",
      status: "priced",
      total: 9000,
      lineDiscounts: { L1: 1000, L2: 0 },
      unitDiscounts: { L1: [1000] },
      itemsDiscount: 1000,
      orderDiscount: 0,
      shippingDiscount: 0,
      totalNet: 8182,
      totalGross: 9000,
      taxTotal: 818,
      couponRejected: false,
    },
    { id: "", status: "refused", reason: expect.stringContaining("an object") },
  ]);
});

it("without --json prints a table by policy, and what differs", async () => {
  const wrong = { ...find("syl-002"), expected: { total: 1, lineDiscounts: { L1: 1 } } };
  const blind: Partial<Case> = { ...find("str-004") };
  delete blind.expected;
  const file = await write("table.json", [find("syl-009"), wrong, blind, { ...find("str-009"), odd: 1 }]);
  const { code, out } = await haggle("conformance", file);
  expect(code).toBe(0);
  expect(out.split("\n").map((line) => line.trimEnd().replace(/ +/g, " "))).toEqual([
    "policy cases priced refused equal not equal",
    "sylius 2 2 0 1 1",
    "stripe 2 1 1 0 0",
    "all 4 3 1 1 1",
    "syl-002 total: expected 1, got 1400",
    "syl-002 lineDiscounts.L1: expected 1, got 600",
    'str-009 refused: no mechanism for "odd" at odd',
    "",
  ]);
});

it("prices all shared cases, and says how far it is", async () => {
  const file = await write("all.json", all);
  const { code, out, err } = await haggle("conformance", file);
  expect(code).toBe(0);
  expect(err).toBe("100 of 151 cases\n");
  expect(out.trimEnd().split("\n").at(-1)).toMatch(/^all +151 +151 +0 +151 +0$/);
});

it("a cart beyond the format's limits is refused, not the end", async () => {
  const lines = Array.from({ length: 1001 }, (_, i) => ({
    ...(find("syl-002").lines as object[])[0],
    id: `L${i}`,
  }));
  const file = await write("large.json", { ...find("syl-002"), lines });
  const { code, out } = await haggle("conformance", file, "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    status: "refused",
    reason: expect.stringContaining("CART_TOO_LARGE"),
  });
});

it("a file that is not there, or no JSON, is refused", async () => {
  await writeFile(join(folder.path, "text.json"), "cases");
  expect(await haggle("conformance", "text.json")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^CLI_NOT_JSON /),
  });
  expect(await haggle("conformance", "nowhere.json")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^CLI_FILE /),
  });
  expect(await haggle("conformance")).toMatchObject({ code: 2, err: expect.stringMatching(/^CLI_USAGE /) });
});
