// Where the command keeps what it would only make again: what Node and asc compiled. Deleting it costs time and nothing else.

import { homedir } from "node:os";
import { join } from "node:path";

/**
 * `HAGGLE_CACHE`, else `haggle` in this person's cache folder. It must be a folder of that person's own: what lies in it is
 * executed, and signed.
 */
export function keptFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.HAGGLE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "haggle");
}
