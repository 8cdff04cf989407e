import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

// The settings that a public Fastify server must not leave at their defaults.

let shop: Shop;
let server: TestServer;

beforeAll(async () => {
  shop = await createShop();
  await shop.publish();
  server = await startServer(shop.dataFolder);
});

afterAll(async () => {
  await server.close();
  await shop.remove();
});

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code;
}

describe("bodies", () => {
  it.each([
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonx",
  ])("refuses the content type %s", async (type) => {
    const response = await server.post("/v1/evaluations", JSON.stringify(makeCart()), {
      "content-type": type,
    });
    expect(response.status).toBe(415);
    expect(await codeOf(response)).toBe("SERVER_UNSUPPORTED_MEDIA_TYPE");
  });

  it.each(["{", "", "{'a': 1}", "NaN", '{"quantity": 01}'])("refuses %o as JSON", async (body) => {
    const response = await server.post("/v1/evaluations", body);
    expect(response.status).toBe(400);
    expect(await codeOf(response)).toBe("SERVER_NOT_JSON");
  });

  it.each(['{"__proto__": {"lines": []}}', '{"constructor": {"prototype": {"x": 1}}}'])(
    "refuses to poison a prototype with %s",
    async (body) => {
      const response = await server.post("/v1/evaluations", body);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("forbidden");
    },
  );

  it("refuses a body over the limit, before it is read", async () => {
    const response = await server.post("/v1/evaluations", `"${"x".repeat(512 * 1024)}"`);
    expect(response.status).toBe(413);
    expect(await codeOf(response)).toBe("SERVER_BODY_TOO_LARGE");
  });

  it("refuses JSON nested deeper than any cart, or answers it as no cart", async () => {
    const response = await server.post("/v1/evaluations", "[".repeat(100_000) + "]".repeat(100_000));
    expect([400, 422]).toContain(response.status);
  });
});

describe("headers", () => {
  it("sends this set and no other", async () => {
    const response = await server.get("/livez");
    const headers = Object.fromEntries(response.headers);
    for (const changing of ["date", "x-request-id"]) delete headers[changing];
    expect(headers).toMatchInlineSnapshot(`
      {
        "cache-control": "no-store",
        "connection": "keep-alive",
        "content-length": "17",
        "content-security-policy": "default-src 'none';script-src 'self' 'wasm-unsafe-eval';style-src 'self';img-src 'self' data:;connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none';require-trusted-types-for 'script';trusted-types 'none'",
        "content-type": "application/json; charset=utf-8",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "keep-alive": "timeout=5",
        "origin-agent-cluster": "?1",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-dns-prefetch-control": "off",
        "x-download-options": "noopen",
        "x-frame-options": "DENY",
        "x-permitted-cross-domain-policies": "none",
        "x-xss-protection": "0",
      }
    `);
  });

  it("gives every request an id of its own, whatever the client claims", async () => {
    const first = await server.get("/livez", { "x-request-id": "mine", "request-id": "mine" });
    const second = await server.get("/livez", { "x-request-id": "mine" });
    expect(first.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(first.headers.get("x-request-id")).not.toBe(second.headers.get("x-request-id"));
  });

  it("tells nothing of its insides in an error", async () => {
    const text = await (await server.post("/v1/evaluations", "{")).text();
    expect(text).not.toMatch(/node_modules|\bat \/|\.ts:|stack/);
  });
});

describe("requests that are not HTTP as it should be", () => {
  it.each([
    ["a bad escape in the path", "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400],
    [
      "a path parameter without an end",
      `GET /v1/channels/${"a".repeat(300)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      400,
    ],
    ["a head without an end", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`, 431],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n\r\n", 400],
    [
      "two lengths",
      "POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      400,
    ],
  ])("answers %s and lives on", async (_name, text, status) => {
    expect(await sendRaw(text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await server.get("/livez")).status).toBe(200);
  });
});

function sendRaw(text: string): Promise<string> {
  const { port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    let failure: Error | undefined;
    socket.on("error", (error) => {
      failure = error;
    });
    // Who closes while there is more to read resets the connection, behind its answer.
    socket.on("close", () => (answer === "" && failure ? reject(failure) : resolve(answer)));
  });
}
