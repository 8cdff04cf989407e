import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  MAX_BUNDLE_BYTES,
  MAX_ENVELOPE_BYTES,
  MAX_PRICES_ENVELOPE_BYTES,
  MAX_RELEASE_ENVELOPE_BYTES,
  refuse,
} from "@haggle/abi";
import { folderSource } from "@haggle/sdk/node";
import { cdnSource, maxBytesOf, pathOf, serverSource, type Wanted } from "@haggle/sdk/trust";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

const DIGEST = "ab".repeat(32);
const ALL: Wanted[] = [
  { kind: "root", version: 7 },
  { kind: "channel", channel: "stable" },
  { kind: "prices", channel: "stable" },
  { kind: "release", sha256: DIGEST },
  { kind: "bundle", sha256: DIGEST },
];
const CHANNEL = ALL[1]!;

it("each document has its place and its cap", () => {
  expect(ALL.map(pathOf)).toEqual([
    "roots/7.json",
    "channels/stable.json",
    "prices/stable.json",
    `releases/${DIGEST}.json`,
    `bundles/${DIGEST}.wasm`,
  ]);
  expect(ALL.map(maxBytesOf)).toEqual([
    MAX_ENVELOPE_BYTES,
    MAX_ENVELOPE_BYTES,
    MAX_PRICES_ENVELOPE_BYTES,
    MAX_RELEASE_ENVELOPE_BYTES,
    MAX_BUNDLE_BYTES,
  ]);
});

describe("documents by HTTP", () => {
  let server: Server;
  let url: string;
  let asked: string[];
  let answer: (response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!);
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    asked = [];
    answer = (response) => response.end("{}");
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("are asked for at a server's routes", async () => {
    for (const wanted of ALL) await serverSource(url)(wanted);
    expect(asked).toEqual([
      "/v1/roots/7",
      "/v1/channels/stable",
      "/v1/prices/stable",
      `/v1/releases/${DIGEST}`,
      `/v1/bundles/${DIGEST}`,
    ]);
  });

  it("are asked for at their places in a copy of the folder", async () => {
    for (const wanted of ALL) await cdnSource(`${url}/shop/`)(wanted);
    expect(asked).toEqual(ALL.map((wanted) => `/shop/${pathOf(wanted)}`));
  });

  it.each([204, 403, 404, 410])("are not there by status %i", async (status) => {
    answer = (response) => response.writeHead(status).end(status === 204 ? undefined : "<!doctype html>");
    expect(await cdnSource(url)(CHANNEL)).toBeUndefined();
  });

  it.each([400, 401, 429, 500, 503])("may be there by status %i", async (status) => {
    answer = (response) => response.writeHead(status).end("later");
    const refusal = { code: "CLIENT_STATUS", at: "channels/stable.json", value: status };
    await expect(cdnSource(url)(CHANNEL)).rejects.toMatchObject(refusal);
  });

  it("come whole, in however many pieces", async () => {
    answer = async (response) => {
      for (const piece of ['{"a"', ":", "1}"]) {
        response.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
    expect(await serverSource(url)(CHANNEL)).toEqual(new TextEncoder().encode('{"a":1}'));
    answer = (response) => response.end();
    expect(await serverSource(url)(CHANNEL)).toEqual(new Uint8Array());
    answer = (response) => response.end(Buffer.alloc(MAX_ENVELOPE_BYTES, 32));
    expect(await serverSource(url)(CHANNEL)).toHaveLength(MAX_ENVELOPE_BYTES);
  });

  it("are not read past their cap, by a server that never ends", async () => {
    let written = 0;
    const gone = Promise.withResolvers<void>();
    answer = (response) => {
      response.on("close", gone.resolve);
      const more = (): void => {
        if (response.destroyed) return;
        written += 16_384;
        if (response.write(Buffer.alloc(16_384))) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    };
    await expect(serverSource(url)(CHANNEL)).rejects.toMatchObject({
      code: "CLIENT_TOO_LARGE",
      at: "channels/stable.json",
    });
    await gone.promise;
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it("are a failure of the network when the connection breaks", async () => {
    answer = (response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("{", () => response.destroy());
    };
    await expect(serverSource(url)(CHANNEL)).rejects.toMatchObject({
      code: "CLIENT_NETWORK",
      at: `${url}/v1/channels/stable`,
    });
  });

  it("end with the reason of who gives up", async () => {
    const stop = new AbortController();
    answer = () => stop.abort(refuse("CLIENT_CLOSED"));
    await expect(serverSource(url)(CHANNEL, stop.signal)).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    expect(asked).toHaveLength(1);
  });
});

describe("documents of a server that closes connections when they are used", () => {
  const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
  let server: TcpServer;
  let url: string;
  let asked: number;
  let isClosedAt: (nth: number) => boolean;

  beforeEach(async () => {
    asked = 0;
    server = createTcpServer((socket) => {
      // One small request comes in one piece.
      socket.on("data", () => (isClosedAt(++asked) ? socket.destroy() : socket.write(OK)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => void server.close());

  it("are asked for once more", async () => {
    isClosedAt = (nth) => nth === 2;
    const source = serverSource(url);
    for (let time = 0; time < 2; time++) expect(await source(CHANNEL)).toHaveLength(2);
    expect(asked).toBe(3);
  });

  it("are asked for twice and not again", async () => {
    isClosedAt = () => true;
    await expect(serverSource(url)(CHANNEL)).rejects.toMatchObject({ code: "CLIENT_NETWORK" });
    expect(asked).toBe(2);
  });

  it("are not asked for again by who has given up", async () => {
    const stop = new AbortController();
    isClosedAt = () => {
      stop.abort(refuse("CLIENT_CLOSED"));
      return true;
    };
    await expect(serverSource(url)(CHANNEL, stop.signal)).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    expect(asked).toBe(1);
  });
});

describe("documents in a folder", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "haggle-source-"));
    for (const name of ["channels", "roots", "bundles", "prices"]) await mkdir(join(folder, name));
    await writeFile(join(folder, "channels/stable.json"), "{}");
    await writeFile(join(folder, "roots/7.json"), "");
    await truncate(join(folder, "roots/7.json"), MAX_ENVELOPE_BYTES + 1);
    await mkdir(join(folder, "prices/stable.json"));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it("are read where they are", async () => {
    expect(await folderSource(folder)(CHANNEL)).toEqual(new TextEncoder().encode("{}"));
    expect(await folderSource(folder)(ALL[3]!)).toBeUndefined();
    expect(await folderSource(join(folder, "channels/stable.json"))(CHANNEL)).toBeUndefined();
  });

  it("are files within their caps", async () => {
    await expect(folderSource(folder)(ALL[0]!)).rejects.toMatchObject({
      code: "CLI_FILE",
      at: join(folder, "roots/7.json"),
      value: MAX_ENVELOPE_BYTES + 1,
    });
    await expect(folderSource(folder)(ALL[2]!)).rejects.toMatchObject({ code: "CLI_FILE" });
  });

  it("are not read for who has given up", async () => {
    const given = AbortSignal.abort(refuse("CLIENT_CLOSED"));
    await expect(folderSource(folder)(CHANNEL, given)).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });
});
