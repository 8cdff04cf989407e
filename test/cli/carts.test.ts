import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findUnknownFields } from "@haggle/abi";
import type { Cart } from "@haggle/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli, startCli } from "../support/cli.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const haggle = (...args: string[]) => runCli(["carts", ...args], { cwd: folder.path });
const parse = (text: string): Cart[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  folder = await createTemporaryFolder();
});
afterAll(() => folder.remove());

describe("haggle carts generate", () => {
  it("gives the same carts for a seed, and begins a longer file like a shorter one", async () => {
    const [short, long, other] = await Promise.all([
      haggle("generate", "--seed", "7", "--count", "70"),
      haggle("generate", "--seed", "7", "--count", "200", "--out", "long.ndjson"),
      haggle("generate", "--seed", "8", "--count", "70"),
    ]);
    expect(short).toMatchObject({ code: 0, err: "" });
    expect(long).toMatchObject({ code: 0, err: "", out: "long.ndjson: 200 carts\n" });
    const written = await readFile(join(folder.path, "long.ndjson"), "utf8");
    expect(parse(written)).toHaveLength(200);
    expect(written.startsWith(short.out)).toBe(true);
    expect(other.out).not.toBe(short.out);
  });

  it("makes carts as a shop has them", async () => {
    const { out } = await haggle("generate", "--count", "3000");
    const carts = parse(out);
    expect(carts.flatMap((cart) => findUnknownFields(cart))).toEqual([]);
    const first = Date.UTC(2026, 0, 1);
    for (const { now, lines } of carts) {
      expect(now).toBeGreaterThanOrEqual(first);
      expect(now).toBeLessThan(first + 28 * 86_400_000);
      expect(lines.length).toBeGreaterThanOrEqual(1);
      expect(lines.length).toBeLessThanOrEqual(30);
    }
    const share = (test: (cart: Cart) => boolean) => carts.filter(test).length / carts.length;
    expect(share(({ coupons }) => coupons.length > 0)).toBeGreaterThan(0.05);
    expect(share(({ coupons }) => coupons.length > 0)).toBeLessThan(0.15);
    expect(share(({ customer }) => customer === undefined)).toBeGreaterThan(0.2);
    expect(share(({ customer }) => customer?.segments.includes("vip") === true)).toBeGreaterThan(0.01);
    expect(share(({ lines }) => lines.length === 1)).toBeGreaterThan(0.25);
    expect(share(({ lines }) => lines.length > 10)).toBeGreaterThan(0.02);

    // A tenth of the products is a good part of what is bought.
    const sold = new Map<string, number>();
    for (const { sku } of carts.flatMap(({ lines }) => lines)) sold.set(sku, (sold.get(sku) ?? 0) + 1);
    const counts = [...sold.values()].sort((a, b) => b - a);
    const sum = (values: number[]) => values.reduce((total, count) => total + count, 0);
    expect(sum(counts.slice(0, 40)) / sum(counts)).toBeGreaterThan(0.4);
    expect(sold.size).toBeGreaterThan(300);

    // One customer is the same person in every cart.
    const people = new Map<string, string>();
    for (const { customer } of carts) {
      if (customer === undefined) continue;
      const traits = JSON.stringify(customer);
      expect(people.get(customer.id) ?? traits).toBe(traits);
      people.set(customer.id, traits);
    }
    expect(people.size).toBeLessThan(carts.filter(({ customer }) => customer !== undefined).length);
  });

  it("sells what a catalogue has, in as many lines and on the days it is told", async () => {
    const catalogue = {
      currency: "JPY",
      products: [
        { sku: "tea", unitPrice: 500, categories: ["drinks"], attributes: { green: true } },
        { sku: "cup", productId: "cups", unitPrice: 1200, unitCost: 300 },
      ],
      shipping: [],
      segments: [{ name: "club", share: 1 }],
      coupons: ["MATCHA"],
    };
    await writeFile(join(folder.path, "catalogue.json"), JSON.stringify(catalogue));
    const args = ["--catalogue", "catalogue.json", "--lines", "3", "--from", "2027-05-01", "--days", "1"];
    const carts = parse((await haggle("generate", "--count", "300", ...args)).out);
    for (const cart of carts) {
      expect(cart).toMatchObject({ currency: "JPY", shipping: [] });
      expect(new Date(cart.now).toISOString().slice(0, 10)).toBe("2027-05-01");
      expect(cart.lines).toHaveLength(3);
      if (cart.customer !== undefined) expect(cart.customer.segments).toEqual(["club"]);
    }
    const lines = carts.flatMap((cart) => cart.lines);
    expect(lines.find(({ sku }) => sku === "tea")).toMatchObject({
      productId: "tea",
      categories: ["drinks"],
      attributes: { green: true },
    });
    expect(lines.find(({ sku }) => sku === "cup")).toMatchObject({ productId: "cups", unitCost: 300 });
    expect(carts.flatMap(({ coupons }) => coupons)).toContain("MATCHA");
  });

  it("refuses what is no catalogue, with the place, and what is no number", async () => {
    const wrong = { products: [{ sku: "tea", unitPrice: "500" }] };
    await writeFile(join(folder.path, "wrong.json"), JSON.stringify(wrong));
    expect(await haggle("generate", "--catalogue", "wrong.json")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/^CLI_CATALOGUE .*products\[0\]\.unitPrice/),
    });
    await writeFile(join(folder.path, "misspelt.json"), '{"products":[{"sku":"a","unitPrice":1,"cost":1}]}');
    expect((await haggle("generate", "--catalogue", "misspelt.json")).err).toContain("products[0].cost");
    expect(await haggle("generate", "--count", "0x10")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--count must be a whole number"),
    });
    expect(await haggle("make")).toMatchObject({ code: 2, err: expect.stringMatching(/^CLI_USAGE /) });
  });

  it("ends when nobody reads on", async () => {
    const child = startCli(["carts", "generate", "--count", "1000000"], { cwd: folder.path });
    await once(child.stdout!, "data");
    child.stdout!.destroy();
    expect(await once(child, "close")).toEqual([0, null]);
  });
});
