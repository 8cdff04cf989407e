import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeKey } from "../support/api-keys.ts";
import { type Answer, type CatalogShop, openCatalogShop } from "../support/catalog.ts";

// The catalog one thing at a time, as people and pages ask for it.

let shop: CatalogShop;

beforeAll(async () => {
  shop = await openCatalogShop();
  await put("/v1/catalog/products/tee", {
    name: "Tee",
    categories: ["basics"],
    attributes: { cut: "boxy", size: "any" },
    taxClass: "standard",
  });
});
afterAll(() => shop.close());

const put = (path: string, body: object, headers = {}) => shop.ask("PUT", path, body, headers);
const get = (path: string, headers = {}) => shop.ask("GET", path, undefined, headers);
const remove = (path: string, headers = {}) => shop.ask("DELETE", path, undefined, headers);
const codeOf = ({ status, body }: Answer) => {
  const { code, at, value } = body.error as { code: string; at?: string; value?: unknown };
  return [status, code, at, value];
};
const EUR = { currency: "EUR", unitPrice: 2_000, unitCost: 900, minUnitPrice: 1_500 };
const CHF = { currency: "CHF", unitPrice: 2_200 };
const tee = (more: object = {}) => ({ productId: "tee", prices: [EUR, CHF], ...more });

describe("a variant", () => {
  it("is what was put, with its prices in the order given", async () => {
    const fields = {
      ...tee(),
      name: "Tee M",
      attributes: { size: "M", organic: true, year: 2026 },
      weightGrams: 180,
    };
    const stored = await put("/v1/catalog/variants/tee-m", fields);
    expect(stored.body).toMatchObject({ sku: "tee-m", ...fields });
    const again = await get("/v1/catalog/variants/tee-m");
    expect(again).toEqual({ status: 200, tag: stored.tag, body: stored.body });
    const changed = await put("/v1/catalog/variants/tee-m", { ...fields, prices: [CHF] });
    expect(changed.body).toMatchObject({ prices: [CHF] });
    expect(changed.body).not.toMatchObject({ prices: [EUR] });
    // What is the same is no change.
    const same = await put("/v1/catalog/variants/tee-m", { ...fields, prices: [CHF] });
    expect(same).toEqual(changed);
  });

  it("is of a product that is there, and keeps it there", async () => {
    expect(codeOf(await put("/v1/catalog/variants/lost", { productId: "nothing" }))).toEqual([
      422,
      "CATALOG_NO_PRODUCT",
      "productId",
      "nothing",
    ]);
    await put("/v1/catalog/variants/tee-kept", tee());
    expect(codeOf(await remove("/v1/catalog/products/tee"))).toEqual([
      409,
      "CATALOG_PRODUCT_IN_USE",
      "id",
      "tee",
    ]);
    expect((await remove("/v1/catalog/variants/tee-kept")).status).toBe(204);
    expect(codeOf(await get("/v1/catalog/variants/tee-kept")).slice(0, 2)).toEqual([
      404,
      "CATALOG_UNKNOWN_VARIANT",
    ]);
    expect(codeOf(await remove("/v1/catalog/variants/tee-kept")).slice(0, 2)).toEqual([
      404,
      "CATALOG_UNKNOWN_VARIANT",
    ]);
  });

  it("has one price in a currency, and amounts that a number can hold", async () => {
    expect(codeOf(await put("/v1/catalog/variants/odd", tee({ prices: [EUR, CHF, EUR] })))).toEqual([
      422,
      "CATALOG_DUPLICATE",
      "prices[2].currency",
      "EUR",
    ]);
    for (const unitPrice of [-1, 1.5, 2 ** 53, "12"]) {
      const answer = await put("/v1/catalog/variants/odd", tee({ prices: [{ ...CHF, unitPrice }] }));
      expect(codeOf(answer).slice(0, 3)).toEqual([400, "SERVER_BAD_REQUEST", "body/prices/0/unitPrice"]);
    }
    const most = { currency: "EUR", unitPrice: Number.MAX_SAFE_INTEGER };
    expect((await put("/v1/catalog/variants/most", tee({ prices: [most] }))).body).toMatchObject({
      prices: [most],
    });
  });

  it("is listed in the order of skus, by product too, some at a time", async () => {
    await put("/v1/catalog/products/mug", { name: "Mug" });
    for (const sku of ["mug-b", "mug-a"]) await put(`/v1/catalog/variants/${sku}`, { productId: "mug" });
    const skusOf = ({ body }: Answer) => (body.variants as { sku: string }[]).map(({ sku }) => sku);
    const first = await get("/v1/catalog/variants?product=mug&limit=1");
    expect([skusOf(first), first.body.next]).toEqual([["mug-a"], "mug-a"]);
    expect(skusOf(await get("/v1/catalog/variants?product=mug&after=mug-a"))).toEqual(["mug-b"]);
    const products = await get("/v1/catalog/products?limit=1");
    expect(products.body).toMatchObject({
      products: [{ id: "mug", name: "Mug", categories: [] }],
      next: "mug",
    });
  });
});

describe("a change", () => {
  it("that is made of an old revision is refused, and of many at once one is made", async () => {
    const first = await put("/v1/catalog/variants/raced", tee(), { "if-none-match": "*" });
    expect(first.status).toBe(200);
    const taken = await put("/v1/catalog/variants/raced", tee(), { "if-none-match": "*" });
    expect(codeOf(taken)).toEqual([412, "SERVER_CHANGED", "headers/if-none-match", first.body.revision]);
    const tag = { "if-match": first.tag! };
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((grams) => put("/v1/catalog/variants/raced", tee({ weightGrams: grams }), tag)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
    const made = answers.find(({ status }) => status === 200)!;
    expect((await get("/v1/catalog/variants/raced")).body).toEqual(made.body);
    expect(codeOf(await remove("/v1/catalog/variants/raced", tag)).slice(0, 2)).toEqual([
      412,
      "SERVER_CHANGED",
    ]);
    expect((await remove("/v1/catalog/variants/raced", { "if-match": made.tag! })).status).toBe(204);
    const gone = await put("/v1/catalog/variants/raced", tee(), { "if-match": "*" });
    expect(codeOf(gone)).toEqual([412, "SERVER_CHANGED", "headers/if-match", 0]);
  });

  it("of a product counts by itself", async () => {
    const before = await get("/v1/catalog/products/tee");
    const { revision: _r, createdAt: _c, updatedAt: _u, id: _i, ...fields } = before.body;
    const changed = await put(
      "/v1/catalog/products/tee",
      { ...fields, name: "T-shirt" },
      { "if-match": before.tag! },
    );
    expect(changed.status).toBe(200);
    const late = await put("/v1/catalog/products/tee", fields, { "if-match": before.tag! });
    expect(codeOf(late)).toEqual([412, "SERVER_CHANGED", "headers/if-match", changed.body.revision]);
  });
});

describe("what shoppers see", () => {
  it("is what things cost, and never what they cost the shop", async () => {
    await put("/v1/catalog/variants/shown", tee());
    const anonymous = { authorization: "" };
    const shown = await fetch(`${shop.server.url}/v1/catalog/variants/shown`);
    const { prices } = (await shown.json()) as { prices: object[] };
    expect(prices).toEqual([{ currency: "EUR", unitPrice: 2_000 }, CHF]);
    for (const path of [
      "/v1/catalog/variants",
      "/v1/catalog/products",
      "/v1/catalog/prices?skus=shown&currency=EUR",
    ]) {
      const text = await (await fetch(shop.server.url + path)).text();
      expect(text).not.toMatch(/unitCost|minUnitPrice/);
    }
    const clerk = await makeKey(shop.server, shop.key, ["catalog:read"]);
    const whole = await get("/v1/catalog/variants/shown", {
      ...anonymous,
      authorization: `Bearer ${clerk.key}`,
    });
    expect(whole.body).toMatchObject({ prices: [EUR, CHF] });
    const denied = await put("/v1/catalog/variants/shown", tee(), { authorization: `Bearer ${clerk.key}` });
    expect(denied.status).toBe(403);
  });

  it("of a list is one answer, with what has no price in the currency beside", async () => {
    await put("/v1/catalog/variants/listed", tee({ prices: [EUR] }));
    const { body } = await get("/v1/catalog/prices?skus=listed,shown,none,listed&currency=CHF");
    expect(body).toEqual({
      currency: "CHF",
      prices: [{ sku: "shown", unitPrice: 2_200 }],
      unknown: ["listed", "none"],
    });
    const many = Array.from({ length: 101 }, (_, index) => index).join();
    expect(codeOf(await get(`/v1/catalog/prices?skus=${many}&currency=CHF`))).toEqual([
      400,
      "SERVER_BAD_REQUEST",
      "querystring/skus",
      101,
    ]);
  });
});

describe("what strategies price from", () => {
  const sku = async (name: string) => (await get(`/v1/skus/${name}`)).body;

  it("is what the catalog says in the shop's currency, with its product's categories and attributes", async () => {
    await put("/v1/catalog/variants/followed", tee({ name: "Tee S", attributes: { size: "S" } }));
    expect(await sku("followed")).toMatchObject({
      productId: "tee",
      name: "Tee S",
      categories: ["basics"],
      currency: "EUR",
      listPrice: 2_000,
      unitCost: 900,
      minUnitPrice: 1_500,
      attributes: { cut: "boxy", size: "S" },
    });
    await shop.ask("PATCH", "/v1/skus/followed", { stock: 4 });
    const product = { name: "Tee", categories: ["basics", "summer"], taxClass: "reduced" };
    await put("/v1/catalog/products/tee", product);
    expect(await sku("followed")).toMatchObject({
      categories: ["basics", "summer"],
      attributes: { size: "S" },
      stock: 4,
    });
    await put("/v1/catalog/variants/followed", tee({ prices: [CHF] }));
    expect(codeOf(await get("/v1/skus/followed")).slice(0, 2)).toEqual([404, "SKU_UNKNOWN"]);
    await put("/v1/catalog/variants/followed", tee());
    await remove("/v1/catalog/variants/followed");
    expect(codeOf(await get("/v1/skus/followed")).slice(0, 2)).toEqual([404, "SKU_UNKNOWN"]);
  });

  it("is the catalog's alone, beside what shops put themselves", async () => {
    await put("/v1/catalog/variants/owned", tee());
    const row = { sku: "own", currency: "EUR", listPrice: 100 };
    expect((await put("/v1/skus", [row])).status).toBe(200);
    expect(codeOf(await put("/v1/skus", [row, { ...row, sku: "owned" }]))).toEqual([
      409,
      "CATALOG_OWNS_SKU",
      "rows[1].sku",
      "owned",
    ]);
    expect(codeOf(await remove("/v1/skus/owned"))).toEqual([409, "CATALOG_OWNS_SKU", "sku", "owned"]);
    expect((await remove("/v1/skus/own")).status).toBe(204);
    expect(await sku("owned")).toMatchObject({ listPrice: 2_000 });
  });
});

describe("what quotes resolve", () => {
  it("is a variant with what it has of its product, and another as soon as it changes", async () => {
    await put("/v1/catalog/products/tee", { name: "Tee", attributes: { cut: "boxy" }, taxClass: "reduced" });
    await put("/v1/catalog/variants/quoted", tee({ attributes: { size: "L" }, weightGrams: 200 }));
    const { catalog } = shop.server.app;
    const eur = {
      sku: "quoted",
      productId: "tee",
      name: "Tee",
      categories: [],
      attributes: { cut: "boxy", size: "L" },
    };
    const whole = {
      ...eur,
      taxClass: "reduced",
      weightGrams: 200,
      unitPrice: 2_000,
      unitCost: 900,
      minUnitPrice: 1_500,
    };
    for (let again = 0; again < 2; again++) {
      expect(await catalog.resolve(["quoted", "none", "quoted"], "EUR")).toEqual(
        new Map([["quoted", whole]]),
      );
    }
    await put("/v1/catalog/variants/quoted", tee({ taxClass: "zero", prices: [{ ...CHF, unitPrice: 7 }] }));
    expect(await catalog.resolve(["quoted"], "EUR")).toEqual(new Map());
    expect((await catalog.resolve(["quoted"], "CHF")).get("quoted")).toMatchObject({
      taxClass: "zero",
      unitPrice: 7,
    });
  });
});

it("one tenant's catalog is nobody else's", async () => {
  await put("/v1/catalog/variants/private", tee());
  const other = await openCatalogShop();
  try {
    expect(await other.variants()).toEqual([]);
    expect(codeOf(await other.ask("GET", "/v1/catalog/variants/private")).slice(0, 2)).toEqual([
      404,
      "CATALOG_UNKNOWN_VARIANT",
    ]);
    expect(await other.server.app.catalog.resolve(["private"], "EUR")).toEqual(new Map());
    expect((await other.ask("PUT", "/v1/catalog/products/tee", { name: "Theirs" })).status).toBe(200);
    expect((await get("/v1/catalog/products/tee")).body.name).toBe("Tee");
  } finally {
    await other.close();
  }
});
