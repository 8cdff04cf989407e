// When a project is checked, and what came of it. The worker checks; this says when, and drops what is not true any more.

import type { Checked } from "@haggle/toolchain";
import { Emitter, type Event } from "vscode-languageserver";
import type { Worker } from "../worker/caller.ts";
import { Superseded, WorkerClosed } from "../worker/errors.ts";
import type { Files } from "./files.ts";
import { type Trust, Untrusted } from "./trust.ts";

export type Check = {
  root: string;
  checked: Checked;
  /** The texts that were checked, by path. */
  texts: Readonly<Record<string, string>>;
};

export type Checks = {
  /** A project has been checked. */
  onCheck: Event<Check>;
  /** A check could not be made; there will be another one at the next change. */
  onFail: Event<{ root: string; cause: unknown }>;
  /** Resolves when the newest text that is known by now has been checked, whatever came of it. */
  settled(root: string): Promise<void>;
  /** Resolves when somebody who types would have paused: who works beside the check begins then. */
  pause(): Promise<void>;
  close(): void;
};

/**
 * Checks a project whenever one of its sources changes, `debounceMs` behind the last change. The first check of a project
 * begins at once: it is waited for, and makes the compiler warm.
 */
export function createChecks({
  files,
  worker,
  trust,
  debounceMs,
}: {
  files: Files;
  worker: Worker;
  trust: Trust;
  debounceMs: () => number;
}): Checks {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** By project: the check begun last, and whether another one took its place before it began to work. */
  const last = new Map<string, Promise<{ isSuperseded: boolean }>>();
  const turns = new Map<string, symbol>();
  const checks = new Emitter<Check>();
  const failures = new Emitter<{ root: string; cause: unknown }>();

  files.onChange(({ root, path }) => {
    if (path.endsWith(".ts")) schedule(root);
  });
  trust.onGrant(() => {
    files.findProjects().then(
      (roots) => {
        for (const root of roots) if (files.openIn(root).size > 0) schedule(root);
      },
      (cause: unknown) => failures.fire({ root: "", cause }),
    );
  });

  function schedule(root: string): void {
    clearTimeout(timers.get(root));
    const delay = last.has(root) ? debounceMs() : 0;
    timers.set(
      root,
      setTimeout(() => void begin(root), delay),
    );
  }

  function begin(root: string): Promise<{ isSuperseded: boolean }> {
    clearTimeout(timers.get(root));
    timers.delete(root);
    const run = check(root);
    last.set(root, run);
    return run;
  }

  async function check(root: string): Promise<{ isSuperseded: boolean }> {
    const turn = Symbol(root);
    turns.set(root, turn);
    try {
      const { files: texts } = await files.readProject(root);
      // A disk may answer the later question first, and what was read for it is newer.
      if (turns.get(root) !== turn) return { isSuperseded: true };
      const found = await worker.call("check", { files: texts }, { latest: `check ${root}` });
      checks.fire({ root, checked: found, texts });
    } catch (cause) {
      // A newer one says what this one would have said; without trust, and behind the end, nothing is ever said.
      if (cause instanceof Superseded) return { isSuperseded: true };
      const isSilent = cause instanceof Untrusted || cause instanceof WorkerClosed;
      if (!isSilent) failures.fire({ root, cause });
    }
    return { isSuperseded: false };
  }

  return {
    onCheck: checks.event,
    onFail: failures.event,
    async settled(root) {
      let run = timers.has(root) ? begin(root) : (last.get(root) ?? begin(root));
      while ((await run).isSuperseded) run = last.get(root)!;
    },
    pause: () => new Promise((resolve) => setTimeout(resolve, debounceMs())),
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
