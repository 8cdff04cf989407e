// The workers behind the one that features know. What somebody types for waits for nothing that takes seconds: whatever
// needs a build has a worker of its own, which is there while it is needed.

import { createWorker, type Started, type Worker } from "../worker/caller.ts";
import type { CallKind } from "../worker/calls.ts";

/** What is asked while somebody types, and answered without a build. */
const WHILE_TYPING: ReadonlySet<CallKind> = new Set(["check", "checkFiles", "policyNames"]);

/**
 * A compiler with its trees takes about a hundred megabytes. Who edits a cart or a case pauses for shorter than this; after
 * it the next build begins with a compiler that is loaded anew.
 */
const IDLE_MS = 120_000;
/** One step of an optimised build says nothing until it is done, and takes most of a minute where a machine does much else. */
const BUILD_SILENCE_MS = 120_000;

/** Each worker is started when something is first asked of it. */
export function createWorkers(start: () => Started): Worker {
  const checker = createWorker(start);
  const builder = createWorker(start, {
    idleMs: IDLE_MS,
    silenceMs: BUILD_SILENCE_MS,
    startMs: BUILD_SILENCE_MS,
  });
  return {
    call: (kind, argument, options) =>
      (WHILE_TYPING.has(kind) ? checker : builder).call(kind, argument, options),
    close() {
      checker.close();
      builder.close();
    },
  };
}
