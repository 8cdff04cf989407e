// The tabs of one browser: one of them has the connection, and gives the documents that come by it to the others.

import type { Live } from "../trust/live.ts";
import { pathOf, type ReleaseSource, type Wanted } from "../trust/source.ts";

/** Documents under their paths in a release folder. Whoever gets them verifies them as if a stranger had sent them. */
export type Documents = ReadonlyMap<string, Uint8Array>;

/**
 * Without documents of a release: the one with the connection has looked and found nothing new (`nothing`), or was told of experiments
 * (`experiments`), whose document it has where it is any other text.
 */
export type Word = Documents | string;

type Hooks = {
  /** This tab has the connection from now on. */
  onLead: () => void;
  onWord: (word: Word) => void;
};

export function canJoinTabs(): boolean {
  return (
    typeof document !== "undefined" &&
    typeof BroadcastChannel !== "undefined" &&
    globalThis.navigator?.locks !== undefined
  );
}

/**
 * Joins the tabs that follow the same channel of the same server. The browser gives the lock to one of them, and to the next
 * in the moment in which that one lets go, is closed or crashes.
 */
export function joinTabs(name: string, { onLead, onWord }: Hooks) {
  const words = new BroadcastChannel(name);
  let leaving = new AbortController();
  words.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isWord(data)) onWord(data);
  };

  /** Gets in line, behind whoever is there. */
  function line(): void {
    const { signal } = leaving;
    const held = () =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve());
        if (signal.aborted) resolve();
        else onLead();
      });
    navigator.locks.request(name, { signal }, held).catch((cause: unknown) => {
      // Where a browser refuses to keep locks each tab is on its own.
      if (!signal.aborted) onLead();
      if (!(cause instanceof DOMException)) throw cause;
    });
  }

  /** Lets go, of the lock or of the place in line. */
  function leave(): void {
    leaving.abort();
    leaving = new AbortController();
  }

  return {
    line,
    leave,
    say: (word: Word) => words.postMessage(word),
    close(): void {
      leave();
      words.close();
    },
  };
}

/** What is in use, as one tab gives it to the others. */
export function documentsOf(live: Live, channel: string): Documents {
  const { roots, files } = live;
  const newest = live.trusted.root.version;
  const documents: [Wanted, Uint8Array | undefined][] = [
    ...roots.map((bytes, i): [Wanted, Uint8Array] => [
      { kind: "root", version: newest + 1 - roots.length + i },
      bytes,
    ]),
    [{ kind: "channel", channel }, files.channel],
    [{ kind: "release", sha256: live.release }, files.release],
    [{ kind: "bundle", sha256: live.engine.bundle }, files.bundle],
    [{ kind: "prices", channel }, files.prices],
  ];
  return new Map(documents.flatMap(([wanted, bytes]) => (bytes ? [[pathOf(wanted), bytes] as const] : [])));
}

/** Of what another tab gave; what it did not, a release of another arm, comes from where it always does. */
export function documentSource(documents: Documents, source: ReleaseSource): ReleaseSource {
  return async (wanted, signal) => {
    const found = documents.get(pathOf(wanted));
    if (found !== undefined || wanted.kind === "root" || wanted.kind === "prices") return found;
    return source(wanted, signal);
  };
}

function isWord(value: unknown): value is Word {
  if (!(value instanceof Map)) return typeof value === "string";
  return [...value].every(([path, bytes]) => typeof path === "string" && bytes instanceof Uint8Array);
}
