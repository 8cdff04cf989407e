import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError } from "@haggle/abi";
import { folderSource } from "@haggle/sdk/node";
import { createUpdater } from "@haggle/sdk/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { startServer, type TestServer } from "../support/server.ts";

// From the keys of three people to a folder that a production server serves, and on over a change of people. Alice has a
// key file, Bob's key never leaves OpenSSL, Carol's is under a passphrase; two of three must sign.

const PASSPHRASE = "canary-passphrase-of-carol";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let server: TestServer | undefined;
/** Everything that the command has printed. */
let printed = "";

const at = (...names: string[]) => join(folder.path, ...names);
async function haggle(...args: string[]) {
  const result = await runCli(args, { cwd: folder.path });
  printed += result.out + result.err;
  return result;
}
async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await haggle(...args);
  expect(err, args.join(" ")).toBe("");
  expect(code, args.join(" ")).toBe(0);
  return out;
}
const json = async (...args: string[]) => JSON.parse(await succeed(...args, "--json"));

const alice = ["--key", "alice.sk"];
const bob = () => ["--signer", bobSigns, "--public", "bob.pem"];
const carol = ["--key", "carol.sk", "--passphrase-file", "carol.pass"];
let bobSigns: string;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await writeFile(at("carol.pass"), `${PASSPHRASE}\n`, { mode: 0o600 });
  await succeed("init", "shop");
  for (const name of ["alice", "dave", "online"]) await succeed("keys", "new", "--name", name);
  await succeed("keys", "new", "--name", "carol", "--encrypt", "--passphrase-file", "carol.pass");
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  await writeFile(at("bob.pem"), publicKey.export({ type: "spki", format: "pem" }));
  await writeFile(at("bob.key"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  bobSigns = await signsWith(at("bob.key"));
});
afterAll(async () => {
  await server?.close();
  await folder.remove();
});

describe("a release that two of three sign", () => {
  it("begins with a root, which refuses a key that is both on a server and with people", async () => {
    const people = "alice.pk,bob.pem,carol.pk:2";
    const roles = ["--role", `root=${people}`, "--role", `release=${people}`];
    const shared = await haggle("keys", "root", ...roles, "--role", "channel=alice.pk");
    expect(shared).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^DOCUMENT_BAD_FIELD .*offline role root/),
    });
    expect(await haggle("keys", "root", ...roles)).toMatchObject({ code: 2 });
    const made = await json("keys", "root", "--tenant", "demo", ...roles, "--role", "channel=online.pk");
    expect(made).toMatchObject({ version: 1, own: { threshold: 2, signed: [], complete: false } });
    expect(await haggle("keys", "root", ...roles, "--role", "channel=online.pk")).toMatchObject({
      code: 2,
      err: expect.stringContaining("root.json"),
    });
  });

  it("has that root signed by two", async () => {
    const refused = await haggle("release", "cosign", "root.json", ...alice, "--yes");
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/^DOCUMENT_UNSIGNED /) });
    const first = await json("release", "sign", "root.json", ...alice, "--yes");
    expect(first.own).toMatchObject({ threshold: 2, signed: [first.key], complete: false });
    const draft = await haggle("release", "draft", "shop", "--root", "root.json");
    expect(draft).toMatchObject({ code: 1, err: expect.stringMatching(/^DOCUMENT_THRESHOLD /) });
    const second = await json("release", "cosign", "root.json", ...carol, "--yes");
    expect(second.own).toMatchObject({ complete: true, missing: [] });
  });

  it("is drafted, and signed in two rounds by whoever has the draft", async () => {
    const draft = await json("release", "draft", "shop", "--root", "root.json", "--out", "draft");
    expect(draft).toMatchObject({
      version: 1,
      signers: { threshold: 2 },
      changes: expect.arrayContaining([{ what: "promotion", kind: "added", name: "spend-and-save" }]),
    });
    const stranger = await haggle("release", "sign", "draft", "--key", "dave.sk", "--yes");
    expect(stranger).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_BAD_KEY /) });
    const silent = await haggle("release", "sign", "draft", ...alice);
    expect(silent).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });

    const first = await json("release", "sign", "draft", ...alice, "--yes");
    expect(first).toMatchObject({ signed: "bundle", sealed: false, bundle: { signed: [first.key] } });
    expect(await json("release", "sign", "draft", ...alice, "--yes")).toMatchObject({ signed: "nothing" });
    await cp(at("draft"), at("bundle-round"), { recursive: true });

    const second = await json("release", "sign", "draft", ...bob(), "--yes");
    expect(second).toMatchObject({ signed: "bundle and release", sealed: true });
    expect(second.bundle).toMatchObject({ complete: true });
    expect(second.release).toMatchObject({ signed: [second.key], complete: false });
    const early = await haggle("release", "verify", "draft", "--root", "root.json");
    expect(early).toMatchObject({ code: 1, err: expect.stringMatching(/^DOCUMENT_THRESHOLD /) });

    const third = await succeed("release", "cosign", "draft", ...carol, "--yes");
    expect(third).toContain("release 1 of demo");
    expect(third).toContain("+ promotion spend-and-save");
    expect(third).toContain("release: 2 of 2 signatures");
    expect(await succeed("release", "verify", "draft", "--root", "root.json")).toBe("holds\n");
  });

  it("goes on from an act that was cut short between its two files", async () => {
    await writeFile(at("bundle-round", "bundle.wasm"), await readFile(at("draft", "bundle.wasm")));
    const mended = await json("release", "sign", "bundle-round", ...alice, "--yes");
    expect(mended).toMatchObject({ signed: "bundle and release", sealed: true });
    const [a, b] = await Promise.all(
      ["draft", "bundle-round"].map((name) => json("release", "inspect", name)),
    );
    expect(a.sha256).toBe(b.sha256);
  });

  it("is what its sources give, byte for byte, and nothing else", async () => {
    const same = await haggle("release", "verify", "draft", "--root", "root.json", "--project", "shop");
    expect(same).toMatchObject({ code: 0, out: "holds\n" });
    await cp(at("shop"), at("other"), { recursive: true });
    const rule = at("other", "rules", "spend-and-save.rule.ts");
    await writeFile(rule, `${await readFile(rule, "utf8")}\n// no more than a line\n`);
    const comment = await haggle("release", "verify", "draft", "--root", "root.json", "--project", "other");
    await writeFile(rule, (await readFile(rule, "utf8")).replaceAll("300_00", "200_00"));
    const changed = await haggle("release", "verify", "draft", "--root", "root.json", "--project", "other");
    expect(comment).toMatchObject({ code: 0 });
    expect(changed).toMatchObject({ code: 1, err: expect.stringMatching(/^DOCUMENT_DIGEST_MISMATCH /) });
  });

  it("is refused when anybody changed what was signed", async () => {
    await cp(at("draft"), at("forged"), { recursive: true });
    const envelope = JSON.parse(await readFile(at("forged", "release.json"), "utf8"));
    const payload = JSON.parse(Buffer.from(envelope.payload, "base64").toString());
    payload.expires += 1;
    envelope.payload = Buffer.from(JSON.stringify(payload)).toString("base64");
    await writeFile(at("forged", "release.json"), JSON.stringify(envelope));
    for (const act of [
      ["verify", "forged", "--root", "root.json"],
      ["sign", "forged", ...carol, "--yes"],
      ["publish", "forged", "--root", "root.json", "--folder", "nowhere", "--channel-key", "online.sk"],
    ]) {
      const refused = await haggle("release", ...act);
      expect(refused, act[0]).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^DOCUMENT_BAD_SIGNATURE /),
      });
    }
  });

  it("is served by a production server, and followed from the root", async () => {
    const releases = ["--folder", "data/releases"];
    const wrongKey = await haggle(
      "release",
      "publish",
      "draft",
      ...releases,
      "--root",
      "root.json",
      "--channel-key",
      "dave.sk",
    );
    expect(wrongKey).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_BAD_KEY /) });
    const published = await json(
      "release",
      "publish",
      "draft",
      ...releases,
      "--root",
      "root.json",
      "--channel-key",
      "online.sk",
    );
    expect(published).toMatchObject({ version: 1, channel: { name: "stable" } });
    server = await startServer(at("data"), { production: true, env: { HAGGLE_ROOT: at("root.json") } });
    expect((await server.get("/readyz")).status).toBe(200);
    expect((await server.get(`/v1/releases/${published.release}`)).status).toBe(200);
    const live = await follow();
    expect(live).toMatchObject({ release: published.release, trusted: { root: { version: 1 } } });
    const audited = await json("cdn", "audit", "data/releases", "--root", "root.json");
    expect(audited).toMatchObject({ ok: true, findings: [] });
  });
});

describe("a change of people", () => {
  it("is a root that the old keys and the new ones sign", async () => {
    const rotated = await json(
      "keys",
      "rotate",
      "--root",
      "root.json",
      "--remove",
      "alice.pk",
      "--role",
      "root",
      "--add",
      "dave.pk",
      "--role",
      "release",
      "--add",
      "dave.pk",
    );
    expect(rotated).toMatchObject({ version: 2, own: { threshold: 2 }, old: { threshold: 2 } });
    expect(rotated.own.missing).toHaveLength(3);
    const sign = ["release", "sign", "root-2.json"];
    expect(await haggle(...sign, ...alice, "--yes")).toMatchObject({ code: 2 });
    const old = [...sign, "--root", "root.json"];
    const first = await json(...old, ...alice, "--yes");
    expect(first).toMatchObject({ old: { signed: [first.key] }, own: { signed: [] } });
    await json(...old, ...bob(), "--yes");
    const half = await haggle("release", "publish", "root-2.json", "--folder", "data/releases");
    expect(half).toMatchObject({ code: 1, err: expect.stringMatching(/^DOCUMENT_THRESHOLD /) });
    const last = await succeed(...old, "--key", "dave.sk", "--yes");
    expect(last).toContain("by the old root's keys: 2 of 2 signatures");
    expect(last).toContain("by its own keys: 2 of 2 signatures");
    expect(await succeed("release", "verify", "root-2.json", "--root", "root.json")).toBe("holds\n");
    // Of the live bundle's signers one is left; the next release mends that.
    const publish = ["release", "publish", "root-2.json", "--folder", "data/releases"];
    expect(await haggle(...publish)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLI_LIVE_SHORT .*1 of 2 signatures.*--leave-short/),
    });
    await succeed(...publish, "--leave-short");
    expect(await readFile(at("data/releases/roots/2.json"))).toEqual(
      await readFile(at("data/releases/root.json")),
    );
  });

  it("lets in the new key and no longer the old one", async () => {
    const now = ["--root", "root-2.json", "--previous", "data/releases"];
    const draft = await json("release", "draft", "shop", ...now, "--out", "second", "--expires", "90d");
    expect(draft).toMatchObject({ version: 2, changes: [] });
    const gone = await haggle("release", "sign", "second", ...alice, "--yes");
    expect(gone).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_BAD_KEY /) });
    await json("release", "sign", "second", ...carol, "--yes");
    await json("release", "sign", "second", "--key", "dave.sk", "--yes");
    const signed = await json("release", "sign", "second", ...carol, "--yes");
    expect(signed.release).toMatchObject({ complete: true });
    const published = await json(
      "release",
      "publish",
      "second",
      "--folder",
      "data/releases",
      "--channel-key",
      "online.sk",
      "--min-release",
      "2",
    );
    // From the first root on, as a storefront that was installed back then.
    const live = await follow();
    expect(live).toMatchObject({
      release: published.release,
      trusted: { root: { version: 2 } },
      channel: { minRelease: 2 },
    });
    // Of the old bundle's signers one is left.
    const first = await haggle(
      "release",
      "publish",
      "draft",
      "--folder",
      "data/releases",
      "--channel-key",
      "online.sk",
    );
    expect(first).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^SIGNATURE_THRESHOLD /),
    });
  });
});

describe("secrets", () => {
  it("are in nothing that was printed", async () => {
    const pkcs8 = createPrivateKey(await readFile(at("bob.key"))).export({ type: "pkcs8", format: "der" });
    const files = await Promise.all(["alice.sk", "dave.sk", "online.sk"].map((name) => readFile(at(name))));
    const seeds = [...files.map((bytes) => bytes.subarray(1, 33)), pkcs8.subarray(-32)];
    const spellings = seeds.flatMap((seed) => [
      seed.toString("hex").slice(0, 16),
      seed.toString("base64").slice(0, 16),
      seed.toString("latin1").slice(0, 8),
    ]);
    for (const secret of [PASSPHRASE, ...spellings]) expect(printed.includes(secret)).toBe(false);
    expect(printed.length).toBeGreaterThan(5_000);
  });
});

async function follow() {
  const root = await readFile(at("root.json"));
  const updater = createUpdater({ root, channel: "stable", source: folderSource(at("data/releases")) });
  const live = await updater.update();
  const cart = { id: "c", currency: "EUR", now: Date.now(), lines: [], shipping: [], coupons: [] };
  const decision = live.engine.evaluate(cart);
  if (!decision.ok) throw new HaggleError(decision.error.code, "does not price");
  return live;
}

/** A command line that signs with a PEM key: OpenSSL where there is one, else Node. */
async function signsWith(key: string): Promise<string> {
  if (spawnSync("openssl", ["version"]).status === 0) {
    // OpenSSL 3.0 wants a file for a signature in one step.
    return `t=$(mktemp) && cat > "$t" && openssl pkeyutl -sign -rawin -inkey "${key}" -in "$t"; s=$?; rm -f "$t"; exit $s`;
  }
  const program = at("sign.mjs");
  await writeFile(
    program,
    `import { sign } from "node:crypto"; import { readFileSync } from "node:fs";
     process.stdout.write(sign(null, readFileSync(0), readFileSync(process.argv[2])));`,
  );
  execFileSync(process.execPath, ["--check", program]);
  return `"${process.execPath}" "${program}" "${key}"`;
}
