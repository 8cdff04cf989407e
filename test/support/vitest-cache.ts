// What vitest keeps from one run to the next: modules that it transformed, and how long each file took.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { keptFolder } from "../../engine/cli/kept-folder.ts";

/** Tests have a HAGGLE_CACHE of their own, so whoever runs them says where theirs was. */
const kept = process.env.HAGGLE_TEST_CACHE ?? join(keptFolder(), "tests");
/** What is transformed names its files by whole paths, so each clone has its own. */
const clone = createHash("sha256")
  .update(import.meta.dirname)
  .digest("hex")
  .slice(0, 16);

/** Outside of the clone, so that a clean one is as quick as the last. */
export const VITEST_CACHE: string = join(kept, clone);
