import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

// `haggle import --from` another product, as a person runs it.

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
const write = (name: string, content: unknown) => writeFile(join(folder.path, name), JSON.stringify(content));

const percentage = (discount: string) => ({
  code: "order_percentage_discount",
  args: [{ name: "discount", value: discount }],
});
const promotion = (id: string, fields: object = {}) => ({
  ...{ id, name: `Promotion ${id}`, enabled: true, couponCode: null, startsAt: null, endsAt: null },
  ...{ perCustomerUsageLimit: null, conditions: [], actions: [percentage("10")] },
  ...fields,
});

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await write("vendure.json", {
    promotions: { items: [promotion("1", { couponCode: "HUSH" }), promotion("2", { enabled: false })] },
  });
  await write("cart.json", {
    ...{ id: "cart", currency: "EUR", now: 1, shipping: [], coupons: ["vendure-1"] },
    lines: [{ id: "1", sku: "a", productId: "a", categories: [], quantity: 1, unitPrice: 10_00 }],
  });
});
afterAll(() => folder.remove());

describe("the export of another product", () => {
  it("becomes a project that builds, with codes apart from the release", async () => {
    const { code, out, err } = await haggle("import", "--from", "vendure", "vendure.json", "--out", "shop");
    expect({ code, out }).toEqual({
      code: 0,
      out: ["promotions", "policy", "coupons", "allowances", "not-carried-over"]
        .map((name) => `shop/${name}.json\n`)
        .join(""),
    });
    expect(err).toBe(
      [
        "1 promotion carried over, 1 left out",
        "left out promotions.items[1].enabled: it is not enabled",
        "note the export does not say how prices hold tax: --prices does; the policy says untaxed\n",
      ].join("\n"),
    );
    const read = async (name: string) => JSON.parse(await readFile(join(folder.path, "shop", name), "utf8"));
    expect(await read("coupons.json")).toEqual([{ code: "HUSH", symbol: "vendure-1", title: "Promotion 1" }]);
    expect(await read("not-carried-over.json")).toMatchObject([{ kept: false }, { at: "", kept: true }]);
    expect((await stat(join(folder.path, "shop", "coupons.json"))).mode & 0o777).toBe(0o600);

    const run = await haggle("run", "cart.json", "--project", "shop", "--json");
    expect(JSON.parse(run.out)).toMatchObject({ total: 9_00, policy: "vendure" });
    expect((await haggle("build", "shop")).code).toBe(0);
    expect(await readFile(join(folder.path, "shop", "dist", "release.json"), "utf8")).not.toMatch(
      new RegExp(`HUSH|${Buffer.from("HUSH").toString("base64").slice(0, 5)}`),
    );
  });

  it("is printed as one object without --out", async () => {
    const { out } = await haggle("import", "--from", "vendure", "vendure.json", "--prices", "gross");
    expect(JSON.parse(out)).toMatchObject({
      policy: { name: "vendure", tax: { prices: "gross" } },
      promotions: [{ id: "vendure-1", coupon: "vendure-1", priority: 1 }],
      notCarriedOver: [{ at: "promotions.items[1].enabled", reason: "it is not enabled", kept: false }],
    });
  });
});

describe("malformed exports", () => {
  it.each([
    [
      "shopify",
      { data: {} },
      "CLI_IMPORT The export needs one of discountNodes, codeDiscountNodes, automaticDiscountNodes here at data.",
    ],
    [
      "shopify",
      { discountNodes: { nodes: [], pageInfo: { hasNextPage: true } } },
      "discountNodes.pageInfo.hasNextPage",
    ],
    [
      "medusa",
      { promotions: [], count: 51 },
      "all 51 promotions; raise the limit of the request here at promotions, got 0",
    ],
    ["medusa", { promotions: [{ id: "p", code: 7 }] }, "needs a text here at promotions[0].code, got 7"],
    [
      "vendure",
      { promotions: [promotion("1", { startsAt: "tomorrow" })] },
      'at promotions[0].startsAt, got "tomorrow"',
    ],
    [
      "vendure",
      { promotions: [promotion("1", { actions: [percentage("a tenth")] })] },
      "at promotions[0].actions[0].args.discount",
    ],
    [
      "vendure",
      { promotions: [{ ...promotion("1"), endsAt: undefined }] },
      "the export must ask for it here at promotions[0].endsAt",
    ],
    ["vendure", [], "needs an object here at the file"],
    ["saleor", {}, "needs promotions or vouchers here at the file"],
  ])("of %s have a code and a place: %j", async (from, content, message) => {
    await write("malformed.json", content);
    const { code, out, err } = await haggle("import", "--from", from, "malformed.json");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^CLI_IMPORT /);
    expect(err).toContain(message);
  });
});

it("is misused with several currencies and no choice, an unknown one, and odd words", async () => {
  await write("two.json", { promotions: [], note: [{ currency_code: "usd" }, { currency_code: "eur" }] });
  for (const args of [
    ["--from", "medusa", "two.json"],
    ["--from", "medusa", "two.json", "--currency", "ZZZ"],
    ["--from", "medusa", "two.json", "--currency", "usd", "--prices", "high"],
    ["--from", "magento", "two.json"],
  ]) {
    const { code, err } = await haggle("import", ...args);
    expect(code, args.join(" ")).toBe(2);
    expect(err).toMatch(/^CLI_USAGE /);
  }
  expect((await haggle("import", "--from", "medusa", "two.json")).err).toContain('got "EUR, USD"');
});
