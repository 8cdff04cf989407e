import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { patchSource, preload } from "./patch-source.ts";

// A server whose clock is ahead by what a file says: one that is started with `clockEnv` loads this file first.

const VARIABLE = "HAGGLE_CLOCK_FILE";
/** It is asked for the time thousands of times a second. */
const READ_EVERY_MS = 5;

export function clockEnv(path: string): Record<string, string> {
  moveClock(path, 0);
  return { [VARIABLE]: path, ...preload(import.meta.filename) };
}

/** For all servers that go by this file, from now on. */
export function moveClock(path: string, aheadMs: number): void {
  writeFileSync(`${path}.tmp`, String(aheadMs));
  renameSync(`${path}.tmp`, path);
}

const path = process.env[VARIABLE];
if (path !== undefined) {
  let aheadMs = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  const readAhead = () => {
    const now = performance.now();
    if (now - readAt > READ_EVERY_MS) {
      aheadMs = Number(readFileSync(path, "utf8"));
      readAt = now;
    }
    return aheadMs;
  };
  Object.assign(globalThis, { haggleAheadMs: readAhead });
  patchSource([
    {
      file: "server/platform/clock.ts",
      edits: [["() => Date.now()", "() => Date.now() + globalThis.haggleAheadMs()"]],
    },
  ]);
}
