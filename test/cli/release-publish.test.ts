import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Channel, decodeBase64 } from "@haggle/abi";
import { readSigner } from "@haggle/sdk/node";
import { signDocument } from "@haggle/sdk/sign";
import { buildToFolder } from "haggle-cli";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

// What a new channel document takes over from the one that lies there: whoever signs vouches for it.

const OFF: Channel["off"] = { promotions: ["spend-and-save"], rules: [], releases: [] };
const FOLDER = "releases";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const at = (...names: string[]) => join(folder.path, ...names);
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
async function succeed(...args: string[]) {
  const result = await haggle(...args);
  expect(result, args.join(" ")).toMatchObject({ code: 0, err: "" });
}
const publish = (key: string, ...more: string[]) =>
  haggle("release", "publish", "draft", "--folder", FOLDER, "--channel-key", key, ...more);

const path = (name = "stable", base = FOLDER) => at(base, "channels", `${name}.json`);
async function readChannel(file = path()): Promise<Channel> {
  const { payload } = JSON.parse(await readFile(file, "utf8"));
  return JSON.parse(new TextDecoder().decode(decodeBase64(payload, "payload")));
}
/** Puts the channel there as `key` would sign it. */
async function serve(channel: Channel, key: string, file = path()): Promise<void> {
  await writeFile(file, (await signDocument(channel, [await readSigner(at(key))])).bytes);
}

let channel: Channel;
beforeAll(async () => {
  folder = await createTemporaryFolder();
  await succeed("init", "shop");
  for (const name of ["alice", "online", "online2", "thief"]) await succeed("keys", "new", "--name", name);
  const roles = ["root=alice.pk", "release=alice.pk", "channel=online.pk"].flatMap((role) => [
    "--role",
    role,
  ]);
  await succeed("keys", "root", ...roles);
  await succeed("release", "sign", "root.json", "--key", "alice.sk", "--yes");
  await succeed("release", "draft", "shop", "--root", "root.json", "--out", "draft");
  await succeed("release", "sign", "draft", "--key", "alice.sk", "--yes");
  const first = await publish("online.sk", "--root", "root.json");
  expect(first).toMatchObject({ code: 0 });
  channel = { ...(await readChannel()), off: OFF, minRelease: 1 };
});
afterAll(() => folder.remove());

describe("release publish", () => {
  it("keeps what the served channel switched off, also when that has expired", async () => {
    await serve({ ...channel, issued: 1_000, expires: 2_000 }, "online.sk");
    expect(await publish("online.sk")).toMatchObject({ code: 0 });
    expect(await readChannel()).toMatchObject({ off: OFF, minRelease: 1 });
  });

  it("publishes no release that is switched off, and none that goes back unless it is meant", async () => {
    const release = channel.arms[0]!.release;
    await serve({ ...channel, off: { ...OFF, releases: [release] } }, "online.sk");
    const off = await publish("online.sk");
    expect(off).toMatchObject({ code: 1 });
    expect(off.err).toContain("ENGINE_RELEASE_OFF");
    await serve(channel, "online.sk");
    await succeed("release", "draft", "shop", "--root", "root.json", "--version", "2", "--out", "second");
    await succeed("release", "sign", "second", "--key", "alice.sk", "--yes");
    const flags = ["--folder", FOLDER, "--channel-key", "online.sk"];
    expect(await haggle("release", "publish", "second", ...flags)).toMatchObject({ code: 0 });
    const back = await publish("online.sk");
    expect(back).toMatchObject({ code: 1 });
    expect(back.err).toContain("DOCUMENT_ROLLBACK");
    expect(back.err).toContain("--older");
    expect(await publish("online.sk", "--older")).toMatchObject({ code: 0 });
    expect((await readChannel()).arms[0]!.release).toBe(release);
  });

  it("signs nothing that a channel says which does not verify, or that is torn", async () => {
    await serve(channel, "online.sk");
    const genuine = await readFile(path());
    const altered = JSON.parse(genuine.toString());
    const nothing = {
      ...channel,
      off: { promotions: [], rules: [], releases: [] },
      version: channel.version + 1,
    };
    altered.payload = Buffer.from(JSON.stringify(nothing)).toString("base64");
    await serve(nothing, "thief.sk");
    const stolen = await readFile(path());
    await serve({ ...nothing, channel: "beta" }, "online.sk");
    const renamed = await readFile(path());
    for (const [bytes, code] of [
      [Buffer.from(JSON.stringify(altered)), "DOCUMENT_BAD_SIGNATURE"],
      [stolen, "DOCUMENT_THRESHOLD"],
      [renamed, "DOCUMENT_WRONG_CHANNEL"],
      [genuine.subarray(0, 100), "DOCUMENT_NOT_JSON"],
      [Buffer.alloc(genuine.length), "DOCUMENT_NOT_JSON"],
      [Buffer.alloc(0), "DOCUMENT_NOT_JSON"],
    ] as const) {
      await writeFile(path(), bytes);
      const refused = await publish("online.sk");
      expect(refused, code).toMatchObject({
        code: 1,
        err: expect.stringMatching(`^${code} .*--new-channel .*stable\\.json`),
      });
      expect(await readFile(path())).toEqual(bytes);
    }
    expect(await publish("online.sk", "--new-channel")).toMatchObject({ code: 0 });
    expect(await readChannel()).toMatchObject({ off: { promotions: [] }, minRelease: 0 });
  });

  it("does not drop a channel that verifies, whatever it is told", async () => {
    await serve(channel, "online.sk");
    expect(await publish("online.sk", "--new-channel")).toMatchObject({ code: 0 });
    expect(await readChannel()).toMatchObject({ off: OFF, minRelease: 1 });
  });

  it("mends a bundle of the right size and the wrong bytes", async () => {
    await serve(channel, "online.sk");
    const bundle = await readFile(at("draft", "bundle.wasm"));
    const release = JSON.parse(await readFile(at("draft", "release.json"), "utf8"));
    const [{ sha256 }] = JSON.parse(Buffer.from(release.payload, "base64").toString()).bundles;
    await writeFile(at(FOLDER, "bundles", `${sha256}.wasm`), Buffer.alloc(bundle.length));
    expect(await publish("online.sk")).toMatchObject({ code: 0 });
    expect(bundle.equals(await readFile(at(FOLDER, "bundles", `${sha256}.wasm`)))).toBe(true);
  });

  it("goes on from the channel of the key before, by a root that one of today's people signed", async () => {
    await serve(channel, "online.sk");
    const online = ["channel", "prices", "receipt"].flatMap((role) => ["--role", `${role}=online2.pk`]);
    await succeed("keys", "rotate", "--root", "root.json", "--remove", "online.pk", ...online);
    await succeed("release", "sign", "root-2.json", "--root", "root.json", "--key", "alice.sk", "--yes");
    await succeed("release", "publish", "root-2.json", "--folder", FOLDER);

    // A root before it that a thief made: it lists Alice's key too, so hers on the new root counts by it.
    const roles = ["root=alice.pk,thief.pk", "release=alice.pk", "channel=online2.pk"];
    const forging = roles.flatMap((role) => ["--role", role]);
    await succeed("keys", "root", ...forging, "--out", "forged.json");
    const forged = JSON.parse(await readFile(at("forged.json"), "utf8"));
    const root = JSON.parse(Buffer.from(forged.payload, "base64").toString());
    const thief = await readSigner(at("thief.sk"));
    const [keyid] = Object.entries<{ public: string }>(root.keys).find(
      ([, key]) => key.public === Buffer.from(thief.publicKey).toString("base64"),
    )!;
    root.roles.channel = { keyids: [keyid], threshold: 1 };
    const genuine = await readFile(at(FOLDER, "roots", "1.json"));
    await writeFile(at(FOLDER, "roots", "1.json"), (await signDocument(root, [thief])).bytes);
    await serve({ ...channel, off: { promotions: [], rules: [], releases: [] } }, "thief.sk");
    expect(await publish("online2.sk")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^DOCUMENT_THRESHOLD /),
    });

    await writeFile(at(FOLDER, "roots", "1.json"), genuine);
    await serve(channel, "online.sk");
    expect(await publish("online2.sk")).toMatchObject({ code: 0 });
    expect(await readChannel()).toMatchObject({ off: OFF, minRelease: 1 });
  });
});

describe("a folder of the development key", () => {
  const build = () => buildToFolder({ project: at("shop"), data: at("data"), out: at("data", "releases") });
  const served = () => path("stable", "data/releases");

  it("keeps what its own key switched off, over a renewal and a new release", async () => {
    expect(await build()).toMatchObject({ ok: true, changed: true });
    const first = await readChannel(served());
    await serve({ ...first, off: OFF, minRelease: 1 }, "data/keys/development.sk", served());
    expect(await build()).toMatchObject({ ok: true, changed: false });
    expect(await readChannel(served())).toMatchObject({ off: OFF, minRelease: 1 });

    const floor = Math.floor(Date.now() / 1000) + 1_000_000;
    await serve({ ...first, off: OFF, minRelease: floor }, "data/keys/development.sk", served());
    expect(await build()).toMatchObject({ ok: true, changed: true });
    const next = await readChannel(served());
    expect(next).toMatchObject({ off: OFF, minRelease: floor });
    const release = at("data/releases/releases", `${next.arms[0]!.release}.json`);
    expect(await readChannel(release)).toMatchObject({ version: floor });
  });

  it("takes nothing over that another key signed, and builds again over a damaged bundle", async () => {
    const before = await readChannel(served());
    await serve({ ...before, off: OFF, minRelease: 5 }, "thief.sk", served());
    expect(await build()).toMatchObject({ ok: true });
    expect(await readChannel(served())).toMatchObject({ off: { promotions: [] }, minRelease: 0 });
    for (const name of await readdir(at("data/releases/bundles"))) {
      const { size } = await stat(at("data/releases/bundles", name));
      await writeFile(at("data/releases/bundles", name), Buffer.alloc(size));
    }
    expect(await build()).toMatchObject({ ok: true, changed: true });
  });
});
