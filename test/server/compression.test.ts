import { createHash, randomBytes } from "node:crypto";
import { brotliDecompressSync } from "node:zlib";
import { createLog } from "@haggle/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createHttpServer, type HttpServer } from "../../server/platform/http.ts";
import { sendCompressible } from "../../server/platform/send-document.ts";
import { rawGet } from "../support/raw-get.ts";
import { createShop } from "../support/release.ts";
import { startServer } from "../support/server.ts";

// What is stored is fetched by anybody, and brotli at its best takes half a second of a thread that others need.

const SIZE = 200 * 1024;

let server: HttpServer;
let texts: Map<string, Uint8Array>;

beforeEach(async () => {
  texts = new Map();
  server = await createHttpServer({ log: createLog("silent"), isDraining: () => false });
  // As read from the database anew, each time.
  server.get("/:sha256", async (request, reply) => {
    const { sha256 } = request.params as { sha256: string };
    return sendCompressible(request, reply, { sha256, bytes: texts.get(sha256)! }, "application/wasm");
  });
});
afterEach(() => server.close());

function make(): string {
  const sha256 = randomBytes(32).toString("hex");
  texts.set(sha256, new TextEncoder().encode(randomBytes(SIZE / 2).toString("hex")));
  return sha256;
}

async function encodingsOf(digests: string[]): Promise<(string | undefined)[]> {
  const headers = { "accept-encoding": "br" };
  const answers = await Promise.all(digests.map((sha256) => server.inject({ url: `/${sha256}`, headers })));
  for (const [index, { statusCode, headers: said, rawPayload }] of answers.entries()) {
    const whole = texts.get(digests[index]!)!.length;
    expect(statusCode).toBe(200);
    expect(said.etag).toBe(`"${digests[index]}${said["content-encoding"] === "br" ? "-br" : ""}"`);
    expect(rawPayload.length === whole).toBe(said["content-encoding"] === undefined);
  }
  return answers.map((answer) => answer.headers["content-encoding"] as string | undefined);
}

it("compresses two at once, and sends a third as it is", async () => {
  const digests = [make(), make(), make()];
  expect(await encodingsOf(digests)).toEqual(["br", "br", undefined]);
  expect(await encodingsOf(digests)).toEqual(["br", "br", "br"]);
});

it("compresses once, however often it is read anew", async () => {
  const known = make();
  expect(await encodingsOf([known])).toEqual(["br"]);
  expect(await encodingsOf([make(), make(), known, known])).toEqual(["br", "br", "br", "br"]);
});

it("serves a bundle with its digest, compressed for whoever takes that, under tags of their own", async () => {
  const shop = await createShop();
  await shop.publish();
  const shopServer = await startServer(shop.dataFolder);
  const { bytes, sha256 } = shop.bundle;
  const plain = await shopServer.get(`/v1/bundles/${sha256}`, { "accept-encoding": "identity" });
  expect(plain.headers.get("etag")).toBe(`"${sha256}"`);
  const digest = Buffer.from(sha256, "hex").toString("base64");
  expect(plain.headers.get("repr-digest")).toBe(`sha-256=:${digest}:`);
  expect(plain.headers.get("vary")).toBe("accept-encoding");
  expect(Buffer.from(await plain.arrayBuffer())).toEqual(Buffer.from(bytes));

  const small = await rawGet(shopServer.url, `/v1/bundles/${sha256}`, { "accept-encoding": "gzip, br" });
  expect(small.headers).toMatchObject({ "content-encoding": "br", etag: `"${sha256}-br"` });
  expect(small.body.length).toBeLessThan(bytes.length);
  expect(brotliDecompressSync(small.body)).toEqual(Buffer.from(bytes));
  const own = createHash("sha256").update(small.body).digest("base64");
  expect(small.headers["repr-digest"]).toBe(`sha-256=:${own}:`);
  const none = await rawGet(shopServer.url, `/v1/bundles/${sha256}`, { "accept-encoding": "br;q=0" });
  expect(none.headers["content-encoding"]).toBeUndefined();
  await shopServer.close();
  await shop.remove();
});
