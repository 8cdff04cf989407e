import {
  type Channel,
  HaggleError,
  MAX_BUNDLE_BYTES,
  MAX_ENVELOPE_BYTES,
  MAX_RELEASE_ENVELOPE_BYTES,
  refuse,
} from "@haggle/abi";
import { findArm } from "./arms.ts";
import type { Decision } from "./decision.ts";
import { createEngine, type Engine } from "./engine.ts";
import { RefusedDecision } from "./refused-decision.ts";
import { type ChannelFloor, type TrustedRoot, verifyChannel, verifyRelease, verifyRoot } from "./verify.ts";

export type ClientOptions = {
  /** Where the server is, such as `https://promotions.example.com`; `""` for the page's own origin. */
  url: string;
  /** The root document that says whose releases to believe: pinned in the shop's build, or fetched by the page. */
  root: Uint8Array | string;
  /** Default `stable`. */
  channel?: string;
  /** Called after each swap, the first release included. */
  onRelease?: (state: ClientState) => void;
  /** Called when an update is refused or cannot be fetched; the engine in use stays. */
  onError?: (error: HaggleError) => void;
  /** Accepts the root of one machine's development key. Leave it out wherever shoppers are. */
  development?: boolean;
  /** Closes the client when it aborts. */
  signal?: AbortSignal;
  /** How often to ask where no event stream is open. Default 30 s. */
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
  /** How the first attempt went. When it failed the client still goes on trying. */
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
};

const POLL_MS = 30_000;
/** While an event stream is open, asking is a net under lost events and keeps the channel from expiring. */
const POLL_WITH_EVENTS_MS = 300_000;
const FETCH_TIMEOUT_MS = 15_000;
const OK = 200;
/** The arm of everybody, until a shopper's id picks a bucket. */
const FIRST_BUCKET = 0;

/** What is in use: an engine, and the bytes it was made from so that an unchanged file is not fetched again. */
type Live = {
  engine: Engine;
  channel: Channel;
  floor: ChannelFloor;
  release: { sha256: string; bytes: Uint8Array };
  bundle: { sha256: string; bytes: Uint8Array };
};

/**
 * Keeps an engine on the newest release of a channel: fetches, verifies, swaps while the page is open. Updates come
 * by event stream where the host has `EventSource` and by asking elsewhere. An update that is not newer, not signed
 * or not whole changes nothing.
 *
 * @example
 * const client = connect({ url: "", root: await (await fetch("/v1/root")).text() });
 * await client.ready;
 * const decision = client.evaluate(cart);
 */
export function connect(options: ClientOptions): Client {
  const { url, root, channel: name = "stable", onRelease, onError, signal, pollMs = POLL_MS } = options;
  const closing = new AbortController();
  let trusted: Promise<TrustedRoot> | undefined;
  let live: Live | undefined;
  let state: ClientState | undefined;
  let events: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let again = false;

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
    try {
      if (closing.signal.aborted) throw refuse("CLIENT_CLOSED");
      trusted ??= verifyRoot(root);
      await swap(await trusted);
    } catch (cause) {
      if (cause instanceof HaggleError && !closing.signal.aborted) onError?.(cause);
      throw cause;
    }
  }

  async function swap(trustedRoot: TrustedRoot): Promise<void> {
    const now = Date.now();
    const channelBytes = await get(`channels/${name}`, MAX_ENVELOPE_BYTES);
    const expected = { now, channel: name, ...(live && { floor: live.floor }) };
    const { channel, sha256 } = await verifyChannel(channelBytes, trustedRoot, expected);
    if (sha256 === live?.floor.sha256) return;

    const next = { channel, floor: { version: channel.version, sha256 } };
    const digest = findArm(channel, FIRST_BUCKET);
    const release = await keep(live?.release, "releases", digest, MAX_RELEASE_ENVELOPE_BYTES);
    const known = await verifyRelease(release.bytes, trustedRoot, {
      now,
      sha256: digest,
      minVersion: channel.minRelease,
    });
    const bundle = await keep(live?.bundle, "bundles", known.release.bundles[0]!.sha256, MAX_BUNDLE_BYTES);
    // A channel that only renews its promise leaves the engine, and the memory it has warmed, alone.
    const same =
      live?.release.sha256 === digest && JSON.stringify(live.channel.off) === JSON.stringify(channel.off);
    const engine = same
      ? live!.engine
      : await createEngine({
          bundle: bundle.bytes,
          release: release.bytes,
          root: trustedRoot,
          channel: channelBytes,
          now,
          development: options.development === true,
        });
    if (closing.signal.aborted) return;
    live = { ...next, engine, release, bundle };
    state = {
      release: digest,
      version: channel.version,
      expires: channel.expires,
      get stale() {
        return Date.now() >= this.expires;
      },
    };
    onRelease?.(state);
  }

  async function keep(held: Live["release"] | undefined, kind: string, sha256: string, maxBytes: number) {
    return held?.sha256 === sha256 ? held : { sha256, bytes: await get(`${kind}/${sha256}`, maxBytes) };
  }

  async function get(path: string, maxBytes: number): Promise<Uint8Array> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
    const { status, bytes } = await fetchBytes(`${url}/v1/${path}`, signal);
    if (status !== OK) throw refuse("CLIENT_STATUS", path, status);
    if (bytes.length > maxBytes) throw refuse("CLIENT_TOO_LARGE", path, bytes.length);
    return bytes;
  }

  /** Asks now and again later, whatever comes of it. */
  function poll(): Promise<void> {
    clearTimeout(timer);
    const outcome = refresh();
    outcome
      .catch((cause: unknown) => {
        // onError knows, and the next round tries again. Anything else is a bug, of a callback perhaps.
        if (!(cause instanceof HaggleError)) throw cause;
      })
      .finally(() => {
        clearTimeout(timer);
        if (!closing.signal.aborted) timer = setTimeout(poll, listen() ? POLL_WITH_EVENTS_MS : pollMs);
      });
    return outcome;
  }

  /** Opens the event stream where there is none; true while it is open. */
  function listen(): boolean {
    if (typeof EventSource === "undefined") return false;
    if (events === undefined || events.readyState === EventSource.CLOSED) {
      events = new EventSource(`${url}/v1/channels/${name}/events`);
      events.addEventListener("channel", poll);
    }
    return events.readyState === EventSource.OPEN;
  }

  function close(): void {
    closing.abort(refuse("CLIENT_CLOSED"));
    clearTimeout(timer);
    events?.close();
  }

  signal?.addEventListener("abort", close, { once: true });
  if (signal?.aborted) close();
  const ready = poll();

  return {
    evaluate: (cart) => live?.engine.evaluate(cart) ?? new RefusedDecision(refuse("CLIENT_NO_RELEASE")),
    get engine() {
      return live?.engine;
    },
    get state() {
      return state;
    },
    ready,
    refresh,
    close,
  };
}

async function fetchBytes(url: string, signal: AbortSignal): Promise<{ status: number; bytes: Uint8Array }> {
  try {
    const response = await fetch(url, { signal });
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (cause) {
    if (cause instanceof HaggleError) throw cause;
    throw refuse("CLIENT_NETWORK", url, undefined, cause);
  }
}
