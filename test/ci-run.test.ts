import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ENV, REPO } from "./support/installed.ts";
import { removeFolder } from "./support/remove-folder.ts";

// Whoever reads what `.ci/run` said finds a count in its last line, whichever stage failed.

let clone: string;

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), "haggle-ci-"));
  await mkdir(join(clone, ".ci"));
  await cp(join(REPO, ".ci/run"), join(clone, ".ci/run"));
});
afterEach(() => removeFolder(clone));

/** Runs it over a project whose tests are this program; both streams as one, as a log has them. */
async function run(program: string, { hasLock = true } = {}): Promise<{ code: number; last: string }> {
  await writeFile(join(clone, "tests.mjs"), program);
  const manifest = { name: "clone", version: "1.0.0", private: true };
  await writeFile(
    join(clone, "package.json"),
    JSON.stringify({ ...manifest, scripts: { test: "node tests.mjs" } }),
  );
  const lock = { ...manifest, lockfileVersion: 3, requires: true, packages: { "": manifest } };
  if (hasLock) await writeFile(join(clone, "package-lock.json"), JSON.stringify(lock));
  return new Promise((resolve) => {
    execFile("bash", ["-c", ".ci/run 2>&1"], { cwd: clone, env: ENV }, (error, said) => {
      resolve({ code: Number(error?.code ?? 0), last: said.trimEnd().split("\n").at(-1)! });
    });
  });
}

describe.skipIf(process.platform === "win32")(".ci/run ends with a count", () => {
  it.each([
    [
      "of tests that passed",
      `console.log("7 passed, 0 failed, 1 skipped");`,
      0,
      "7 passed, 0 failed, 1 skipped",
    ],
    [
      "of tests that failed, behind what npm says of them",
      `console.log("7 passed, 2 failed, 0 skipped"); process.exit(1);`,
      1,
      "7 passed, 2 failed, 0 skipped",
    ],
    ["of one failure where nothing was counted", "process.exit(3);", 3, "0 passed, 1 failed, 0 skipped"],
    [
      "of one failure where all passed and the run broke then",
      `console.log("7 passed, 0 failed, 0 skipped"); throw new Error("broke");`,
      1,
      "7 passed, 1 failed, 0 skipped",
    ],
  ])("%s", async (_, program, code, last) => {
    expect(await run(program)).toEqual({ code, last });
  });

  it("of one failure where nothing could be installed", async () => {
    expect(await run("", { hasLock: false })).toEqual({ code: 1, last: "0 passed, 1 failed, 0 skipped" });
  });
});
