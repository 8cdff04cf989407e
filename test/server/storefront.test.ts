import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

let shop: Shop;
let server: TestServer;

function buildStorefront(): string {
  const script = join(REPO, "scripts/build-storefront.ts");
  return execFileSync(process.execPath, ["--conditions=haggle-source", script], { encoding: "utf8" }).trim();
}

beforeAll(async () => {
  buildStorefront();
  shop = await createShop();
  await shop.publish();
  server = await startServer(shop.dataFolder, { storefrontFolder: join(REPO, "server/dist/storefront") });
});

afterAll(async () => {
  await server.close();
  await shop.remove();
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

  it("comes with the strict policy, and with WebAssembly as its one concession", async () => {
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
        "trusted-types 'none'",
      ]),
    );
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

  it("sells from a catalogue that the engine can price", async () => {
    const catalogue = (await (await server.get("/v1/catalogue")).json()) as {
      currency: string;
      products: { sku: string; productId: string; categories: string[]; unitPrice: number }[];
      shipping: { id: string; method: string; price: number }[];
    };
    const { currency, products, shipping } = catalogue;
    expect(products.length).toBeGreaterThanOrEqual(12);
    const lines = products.map(({ sku, productId, categories, unitPrice }) => ({
      ...{ id: sku, sku, productId, categories, quantity: 1, unitPrice },
    }));
    const entries = shipping.map(({ id, method, price }) => ({ id, method, price }));
    const response = await server.post("/v1/evaluations", makeCart({ currency, lines, shipping: entries }));
    expect(response.status).toBe(200);
  });
});
