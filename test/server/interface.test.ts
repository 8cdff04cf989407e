import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

type Operation = {
  operationId: string;
  summary?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
};
type Description = { openapi: string; paths: Record<string, Record<string, Operation>> };

let shop: Shop;
let server: TestServer;
let key: string;
let description: Description;

beforeAll(async () => {
  shop = await createShop();
  await shop.publish();
  server = await startServer(shop.dataFolder);
  key = (await readFile(join(shop.dataFolder, "admin.key"), "utf8")).trim();
  description = await (await server.get("/openapi.json")).json();
});
afterAll(async () => {
  await server.close();
  await shop.remove();
});

const ajv = new Ajv2020({ strict: false, validateFormats: false });

/** Routes of the interface: not the files of pages, and not what Fastify adds of itself. */
function listRoutes() {
  return server.app.routes.flatMap(({ method, url, schema, config }) => {
    const methods = [method].flat().filter((one) => one !== "HEAD");
    if (url.startsWith("/docs") || schema === undefined) return [];
    return methods.map((one) => ({ method: one.toLowerCase(), url, scope: config?.scope }));
  });
}

function find(method: string, url: string): Operation | undefined {
  return description.paths[toPath(url)]?.[method];
}

/** A colon that stands twice is one, and no parameter. */
function toPath(url: string): string {
  return url.replace(/(?<!:):([A-Za-z0-9]+)/g, "{$1}").replace("::", ":");
}

describe("the description of the interface", () => {
  it("is OpenAPI 3.1, as its authors' schema says", async () => {
    const path = join(import.meta.dirname, "../vectors/openapi/schema-3.1.json");
    const validate = ajv.compile(JSON.parse(await readFile(path, "utf8")));
    validate(description);
    expect(validate.errors).toBeNull();
    expect(validate({ ...description, info: {} })).toBe(false);
  });

  it("has every route, each with a summary, a tag, its parameters and its failures", () => {
    const routes = listRoutes();
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.filter(({ method, url }) => find(method, url) === undefined)).toEqual([]);
    const poor = routes.filter(({ method, url }) => {
      const { summary = "", tags, parameters = [], responses } = find(method, url)!;
      const names = parameters.filter((one) => one.in === "path").map(({ name }) => name);
      const isWhole = [...url.matchAll(/(?<!:):([A-Za-z0-9]+)/g)].every(([, name]) => names.includes(name!));
      const statuses = Object.keys(responses);
      const hasSuccess = statuses.some((status) => /^[23]/.test(status));
      return summary === "" || tags.length === 0 || !isWhole || !hasSuccess || !statuses.includes("500");
    });
    expect(poor).toEqual([]);
  });

  it("gives each operation an id of its own", () => {
    const ids = Object.values(description.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/);
  });

  it("says of each route which scope it asks for, and which need no key", () => {
    for (const { method, url, scope } of listRoutes()) {
      const { security, responses } = find(method, url)!;
      if (scope === "public") expect(security).toEqual([]);
      else expect(security).toContainEqual({ bearer: [scope] });
      expect(Object.keys(responses).includes("401")).toBe(scope !== "public");
    }
    expect(find("get", "/v1/rollouts")!.security).toContainEqual({ bearer: ["audit"] });
    expect(find("post", "/v1/evaluations")!.security).toContainEqual({});
    expect(find("post", "/v1/webhooks")!.security).not.toContainEqual({});
  });

  it("has schemas that compile", () => {
    ajv.addSchema(description, "interface");
    for (const { method, url } of listRoutes()) {
      for (const status of Object.keys(find(method, url)!.responses)) {
        for (const type of typesOf(method, url, status)) {
          expect(() => ajv.compile({ $ref: refTo(method, url, status, type) })).not.toThrow();
        }
      }
    }
  });

  const cart = makeCart();
  const UNKNOWN = "wh_AAAAAAAAAAAAAAAA";

  it.each<[string, string, string, number, object?]>([
    ["get", "/livez", "/livez", 200],
    ["get", "/readyz", "/readyz", 200],
    ["get", "/openapi.json", "/openapi.json", 200],
    ["get", "/v1/catalogue", "/v1/catalogue", 200],
    ["get", "/v1/channels/:channel", "/v1/channels/stable", 200],
    ["get", "/v1/channels/:channel", "/v1/channels/unknown", 404],
    ["get", "/v1/releases/:sha256", "/v1/releases/x", 400],
    ["post", "/v1/evaluations", "/v1/evaluations", 200, cart],
    ["post", "/v1/evaluations", "/v1/evaluations", 422, { ...cart, currency: "XXX" }],
    ["post", "/v1/webhooks", "/v1/webhooks", 201, { url: "http://127.0.0.1:1/", events: ["*"] }],
    ["post", "/v1/webhooks", "/v1/webhooks", 422, { url: "https://10.0.0.1/", events: ["*"] }],
    ["get", "/v1/webhooks", "/v1/webhooks", 200],
    ["get", "/v1/webhooks/:id", `/v1/webhooks/${UNKNOWN}`, 404],
    ["get", "/v1/audit", "/v1/audit", 200],
    ["get", "/v1/audit/head", "/v1/audit/head", 200],
  ])("fits the answer of %s %s (%s: %i)", async (method, route, path, status, body) => {
    const { statusCode, headers, payload } = await server.app.server.inject({
      method: method.toUpperCase() as "GET",
      url: path,
      headers: { authorization: `Bearer ${key}` },
      ...(body && { payload: body }),
    });
    expect(statusCode).toBe(status);
    const type = String(headers["content-type"]).split(";")[0]!;
    const validate = ajv.compile({ $ref: refTo(method, route, String(status), type) });
    validate(JSON.parse(payload));
    expect(validate.errors).toBeNull();
  });

  function typesOf(method: string, url: string, status: string): string[] {
    return Object.keys(find(method, url)!.responses[status]!.content ?? {});
  }

  function refTo(method: string, url: string, status: string, type: string): string {
    const path = toPath(url);
    expect(typesOf(method, url, status)).toContain(type);
    const parts = ["paths", path, method, "responses", status, "content", type, "schema"];
    const pointer = parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")));
    return `interface#/${pointer.join("/")}`;
  }
});

describe.skipIf(SKIPS_BROWSER)("the page of the interface", () => {
  it("shows the operations under a policy of its own, and every other page keeps the strict one", async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
      page.on("pageerror", (error) => void complaints.push(String(error)));
      await page.goto(`${server.url}/docs`);
      // The first one: of so many, the page renders those that are in view.
      await page.getByText("/openapi.json").first().waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
    const docs = (await server.get("/docs/")).headers.get("content-security-policy")!;
    expect(docs).toContain("script-src 'self';");
    const other = (await server.get("/v1/catalogue")).headers.get("content-security-policy")!;
    expect(other).toContain("require-trusted-types-for 'script'");
    expect(other).not.toContain("unsafe-inline");
  });
});
