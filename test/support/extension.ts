// The extension as it is built and packed, made once for all test files of a run: bundling the compiler takes seconds.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildExtension } from "../../scripts/build-extension.ts";
import { packageExtension } from "../../scripts/package-extension.ts";

/** Of a run of the tests, and removed with it; else one of this process. */
let folder = process.env.HAGGLE_TEST_BUILDS;

/** The folder of the built extension: what its package has as `dist`. Others use it too, so nobody removes it. */
export async function builtExtension(): Promise<string> {
  return join(await makeBuild(), "dist");
}

/** The extension as a VSIX, and the folder of what is in it. Others use them too. */
export async function packagedExtension(): Promise<{ vsix: string; files: string }> {
  const build = await makeBuild();
  const made = await once("extension-package", async (draft) => {
    await packageExtension({
      built: join(build, "dist"),
      inputs: JSON.parse(await readFile(join(build, "inputs.json"), "utf8")),
      folder: join(draft, "files"),
      vsix: join(draft, "haggle-rules.vsix"),
    });
  });
  return { vsix: join(made, "haggle-rules.vsix"), files: join(made, "files") };
}

function makeBuild(): Promise<string> {
  return once("extension", async (draft) => {
    const { inputs } = await buildExtension(join(draft, "dist"));
    await writeFile(join(draft, "inputs.json"), JSON.stringify(inputs));
  });
}

/** Made by whoever comes first; the others wait for it. What fails is tried again by the next. */
async function once(name: string, make: (draft: string) => Promise<void>): Promise<string> {
  folder ??= await mkdtemp(join(tmpdir(), "haggle-extension-"));
  await mkdir(folder, { recursive: true });
  const made = join(folder, name);
  while (!existsSync(made)) {
    if (!(await take(`${made}.lock`))) {
      await sleep(100);
      continue;
    }
    try {
      // Somebody else may have been at it since.
      if (existsSync(made)) break;
      const draft = `${made}.draft`;
      await rm(draft, { recursive: true, force: true });
      await mkdir(draft);
      await make(draft);
      await rename(draft, made);
    } finally {
      await rmdir(`${made}.lock`);
    }
  }
  return made;
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    return false;
  }
}
