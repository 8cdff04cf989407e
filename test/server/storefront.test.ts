import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLog, openDatabase } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRows } from "../../server/demo/files.ts";
import type { DatedMovement, Order } from "../../server/demo/past.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl } from "../support/server.ts";

const BY = { actor: SYSTEM_ACTOR };
const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

let shop: Shop;
let server: TestServer;
/** As it is served; what is built meanwhile comes here. */
let folder: string;

function buildStorefront(): string {
  const script = join(REPO, "scripts/build-storefront.ts");
  return execFileSync(process.execPath, ["--conditions=haggle-source", script], { encoding: "utf8" }).trim();
}

beforeAll(async () => {
  buildStorefront();
  shop = await createShop();
  await shop.publish();
  folder = await mkdtemp(join(tmpdir(), "haggle-storefront-"));
  await cp(join(REPO, "server/dist/storefront"), folder, { recursive: true });
  server = await startServer(shop.dataFolder, { storefrontFolder: folder, isDemo: true });
});

afterAll(async () => {
  await server.close();
  await shop.remove();
  await rm(folder, { recursive: true });
});

describe("the storefront", () => {
  it("is not built again while its sources are the same", () => {
    expect(buildStorefront()).toBe("storefront unchanged");
  });

  it("is a page to be asked for again, with files that never change under their names", async () => {
    const page = await server.get("/");
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files).toEqual([
      expect.stringMatching(/^\/style-\w+\.css$/),
      expect.stringMatching(/^\/app-\w+\.js$/),
    ]);
    for (const file of files) {
      const response = await server.get(file);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
  });

  it("comes with the strict policy: WebAssembly is allowed, and one name by which the worker's address is made", async () => {
    const policy = (await server.get("/")).headers.get("content-security-policy") ?? "";
    const directives = policy.split(";").map((directive) => directive.trim());
    expect(new Set(directives)).toEqual(
      new Set([
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types haggle-offline",
      ]),
    );
  });

  it("is the page of its start with that page's files, whatever is built meanwhile", async () => {
    const read = async () => {
      const html = await (await server.get("/")).text();
      const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
      const paths = ["/index.html", ...files, "/offline-worker.js"];
      const answers = await Promise.all(paths.map(async (path) => (await server.get(path)).text()));
      return [html, ...answers];
    };
    const before = await read();
    for (const name of await readdir(folder)) await rm(join(folder, name));
    await writeFile(join(folder, "index.html"), '<script type="module" src="/app-OTHER.js"></script>');
    expect(await read()).toEqual(before);
    const tag = (await server.get("/")).headers.get("etag")!;
    expect((await server.get("/", { "if-none-match": tag })).status).toBe(304);
  });

  it("has a worker to be asked for again, which keeps the page and its files and may make no address of a script", async () => {
    const html = await (await server.get("/")).text();
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
    const worker = await server.get("/offline-worker.js");
    expect(worker.headers.get("cache-control")).toBe("no-cache");
    expect(worker.headers.get("content-security-policy")).toContain("trusted-types 'none'");
    const text = await worker.text();
    for (const file of ["/", ...files]) expect(text).toContain(JSON.stringify(file));
    // Another page that loads the same files is another worker, so that browsers keep that page.
    expect(text).toContain(createHash("sha256").update(html).digest("hex"));
  });

  it("is made with what the SDK publishes, and nothing else of the product", async () => {
    const folder = join(REPO, "server/modules/storefront/page");
    const { exports } = JSON.parse(await readFile(join(REPO, "sdk/package.json"), "utf8"));
    const published = Object.keys(exports).map((entry) => `@haggle/sdk${entry.slice(1)}`);
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
    const outside: string[] = [];
    for (const name of names) {
      const text = await readFile(join(folder, name), "utf8");
      for (const [line, path] of text.matchAll(/^(?:import|export|\}).* from "([^"]+)";$/gm)) {
        const isOwn = path!.startsWith(".") && join(name, "..", path!).startsWith("..") === false;
        // Types of what the server answers are no code.
        if (!isOwn && !published.includes(path!) && !line.startsWith("import type"))
          outside.push(`${name}: ${path}`);
        if (line.includes("@haggle/") && !published.includes(path!)) outside.push(`${name}: ${path}`);
      }
    }
    expect(names.length).toBeGreaterThan(20);
    expect(outside).toEqual([]);
  });

  it("has nothing in it that its own policy forbids", async () => {
    const html = await (await server.get("/")).text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:/);
  });

  it.each(["/.inputs.json", "/storefront.inputs.json", "/..%2fpackage.json", "/app.ts", "//etc/passwd"])(
    "serves nothing at %s",
    async (path) => {
      expect((await server.get(path)).status).toBeGreaterThanOrEqual(400);
    },
  );

  it("shows what the catalog has, at its prices, and the engine prices that", async () => {
    const { currency, products, shipping } = await show();
    expect(products).toHaveLength(12);
    const lines = products.map(({ sku, productId, categories, unitPrice }) => ({
      ...{ id: sku, sku, productId, categories, quantity: 1, unitPrice },
    }));
    const entries = shipping.map(({ id, method, price }) => ({ id, method, price }));
    expect(entries).toEqual([
      { id: "standard", method: "standard", price: 1_200 },
      { id: "express", method: "express", price: 2_500 },
    ]);
    const response = await server.post("/v1/evaluations", makeCart({ currency, lines, shipping: entries }));
    expect(response.status).toBe(200);
    const mug = await ask("/v1/catalog/variants/camp-mug");
    const prices = mug.prices.map((each: { currency: string; unitPrice: number }) =>
      each.currency === currency ? { ...each, unitPrice: 3_190 } : each,
    );
    await ask("/v1/catalog/variants/camp-mug", { ...given(mug), prices });
    expect((await show()).products.at(-1)).toMatchObject({ sku: "camp-mug", unitPrice: 3_190 });
    await ask("/v1/catalog/variants/camp-mug", given(mug));
  });
});

describe("the demo shop", () => {
  it("has a past that adds up", async () => {
    const orders = await readRows<Order>("orders.ndjson");
    const [{ stock }, { variants }, { customers }] = await Promise.all([
      ask("/v1/stock?limit=999"),
      ask("/v1/catalog/variants?limit=999"),
      ask("/v1/customers?limit=999"),
    ]);
    const skus = variants.map(({ sku }: { sku: string }) => sku).sort();
    expect(stock.map(({ sku }: { sku: string }) => sku).sort()).toEqual(skus);
    const left = new Map<string, number>(skus.map((sku: string) => [sku, 0]));
    for (const { sku, kind, quantity } of await readRows<DatedMovement>("stock.csv")) {
      if (kind !== "expect") left.set(sku, left.get(sku)! + Number(quantity));
    }
    for (const { lines } of orders) {
      for (const { sku, quantity } of lines) left.set(sku, left.get(sku)! - quantity);
    }
    for (const { sku, onHand, reserved } of stock)
      expect([sku, onHand, reserved]).toEqual([sku, left.get(sku), 0]);
    const ordered = customers.reduce(
      (sum: number, { counters }: { counters: { orders: number } }) => sum + counters.orders,
      0,
    );
    expect(ordered).toBe(orders.filter(({ customer }) => customer !== undefined).length);
    // The log is kept, and each order left in the evening of its day; reservations that are over are swept up.
    const [{ id, now, lines }] = orders as [Order];
    const { movements } = await ask(`/v1/stock/${lines[0]!.sku}/movements?limit=999`);
    const [sold] = movements.filter(({ order }: { order?: string }) => order === id);
    expect(sold).toMatchObject({ location: "suzhou", quantity: -lines[0]!.quantity });
    expect(sold.at - now).toBeGreaterThanOrEqual(0);
    expect(sold.at - now).toBeLessThan(86_400_000);
    // What the page's strategies look at is what is there.
    expect(await ask("/v1/skus/trail-runner")).toMatchObject({ stock: 4, currency: "CNY" });
  });

  it("sold what it has in the catalog, at its prices and taxes, in carts that the engine takes", async () => {
    const orders = await readRows<Order & { lines: Record<string, unknown>[] }>("orders.ndjson");
    const { catalog, taxes } = server.app;
    const found = await catalog.resolve(
      orders.flatMap(({ lines }) => lines.map(({ sku }) => sku)),
      "CNY",
    );
    for (const { lines, now } of orders) {
      for (const { sku, quantity: _, id: _id, taxRate, ...line } of lines) {
        const { taxClass, ...resolved } = found.get(sku)!;
        expect(resolved).toMatchObject(line);
        expect((await taxes.resolve([taxClass!], "CN-SH", now)).get(taxClass!)).toBe(taxRate);
      }
    }
    const some = await Promise.all(
      orders.filter((_, index) => index % 25 === 0).map((cart) => server.post("/v1/evaluations", cart)),
    );
    expect(new Set(some.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it("is opened once, and taken up again where that was interrupted", async () => {
    const stock = await ask("/v1/stock?limit=999");
    const last = await ask("/v1/audit?limit=1");
    const reopen = async () => (await startServer(shop.dataFolder, { isDemo: true })).close();
    await reopen();
    expect(await ask("/v1/audit?limit=1")).toEqual(last);
    const database = await openDatabase({
      url: testDatabaseUrl(),
      tenant: tenantOf(shop.dataFolder),
      migrations: join(REPO, "server/migrations"),
      log: createLog("silent"),
    });
    // As if the catalog, which comes last, had not come.
    for (const table of ["variant_prices", "variants", "products", "skus"]) {
      await database.query(`delete from ${table}`);
    }
    const wrong = await database.query(
      `select from stock_levels l where on_hand <> (
         select coalesce(sum(quantity), 0) from stock_movements m where (m.sku, m.location) = (l.sku, l.location))`,
    );
    expect(wrong).toEqual([]);
    await database.close();
    await reopen();
    expect((await show()).products).toHaveLength(12);
    expect(await ask("/v1/stock?limit=999")).toEqual(stock);
  });

  it.each<[string, (app: TestServer["app"]) => Promise<unknown>, string[]]>([
    ["sells", (app) => app.catalog.putProduct("lamp", { name: "Lamp" }, {}, BY), ["lamp"]],
    ["taxes", (app) => app.taxes.put("NL", [{ taxClass: "standard", rate: "21" }], {}, BY), []],
  ])("is nobody else's: what %s something already stays as it is", async (_, bring, products) => {
    const others = await createShop();
    const own = await startServer(others.dataFolder);
    await bring(own.app);
    await own.close();
    const demo = await startServer(others.dataFolder, { isDemo: true });
    expect((await demo.app.catalog.listProducts("", 9)).map(({ id }) => id)).toEqual(products);
    expect(await demo.app.inventory.locations.list()).toEqual([]);
    await demo.close();
    await others.remove();
  });
});

type Shown = {
  currency: string;
  products: { sku: string; productId: string; categories: string[]; unitPrice: number }[];
  shipping: { id: string; method: string; price: number }[];
};

async function show(): Promise<Shown> {
  return (await server.get("/v1/catalogue")).json();
}

/** As the shop's people. */
async function ask(path: string, body?: object) {
  const headers = {
    authorization: `Bearer ${await readAdminKey(shop.dataFolder)}`,
    "content-type": "application/json",
  };
  const response = await fetch(
    server.url + path,
    body === undefined ? { headers } : { method: "PUT", headers, body: JSON.stringify(body) },
  );
  expect(response.ok).toBe(true);
  return JSON.parse(await response.text());
}

/** What was given, of what is told. */
function given({
  sku: _,
  revision: _r,
  createdAt: _c,
  updatedAt: _u,
  ...fields
}: Record<string, unknown>): object {
  return fields;
}
