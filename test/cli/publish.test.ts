import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { type Channel, parseChannel, parseEnvelope } from "@haggle/abi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type CliResult, createTemporaryFolder, MAIN, runCli } from "../support/cli.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// From a project to shoppers over HTTP: an empty server is given a root, a first release and then others, by hand and by
// the workflow that `haggle init --ci github` writes.

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let server: TestServer;

const at = (...names: string[]) => join(folder.path, ...names);
const env = () => ({ HAGGLE_DATA: at("data"), HAGGLE_URL: server.url });
const haggle = (...args: string[]): Promise<CliResult> => runCli(args, { cwd: folder.path, env: env() });

async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await haggle(...args);
  expect(err, args.join(" ")).toBe("");
  expect(code, args.join(" ")).toBe(0);
  return out;
}

async function readChannel(): Promise<Channel> {
  const bytes = new Uint8Array(await (await server.get("/v1/channels/stable")).arrayBuffer());
  return parseChannel(parseEnvelope(bytes, "channel").payload);
}

async function makeDraft(name: string, ...flags: string[]): Promise<void> {
  await succeed("release", "draft", "shop", "--root", "root.json", "--out", name, ...flags);
  await succeed("release", "sign", name, "--key", "author.sk", "--yes");
}

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await mkdir(at("data", "keys"), { recursive: true });
  server = await startServer(at("data"));
  await succeed("init", "shop");
  await succeed("keys", "new", "--name", "author");
  await succeed("keys", "new", "--name", "channel", "--out", at("data", "keys"));
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  await writeFile(at("author.pem"), publicKey.export({ type: "spki", format: "pem" }));
  await writeFile(at("author.key"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const authors = "author.pk,author.pem:1";
  await succeed(
    "keys",
    "root",
    "--tenant",
    "shop",
    "--role",
    `root=${authors}`,
    "--role",
    `release=${authors}`,
    "--role",
    `channel=${at("data", "keys", "channel.pk")}`,
  );
  await succeed("release", "sign", "root.json", "--key", "author.sk", "--yes");
});
afterAll(async () => {
  await server?.close();
  await folder.remove();
});

describe("haggle publish", () => {
  it("needs a root there, and brings it", async () => {
    await makeDraft("first");
    expect((await haggle("publish", "first")).err).toMatch(/^SERVER_NO_ROOT /);
    expect(await succeed("publish", "root.json")).toMatch(/: root 1, until /);
    expect(JSON.parse(await succeed("publish", "root.json", "--json"))).toMatchObject({ root: 1 });
  });

  it("brings a release, which nobody gets yet", async () => {
    expect(await succeed("publish", "first")).toMatch(/: release 1 \w{12}, 1 promotion\n$/);
    // Said again, it is there.
    expect(JSON.parse(await succeed("publish", "first", "--json"))).toMatchObject({ version: 1 });
    expect((await server.get("/v1/channels/stable")).status).toBe(503);
  });

  it("gives the first release to everybody, by a rollout as well", async () => {
    await until(async () => (await server.ready()).keys.channel === "ready");
    expect(await succeed("publish", "first", "--rollout")).toMatch(
      /channel stable \d+ gives it to everybody\n$/,
    );
    const { arms } = await readChannel();
    expect(arms).toHaveLength(1);
  });

  it("gives the next one to a few, or at once to all", async () => {
    await makeDraft("second", "--version", "2");
    const out = await succeed("publish", "second", "--rollout", "--steps", "5,100", "--reason", "spring");
    expect(out).toMatch(/: release 2 .*\nrol_\S+ stable: running, 5 % on /);
    expect((await readChannel()).arms.map(({ range }) => range)).toEqual([
      [0, 9_500],
      [9_500, 10_000],
    ]);
    await succeed("rollout", "rollback", "--reason", "the test goes on");
    const pointed = JSON.parse(await succeed("publish", "second", "--everybody", "--json"));
    expect(pointed).toMatchObject({ channel: "stable", release: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect((await readChannel()).arms).toMatchObject([{ release: pointed.release, range: [0, 10_000] }]);
  });

  it("goes on from what the server has", async () => {
    const flags = ["--root", "root.json", "--previous", server.url];
    const { version } = JSON.parse(
      await succeed("release", "draft", "shop", ...flags, "--out", "next", "--json"),
    );
    expect(version).toBe(3);
    // One that nobody gets is in the way of its version all the same, as after a rollout that was taken back.
    await makeDraft("idle", "--previous", server.url);
    await succeed("publish", "idle");
    const after = await succeed("release", "draft", "shop", ...flags, "--out", "after", "--json");
    expect(JSON.parse(after)).toMatchObject({ version: 4 });
    const stranger = await runCli(["release", "draft", "shop", ...flags, "--out", "strange", "--json"], {
      cwd: folder.path,
      env: { ...env(), HAGGLE_DATA: at("elsewhere") },
    });
    expect(JSON.parse(stranger.out)).toMatchObject({ version: 3 });
    // The same server by a name that is not this machine's: no key goes there, and none is missed.
    const other = ["--root", "root.json", "--previous", server.url.replace("127.0.0.1", "0.0.0.0")];
    const key = await readFile(at("data", "admin.key"), "utf8");
    const elsewhere = await runCli(["release", "draft", "shop", ...other, "--out", "followed", "--json"], {
      cwd: folder.path,
      env: { ...env(), HAGGLE_KEY: key },
    });
    expect(JSON.parse(elsewhere.out)).toMatchObject({ version: 3 });
    expect(
      await haggle("release", "draft", "shop", ...flags, "--channel", "none", "--out", "no"),
    ).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^SERVER_UNKNOWN_CHANNEL /),
    });
  });

  it("refuses what is not newer, not whole, not signed, or said wrongly", async () => {
    await makeDraft("again", "--version", "2", "--expires", "90d");
    const refused = await haggle("publish", "again");
    expect(refused.err).toMatch(/^DOCUMENT_ROLLBACK .*release\.version/);
    expect(refused.err).toContain("the newest that the server holds is 3;");
    expect(refused.err).toContain(`haggle release draft --previous ${server.url} goes on`);
    await succeed("release", "draft", "shop", "--root", "root.json", "--version", "3", "--out", "unsigned");
    expect((await haggle("publish", "unsigned")).err).toMatch(/^SIGNATURE_MISSING .*; haggle release sign/);
    await succeed("build", "shop", "--out", "mine");
    expect((await haggle("publish", "mine")).err).toMatch(/^SIGNATURE_UNKNOWN_KEY .*the server's root/);
    await cp(at("second"), at("torn"), { recursive: true });
    const bundle = await readFile(at("torn", "bundle.wasm"));
    await writeFile(at("torn", "bundle.wasm"), bundle.with(-1, bundle.at(-1)! ^ 1));
    expect((await haggle("publish", "torn")).err).toMatch(/^ENGINE_BUNDLE_MISMATCH /);
    expect(await haggle("publish", "second", "--steps", "5,100")).toMatchObject({ code: 2 });
    expect(await haggle("publish", "second", "--everybody", "--rollout")).toMatchObject({ code: 2 });
    expect(await haggle("publish")).toMatchObject({ code: 2 });
    const viewer = await runCli(["publish", "second", "--url", server.url], { cwd: folder.path });
    expect(viewer.err).toMatch(/^SERVER_UNAUTHORIZED .*; none was found: say --key-file/);
  });
});

describe("haggle init --ci github", () => {
  type Step = { name?: string; uses?: string; run?: string; env?: Record<string, string> };

  const STEPS = [
    "Build",
    "Run the cases",
    "Look for conflicts",
    "Draft the release",
    "Sign it",
    "Hold it against the root and against a build of its own",
    "Publish it, and begin with 1 % of shoppers",
  ];

  it("writes a workflow whose steps lead a commit to a canary", async () => {
    expect(await succeed("init", "shop", "--ci", "github")).toContain(".github/workflows/haggle.yml");
    await cp(at("root.json"), at("shop", "root.json"));
    await cp(at("author.pem"), at("shop", "author.pem"));
    await provideCommand();
    expect(await runWorkflow()).toEqual({ ran: STEPS });
    const status = JSON.parse(await succeed("rollout", "status", "--json"));
    expect(status).toMatchObject({ state: "running", weightBp: 100, history: [{ reason: "c0ffee" }] });
    expect((await readChannel()).arms.map(({ range }) => range)).toEqual([
      [0, 9_900],
      [9_900, 10_000],
    ]);
  });

  it.each<[step: string, file: string, spoil: (text: string) => string]>([
    ["Build", "rules/spend-and-save.rule.ts", (text) => `${text}\nexport function broken(: void {}\n`],
    [
      "Run the cases",
      "rules/spend-and-save.cases.json",
      (text) => text.replace(/"total": \d+/, '"total": 1'),
    ],
    ["Sign it", "sign-release", () => "#!/bin/sh\nexit 3\n"],
  ])("leads nowhere where a step fails: %s", async (step, file, spoil) => {
    const path = at("shop", file);
    const text = await readFile(path, "utf8");
    const spoilt = spoil(text);
    expect(spoilt).not.toBe(text);
    await rm(at("shop", "draft"), { recursive: true, force: true });
    const before = await readChannel();
    await writeFile(path, spoilt);
    const { ran, failed } = await runWorkflow();
    await writeFile(path, text);
    expect([failed, ran]).toEqual([step, STEPS.slice(0, STEPS.indexOf(step))]);
    expect(await readChannel()).toEqual(before);
  });

  it("overwrites nothing, and knows its services", async () => {
    const again = await haggle("init", "shop", "--ci", "github");
    expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_NOT_EMPTY .*haggle\.yml/) });
    expect(await haggle("init", "shop", "--ci", "jenkins")).toMatchObject({ code: 2 });
    expect(await succeed("init", "other", "--ci", "github")).toContain("a project with one rule");
    await rm(at("other"), { recursive: true });
  });

  /** Each step of both jobs as a runner does it, until one fails. */
  async function runWorkflow(): Promise<{ ran: string[]; failed?: string; said?: string }> {
    const text = await readFile(at("shop", ".github", "workflows", "haggle.yml"), "utf8");
    const { jobs } = parse(text) as { jobs: Record<string, { steps: Step[] }> };
    expect(Object.keys(jobs)).toEqual(["check", "release"]);
    const known: Record<string, string> = {
      "secrets.HAGGLE_AUTHOR_KEY": await readFile(at("author.key"), "utf8"),
      "secrets.HAGGLE_KEY": (await readFile(at("data", "admin.key"), "utf8")).trim(),
      "vars.HAGGLE_URL": server.url,
    };
    const filled = (value: string) =>
      value.replace(/\$\{\{ (\S+) \}\}/g, (_, name: string) => known[name] ?? "");
    const ran: string[] = [];
    for (const { name, run, env: own = {} } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      // What comes from elsewhere: the checkout, Node, and the packages.
      if (run === undefined || run === "npm ci") continue;
      const given = Object.fromEntries(Object.entries(own).map(([key, value]) => [key, filled(value)]));
      const { PATH = "" } = process.env;
      const child = spawn("bash", ["-e", "-c", run], {
        cwd: at("shop"),
        stdio: ["ignore", "ignore", "pipe"],
        env: { PATH, HOME: folder.path, GITHUB_RUN_NUMBER: "7", GITHUB_SHA: "c0ffee", ...given },
      });
      const [said, [status]] = await Promise.all([readText(child.stderr), once(child, "exit")]);
      if (status !== 0) return { ran, failed: name!, said };
      ran.push(name!);
    }
    return { ran };
  }

  /** As `npm ci` would have installed it. */
  async function provideCommand(): Promise<void> {
    const bin = at("shop", "node_modules", ".bin");
    await mkdir(bin, { recursive: true });
    const command = `#!/bin/sh\nexec "${process.execPath}" --conditions=haggle-source "${MAIN}" "$@"\n`;
    await writeFile(join(bin, "haggle"), command);
    await chmod(join(bin, "haggle"), 0o755);
  }
});
