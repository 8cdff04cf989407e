import { HaggleError, type Prices, refuse } from "@haggle/abi";
import type { Decision } from "./decision.ts";
import type { Engine } from "./engine.ts";
import { RefusedDecision } from "./refused-decision.ts";
import { backOffMs } from "./trust/back-off.ts";
import { type EventStream, openEventStream } from "./trust/event-stream.ts";
import { cdnSource, serverSource } from "./trust/http-source.ts";
import type { Live, UpdaterEvent, UpdaterOptions } from "./trust/live.ts";
import { createUpdater } from "./trust/updater.ts";

export { priceOf } from "./trust/price-of.ts";

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

/** Until it is aborted, by a document that is newer or for good. */
type Work = (signal: AbortSignal) => Promise<void>;

const POLL_MS = 30_000;
/** While an event stream is open, asking is a net under lost events and keeps the channel from expiring. */
const POLL_WITH_EVENTS_MS = 300_000;
const MAX_POLL_FACTOR = 8;
/** When to look for what does not come with a pushed document. */
const LOOK_AFTER_PUSH_MS = 2_000;
/** What a server has told of and could not be had is asked for again within a second, then twice as long each time. */
const RETRY_MS = 500;
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
  const source = cdn === undefined ? serverSource(url) : cdnSource(cdn);
  const closing = new AbortController();
  const updater = createUpdater({ ...options, channel, source, onEvent: hear });
  let state: ClientState | undefined;
  let events: EventStream | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  /** What to do behind `running`, the last that was asked for. */
  let next: Work | undefined;
  let overtaking = new AbortController();
  /** A channel document that came with an event, and the one that is being taken in. */
  let pushed: string | undefined;
  let taking: string | undefined;
  /** Whether something was told that is not all here yet. */
  let isDue = false;
  let failures = 0;

  function hear(event: UpdaterEvent): void {
    if (closing.signal.aborted) return;
    if (event.type === "refused") onError?.(event.error, event.alarm);
    if (event.type !== "updated") return;
    state = stateOf(event.live);
    onRelease?.(state);
  }

  /** One update at a time; calls that come during one share the next. */
  function refresh(work = update): Promise<void> {
    if (running !== undefined) {
      next = work;
      return running;
    }
    overtaking = new AbortController();
    const { signal } = overtaking;
    running = work(AbortSignal.any([closing.signal, signal]))
      .catch((cause) => {
        if (!signal.aborted || closing.signal.aborted) throw cause;
      })
      .finally(() => {
        running = undefined;
        if (next === undefined) return;
        const work = next;
        next = undefined;
        void poll(work);
      });
    return running;
  }

  async function update(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // It counts before anything is fetched, whatever was told behind it.
    await takePushed(signal);
    await updater.update(signal);
    isDue = false;
  }

  /** Asks now and again later, whatever comes of it. */
  function poll(work = update): Promise<void> {
    clearTimeout(timer);
    const outcome = refresh(work);
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
    timer = setTimeout(() => void poll(), waitMs());
  }

  function waitMs(): number {
    const usualMs = events?.isOpen ? Math.max(pollMs, POLL_WITH_EVENTS_MS) : pollMs;
    if (!isDue) return backOffMs(usualMs, usualMs * MAX_POLL_FACTOR, failures);
    const soonMs = failures === 0 ? LOOK_AFTER_PUSH_MS : RETRY_MS;
    return backOffMs(Math.min(usualMs, soonMs), Math.min(pollMs, POLL_MS), failures);
  }

  /**
   * A kill counts with the message that brings it, before anything is fetched, whatever is being fetched at that moment, and
   * a thousand clients do not ask at once. Whatever is not plainly the next document is left to a look, which tells what is
   * wrong with it.
   */
  function take(data: string): void {
    const document = findDocument(data);
    if (document !== undefined) {
      pushed = document;
      // Each connection of the stream begins with the same one, which is no reason to begin anew.
      if (document !== taking) overtaking.abort();
    }
    void poll(async (signal) => {
      isDue = true;
      if (document === undefined || !(await takePushed(signal))) await update(signal);
    });
  }

  /** Whether there was one, and it is in use. */
  async function takePushed(signal: AbortSignal): Promise<boolean> {
    [taking, pushed] = [pushed, undefined];
    if (taking === undefined) return false;
    isDue = true;
    const before = updater.live?.release;
    try {
      const taken = await updater.take(new TextEncoder().encode(taking), signal);
      // Another release came with all that belongs to it.
      isDue = taken === undefined || taken.release === before || taken.withdrawn;
      return taken !== undefined;
    } finally {
      taking = undefined;
    }
  }

  /** A stream begins with the newest ones, which were fetched a moment ago. */
  function isNewPrices(data: string): boolean {
    return read(data).version !== updater.live?.prices?.version;
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
        onEvent: (name, data) => {
          if (name === "prices" ? isNewPrices(data) : LOOK_NOW.includes(name)) take(data);
        },
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
    refresh: () => refresh(),
    close,
  };
}

/** The signed channel document in what an event says, if it is there. That of prices is fetched like a new release's. */
function findDocument(data: string): string | undefined {
  const { document, sha256 } = read(data);
  return typeof document === "string" && sha256 === undefined ? document : undefined;
}

function read(data: string): { document?: unknown; sha256?: unknown; version?: unknown } {
  try {
    return Object(JSON.parse(data));
  } catch {
    return {};
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
