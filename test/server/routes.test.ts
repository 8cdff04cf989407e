import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShop, makeCart, makeLine, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

let shop: Shop;
let server: TestServer;
let published: Awaited<ReturnType<Shop["publish"]>>;

beforeAll(async () => {
  shop = await createShop();
  published = await shop.publish();
  await shop.giveKey("channel");
  server = await startServer(shop.dataFolder);
});

afterAll(async () => {
  await server.close();
  await shop.remove();
});

describe("signed files", () => {
  it("serves the channel document's exact bytes, to be asked for again on every use", async () => {
    const response = await server.get("/v1/channels/stable");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.get("cache-control")).toBe("public, no-cache");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(published.channel.bytes));
  });

  it("answers 304 to the tag it gave, also when a proxy weakened it", async () => {
    const tag = (await server.get("/v1/channels/stable")).headers.get("etag") ?? "";
    for (const header of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = await server.get("/v1/channels/stable", { "if-none-match": header });
      expect(again.status).toBe(304);
      expect(again.headers.get("etag")).toBe(tag);
    }
    expect((await server.get("/v1/channels/stable", { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("answers whoever looks again with the headers of the full answer, and counts him", async () => {
    const full = await server.get("/v1/channels/stable");
    const tag = full.headers.get("etag") ?? "";
    const same = ["etag", "cache-control", "access-control-allow-origin", "cross-origin-resource-policy"];
    const seen = [...same, "x-content-type-options"];
    const countLooks = async () =>
      Number(
        /_count\{[^}]*route="\/v1\/channels\/:channel"[^}]*status="304"[^}]*\} (\d+)/.exec(
          await (await server.get("/metrics")).text(),
        )?.[1] ?? 0,
      );
    const before = await countLooks();
    for (const headers of [{ "if-none-match": tag }, { "if-none-match": `"other", ${tag}` }]) {
      const again = await server.get("/v1/channels/stable", headers);
      expect(again.status).toBe(304);
      expect(again.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      for (const name of seen)
        expect([name, again.headers.get(name)]).toEqual([name, full.headers.get(name)]);
    }
    expect(await countLooks()).toBe(before + 2);
  });

  it("serves the root", async () => {
    const response = await server.get("/v1/root");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(shop.root.bytes));
  });

  it("serves release and bundle under their digests, for ever", async () => {
    const release = await server.get(`/v1/releases/${published.release.sha256}`);
    const bundle = await server.get(`/v1/bundles/${shop.bundle.sha256}`);
    for (const response of [release, bundle]) {
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    }
    expect(release.headers.get("etag")).toBe(`"${published.release.sha256}"`);
    expect(bundle.headers.get("content-type")).toBe("application/wasm");
    expect(Buffer.from(await release.arrayBuffer())).toEqual(Buffer.from(published.release.bytes));
    expect(Buffer.from(await bundle.arrayBuffer())).toEqual(Buffer.from(shop.bundle.bytes));
  });

  it.each([
    ["/v1/channels/preview", 404, "SERVER_UNKNOWN_CHANNEL"],
    ["/v1/channels/preview/events", 404, "SERVER_UNKNOWN_CHANNEL"],
    ["/v1/channels/UPPER", 400, "SERVER_BAD_REQUEST"],
    [`/v1/releases/${"0".repeat(64)}`, 404, "SERVER_UNKNOWN_RELEASE"],
    [`/v1/bundles/${"0".repeat(64)}`, 404, "SERVER_UNKNOWN_BUNDLE"],
    [`/v1/bundles/${"0".repeat(63)}`, 400, "SERVER_BAD_REQUEST"],
    ["/v1/bundles/..%2f..%2froot.json", 400, "SERVER_BAD_REQUEST"],
    ["/v1/nothing", 404, "SERVER_NOT_FOUND"],
    ["/", 404, "SERVER_NOT_FOUND"],
  ])("answers GET %s with %i %s", async (path, status, code) => {
    const response = await server.get(path);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { code: string; requestId: string } };
    expect(error.code).toBe(code);
    expect(error.requestId).toBe(response.headers.get("x-request-id"));
  });
});

it("protects pages with every answer, but for what only programs read", async () => {
  const expected = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
    "x-frame-options": "DENY",
  };
  for (const path of ["/v1/nothing", "/livez", "/v1/audit"]) {
    const { headers } = await server.get(path);
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, headers.get(name)]))).toEqual(
      expected,
    );
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none';script-src 'self' 'wasm-unsafe-eval';/,
    );
  }
  const { headers } = await server.post("/ofrep/v1/evaluate/flags", {});
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toBeNull();
});

describe("evaluations", () => {
  it("prices a cart and says by what", async () => {
    const response = await server.post("/v1/evaluations", makeCart());
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({
      currency: "CNY",
      subtotal: 40_000,
      release: published.release.sha256,
      bundle: shop.bundle.sha256,
      digest: expect.stringMatching(/^[0-9a-f]{16,64}$/),
      lines: [
        {
          id: "line-1",
          discounts: [{ reason: "SHOES_10_PERCENT" }, { reason: "FULL_300_OFF_50", amount: 5_000 }],
        },
      ],
    });
  });

  it.each([
    [{ quantity: -1 }, "CART_NEGATIVE", "lines[0].quantity"],
    [{ quantity: "2" }, "CART_WRONG_TYPE", "lines[0].quantity"],
    [{ quantity: 1.5 }, "CART_NOT_INTEGER", "lines[0].quantity"],
    [{ quantity: null }, "CART_WRONG_TYPE", "lines[0].quantity"],
    [{ discount: 1 }, "CART_UNKNOWN_FIELD", "lines[0].discount"],
  ])("refuses a line with %o by %s", async (wrong, code, at) => {
    const response = await server.post("/v1/evaluations", makeCart({ lines: [makeLine(wrong)] }));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code, at, message: expect.any(String) } });
  });

  it.each([
    [{ lines: [makeLine(), makeLine()] }, "CART_DUPLICATE_LINE"],
    [{ currency: "XXX" }, "CART_UNKNOWN_CURRENCY"],
    [{ curency: "CNY" }, "CART_UNKNOWN_FIELD"],
    [{ lines: undefined }, "CART_MISSING_FIELD"],
    [{ lines: [makeLine({ unitPrice: Number.MAX_SAFE_INTEGER })] }, "CART_SUM_OVERFLOW"],
  ])("refuses a cart with %o by %s", async (wrong, code) => {
    const response = await server.post("/v1/evaluations", makeCart(wrong));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  it("names all fields that a cart lacks at once", async () => {
    const lines = [makeLine({ sku: undefined })];
    const poor = makeCart({ lines, now: undefined, coupons: undefined });
    const response = await server.post("/v1/evaluations", poor);
    expect((await response.json()).error).toMatchObject({
      code: "CART_MISSING_FIELD",
      at: "now",
      message: "A field that every cart has is missing at now, others at coupons, lines[0].sku",
    });
  });

  it.each(["null", "3", '"cart"'])("refuses %s as a cart", async (body) => {
    const response = await server.post("/v1/evaluations", body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: "CART_NOT_OBJECT" } });
  });

  it("refuses 2^53 + 1, which JSON.parse would round to a neighbour", async () => {
    const body = JSON.stringify(makeCart({ lines: [makeLine({ quantity: 1, unitPrice: 424_242 })] }));
    const response = await server.post("/v1/evaluations", body.replace("424242", "9007199254740993"));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { at: "lines[0].unitPrice" } });
  });

  it("takes a thousand lines of ordinary length", async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) =>
      makeLine({
        id: `line-${index}`,
        taxRate: "19",
        unitCost: 9_000,
        attributes: { colour: "oak", note: "x".repeat(200) },
      }),
    );
    const response = await server.post("/v1/evaluations", makeCart({ lines }));
    expect(response.status).toBe(200);
  });
});

describe("health", () => {
  it("is live and ready with a release", async () => {
    expect((await server.get("/livez")).status).toBe(200);
    expect(await server.ready()).toMatchObject({ status: "ready", reasons: [], warnings: [] });
  });

  it("is live and not ready without one, and prices nothing", async () => {
    const empty = await createShop();
    const young = await startServer(empty.dataFolder);
    try {
      expect((await young.get("/livez")).status).toBe(200);
      expect((await young.get("/readyz")).status).toBe(503);
      expect((await young.ready()).reasons).toEqual(["SERVER_NO_RELEASE", "SERVER_FILE_MISSING"]);
      for (const response of [
        await young.get("/v1/channels/stable"),
        await young.get("/v1/root"),
        await young.post("/v1/evaluations", makeCart()),
      ]) {
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({ error: { code: "SERVER_NO_RELEASE" } });
      }
    } finally {
      await young.close();
      await empty.remove();
    }
  });
});
