// Looks at the server again and again: often while somebody sees the tree, now and then for the status bar, and at once
// after a command. What a look finds goes to whoever shows it.

import { type Disposable, EventEmitter, window } from "vscode";
import { type Board, loadBoard } from "./board.ts";
import type { Connection } from "./connection.ts";
import type { ReleaseDocument } from "./documents.ts";

/** As the server looks at its gates. */
const SEEN_MS = 10_000;
/** For the status bar alone. */
const UNSEEN_MS = 60_000;

export type Look =
  | { state: "apart" }
  /** Connected, and nothing is known yet. */
  | { state: "looking" }
  | { state: "board"; board: Board }
  /** `board` is what was known before. */
  | { state: "failed"; error: unknown; board?: Board };

export type Watcher = ReturnType<typeof createWatcher>;

export function createWatcher(connection: Connection) {
  const changed = new EventEmitter<Look>();
  /** Release documents of looks before: they never change. */
  let known = new Map<string, ReleaseDocument>();
  let look: Look = { state: "apart" };
  let isSeen = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: { done: Promise<void>; controller: AbortController } | undefined;

  /**
   * What is under way is let go: it may have asked before something was changed. Whoever waits for that one waits for the
   * one that came in its place, so that what is found afterwards is never older than the question.
   */
  function refresh(): Promise<void> {
    running?.controller.abort();
    const controller = new AbortController();
    const done = lookNow(controller.signal).then(() => {
      if (running?.controller !== controller) return running?.done;
      running = undefined;
      return undefined;
    });
    running = { done, controller };
    return done;
  }

  async function lookNow(signal: AbortSignal): Promise<void> {
    clearTimeout(timer);
    const api = connection.find();
    if (api === undefined) {
      tell({ state: "apart" });
      return;
    }
    if (look.state === "apart") tell({ state: "looking" });
    try {
      const board = await loadBoard(api, { channel: connection.channel(), known, signal });
      if (!signal.aborted) tell({ state: "board", board });
    } catch (error) {
      const before = "board" in look ? look.board : undefined;
      if (!signal.aborted) tell({ state: "failed", error, ...(before && { board: before }) });
    }
    if (!signal.aborted) schedule();
  }

  function tell(next: Look): void {
    look = next;
    changed.fire(next);
  }

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        // Nobody sits before a window that has no focus.
        if (isSeen || window.state.focused) void refresh();
        else schedule();
      },
      isSeen ? SEEN_MS : UNSEEN_MS,
    );
  }

  const subscriptions: Disposable[] = [
    changed,
    connection.onDidChange(() => {
      // Another server has other documents under other digests.
      known = new Map();
      look = { state: "apart" };
      void refresh();
    }),
  ];

  return {
    refresh,
    find: (): Look => look,
    onDidLook: changed.event,
    setSeen(seen: boolean): void {
      if (isSeen === seen) return;
      isSeen = seen;
      if (connection.find() === undefined) return;
      if (seen) void refresh();
      else schedule();
    },
    dispose(): void {
      clearTimeout(timer);
      running?.controller.abort();
      for (const each of subscriptions) each.dispose();
    },
  };
}
