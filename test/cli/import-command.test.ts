import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

// `haggle import --from` another product, as a person runs it.

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
        "note promotions: Vendure does not say the currency: amounts are taken as hundredths, unless --currency says another",
        "note promotions.items[0]: the export does not say usageLimit; without it there is no limit",
        "note the export does not say how prices hold tax: --prices does; the policy says untaxed\n",
      ].join("\n"),
    );
    // Once more, over its own.
    const again = await haggle("import", "--from", "vendure", "vendure.json", "--out", "shop");
    expect(again).toEqual({ code: 0, out, err });
    const read = async (name: string) => JSON.parse(await readFile(join(folder.path, "shop", name), "utf8"));
    expect(await read("coupons.json")).toEqual([{ code: "HUSH", symbol: "vendure-1", title: "Promotion 1" }]);
    const listed: { at: string; kept: boolean }[] = await read("not-carried-over.json");
    expect(listed.map(({ at, kept }) => [at, kept])).toEqual([
      ["promotions.items[1].enabled", false],
      ["promotions", true],
      ["promotions.items[0]", true],
      ["", true],
    ]);
    expect((await stat(join(folder.path, "shop", "coupons.json"))).mode & 0o777).toBe(0o600);

    const run = await haggle("run", "cart.json", "--project", "shop", "--json");
    expect(JSON.parse(run.out)).toMatchObject({ total: 9_00, policy: "vendure" });
    expect((await haggle("build", "shop")).code).toBe(0);
    const release = await readFile(join(folder.path, "shop", "dist", "release.json"), "utf8");
    const payload = Buffer.from(JSON.parse(release).payload, "base64").toString("latin1");
    expect(payload).toContain("vendure-1");
    expect(payload).not.toContain("HUSH");
  });

  it("is printed as one object without --out", async () => {
    const { out } = await haggle(
      "import",
      "--from",
      "vendure",
      "vendure.json",
      "--prices",
      "gross",
      "--currency",
      "eur",
    );
    expect(JSON.parse(out)).toMatchObject({
      policy: { name: "vendure", tax: { prices: "gross" } },
      promotions: [{ id: "vendure-1", coupon: "vendure-1", priority: 1 }],
      notCarriedOver: [
        { at: "promotions.items[1].enabled", reason: "it is not enabled", kept: false },
        { at: "promotions.items[0]", kept: true },
        { at: "", reason: expect.stringContaining("carts in EUR"), kept: true },
      ],
    });
  });
});

it("says where an export is malformed, and writes nothing", async () => {
  await write("malformed.json", { promotions: [promotion("1", { startsAt: "tomorrow" })] });
  expect(await haggle("import", "--from", "vendure", "malformed.json", "--out", "nowhere")).toEqual({
    code: 1,
    out: "",
    err: 'CLI_BAD_EXPORT The export needs a date with time and zone here at promotions[0].startsAt, got "tomorrow"\n',
  });
  await expect(stat(join(folder.path, "nowhere"))).rejects.toThrow("ENOENT");
});

it("is misused with several currencies and no choice, and with odd words", async () => {
  await write("two.json", { promotions: [], note: [{ currency_code: "usd" }, { currency_code: "eur" }] });
  for (const [args, message] of [
    [["medusa"], 'got "EUR, USD"'],
    [["medusa", "--currency", "usd", "--prices", "high"], 'got "high"'],
    [["magento"], 'got "magento"'],
  ] as const) {
    const { code, err } = await haggle("import", "two.json", "--from", ...args);
    expect({ code, err }, args.join(" ")).toEqual({ code: 2, err: expect.stringContaining(message) });
    expect(err).toMatch(/^CLI_USAGE /);
  }
});

it("leaves what no import wrote", async () => {
  await mkdir(join(folder.path, "own"));
  await writeFile(join(folder.path, "own", "policy.json"), "{}");
  expect(await haggle("import", "--from", "vendure", "vendure.json", "--out", "own")).toEqual({
    code: 1,
    out: "",
    err: `CLI_NOT_EMPTY The file is there already, and no import wrote it; take another folder at ${join(folder.path, "own", "policy.json")}\n`,
  });
  expect(await readdir(join(folder.path, "own"))).toEqual(["policy.json"]);
});
