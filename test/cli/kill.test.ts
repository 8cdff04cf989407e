import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cart, type Channel, decodeBase64 } from "@haggle/abi";
import { folderSource, readSigner } from "@haggle/sdk/node";
import { signDocument } from "@haggle/sdk/sign";
import { createUpdater } from "@haggle/sdk/trust";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { converse, hasTerminal } from "../support/converse.ts";

// The kill switch as an operator has it at night: one command on the folder that is served.

const FOLDER = join(".haggle", "releases"); // where the command looks when nobody says
const KEY = ["--key", "online.sk"];
const NONE: Channel["off"] = { promotions: [], rules: [], releases: [] };

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let first: Channel;
let releases: string[];

const at = (...names: string[]) => join(folder.path, ...names);
const path = () => at(FOLDER, "channels", "stable.json");
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await haggle(...args);
  expect({ code, err }, args.join(" ")).toEqual({ code: 0, err: "" });
  return out;
}
const kill = (...args: string[]) => succeed("kill", ...args, ...KEY, "--yes");
async function refuses(args: string[], result: { code: number; err: RegExp }): Promise<void> {
  const before = await readFile(path());
  const { code, err } = await haggle("kill", ...args);
  expect({ code, err }, args.join(" ")).toEqual({
    code: result.code,
    err: expect.stringMatching(result.err),
  });
  expect(await readFile(path())).toEqual(before);
}

async function readChannel(): Promise<Channel> {
  const { payload } = JSON.parse(await readFile(path(), "utf8"));
  return JSON.parse(new TextDecoder().decode(decodeBase64(payload, "payload")));
}
async function sign(channel: Channel): Promise<Uint8Array> {
  return (await signDocument(channel, [await readSigner(at("online.sk"))])).bytes;
}
const serve = async (channel: Channel) => writeFile(path(), await sign(channel));

/** What a client that comes now takes off the example cart, or the code by which it refuses. */
async function priced(): Promise<number | string> {
  const root = await readFile(at("root.json"));
  const updater = createUpdater({ root, channel: "stable", source: folderSource(at(FOLDER)) });
  const { engine } = await updater.update();
  const cart = {
    ...(JSON.parse(await readFile(at("shop/carts/example.json"), "utf8")) as Cart),
    now: Date.now(),
  };
  const decision = engine.evaluate(cart);
  return decision.ok ? decision.discountTotal : decision.error.code;
}

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await succeed("init", "shop");
  for (const name of ["alice", "online", "thief"]) await succeed("keys", "new", "--name", name);
  const roles = ["root=alice.pk", "release=alice.pk", "channel=online.pk"];
  await succeed("keys", "root", ...roles.flatMap((role) => ["--role", role]));
  await succeed("release", "sign", "root.json", "--key", "alice.sk", "--yes");
  releases = [];
  for (const version of ["1", "2"]) {
    const draft = `draft-${version}`;
    await succeed("release", "draft", "shop", "--root", "root.json", "--version", version, "--out", draft);
    await succeed("release", "sign", draft, "--key", "alice.sk", "--yes");
    const publish = ["release", "publish", draft, "--folder", FOLDER, "--root", "root.json", "--json"];
    releases.push(JSON.parse(await succeed(...publish, "--channel-key", "online.sk")).release);
  }
  first = await readChannel();
});
beforeEach(() => serve(first));
afterAll(() => folder.remove());

describe("haggle kill", () => {
  it.each(["promotion", "rule"] as const)("switches a %s off for everybody, and on again", async (what) => {
    expect(await priced()).toBe(5000);
    const out = await kill(what, "spend-and-save");
    expect(out).toContain("release 2");
    expect(out).toMatch(/prices every cart without (it|1 promotion of it)/);
    const channel = await readChannel();
    expect(channel).toEqual({
      ...first,
      version: expect.any(Number),
      issued: expect.any(Number),
      expires: channel.issued + first.expires - first.issued,
      off: { ...NONE, [`${what}s`]: ["spend-and-save"] },
    });
    expect(channel.version).toBeGreaterThan(first.version);
    expect(await priced()).toBe(0);

    const bytes = await readFile(path());
    expect(await kill(what, "spend-and-save")).toContain("off already; nothing was written");
    expect(await readFile(path())).toEqual(bytes);
    expect(await kill(what, "spend-and-save", "--undo")).toContain(`${what} spend-and-save is on`);
    expect((await readChannel()).off).toEqual(NONE);
    expect(await priced()).toBe(5000);
  });

  it("switches a release off, which then prices nothing, and says so", async () => {
    const out = await kill("release", releases[1]!.slice(0, 12));
    expect(out).toMatch(/everybody: no prices at all, every cart is refused \(ENGINE_RELEASE_OFF\)/);
    expect((await readChannel()).off).toEqual({ ...NONE, releases: [releases[1]] });
    expect(await priced()).toBe("ENGINE_RELEASE_OFF");
    expect(await kill("release", releases[1]!, "--undo")).toContain("everybody: priced by it again");
    expect(await priced()).toBe(5000);
  });

  it("tells the shoppers of a release apart from the others", async () => {
    const [a, b] = releases as [string, string];
    const arms: Channel["arms"] = [
      { release: a, range: [0, 2_500], seed: "s" },
      { release: b, range: [2_500, 10_000], seed: "s" },
    ];
    await serve({ ...first, arms });
    const out = await kill("release", a);
    expect(out).toMatch(
      /25 % of shoppers: no prices at all[^\n]*\n {2}75 % of shoppers: release 2 .*as before/,
    );
    await serve(first);
    expect(await kill("release", a)).toContain("no shopper has it; it cannot be published");
  });

  it("keeps a note of it for the operator, and nobody else", async () => {
    const done = JSON.parse(await kill("rule", "spend-and-save", "--reason", "takes 500, not 50", "--json"));
    expect(done).toMatchObject({ what: "rule", name: "spend-and-save", off: true, changed: true });
    expect(done.effect).toEqual([expect.stringContaining("prices every cart without 1 promotion of it")]);
    const lines = (await readFile(at(FOLDER, ".kills.ndjson"), "utf8")).trim().split("\n");
    const { version } = await readChannel();
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      ...{ channel: "stable", version, act: "off", what: "rule", name: "spend-and-save" },
      ...{ reason: "takes 500, not 50", key: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect((await stat(at(FOLDER, ".kills.ndjson"))).mode & 0o777).toBe(0o600);
    const audit = await haggle("cdn", "audit", FOLDER, "--root", "root.json");
    expect(audit.out).not.toContain(".kills");
  });

  it("knows no name that is not there, and lists the near ones", async () => {
    const unknown = (err: RegExp) => ({ code: 1, err });
    await refuses(
      ["promotion", "spend-and-svae", ...KEY, "--yes"],
      unknown(/^CLI_UNKNOWN_NAME .*spend-and-save, got/),
    );
    await refuses(["rule", "other", ...KEY, "--yes"], unknown(/^CLI_UNKNOWN_NAME .*spend-and-save, got/));
    await refuses(
      ["release", "0".repeat(64), ...KEY, "--yes"],
      unknown(new RegExp(`^CLI_UNKNOWN_NAME .*${releases[1]}`)),
    );
    await refuses(
      ["promotion", "spend-and-save", ...KEY, "--undo", "--yes"],
      unknown(/^CLI_UNKNOWN_NAME .*none at all/),
    );
  });

  it("asks where, when neither a server nor a key is named", async () => {
    const args = ["promotion", "spend-and-save", "--yes"];
    await refuses(args, {
      code: 2,
      err: /^CLI_USAGE Where\? At a server: --url URL, or HAGGLE_URL\. In a release/,
    });
    // A folder says where, and by whom it is signed is another question.
    await refuses([...args, "--folder", FOLDER], { code: 2, err: /^CLI_USAGE (?!Where).*--key/ });
  });

  it("is refused where the key, the channel or the folder is wrong, or nobody can be asked", async () => {
    const it = ["promotion", "spend-and-save"];
    await refuses([...it, "--key", "thief.sk", "--yes"], { code: 1, err: /^CLI_BAD_KEY / });
    await refuses([...it, "--yes"], { code: 2, err: /^CLI_USAGE / });
    await refuses([...it, ...KEY], { code: 2, err: /^CLI_USAGE .*--yes/ });
    await refuses([...it, ...KEY, "--json"], { code: 2, err: /^CLI_USAGE .*--yes/ });
    await refuses([...it, ...KEY, "--yes", "--channel", "beta"], { code: 1, err: /^CLI_FILE .*beta\.json/ });
    await refuses([...it, ...KEY, "--yes", "--folder", "shop"], { code: 2, err: /^CLI_USAGE .*no root/ });
    await refuses(["shop", "spend-and-save", ...KEY], { code: 2, err: /^CLI_USAGE / });
    const stolen = await signDocument(first, [await readSigner(at("thief.sk"))]);
    await writeFile(path(), stolen.bytes);
    await refuses([...it, ...KEY, "--yes"], {
      code: 1,
      err: /^DOCUMENT_THRESHOLD The channel stable \d+ has 0 of 1 /,
    });
  });

  it("says when the document had ended, which the new one makes count again", async () => {
    await serve({ ...first, issued: 1_000, expires: 1_000 + 3_600_000 });
    expect(await kill("promotion", "spend-and-save")).toContain(
      "the document has ended, 1970-01-01T01:00:01Z",
    );
    expect(await priced()).toBe(0);
  });

  it("goes on from what a server has signed meanwhile", async () => {
    const renewed: Channel = {
      ...first,
      version: first.version + 9_000_000_000,
      off: { ...NONE, promotions: ["other"] },
    };
    await writeFile(at("renewed.json"), await sign(renewed));
    const seed = (await readFile(at("online.sk"))).subarray(1, 33).toString("hex");
    await writeFile(
      at("sign.mjs"),
      `import { createPrivateKey, sign } from "node:crypto";
       import { existsSync, readFileSync, renameSync } from "node:fs";
       if (existsSync("renewed.json")) renameSync("renewed.json", ${JSON.stringify(path())});
       const pkcs8 = Buffer.from("302e020100300506032b657004220420${seed}", "hex");
       const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
       process.stdout.write(sign(null, readFileSync(0), key));`,
    );
    const signer = ["--signer", `"${process.execPath}" sign.mjs`, "--public", "online.pk"];
    await succeed("kill", "rule", "spend-and-save", ...signer, "--yes");
    expect(await readChannel()).toMatchObject({
      version: renewed.version + 1,
      off: { promotions: ["other"], rules: ["spend-and-save"], releases: [] },
    });
  });

  it.runIf(hasTerminal)("asks at a terminal", async () => {
    const ask = (answer: string) =>
      converse(folder.path, ["kill", "promotion", "spend-and-save", ...KEY], [["off? [y/N] ", answer]]);
    const no = await ask("\r");
    expect(no).toMatchObject({ code: 1, shown: expect.stringContaining("prices every cart without it") });
    expect(await readChannel()).toEqual(first);
    expect(await ask("y\r")).toMatchObject({ code: 0 });
    expect(await priced()).toBe(0);
  });
});
