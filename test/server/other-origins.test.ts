import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

const SHOP = "https://shop.example";
const JSON_TYPE = { "content-type": "application/json" };
const PATHS = ["/v1/evaluations", "/v1/quotes", "/v1/coupons:resolve"];

let shop: Shop;
let server: TestServer;

beforeAll(async () => {
  shop = await createShop();
  await shop.publish();
  server = await startServer(shop.dataFolder, {
    env: { HAGGLE_ORIGINS: `${SHOP}, http://localhost:5173`, HAGGLE_ADDRESS_PER_MINUTE: "1000" },
  });
  await until(async () => (await server.get("/v1/channels/stable")).ok);
});
afterAll(async () => {
  await server.close();
  await shop.remove();
});

/** What a browser asks before it sends a page's cart. */
function preflight(path: string, origin: string): Promise<Response> {
  return fetch(server.url + path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,x-haggle-unit",
    },
  });
}

function allowed({ headers }: Response): (string | null)[] {
  return ["access-control-allow-origin", "access-control-allow-credentials"].map((name) => headers.get(name));
}

describe("a page of an origin that is named", () => {
  it.each(PATHS)("may send a cart to %s, by its unit and pin, and no key", async (path) => {
    const response = await preflight(path, SHOP);
    expect([response.status, ...allowed(response)]).toEqual([204, SHOP, null]);
    expect(response.headers.get("vary")).toBe("origin");
    expect(response.headers.get("access-control-allow-methods")).toBe("POST");
    expect(response.headers.get("access-control-allow-headers")).toBe(
      "content-type, x-haggle-unit, x-haggle-pin",
    );
  });

  it("reads the price, and what it came from", async () => {
    const response = await server.post("/v1/evaluations", makeCart(), { origin: SHOP, ...JSON_TYPE });
    expect([response.status, ...allowed(response)]).toEqual([200, SHOP, null]);
    expect(response.headers.get("access-control-expose-headers")).toContain("x-haggle-release");
    expect(response.headers.get("vary")).toMatch(/^origin, /);
  });

  it("reads why it is refused, by a route and before any", async () => {
    for (const [path, headers, status, code] of [
      ["/v1/evaluations", {}, 422, "CART_MISSING_FIELD"],
      ["/v1/quotes", {}, 422, "CART_MISSING_FIELD"],
      ["/v1/quotes", { authorization: "Bearer nothing" }, 401, "SERVER_UNAUTHORIZED"],
    ] as const) {
      const response = await server.post(path, {}, { origin: SHOP, ...JSON_TYPE, ...headers });
      const { error } = (await response.json()) as { error: { code: string } };
      expect([response.status, error.code, ...allowed(response)]).toEqual([status, code, SHOP, null]);
    }
  });
});

describe("a page of any other origin", () => {
  it.each(["https://shop.example.evil", "http://shop.example", "https://shop.example:8443", "null"])(
    "of %s is told nothing",
    async (origin) => {
      for (const path of PATHS) {
        const asked = await preflight(path, origin);
        expect([asked.status, ...allowed(asked)]).toEqual([404, null, null]);
      }
      const priced = await server.post("/v1/evaluations", makeCart(), { origin, ...JSON_TYPE });
      expect(allowed(priced)).toEqual([null, null]);
      expect(priced.headers.get("vary")).toMatch(/^origin, /);
    },
  );

  it("has no other route opened by the list", async () => {
    for (const path of ["/v1/keys", "/v1/quotes/one/use", "/v1/orders", "/nothing"]) {
      const response = await preflight(path, SHOP);
      expect([response.status, ...allowed(response)]).toEqual([404, null, null]);
    }
  });
});
