import { hash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { Build } from "@haggle/toolchain";

type Built = Build & { ok: true };

/** Of one run of the tests, and removed with it: what is compiled is always compiled by the compiler that is tested. */
const FOLDER = process.env.HAGGLE_TEST_BUILDS;

/**
 * A build of these sources, by whichever test file of the run needed it first: compiling takes seconds, and every file has
 * a module registry of its own. Files that ask at the same time each compile. `maker` tells apart who signs and when.
 */
export async function keepBuild(
  maker: string,
  sources: Readonly<Record<string, string>>,
  make: () => Promise<Built>,
): Promise<Built> {
  if (FOLDER === undefined) return make();
  const path = join(FOLDER, hash("sha256", JSON.stringify([maker, sources])));
  const kept = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (kept !== undefined) return deserialize(kept) as Built;
  const built = await make();
  await mkdir(FOLDER, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, serialize(built));
  await rename(draft, path);
  return built;
}
