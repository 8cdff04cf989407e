import { hash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { HaggleError } from "@haggle/abi";
import { createBundles, createUpdater, serverSource } from "@haggle/sdk/trust";
import { makeCart } from "../release.ts";

// Readers who were never there before: each pulls all that a server has for him and prices by it. What they may come to is
// judged by what they came to before, and by what publishers were told.

/** Twenty pulls a second, all together. */
const READERS = 4;
const PAUSE_MS = 200;

export type Pull = {
  askedAt: number;
  endedAt: number;
  /** What it came to: the digest of a release and a total, or why not. */
  got: { release: string; total: number | undefined } | { code: string };
};

/** One release after the other, each by its digest. */
export type Published = { release: string; total: number };
/** From then on nobody may be given less than this release. */
export type Promised = { at: number; release: string };
/** Nobody can be asked then. */
export type Down = { from: number; until: number };

/** What a reader is told whose server is gone. */
const AWAY = "CLIENT_NETWORK";

/** Asks where `address` says, by the root that it pins, until it is stopped. */
export function pullAllTheTime(address: () => string, root: string) {
  const pulls: Pull[] = [];
  // Of the same bytes, which each reader verifies; compiled once.
  const bundles = createBundles();
  let wanted: string | undefined;
  let isOver = false;

  async function read(): Promise<void> {
    while (!isOver) {
      const askedAt = performance.now();
      const got = await pull(address(), wanted).catch((cause: unknown) => ({ code: codeOf(cause) }));
      pulls.push({ askedAt, endedAt: performance.now(), got });
      await pause(PAUSE_MS);
    }
  }

  async function pull(url: string, bundle: string | undefined): Promise<Pull["got"]> {
    if (bundle !== undefined) await lookAtBundle(url, bundle);
    const updater = createUpdater({ root, channel: "stable", source: serverSource(url), bundles });
    await updater.update();
    const { release, engine } = updater.live!;
    const decision = engine.evaluate(makeCart());
    return { release, total: decision.ok ? decision.total : undefined };
  }

  const readers = Array.from({ length: READERS }, read);
  async function stop(): Promise<void> {
    isOver = true;
    await Promise.all(readers);
  }
  return {
    pulls,
    /** A bundle that is being brought: there is nothing under its digest, or all of it. */
    want(bundle: string): void {
      wanted = bundle;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function lookAtBundle(url: string, sha256: string): Promise<void> {
  const response = await fetch(`${url}/v1/bundles/${sha256}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status === 404) return;
  if (response.status !== 200 || hash("sha256", bytes) !== sha256) {
    throw new Error(`a bundle with status ${response.status}, ${bytes.length} bytes of it`);
  }
}

function codeOf(cause: unknown): string {
  if (cause instanceof HaggleError) return cause.code;
  // What fetch has when a connection cannot be made, or breaks off.
  return cause instanceof TypeError ? AWAY : String(cause);
}

/**
 * Each pull is one release and its own price, never less than what was promised or pulled before it began; it fails only
 * while nobody could be asked.
 */
export function judgePulls(
  pulls: readonly Pull[],
  published: readonly Published[],
  promises: readonly Promised[],
  downs: readonly Down[],
): string[] {
  const orders = new Map(published.map(({ release }, index) => [release, index]));
  const promised = promises.map(({ at, release }) => ({ at, order: orders.get(release)! }));
  /** What was pulled for the first time, and when. */
  const pulled = [{ at: Number.NEGATIVE_INFINITY, order: 0 }];
  const wrong: string[] = [];
  let isThere = false;
  for (const { askedAt, endedAt, got } of [...pulls].sort((a, b) => a.endedAt - b.endedAt)) {
    if ("code" in got) {
      const isDown = downs.some(({ from, until }) => askedAt <= until && endedAt >= from);
      if (got.code !== AWAY || !isDown) wrong.push(`a reader came to ${got.code}`);
      continue;
    }
    isThere = true;
    const order = orders.get(got.release);
    if (order === undefined || published[order]!.total !== got.total) {
      wrong.push(`a reader came to ${got.total} by ${got.release}`);
      continue;
    }
    const before = [...promised, ...pulled].filter(({ at }) => at < askedAt);
    const floor = Math.max(...before.map((it) => it.order));
    if (order < floor) wrong.push(`a reader was given release ${order} behind release ${floor}`);
    if (order > pulled.at(-1)!.order) pulled.push({ at: endedAt, order });
  }
  return isThere ? wrong : [...wrong, "nobody pulled anything"];
}
