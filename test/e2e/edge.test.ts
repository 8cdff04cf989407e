import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { encodeBase64 } from "@haggle/abi";
import { createEngine, type PricedDecision } from "@haggle/sdk";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Env } from "../support/edge-worker.ts";
import { buildRules, createShop, makeCart, type Shop } from "../support/release.ts";
import { until } from "../support/server.ts";
import { startWorker, type Worker } from "../support/workerd.ts";

// At the edge, in the runtime that Cloudflare's workers run in: what is priced there is what is priced everywhere.

const cart = makeCart();
/** What the CDN has, by path, and how it answered for the channel document. */
const files: Record<string, Uint8Array> = {};
let statuses: number[] = [];

let shop: Shop;
let cdn: Awaited<ReturnType<typeof serveCdn>>;
let worker: Worker;
let expected: PricedDecision;
let published: Awaited<ReturnType<Shop["publish"]>>;

beforeAll(async () => {
  shop = await createShop();
  cdn = await serveCdn();
  published = await publish(1);
  const root = shop.root.bytes;
  const { release, channel } = published;
  const { bytes: bundle } = shop.bundle;
  expected = (await createEngine({ bundle, release: release.bytes, root })).evaluate(cart) as PricedDecision;
  const other = await buildRules({ "rules/more.rule.ts": MORE });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const bootstrap = {
    ...{ roots: [text(root)], channel: text(channel.bytes), release: text(release.bytes) },
    bundle: encodeBase64(bundle),
  };
  const deployed: Parameters<typeof startWorker>[1] & Record<keyof Env, object> = {
    BUNDLE: { data: bundle },
    MODULE: { wasm: bundle },
    OTHER: { wasm: other.bundle },
    RELEASE: { text: text(release.bytes) },
    ROOT: { text: text(root) },
    BOOTSTRAP: { text: JSON.stringify(bootstrap) },
    CDN: { text: cdn.url },
  };
  worker = await startWorker(await bundleWorker(Object.keys(deployed)), deployed);
});

afterAll(async () => {
  await worker?.close();
  await cdn?.close();
  await shop?.remove();
});

/** With ETags, as any has them. */
async function serveCdn() {
  const server = createServer(({ url: path = "", headers }, response) => {
    const body = files[path];
    const etag = `"${createHash("sha256")
      .update(body ?? "")
      .digest("hex")}"`;
    const status = body === undefined ? 404 : headers["if-none-match"] === etag ? 304 : 200;
    if (path === "/channels/stable.json") statuses.push(status);
    response.writeHead(status, { etag }).end(status === 200 ? body : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** On the CDN, as the release folder has it. */
async function publish(version: number) {
  const signed = await shop.publish({ version });
  const { release, channel } = signed;
  const put = (path: string, body: Uint8Array) => {
    files[`/${path}`] = body;
  };
  put(`bundles/${shop.bundle.sha256}.wasm`, shop.bundle.bytes);
  put(`releases/${release.sha256}.json`, release.bytes);
  put("channels/stable.json", channel.bytes);
  return signed;
}

const MORE = `@promo({ name: "more" })
export function more(ctx: Context): Result { return Result.order(1_00, "MORE"); }
`;

async function bundleWorker(names: readonly string[]): Promise<string> {
  const imports = names.map((name) => `import ${name} from "${name}";`);
  const contents = `import { createWorker } from "../support/edge-worker.ts"; ${imports.join(" ")}
export default createWorker({ ${names.join(", ")} });`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    external: [...names],
    ...{ bundle: true, write: false, format: "esm", target: "es2024", platform: "neutral" },
    // As wrangler asks for packages, and for the sources of this repository.
    conditions: ["workerd", "worker", "browser", "haggle-source"],
  });
  return outputFiles[0]!.text;
}

async function ask(path: string): Promise<unknown> {
  const response = await fetch(worker.url + path, { method: "POST", body: JSON.stringify(cart) });
  return response.json();
}

const priced = () => JSON.parse(JSON.stringify(expected));

describe("a worker in workerd", () => {
  it("prices with the module that it was deployed with, as everywhere", async () => {
    expect(await ask("/engine")).toEqual(priced());
  });

  it("compiles nothing, and evaluates no text", async () => {
    expect(await ask("/compiles")).toMatchObject({ code: "ENGINE_WASM_BLOCKED" });
    expect(await ask("/eval")).toMatchObject({ name: "EvalError" });
  });

  it("refuses a bundle that it was not deployed with", async () => {
    expect(await ask("/foreign-module")).toMatchObject({ code: "ENGINE_MODULE_MISMATCH" });
  });

  it("has the client: a release that is inlined, a price, and nothing left behind", async () => {
    expect(await ask("/client")).toEqual({
      decision: priced(),
      seen: [{ ok: true, source: "local", fuelUsed: expected.fuelUsed }],
      release: published.release.sha256,
    });
  });

  it("follows a channel from request to request, one engine for all of them", async () => {
    // The first ones come at once, and wait for one engine.
    const first = await Promise.all(Array.from({ length: 5 }, () => ask("/follows")));
    expect(first).toEqual(Array.from({ length: 5 }, () => ({ version: 1, decision: priced() })));
    const { release } = await publish(2);
    await until(async () => {
      const { version, decision } = (await ask("/follows")) as { version: number; decision: PricedDecision };
      return version === 2 && decision.release === release.sha256;
    });
  });

  it("has a document sent once, as long as it is the same", async () => {
    statuses = [];
    for (let requests = 0; requests < 3; requests++) await ask("/follows");
    // Looks of the requests before may still come in.
    await until(() => statuses.length >= 3);
    expect(new Set(statuses)).toEqual(new Set([304]));
  });

  it("complains of nothing", () => {
    expect(worker.complaints()).toBe("");
  });
});
