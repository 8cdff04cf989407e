import { renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createEngine } from "@haggle/sdk";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createTemporaryFolder, runCli, startCli } from "../support/cli.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await runCli(["init", "shop"], { cwd: folder.path });
});
afterAll(() => folder.remove());

describe("dev", () => {
  it("ends at once where there is no project, and leaves nothing there", async () => {
    const elsewhere = await createTemporaryFolder();
    onTestFinished(() => elsewhere.remove());
    const { code, err } = await runCli(["dev"], { cwd: elsewhere.path });
    expect([code, err.split(" ")[0]]).toEqual([1, "CLI_NO_PROJECT"]);
    expect(await readdir(elsewhere.path)).toEqual([]);
  });

  it("releases each change, keeps the last good release, and ends when asked", async () => {
    const out = join(folder.path, "releases");
    const source = join(folder.path, "shop", "rules", "spend-and-save.rule.ts");
    const text = await readFile(source, "utf8");
    // In the place of the template's own, which states what the rule would give by itself.
    const data = join(folder.path, "shop", "promotions", "spend-and-save.yaml");
    const promotion = 'id: extra\ncoupon: NOBODY\neffects: [{ target: order, percent: "1" }]\n';
    await writeFile(data, promotion);
    const dev = startDev();
    await dev.said(/^releases: release [0-9a-f]{12}, channel version \d+, 2 promotions \(\d+ ms\)/);
    const first = await readFolder(out);
    expect((await discountOf(first)).discountTotal).toBe(5000);

    await save(source, text.replace("50_00", "60_00"));
    await dev.said(/release [0-9a-f]{12}, channel version \d+, changed \(\d+ ms\)/);
    const second = await readFolder(out);
    expect((await discountOf(second)).discountTotal).toBe(6000);
    expect(second.channel.version).toBeGreaterThan(first.channel.version);
    expect(second.release.version).toBeGreaterThan(first.release.version);
    expect(second.release.previous).toBe(first.channel.arms[0]!.release);
    expect(second.root).toEqual(first.root);

    await save(source, text.replace("50_00", "6.5"));
    await dev.said(/BUILD_FLOAT[\s\S]*release [0-9a-f]{12} stays \(\d+ ms\)/);
    expect(await readFolder(out)).toEqual(second);

    await save(source, text.replaceAll("spend-and-save", "renamed"));
    await dev.said(/\+renamed -spend-and-save/);

    await save(data, promotion.replace("effects", "efects"));
    await dev.said(/spend-and-save\.yaml:3:1 DOCUMENT_UNKNOWN_FIELD[\s\S]*release [0-9a-f]{12} stays/);
    await save(data, promotion.replace("extra", "other"));
    await dev.said(/\+other -extra/);
    expect(await dev.stop()).toBe(0);

    // Started again on what was built before, it builds nothing and renews the channel.
    const before = await readFolder(out);
    const again = startDev();
    await again.said(/; up to date/);
    await again.stop();
    const after = await readFolder(out);
    expect(after.channel.version).toBeGreaterThan(before.channel.version);
    expect(after.channel.arms).toEqual(before.channel.arms);

    // What somebody has published since is not called its own, and stays.
    const own = ["--root", "releases/root.json"];
    const key = join("shop", ".haggle", "keys", "development.sk");
    for (const args of [
      ["init", "other"],
      ["release", "draft", "other", ...own, "--previous", "releases"],
      ["release", "sign", "other/draft", ...own, "--key", key, "--yes"],
      ["release", "publish", "other/draft", ...own, "--folder", "releases", "--channel-key", key],
    ])
      expect(await runCli(args, { cwd: folder.path }), args.join(" ")).toMatchObject({ code: 0, err: "" });
    const others = await readFolder(out);
    expect(others.channel.arms).not.toEqual(after.channel.arms);
    const beside = startDev();
    await beside.said(/; not of these sources, and stays until they change/);
    await beside.stop();
    expect((await readFolder(out)).channel.arms).toEqual(others.channel.arms);

    // A folder that was deleted and made anew has the root that servers remember.
    await rm(out, { recursive: true });
    const anew = startDev();
    await anew.said(/release [0-9a-f]{12}, channel version \d+, 2 promotions/);
    await anew.stop();
    expect((await readFolder(out)).root).toEqual(before.root);
  });

  it("reports each change once, also that a file is gone, and nothing of what changes no build", async () => {
    const { at, dev } = await startStall();
    for (const id of ["a", "b"]) {
      await rm(at(`${id}.yaml`));
      await dev.said(new RegExp(`, -${id} `));
    }
    await writeFile(at(".d.yaml.swp"), "what an editor keeps beside the file");
    takeTime();
    await writeFile(at("d.yaml"), promotionOf("d"));
    await dev.said(/, \+d /);
    await dev.stop();
    expect(dev.reports()).toEqual(["3 promotions", "-a", "-b", "+d"]);
  });

  it("says nothing of a file that an editor takes away or empties, and gives another text", async () => {
    const { at, dev } = await startStall();
    const steps: ((path: string, next: string) => void)[] = [
      (path) => rmSync(path),
      (path) => renameSync(path, `${path}~`),
      (path) => writeFileSync(path, ""),
      (path, next) => {
        writeFileSync(at(".new"), next);
        renameSync(at(".new"), path);
      },
    ];
    for (const [i, begin] of steps.entries()) {
      const next = promotionOf(`b${i}`);
      begin(at("b.yaml"), next);
      takeTime();
      writeFileSync(at("b.yaml"), next);
      await dev.said(new RegExp(`\\+b${i} `));
    }
    await dev.stop();
    expect(dev.reports()).toEqual(["3 promotions", "+b0 -b", "+b1 -b0", "+b2 -b1", "+b3 -b2"]);
  });

  it("reports a project that is taken away once, and what lies there again", async () => {
    const { at, dev } = await startStall();
    for (const id of ["d", "e"]) {
      await rm(at(""), { recursive: true });
      await dev.said(/CLI_NO_PROJECT/);
      await mkdir(at(""));
      takeTime();
      await save(at("a.yaml"), promotionOf(id));
      await dev.said(new RegExp(`\\+${id} `));
      await save(at("a.yaml"), promotionOf("a"));
      await dev.said(new RegExp(`\\+a -${id} `));
    }
    // What the system refuses, as a folder without rights, ends nothing either.
    await rename(at(""), join(folder.path, "elsewhere"));
    await symlink("promotions", at(""));
    await dev.said(/CLI_FILE The system refuses: links lead in a circle/);
    await rm(at(""));
    await rename(join(folder.path, "elsewhere"), at(""));
    await dev.said(/; up to date/);
    await dev.stop();
    const once = (id: string) => ["CLI_NO_PROJECT", `+${id} -a`, `+a -${id}`];
    expect(dev.reports()).toEqual([
      "3 promotions",
      "CLI_NO_PROJECT",
      "+d -a -b -c",
      "+a -d",
      ...once("e"),
      "CLI_FILE",
      "up to date",
    ]);
  });
});

/** A project of three promotions without code, which `dev` has built. */
async function startStall() {
  const project = await createTemporaryFolder();
  onTestFinished(() => project.remove());
  const at = (name: string) => join(project.path, "promotions", name);
  await mkdir(at(""));
  for (const id of ["a", "b", "c"]) await writeFile(at(`${id}.yaml`), promotionOf(id));
  const dev = startDev([project.path]);
  await dev.said(/, 3 promotions/);
  return { at, dev };
}

const promotionOf = (id: string) => `id: ${id}\neffects: [{ target: order, percent: "1" }]\n`;

/** As an editor may between two steps of a save: longer than `dev` waits when nothing is missing. */
function takeTime(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
}

/** It ends with the test, however that goes. */
function startDev(args = ["shop", "--out", "releases"]) {
  const child = startCli(["dev", ...args], { cwd: folder.path });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const { said, all } = listen(child);
  return {
    said,
    /** All that it has told: what changed, or the code of what is wrong. */
    reports: () =>
      all()
        .map((line) => /(?:, |; )([^,;]+) \(\d+ ms\)$|^(?:\S+:\d+ )?([A-Z_]+) /.exec(line))
        .map((found) => found?.[1] ?? found?.[2]),
    /** As a person does. Resolves with its exit code. */
    stop(): Promise<number | null> {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** At one blow: `dev` would build an empty file that is not written yet, where this process is kept waiting in between. */
async function save(path: string, text: string): Promise<void> {
  const beside = join(folder.path, "saved");
  await writeFile(beside, text);
  await rename(beside, path);
}

/** `said` waits until the program has said something since the last time. */
function listen(child: ReturnType<typeof startCli>) {
  let whole = "";
  let heard = "";
  let check = () => {};
  const hear = (chunk: Buffer) => {
    whole += chunk.toString("utf8");
    heard += chunk.toString("utf8");
    check();
  };
  child.stdout!.on("data", hear);
  child.stderr!.on("data", hear);
  return {
    all: () => whole.trimEnd().split("\n"),
    said: (pattern: RegExp) =>
      new Promise<void>((done, fail) => {
        const end = () => fail(new Error(`it ended before it said ${pattern}:\n${heard}`));
        if (child.exitCode !== null) end();
        child.once("close", end);
        check = () => {
          const match = pattern.exec(heard);
          if (match === null) return;
          heard = heard.slice(match.index + match[0].length);
          done();
        };
        check();
      }),
  };
}

type Documents = {
  root: Uint8Array;
  releaseBytes: Uint8Array;
  bundle: Uint8Array;
  release: { version: number; previous?: string; bundles: { sha256: string }[] };
  channel: { version: number; arms: { release: string }[] };
};

async function readFolder(out: string): Promise<Documents> {
  const read = async (...path: string[]) => new Uint8Array(await readFile(join(out, ...path)));
  const channel = payloadOf<Documents["channel"]>(await read("channels", "stable.json"));
  const releaseBytes = await read("releases", `${channel.arms[0]!.release}.json`);
  const release = payloadOf<Documents["release"]>(releaseBytes);
  const bundle = await read("bundles", `${release.bundles[0]!.sha256}.wasm`);
  return { root: await read("root.json"), releaseBytes, bundle, release, channel };
}

function payloadOf<T>(envelope: Uint8Array): T {
  const { payload } = JSON.parse(Buffer.from(envelope).toString("utf8")) as { payload: string };
  return JSON.parse(Buffer.from(payload, "base64").toString("utf8")) as T;
}

async function discountOf({ bundle, releaseBytes, root }: Documents): Promise<{ discountTotal: number }> {
  const engine = await createEngine({ bundle, release: releaseBytes, root, development: true });
  const cart = JSON.parse(await readFile(join(folder.path, "shop", "carts", "example.json"), "utf8"));
  const decision = engine.evaluate(cart);
  if (!decision.ok) throw decision.error;
  return decision;
}
