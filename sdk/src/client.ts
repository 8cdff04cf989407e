import { type Channel, HaggleError, type Prices, refuse } from "@haggle/abi";
import { bucketOf } from "./bucket.ts";
import type { Decision } from "./decision.ts";
import type { Engine } from "./engine.ts";
import { RefusedDecision } from "./refused-decision.ts";
import { backOffMs } from "./trust/back-off.ts";
import { type EventStream, openEventStream } from "./trust/event-stream.ts";
import { cdnSource, serverSource } from "./trust/http-source.ts";
import type { Live, UpdaterEvent, UpdaterOptions } from "./trust/live.ts";
import type { Wanted } from "./trust/source.ts";
import { createUpdater } from "./trust/updater.ts";
import { verifyChannel } from "./verify.ts";

export type ClientOptions = Pick<
  UpdaterOptions,
  "root" | "store" | "minRelease" | "development" | "unit" | "bucket"
> & {
  /** Where the server is, such as `https://promotions.example.com`; `""` for the page's own origin. */
  url?: string | undefined;
  /** Instead of a server: where a copy of its release folder is. */
  cdn?: string | undefined;
  /** Default `stable`. */
  channel?: string;
  /** Called after each swap, the first release included. */
  onRelease?: (state: ClientState) => void;
  /**
   * Called when something is refused or cannot be fetched; what is in use stays. `alarm`: only an attacker or a broken
   * signer gives this. The same again right after is not told again.
   */
  onError?: (error: HaggleError, alarm: boolean) => void;
  /** Closes the client when it aborts. */
  signal?: AbortSignal;
  /** How often to ask where no event stream is open; up to eight times as long where nobody answers. Default 30 s. */
  pollMs?: number;
};

export type Client = {
  /**
   * Prices a cart with the newest release. Never throws: before the first release the decision is refused with
   * CLIENT_NO_RELEASE.
   */
  evaluate(cart: unknown): Decision;
  readonly engine: Engine | undefined;
  readonly state: ClientState | undefined;
  /** Unit prices that strategies gave, for the release in use. */
  readonly prices: Prices | undefined;
  /**
   * Whether there is something to price with: restored from the store, or after the first update. Where that failed the
   * client still goes on trying.
   */
  readonly ready: Promise<void>;
  /** Looks for an update now. Rejects with what `onError` is told. */
  refresh(): Promise<void>;
  close(): void;
};

export type ClientState = {
  /** Hex SHA-256 of the release document. */
  readonly release: string;
  /** Of the channel document. */
  readonly version: number;
  /** Epoch ms at which the channel document's promise ends. */
  readonly expires: number;
  /** Past that time: prices are previews that the server may not know any more. */
  readonly stale: boolean;
  /** The shop has switched this release off and offers no other: every cart is refused with ENGINE_RELEASE_OFF. */
  readonly withdrawn: boolean;
  /** Started from what was stored; no source has confirmed it yet. */
  readonly restored: boolean;
};

const POLL_MS = 30_000;
/** While an event stream is open, asking is a net under lost events and keeps the channel from expiring. */
const POLL_WITH_EVENTS_MS = 300_000;
const MAX_POLL_FACTOR = 8;
/** When to look for what does not come with a pushed document. */
const LOOK_AFTER_PUSH_MS = 2_000;
/** What a server says when there is something new, and when it has given up on telling this client what. */
const LOOK_NOW = ["channel", "refetch"];

/**
 * Keeps an engine on the newest release of a channel: starts with what was stored, then fetches, verifies and swaps until
 * it is closed. A server says by an event stream when to look, in browsers and in Node; a CDN is asked every 30 s.
 * An update that is not newer, not signed or not whole changes nothing; `createUpdater` says what is checked.
 *
 * @example
 * const client = createHaggle({ url: "", root: await (await fetch("/v1/root")).text() });
 * await client.ready;
 * const decision = client.evaluate(cart);
 */
export function createHaggle(options: ClientOptions): Client {
  const { url = "", cdn, channel = "stable", onRelease, onError, signal, pollMs = POLL_MS } = options;
  const origin = cdn === undefined ? serverSource(url) : cdnSource(cdn);
  const closing = new AbortController();
  const updater = createUpdater({ ...options, channel, source, onEvent: hear });
  /** A channel document that came with an event, while it is being taken in. */
  let pushed: Uint8Array | undefined;
  let state: ClientState | undefined;
  let events: EventStream | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let failures = 0;

  /** With a pushed document come neither roots nor prices; the look that follows has them. */
  async function source(wanted: Wanted, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    if (pushed === undefined || wanted.kind === "release" || wanted.kind === "bundle") {
      return origin(wanted, signal);
    }
    return wanted.kind === "channel" ? pushed : undefined;
  }

  function hear(event: UpdaterEvent): void {
    if (closing.signal.aborted) return;
    if (event.type === "refused") onError?.(event.error, event.alarm);
    if (event.type !== "updated") return;
    state = stateOf(event.live);
    onRelease?.(state);
  }

  /** One update at a time; calls that come during one share the next. */
  function refresh(): Promise<void> {
    if (running !== undefined) {
      again = true;
      return running;
    }
    running = update().finally(() => {
      running = undefined;
      if (again) {
        again = false;
        void poll();
      }
    });
    return running;
  }

  async function update(): Promise<void> {
    closing.signal.throwIfAborted();
    await updater.update(closing.signal);
  }

  /** Asks now and again later, whatever comes of it. */
  function poll(): Promise<void> {
    clearTimeout(timer);
    const outcome = refresh();
    outcome
      .then(
        () => {
          failures = 0;
        },
        (cause) => {
          failures += 1;
          ignoreTold(cause);
        },
      )
      .finally(listen);
    return outcome;
  }

  /** When to ask next if nobody says so before. */
  function schedule(): void {
    clearTimeout(timer);
    if (closing.signal.aborted) return;
    const everyMs = events?.isOpen ? Math.max(pollMs, POLL_WITH_EVENTS_MS) : pollMs;
    timer = setTimeout(poll, backOffMs(everyMs, everyMs * MAX_POLL_FACTOR, failures));
  }

  /**
   * A kill counts with the message that brings it, before anything is fetched, and a thousand clients do not ask at once.
   * Whatever is not plainly the next document is left to a look, which tells what is wrong with it.
   */
  async function take(data: string): Promise<void> {
    const { live } = updater;
    const document = live && findDocument(data);
    if (document === undefined || running !== undefined) return void poll();
    const next = await verifyChannel(document, live!.trusted, { channel }).catch(() => undefined);
    if (next === undefined || !isForThis(next.channel, live!) || running !== undefined) return void poll();
    pushed = document;
    running = update().finally(() => {
      pushed = undefined;
      running = undefined;
    });
    const outcome = await running.then(() => true, ignoreTold);
    if (outcome !== true || again) return void poll();
    clearTimeout(timer);
    if (!closing.signal.aborted)
      timer = setTimeout(poll, backOffMs(LOOK_AFTER_PUSH_MS, LOOK_AFTER_PUSH_MS, 0));
  }

  /** Whether a newer document leaves this client on its release, or switches that off. A new one comes with its prices. */
  function isForThis({ version, arms, off }: Channel, live: Live): boolean {
    if (version <= live.version) return false;
    const { unit, bucket = 0 } = options;
    const mine = unit === undefined ? bucket : bucketOf(arms[0]?.seed ?? "", unit);
    const arm = arms.find(({ range: [from, to] }) => from <= mine && mine < to);
    return arm?.release === live.release || off.releases.includes(live.release);
  }

  async function start(): Promise<void> {
    const restored = updater.restore();
    const updated = poll();
    // What keeps the store from being read keeps the update from counting too, which tells it.
    if ((await restored.catch(ignoreTold)) === undefined) await updated;
  }

  /** The stream begins with what is live, so that nothing is lost between the first look and it. */
  function listen(): void {
    if (cdn === undefined && !closing.signal.aborted) {
      events ??= openEventStream(`${url}/v1/channels/${channel}/events`, {
        onEvent: (name, data) => void (LOOK_NOW.includes(name) && take(data)),
        onLost: schedule,
      });
    }
    schedule();
  }

  function close(): void {
    closing.abort(refuse("CLIENT_CLOSED"));
    clearTimeout(timer);
    events?.close();
  }

  signal?.addEventListener("abort", close, { signal: closing.signal });
  if (signal?.aborted) close();
  const ready = start();
  ready.catch(ignoreTold);

  return {
    evaluate: (cart) =>
      updater.live?.engine.evaluate(cart) ?? new RefusedDecision(refuse("CLIENT_NO_RELEASE")),
    get engine() {
      return updater.live?.engine;
    },
    get state() {
      return state;
    },
    get prices() {
      const prices = updater.live?.prices;
      return prices !== undefined && prices.expires > Date.now() ? prices : undefined;
    },
    ready,
    refresh,
    close,
  };
}

/** The signed channel document in what an event says, if it is there. */
function findDocument(data: string): Uint8Array | undefined {
  try {
    const { document } = JSON.parse(data) as { document?: unknown };
    return typeof document === "string" ? new TextEncoder().encode(document) : undefined;
  } catch {
    return undefined;
  }
}

function stateOf({ release, version, expires, withdrawn, restored }: Live): ClientState {
  return {
    release,
    version,
    expires,
    withdrawn,
    restored,
    get stale() {
      return Date.now() >= expires;
    },
  };
}

/** `onError` knows, and the next round tries again. Anything else is a bug, of a callback perhaps. */
function ignoreTold(cause: unknown): undefined {
  if (!(cause instanceof HaggleError)) throw cause;
}
