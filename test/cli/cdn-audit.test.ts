import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { NOBODY } from "../support/free-port.ts";
import {
  authors,
  bundleSha256,
  createWorld,
  type Files,
  HOUR_MS,
  makeRoot,
  NOW,
  officers,
  online,
  online2,
  role,
  signRelease,
  signRoot,
  stranger,
  type World,
} from "../support/trust-shop.ts";

// A good tree with one thing wrong at a time, seen as the operator of a CDN sees it.

const MINUTE = String(NOW);
let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;

beforeAll(async () => {
  folder = await createTemporaryFolder();
});
afterAll(() => folder.remove());

type Finding = { severity: string; code: string; path: string; message: string };
type Report = { ok: boolean; root: number; findings: Finding[]; channels: unknown[] };

async function auditAt(place: string, ...args: string[]): Promise<{ code: number | null; report: Report }> {
  const all = ["cdn", "audit", place, "--root", "pinned.json", "--now", MINUTE, "--json", ...args];
  const { code, out, err } = await runCli(all, { cwd: folder.path });
  expect(err).toBe("");
  return { code, report: JSON.parse(out) };
}

async function write(files: Files): Promise<string> {
  await rm(join(folder.path, "tree"), { recursive: true, force: true });
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder.path, "tree", path)), { recursive: true });
    await writeFile(join(folder.path, "tree", path), bytes);
  }
  return "tree";
}

/** A tree as it is published, audited from its first root. */
async function publishedWorld(): Promise<World> {
  const world = await createWorld();
  world.files.set("root.json", world.root.bytes);
  await writeFile(join(folder.path, "pinned.json"), world.root.bytes);
  return world;
}

describe("a folder", () => {
  it("that is as it should be has no findings", async () => {
    const world = await publishedWorld();
    await world.put.prices(world.release.sha256);
    world.files.set(".build.json", new TextEncoder().encode("{}"));
    const { code, report } = await auditAt(await write(world.files));
    expect(report).toMatchObject({ ok: true, root: 1, findings: [], channels: [{ name: "stable" }] });
    expect(code).toBe(0);
  });

  it("is followed from an old root to the newest, and warned of what runs out and of shared keys", async () => {
    const world = await publishedWorld();
    const roles = {
      root: await role(2, ...officers),
      release: await role(2, ...authors),
      channel: await role(1, online, authors[0]),
      prices: await role(1, online2),
      receipt: await role(1, online2),
    };
    const second = await world.put.root({ version: 2, roles, expires: NOW + 24 * HOUR_MS });
    world.files.set("root.json", second.bytes);
    await world.put.channel(world.release.sha256, { version: 2, expires: NOW + 1_000 });
    world.files.set("bundles/leftover.tmp", new Uint8Array(1));
    world.files.set(`bundles/${"a".repeat(64)}.wasm`, new Uint8Array(1));
    const { code, report } = await auditAt(await write(world.files));
    expect(report).toMatchObject({ ok: true, root: 2 });
    expect(code).toBe(0);
    expect(report.findings.map(({ code: what, path }) => `${what} ${path}`).sort()).toEqual([
      `CLI_AUDIT bundles/${"a".repeat(64)}.wasm`,
      "CLI_AUDIT bundles/leftover.tmp",
      "CLI_AUDIT root.json",
      "DOCUMENT_EXPIRED channels/stable.json",
      "DOCUMENT_EXPIRED root.json",
    ]);
    expect(report.findings.every(({ severity }) => severity === "warning")).toBe(true);
  });

  const releasePath = /^releases\/[0-9a-f]{64}\.json$/;
  const bundlePath = `bundles/${bundleSha256}.wasm`;
  it.each<[string, string, string | RegExp, (world: World) => Promise<unknown> | unknown]>([
    [
      "a root that is missing in the chain",
      "CLI_AUDIT",
      "roots/1.json",
      async ({ files, put }) => {
        files.set("root.json", (await put.root({ version: 2 })).bytes);
        files.delete("roots/1.json");
      },
    ],
    [
      "a root that the old keys did not sign",
      "DOCUMENT_THRESHOLD",
      "roots/2.json",
      async ({ files }) => {
        const roles = { ...(await makeRoot()).roles, root: await role(1, stranger) };
        const keys = (await makeRoot()).keys;
        const [id] = roles.root.keyids;
        const entry = {
          algorithm: "ed25519",
          public: Buffer.from(stranger.publicKey).toString("base64"),
        } as const;
        files.set(
          "roots/2.json",
          (await signRoot({ version: 2, roles, keys: { ...keys, [id!]: entry } }, [stranger])).bytes,
        );
      },
    ],
    [
      "another root of the pinned version",
      "DOCUMENT_EQUIVOCATION",
      "roots/1.json",
      ({ put }) => put.root({ expires: NOW + 2 * HOUR_MS }),
    ],
    ["a root.json that is not the newest", "CLI_AUDIT", "root.json", ({ put }) => put.root({ version: 2 })],
    [
      "a development root",
      "DOCUMENT_DEVELOPMENT",
      "root.json",
      async ({ files, put }) => {
        files.set("root.json", (await put.root({ version: 2, development: true })).bytes);
      },
    ],
    [
      "a channel that has expired",
      "DOCUMENT_EXPIRED",
      "channels/stable.json",
      ({ put, release }) => put.channel(release.sha256, { expires: NOW - 1 }),
    ],
    [
      "a channel of another key",
      "DOCUMENT_THRESHOLD",
      "channels/stable.json",
      ({ put, release }) => put.channel(release.sha256, {}, [online2]),
    ],
    [
      "a channel of another name",
      "DOCUMENT_WRONG_CHANNEL",
      "channels/stable.json",
      ({ put, release }) => put.channel(release.sha256, { channel: "preview" }),
    ],
    [
      "a channel without a release for everybody",
      "DOCUMENT_NO_ARM",
      "channels/stable.json",
      ({ put, release }) =>
        put.channel(release.sha256, { arms: [{ release: release.sha256, range: [0, 9_999], seed: "s" }] }),
    ],
    [
      "arms under two seeds",
      "DOCUMENT_MIXED_SEEDS",
      "channels/stable.json",
      ({ put, release }) =>
        put.channel(release.sha256, {
          arms: [
            { release: release.sha256, range: [0, 5_000], seed: "s" },
            { release: release.sha256, range: [5_000, 10_000], seed: "t" },
          ],
        }),
    ],
    [
      "a release below the channel's floor",
      "DOCUMENT_ROLLBACK",
      releasePath,
      ({ put, release }) => put.channel(release.sha256, { minRelease: 2 }),
    ],
    [
      "a release that is missing",
      "CLI_AUDIT",
      releasePath,
      ({ files, release }) => files.delete(`releases/${release.sha256}.json`),
    ],
    [
      "a release that one author signed",
      "DOCUMENT_THRESHOLD",
      releasePath,
      async ({ files, release }) => {
        files.set(`releases/${release.sha256}.json`, (await signRelease({}, [authors[0]])).bytes);
      },
    ],
    [
      "a release with a table of its own",
      "DOCUMENT_TABLE_DIFFERS",
      releasePath,
      async ({ put }) => {
        const { sha256 } = await put.release({ table: { bytes: "AAAA", symbols: [] } });
        await put.channel(sha256);
      },
    ],
    [
      "the second arm's release of another tenant",
      "DOCUMENT_WRONG_TENANT",
      releasePath,
      async ({ put, release }) => {
        const { sha256 } = await put.release({ tenant: "other", version: 2 });
        await put.channel(release.sha256, {
          arms: [
            { release: release.sha256, range: [0, 9_000], seed: "s" },
            { release: sha256, range: [9_000, 10_000], seed: "s" },
          ],
        });
      },
    ],
    ["a bundle that is missing", "CLI_AUDIT", bundlePath, ({ files }) => files.delete(bundlePath)],
    [
      "a bundle with another byte",
      "ENGINE_BUNDLE_MISMATCH",
      bundlePath,
      ({ files }) => files.set(bundlePath, files.get(bundlePath)!.with(-1, 0xff)),
    ],
    [
      "prices out of bounds",
      "DOCUMENT_OUT_OF_BOUNDS",
      "prices/stable.json",
      ({ put, release }) => put.prices(release.sha256, { prices: [{ sku: "shoe-1", unitPrice: 901 }] }),
    ],
    [
      "a file that is not what its name says",
      "DOCUMENT_DIGEST_MISMATCH",
      `releases/${"b".repeat(64)}.json`,
      ({ files, release }) => files.set(`releases/${"b".repeat(64)}.json`, release.bytes),
    ],
    ["no channel", "CLI_AUDIT", "channels", ({ files }) => files.delete("channels/stable.json")],
  ])("with %s is an error", async (_, code, path, spoil) => {
    const world = await publishedWorld();
    await spoil(world);
    const audited = await auditAt(await write(world.files));
    expect(audited.code).toBe(1);
    expect(audited.report.ok).toBe(false);
    const errors = audited.report.findings.filter(({ severity }) => severity === "error");
    expect(errors).toContainEqual(
      expect.objectContaining({ code, path: typeof path === "string" ? path : expect.stringMatching(path) }),
    );
  });

  it("with a document that lacks signatures or has ended says which, and who is missing", async () => {
    const world = await publishedWorld();
    const { release, put } = world;
    const signed = (await signRelease({}, [authors[0]])).bytes;
    world.files.set(`releases/${release.sha256}.json`, signed);
    const short = await auditAt(await write(world.files));
    const one = "[0-9a-f]{16}";
    expect(short.report.findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        `^The release \\d+ has 1 of 2 signatures of the role release; signed by ${one}, could still sign: ${one}`,
      ),
    );
    await put.channel(release.sha256, { expires: NOW - 1 });
    const ended = await auditAt(await write(world.files));
    expect(ended.report.findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^The channel stable \d+ has expired, 20\d\d-.*Z$/),
    );
  });

  it("is told about in words too, in which a hostile name moves no cursor", async () => {
    const world = await publishedWorld();
    world.files.set("\u001b[2Jx", new Uint8Array(1));
    await write(world.files);
    const audited = await runCli(["cdn", "audit", "tree", "--root", "pinned.json", "--now", MINUTE], {
      cwd: folder.path,
    });
    expect(audited).toMatchObject({ code: 0, err: "" });
    expect(audited.out).toContain("warning CLI_AUDIT \\u{1b}[2Jx: not a file of a release folder\n");
    expect(audited.out).toContain("0 errors, 1 warning\n");
  });

  it("that is none is refused", async () => {
    for (const [args, code] of [
      [["cdn", "audit", "none", "--root", "pinned.json"], 1],
      [["cdn", "audit", "tree"], 2],
      [["cdn", "look", "tree"], 2],
    ] as const) {
      expect(await runCli([...args], { cwd: folder.path }), args.join(" ")).toMatchObject({ code });
    }
  });
});

describe("a web server", () => {
  let server: Server;
  let files: Files;
  let headersOf: (path: string) => Record<string, string>;
  let missing: number;
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = request.url!.slice("/shop/".length);
      const bytes = files.get(path);
      response.writeHead(bytes ? 200 : missing, headersOf(path)).end(bytes ?? "not here");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterAll(() => new Promise((done) => server.close(done)));

  const good = (path: string) => ({
    "access-control-allow-origin": "*",
    "cache-control":
      /^(root|channels|prices)/.test(path) && !path.startsWith("roots/")
        ? "no-cache"
        : "public, max-age=31536000, immutable",
  });

  it("that is as it should be has no findings", async () => {
    ({ files } = await publishedWorld());
    [headersOf, missing] = [good, 404];
    const { code, report } = await auditAt(`${url()}/shop/`);
    expect(report).toMatchObject({ ok: true, findings: [] });
    expect(code).toBe(0);
  });

  it("is told what its headers cost, and that a page for what is missing is no answer", async () => {
    ({ files } = await publishedWorld());
    [headersOf, missing] = [() => ({ "cache-control": "max-age=3600" }), 200];
    files.set("roots/2.json", new TextEncoder().encode("not here"));
    const { code, report } = await auditAt(`${url()}/shop`);
    expect(code).toBe(1);
    const about = (path: RegExp) =>
      report.findings.filter((finding) => path.test(finding.path)).map(({ message }) => message);
    expect(about(/^channels\//)).toEqual([
      expect.stringContaining("may be cached for 3600 s"),
      expect.stringContaining("access-control-allow-origin"),
    ]);
    expect(about(/^bundles\//)).toEqual([
      expect.stringContaining("immutable"),
      expect.stringContaining("access-control-allow-origin"),
    ]);
    expect(about(/^releases\/0{64}/)).toEqual([expect.stringContaining("must be 404")]);
  });

  it("that is not there is an error", async () => {
    await publishedWorld();
    const { code, report } = await auditAt(NOBODY);
    expect(code).toBe(1);
    expect(report.findings).toContainEqual(expect.objectContaining({ code: "CLIENT_NETWORK" }));
  });
});
