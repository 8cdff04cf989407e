import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileStore } from "@haggle/sdk/node";
import type { TrustState } from "@haggle/sdk/trust";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stateNumber } from "../../support/numbered-state.ts";
import { removeFolder } from "../../support/remove-folder.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-state-"));
  path = join(folder, "state.json");
});

afterEach(() => removeFolder(folder));

describe("a state in a file", () => {
  it("comes back as it was", async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const state = fc.record(
      {
        roots: fc.array(bytes, { minLength: 1, maxLength: 3 }),
        channel: bytes,
        release: bytes,
        bundle: bytes,
        prices: bytes,
      },
      { requiredKeys: ["roots", "channel", "release", "bundle"] },
    );
    await fc.assert(
      fc.asyncProperty(state, async (given) => {
        const store = fileStore(path);
        await store.save(given as TrustState);
        expect(await store.load()).toEqual({ ...given });
      }),
      { numRuns: 50 },
    );
  });

  it("is nothing before the first save, and its folder is made", async () => {
    const store = fileStore(join(folder, "a", "b", "state.json"));
    expect(await store.load()).toBeUndefined();
    await store.save(stateNumber(1));
    expect(await store.load()).toEqual(stateNumber(1));
  });

  it("is for its owner's eyes, whatever was there before", async () => {
    await writeFile(path, "");
    await chmod(path, 0o644);
    await fileStore(path).save(stateNumber(1));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  it("can be read by a person", async () => {
    await fileStore(path).save(stateNumber(2));
    expect(Object.keys(JSON.parse(await readFile(path, "utf8")))).toEqual([
      "format",
      "roots",
      "channel",
      "release",
      "bundle",
      "prices",
    ]);
  });
});

describe("a file that is no state", () => {
  const good = { format: 1, roots: ["AQ=="], channel: "Ag==", release: "Aw==", bundle: "BA==" };

  it.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "state"],
    ["zeros", new Uint8Array(4_096), "state"],
    ["half of one", JSON.stringify(good).slice(0, -20), "state"],
    ["one and more", `${JSON.stringify(good)}{}`, "state"],
    ["no object", "null", "state.format"],
    ["a list", "[]", "state.format"],
    ["a format of later", JSON.stringify({ ...good, format: 2 }), "state.format"],
    ["an unknown field", JSON.stringify({ ...good, version: 3 }), "state"],
    ["a prototype", '{"format":1,"__proto__":{"roots":["AQ=="]}}', "state"],
    ["no roots", JSON.stringify({ ...good, roots: [] }), "state.roots"],
    ["a root that is a number", JSON.stringify({ ...good, roots: ["AQ==", 1] }), "state.roots[1]"],
    ["no channel", JSON.stringify({ ...good, channel: undefined }), "state.channel"],
    ["an empty price list", JSON.stringify({ ...good, prices: null }), "state.prices"],
    ["base64 in another spelling", JSON.stringify({ ...good, bundle: "BB==" }), "state.bundle"],
    ["letters of another kind", Uint8Array.of(0x22, 0xff, 0x22), "state"],
  ])("holds %s", async (_name, content, at) => {
    await writeFile(path, content);
    await expect(fileStore(path).load()).rejects.toMatchObject({ code: "CLIENT_STATE_DAMAGED", at });
  });

  it("is longer than any", async () => {
    await writeFile(path, "");
    await truncate(path, 200 * 1024 * 1024);
    await expect(fileStore(path).load()).rejects.toMatchObject({ code: "CLIENT_STATE_DAMAGED", at: path });
  });

  it("is a folder, which no save replaces", async () => {
    await mkdir(join(path, "full"), { recursive: true });
    await expect(fileStore(path).load()).rejects.toMatchObject({ code: "CLIENT_STATE_DAMAGED" });
    await expect(fileStore(path).save(stateNumber(1))).rejects.toMatchObject({
      code: "CLIENT_STATE",
      at: path,
    });
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  it("is no reason to look away where the system refuses", async () => {
    await writeFile(join(folder, "file"), "");
    const store = fileStore(join(folder, "file", "state.json"));
    expect(await store.load()).toBeUndefined();
    await expect(store.save(stateNumber(1))).rejects.toMatchObject({ code: "CLIENT_STATE" });
    const long = fileStore(join(folder, "x".repeat(300)));
    await expect(long.load()).rejects.toMatchObject({ code: "CLIENT_STATE" });
  });
});

/** How often the program that stores is killed. */
const KILLS = 30;

it(`is the old state or the new one, whole, after each of ${KILLS} kills`, async () => {
  const store = fileStore(path);
  let number = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(
      process.execPath,
      [
        "--conditions=haggle-source",
        join(import.meta.dirname, "../../support/save-in-a-loop.ts"),
        path,
        `${number}`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const lines = createInterface({ input: child.stdout });
    const gone = Promise.all([once(child, "exit"), once(lines, "close")]);
    await new Promise<void>((resolve) => {
      lines.on("line", (line) => {
        number = Number(line);
        // A different number of saves each time, so that the blow falls in different places of the next one.
        if (number % 5 === kill % 5) resolve();
      });
    });
    for (let spin = 0; spin < (kill % 10) * 20_000; spin++) Math.sqrt(spin);
    child.kill("SIGKILL");
    await gone;
    const found = (await store.load())!;
    // What was told as saved is there, or the next that was not told any more.
    number = [number, number + 1].find((candidate) => isNumber(found, candidate)) ?? -1;
    expect(number).toBeGreaterThanOrEqual(0);
  }
  await store.save(stateNumber(number));
  expect(await readdir(folder)).toEqual(["state.json"]);
}, 240_000);

function isNumber(state: TrustState, number: number): boolean {
  const wanted = stateNumber(number);
  return Buffer.from(state.release).equals(wanted.release) && Buffer.from(state.bundle).equals(wanted.bundle);
}
