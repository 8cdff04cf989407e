import { type Channel, explainError, HaggleError, type Prices } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import type { LiveRelease, Releases } from "./service.ts";
import type { Kind } from "./store.ts";

/** The documents that have a short life and are signed again and again. */
const KINDS = ["channel", "prices"] as const;

/**
 * Who lets the live channel document live on: this server; nobody here, for want of a key that its role knows; or
 * several people together, because the role has a threshold above one.
 */
export type RenewalState = "automatic" | "noKey" | "threshold";

type Dependencies = {
  releases: Releases;
  database: Database;
  keys: OnlineKeys;
  /** Left to end otherwise: how long prices live is what their strategy meant. */
  renewPrices: boolean;
  clock: Clock;
  /** From 0 to 1, for the jitter. */
  random: () => number;
  log: Logger;
};

/** How often to see whether something is due. */
const CHECK_MS = 1_000;
/** Of a document's half life: servers come one after another, and mostly the first has done it. */
const JITTER = 0.05;
/** A database or a service that does not work now is left in peace for a while. */
const RETRY_MS = 30_000;
/** With this much of its life left, a document that should have been renewed was not. */
const LATE_SHARE = 0.25;

/**
 * Signs the live channel documents again when they have spent half of their lives, and with `renewPrices` the prices
 * documents likewise. Only version and times change: what the document says was decided by others, and stays. A document that has
 * ended stays so: after an outage people decide whether what it said still holds.
 */
export function createRenewal(dependencies: Dependencies) {
  const { releases, database, keys, renewPrices, clock, random, log } = dependencies;
  const kinds = renewPrices ? KINDS : (["channel"] as const);
  const jitter = random() * JITTER;
  const restUntil = new Map<string, number>();
  let running: Promise<void> | undefined;
  let isRenewing = false;

  /** Renews what is due. */
  function run(): Promise<void> {
    running ??= renewAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function renewAll(): Promise<void> {
    await keys.refresh(releases.findTrusted());
    if (!isRenewing) return;
    for (const channel of releases.listChannels()) {
      for (const kind of kinds) await renewOne(channel, kind);
    }
  }

  async function renewOne(channel: string, kind: Kind): Promise<void> {
    const live = releases.find(channel);
    if (live === undefined || !isDue(kind, live)) return;
    try {
      if (await renew(kind, live)) await releases.refresh();
    } catch (cause) {
      const error = cause instanceof HaggleError ? cause : unexpected(cause);
      restUntil.set(`${channel} ${kind}`, clock() + RETRY_MS);
      log.error({ channel, kind, code: error.code, reason: explainError(error) }, "signing again failed");
    }
  }

  function isDue(kind: Kind, live: LiveRelease): boolean {
    const document = live[kind];
    const now = clock();
    if (document === undefined || now >= document.expires || now < dueAt(document, jitter)) return false;
    if (now < (restUntil.get(`${document.channel} ${kind}`) ?? 0)) return false;
    return stateOf(kind, live) === "automatic";
  }

  /** Resolves with whether there is a new document. */
  async function renew(kind: Kind, live: LiveRelease): Promise<boolean> {
    const document = live[kind]!;
    const bytes = live.files[kind]!;
    const { channel, version } = document;
    // What another server has put there is newer, and not for this one to replace.
    const isDone = await database.transaction((tx) => releases.renew(tx, { channel, kind, bytes }, prolong));
    if (isDone) log.info({ channel, kind, version: version + 1 }, "signed again");
    return isDone;
  }

  function stateOf(kind: Kind, { trusted }: LiveRelease): RenewalState {
    if (trusted.root.roles[kind].threshold > 1) return "threshold";
    return keys.find(kind, trusted) === undefined ? "noKey" : "automatic";
  }

  function isLate(channel: string): boolean {
    const live = releases.find(channel);
    if (live === undefined) return false;
    const { issued, expires } = live.channel;
    const left = expires - clock();
    return left > 0 && left < (expires - issued) * LATE_SHARE;
  }

  function isKeyMissing(channel: string): boolean {
    const live = releases.find(channel);
    if (live === undefined || stateOf("channel", live) !== "noKey") return false;
    return keys.stateOf("channel", live.trusted) === "missing";
  }

  return {
    stateOf: (live: LiveRelease): RenewalState => stateOf("channel", live),
    /** Whether a live channel document ends for want of a key that was never given to this server. */
    isKeyMissing: (): boolean => releases.listChannels().some(isKeyMissing),
    /** Whether a live channel document is near its end, though somebody should have renewed it. */
    isLate: (): boolean => releases.listChannels().some(isLate),
    /**
     * Keeps the keys ready, and with `renews` signs what is due, until the returned function is called, which waits for what
     * is under way.
     */
    watch({ renews }: { renews: boolean }): () => Promise<void> {
      isRenewing = renews;
      void run();
      const timer = setInterval(() => void run(), CHECK_MS);
      return async () => {
        clearInterval(timer);
        await running;
      };
    },
  };
}

function dueAt({ issued, expires }: Channel | Prices, jitter: number): number {
  return issued + halfLife({ issued, expires }) * (1 + jitter);
}

/**
 * The same document of the next version, with as long a life. Its times are half a life after the old ones, so
 * that servers which renew one document at once, each by its own clock, write the same bytes: with other times there
 * would be two documents of one version, which every client calls an equivocation.
 */
function prolong<T extends Channel | Prices>(document: T): T {
  const { issued, expires, version } = document;
  const half = halfLife(document);
  return { ...document, version: version + 1, issued: issued + half, expires: expires + half };
}

function halfLife({ issued, expires }: Pick<Channel, "issued" | "expires">): number {
  return Math.max(1, Math.floor((expires - issued) / 2));
}

function unexpected(cause: unknown): HaggleError {
  return new HaggleError("SERVER_INTERNAL", "The document could not be stored", { cause });
}
