import { createHash } from "node:crypto";
import { chmod, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

// What was compiled once is not compiled again, and what is kept can change nothing that is built.

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let bundle: string;
const at = (...names: string[]) => join(folder.path, ...names);

const haggle = (args: string[], HAGGLE_CACHE = at("cache")) =>
  runCli(args, { cwd: folder.path, env: { HAGGLE_CACHE } });

/** Builds into a new folder, so that nothing there is taken for what would come out. */
async function build(out: string, cache?: string): Promise<string> {
  expect(await haggle(["build", "shop", "--key", "author.sk", "--out", out], cache)).toMatchObject({
    code: 0,
    err: "",
  });
  return createHash("sha256")
    .update(await readFile(at(out, "bundle.wasm")))
    .digest("hex");
}

const keptFiles = async () => (await readdir(at("cache", "rules"))).map((name) => at("cache", "rules", name));

/** Whether `work` found all that it needed in what was kept: using it is noted in its time. */
async function usesWhatIsKept(work: () => Promise<unknown>): Promise<boolean> {
  const before = await keptFiles();
  for (const path of before) await utimes(path, 0, 0);
  await work();
  expect(await keptFiles()).toEqual(before);
  return (await Promise.all(before.map((path) => stat(path)))).every(({ mtimeMs }) => mtimeMs > 0);
}

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await haggle(["init", "shop"]);
  await haggle(["keys", "new"]);
  bundle = await build("first");
});
afterAll(() => folder.remove());

it("is one file that only its owner can write", async () => {
  const [path, ...more] = await keptFiles();
  expect(more).toEqual([]);
  expect((await stat(path!)).mode & 0o077).toBe(0);
  expect((await stat(at("cache", "rules"))).mode & 0o022).toBe(0);
});

it("serves another build, the cases, and a project with other promotions", async () => {
  expect(await usesWhatIsKept(async () => expect(await build("second")).toBe(bundle))).toBe(true);
  expect(
    await usesWhatIsKept(async () => expect(await haggle(["test", "shop"])).toMatchObject({ code: 0 })),
  ).toBe(true);
  await writeFile(
    at("shop", "promotions.json"),
    JSON.stringify([{ id: "ten", effects: [{ target: "order", percent: "10" }] }]),
  );
  expect(await usesWhatIsKept(() => build("third"))).toBe(true);
});

it("that is damaged is compiled anew, to the same bytes", async () => {
  const [path] = await keptFiles();
  const kept = await readFile(path!);
  kept[kept.length - 100]! ^= 1;
  await writeFile(path!, kept);
  expect(await build("fourth")).toBe(bundle);
  expect((await readFile(path!)).equals(kept)).toBe(false);
});

it.runIf(process.getuid)("that others could have written is compiled anew", async () => {
  const [path] = await keptFiles();
  await chmod(path!, 0o666);
  expect(await build("others")).toBe(bundle);
  expect((await stat(path!)).mode & 0o077).toBe(0);
});

it("is nothing where nothing can be kept, and the build is the same", async () => {
  await writeFile(at("file"), "");
  expect(await build("fifth", at("file"))).toBe(bundle);
});
