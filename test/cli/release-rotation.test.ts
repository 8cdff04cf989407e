import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { folderSource } from "@haggle/sdk/node";
import { createUpdater } from "@haggle/sdk/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

// What a root does to the release that is live, and that nothing is written where anything is wrong. Of the release's
// people two of three must sign: the bundle has Bob and Carol, the release Carol and Alice.

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const ids: Record<string, string> = {};

const at = (...names: string[]) => join(folder.path, ...names);
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
async function json(...args: string[]) {
  const result = await haggle(...args, "--json");
  expect(result, args.join(" ")).toMatchObject({ code: 0, err: "" });
  return JSON.parse(result.out);
}
const sign = (what: string, who: string, ...more: string[]) =>
  json("release", "sign", what, "--key", `${who}.sk`, "--yes", ...more);
const publish = (...args: string[]) => haggle("release", "publish", ...args, "--folder", "served");
const short = (name: string) => ids[name]!.slice(0, 16);

/** Every file of the folder that is served, with its bytes. */
async function served(): Promise<Record<string, string>> {
  const names = await readdir(at("served"), { recursive: true, withFileTypes: true }).catch(() => []);
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (file) => [file, await readFile(file, "hex")])),
  );
}
async function refuses(args: string[], err: RegExp): Promise<void> {
  const before = await served();
  expect(await publish(...args), args.join(" ")).toMatchObject({ code: 1, err: expect.stringMatching(err) });
  expect(await served()).toEqual(before);
}
/** As a client that comes for the first time, with the newest root. */
async function follow() {
  const root = await readFile(at("served", "root.json"));
  return createUpdater({ root, channel: "stable", source: folderSource(at("served")) }).update();
}

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await haggle("init", "shop");
  for (const name of ["alice", "bob", "carol", "dave", "online", "online2"]) {
    ids[name] = (await json("keys", "new", "--name", name)).keyid;
  }
  const roles = ["root=alice.pk", "release=alice.pk,bob.pk,carol.pk:2", "channel=online.pk"];
  await json("keys", "root", ...roles.flatMap((role) => ["--role", role]));
});
afterAll(() => folder.remove());

describe("a document that lacks signatures", () => {
  it("is refused with the role, who signed, and who could still", async () => {
    const unsigned = await haggle("release", "verify", "root.json", "--root", "root.json");
    expect(unsigned).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        `^DOCUMENT_UNSIGNED The root 1 has.* 0 of 1 signatures of the role root; signed by nobody, could still sign: ${short("alice")} at `,
      ),
    });
    await sign("root.json", "alice");
    await json("release", "draft", "shop", "--root", "root.json", "--out", "draft");
    await sign("draft", "bob");
    const half = `signatures of the role release; signed by ${short("bob")}, could still sign: `;
    const bundle = await haggle("release", "inspect", "draft");
    expect(bundle.out).toContain(`bundle signed by ${short("bob")}\n`);
    await sign("draft", "carol");
    const verify = ["release", "verify", "draft", "--root", "root.json"];
    const one = await haggle(...verify);
    expect(one).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^DOCUMENT_THRESHOLD The release 1 has 1 of 2 /),
    });
    expect(one.err).toContain(half.replace(short("bob"), short("carol")));
    for (const name of ["alice", "bob"]) expect(one.err).toContain(short(name));
    await sign("draft", "alice");
    expect(await haggle(...verify)).toMatchObject({ code: 0 });
  });

  it("or has ended is told by its name", async () => {
    const late = ["release", "verify", "draft", "--root", "root.json", "--now", "2099-01-01"];
    expect(await haggle(...late)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^DOCUMENT_EXPIRED The release 1 has expired, 20\d\d-/),
    });
    const root = ["release", "verify", "root.json", "--root", "root.json", "--now", "2099-01-01"];
    expect(await haggle(...root)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^DOCUMENT_EXPIRED The root 1 has expired, 20\d\d-/),
    });
  });
});

describe("release publish", () => {
  it("writes nothing, the root neither, when a key is wrong", async () => {
    const first = ["draft", "--root", "root.json", "--channel-key"];
    await refuses([...first, "none.sk"], /^CLI_FILE /);
    await refuses([...first, "online2.sk"], /^CLI_BAD_KEY /);
    await refuses([...first, "online.pk"], /^CLI_BAD_KEY /);
    expect(await served()).toEqual({});
    expect(await publish(...first, "online.sk")).toMatchObject({ code: 0 });
    expect(await publish("root.json", "--channel-key", "online.sk")).toMatchObject({ code: 2 });
  });

  it("shows who signed the bundle of what it has published", async () => {
    const [name] = await readdir(at("served", "releases"));
    const shown = await haggle("release", "inspect", join("served", "releases", name!));
    for (const who of ["bob", "carol"]) expect(shown.out).toContain(`bundle signed by ${short(who)}\n`);
    expect(shown.out).not.toContain(`bundle signed by ${short("alice")}`);
  });
});

describe("a root under which the live release", () => {
  it("lacks a signature waits for it", async () => {
    const rotate = ["keys", "rotate", "--root", "root.json", "--role"];
    const added = await haggle(...rotate, "prices", "--add", "online2.pk", "--out", "added.json");
    expect(added.out).not.toContain("too few signatures");
    const rotated = await haggle(...rotate, "release", "--remove", "alice.pk");
    expect(rotated).toMatchObject({ code: 0, out: expect.stringContaining("too few signatures under it") });
    await sign("root-2.json", "alice", "--root", "root.json");
    await refuses(
      ["root-2.json"],
      new RegExp(
        `^CLI_LIVE_SHORT Under root 2 the live release 1 of channel stable has 1 of 2 signatures.* could still sign: ${short("bob")}.*cosigned first.*--leave-short`,
      ),
    );
    const [name] = await readdir(at("served", "releases"));
    await sign(join("served", "releases", name!), "bob", "--root", "root-2.json");
    expect(await publish("root-2.json")).toMatchObject({ code: 0 });
    expect(await follow()).toMatchObject({ trusted: { root: { version: 2 } } });
  });

  it("has a bundle that lacks one goes out with a release of its own people", async () => {
    const change = ["--role", "release", "--remove", "carol.pk", "--add", "dave.pk"];
    await json("keys", "rotate", "--root", "root-2.json", ...change);
    await sign("root-3.json", "alice", "--root", "root-2.json");
    await refuses(
      ["root-3.json"],
      new RegExp(`^CLI_LIVE_SHORT .* a bundle with 1 of 2 .*could still sign: ${short("dave")}`),
    );
    const [name] = await readdir(at("served", "releases"));
    const digest = name!.replace(".json", "");
    const draft = [
      "release",
      "draft",
      "shop",
      "--root",
      "root-3.json",
      "--out",
      "next",
      "--previous",
      digest,
    ];
    expect(await haggle(...draft)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^CLI_USAGE .*--version N.*--folder DIR/),
    });
    expect(await haggle(...draft, "--version", "1")).toMatchObject({ code: 2 });
    expect(await haggle(...draft, "--folder", "shop")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLI_FILE /),
    });
    expect(await json(...draft, "--folder", "served")).toMatchObject({ version: 2, changes: [] });
    for (const who of ["bob", "dave", "bob"]) await sign("next", who);
    const both = ["next", "--root", "root-3.json"];
    await refuses(both, /^CLI_LIVE_SHORT /); // no channel would name it
    expect(await publish(...both, "--channel-key", "online.sk")).toMatchObject({ code: 0 });
    expect(await follow()).toMatchObject({ trusted: { root: { version: 3 } } });
  });

  it("is left short goes out when that is meant, and says which channel must be signed again", async () => {
    const people = ["--remove", "bob.pk", "--role", "release", "--add", "alice.pk"];
    const online = ["channel", "prices", "receipt"].flatMap((role) => ["--role", `${role}=online2.pk`]);
    await json("keys", "rotate", "--root", "root-3.json", ...people, ...online);
    await sign("root-4.json", "alice", "--root", "root-3.json");
    await refuses(["root-4.json"], /^CLI_LIVE_SHORT /);
    const forced = await publish("root-4.json", "--leave-short");
    expect(forced).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining("channel stable is signed"),
    });
    expect(await json("release", "publish", "root-4.json", "--folder", "served")).toMatchObject({
      channelsToSign: ["stable"],
    });
  });
});
