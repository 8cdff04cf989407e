// The folders of the two releases, as `haggle build` writes them.

import { join } from "node:path";
import type { ReleaseFiles } from "@haggle/toolchain/replay";
import { getBundle, getFile } from "../files.ts";

/** @throws HaggleError CLI_FILE, PROFILE_TOO_LARGE */
export async function readRelease(folder: string): Promise<ReleaseFiles> {
  const [bundle, release, root] = await Promise.all([
    getBundle(join(folder, "bundle.wasm")),
    getFile(join(folder, "release.json")),
    getFile(join(folder, "root.json")),
  ]);
  return { bundle, release, root };
}
