import { type Cart, HaggleError, refuse } from "@haggle/abi";
import { watchAttention } from "./client/attention.ts";
import { encodeBootstrap, parseBootstrap } from "./client/bootstrap.ts";
import { createFollow, POLL_MS } from "./client/follow.ts";
import type { ClientState, Decided, Haggle, HaggleOptions } from "./client/haggle.ts";
import { attempt, createListeners } from "./client/listeners.ts";
import { openStore } from "./client/open-store.ts";
import { chooses, createSession, hasArms } from "./client/session.ts";
import { createShop } from "./client/shop.ts";
import { createShopper } from "./client/shopper.ts";
import {
  canJoinTabs,
  type Documents,
  documentSource,
  documentsOf,
  joinTabs,
  type Word,
} from "./client/tabs.ts";
import type { Decision } from "./decision.ts";
import type { EvaluateOptions } from "./engine.ts";
import { measureMarks } from "./marks.ts";
import { observeEvaluate } from "./observe.ts";
import { RefusedDecision } from "./refused-decision.ts";
import { createBundles } from "./trust/bundles.ts";
import { cdnSource, serverSource, withoutSlash } from "./trust/http-source.ts";
import type { Live, UpdaterEvent } from "./trust/live.ts";
import type { ReleaseSource } from "./trust/source.ts";
import type { TrustState } from "./trust/state.ts";
import { createUpdater } from "./trust/updater.ts";

export type { Bootstrap } from "./client/bootstrap.ts";
export type {
  AnyDecision,
  ClientState,
  Comparison,
  Decided,
  Haggle,
  HaggleContext,
  HaggleEvents,
  HaggleOptions,
  Quoted,
  QuoteOptions,
} from "./client/haggle.ts";
export type { Evaluation, OnEvaluate } from "./observe.ts";
export { priceOf } from "./trust/price-of.ts";

type Refused = Extract<UpdaterEvent, { type: "refused" }>;

/** What a timer can hold; beyond it, it would run at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Keeps an engine on the newest release of a channel, and prices carts with it: starts with what was inlined or stored, then
 * fetches, verifies and swaps between two evaluations until it is closed. A server says by an event stream when to look, in
 * browsers and in Node; a CDN is asked every 30 s. An update that is not newer, not signed or not whole changes nothing;
 * `createUpdater` says what is checked.
 *
 * @example
 * const haggle = createHaggle({ url: "", root: await (await fetch("/v1/root")).text() });
 * haggle.on("update", () => draw(haggle.evaluate(cart)));
 * await haggle.ready();
 * const { quote, isSame } = await haggle.quote(cart, { region: "NL" });
 */
export function createHaggle(options: HaggleOptions): Haggle {
  const { cdn, channel = "stable", experiments, signal, pollMs = POLL_MS } = options;
  const url = withoutSlash(options.url ?? "");
  const hasServer = cdn === undefined || options.url !== undefined;
  const network = cdn === undefined ? serverSource(url) : cdnSource(cdn);
  const measure = options.marks ? measureMarks : undefined;
  const closing = new AbortController();
  const closed = closing.signal;
  const { on, tell } = createListeners();
  let state: ClientState | undefined;
  /** Why there is nothing to price with. */
  let failure: HaggleError | undefined;
  /** What another tab gave, while that is taken in, and why the last of it was refused. */
  let handed: Documents | undefined;
  let unheard: Refused | undefined;
  let staleTimer: ReturnType<typeof setTimeout> | undefined;
  let staleTold: number | undefined;
  /** Of the root by which experiments were looked at. */
  let experimentsRoot: string | undefined;
  let settle: (failure?: HaggleError) => void = () => {};
  const settled = new Promise<void>((resolve, reject) => {
    settle = (cause) => (cause === undefined ? resolve() : reject(cause));
  });
  // A store that fails in a way of its own ends the start before anybody waits for this.
  settled.catch(() => {});

  const session = createSession({
    ...{ url, channel, storage: experiments?.storage, signal: closed },
    changed: () => void chooseAgain().catch(ignoreTold),
    failed: (error) => tell("error", error, false),
  });
  const shopper = createShopper(options.context ?? {}, session, hasServer);
  const shop = createShop({ url, headers: options.headers, session, onEvaluate: options.onEvaluate });
  const updater = createUpdater({
    ...{ root: options.root, minRelease: options.minRelease, development: options.development, channel },
    source: getDocument,
    store: openStore(options.store, channel, { failed: (error) => tell("error", error, false), closed }),
    bootstrap: readBootstrap(),
    bundles: createBundles({ compile: options.compile, measure }),
    onEvent: hear,
    get unit() {
      return shopper.nextUnit;
    },
    get bucket() {
      return shopper.nextBucket;
    },
  });
  const follow = createFollow({
    ...{ updater, pollMs, closed },
    eventsUrl: cdn === undefined ? `${url}/v1/channels/${channel}/events` : undefined,
    onLooked: looked,
    onTold: (name, { document, version }) => {
      const { signed } = experiments ?? {};
      if (name !== "experiments" || (signed && version === signed.version)) return;
      const text = typeof document === "string" ? document : undefined;
      if (experiments) experiments.told(text);
      // Another tab may have some.
      else tabs?.say(text ?? name);
    },
  });
  const tabs =
    (options.tabs ?? true) && canJoinTabs()
      ? joinTabs(`haggle ${cdn ?? url} ${channel}`, { onLead: () => follow.become("leads"), onWord: heed })
      : undefined;
  const evaluate = observeEvaluate(
    measure ? (cart, options) => measure("evaluate", () => price(cart, options)) : price,
    options.onEvaluate,
    () => updater.live?.engine,
  );

  function price(cart: unknown, options?: EvaluateOptions): Decision {
    const engine = updater.live?.engine;
    if (engine === undefined) return new RefusedDecision(refuse("CLIENT_NO_RELEASE"));
    if (experiments === undefined) return engine.evaluate(cart, options);
    const applied = experiments.apply(cart as Cart, shopper.context);
    const decision = engine.evaluate(applied, options);
    attempt(() => experiments.priced(applied, decision));
    return decision;
  }

  /** Whether it makes a difference who shops: else nobody is drawn a unit, and nothing is stored of him. */
  function needsSession(): boolean {
    const live = updater.live;
    if (shopper.isAnybody() && live !== undefined && chooses(live.channel)) return true;
    return hasServer && experiments?.signed?.experiments.some(({ unit }) => unit === "session") === true;
  }

  async function getDocument(
    ...[wanted, signal, isAnew]: Parameters<ReleaseSource>
  ): Promise<Uint8Array | undefined> {
    const bytes = await (handed ? documentSource(handed, network) : network)(wanted, signal, isAnew);
    // The arm of a first price is right from the beginning: nobody sees two prices for want of a unit.
    const isFirst = wanted.kind === "channel" && updater.live === undefined;
    if (isFirst && bytes !== undefined && shopper.isAnybody() && hasArms(bytes)) await session.wait();
    return bytes;
  }

  function readBootstrap(): TrustState | undefined {
    try {
      return options.bootstrap === undefined ? undefined : parseBootstrap(options.bootstrap);
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw cause;
      queueMicrotask(() => tell("error", cause, false));
      return undefined;
    }
  }

  function hear(event: UpdaterEvent): void {
    if (closed.aborted) return;
    if (event.type === "updated") use(event.live);
    if (event.type !== "refused") return;
    // What is wrong with documents of another tab a look of this one tells.
    unheard = handed && event;
    if (handed !== undefined) return;
    if (event.error.code !== "CLIENT_STATE_DAMAGED") failure = event.error;
    tell("error", event.error, event.alarm);
  }

  function use(live: Live): void {
    failure = undefined;
    state = stateOf(live);
    if (updater.isChosen) shopper.show();
    if (follow.role === "leads" && !live.restored) tabs?.say(documentsOf(live, channel));
    if (experimentsRoot !== live.trusted.sha256) {
      experimentsRoot = live.trusted.sha256;
      experiments?.told();
    }
    settle();
    changed();
    checkStale();
  }

  /** There are other prices than before, perhaps. */
  function changed(): void {
    if (state === undefined || closed.aborted) return;
    if (needsSession()) void session.ask();
    tell("update", state);
  }

  function looked(cause: HaggleError | undefined, hasAsked: boolean): void {
    if (cause !== undefined) settle(cause);
    if (closed.aborted) return;
    failure = cause;
    // The same again, of which the updater believes that it was told.
    if (unheard && unheard.error.message === cause?.message) tell("error", unheard.error, unheard.alarm);
    unheard = undefined;
    checkStale();
    if (cause !== undefined) return;
    if (needsSession()) void session.ask();
    if (follow.role !== "leads") return;
    tabs?.say("nothing");
    if (hasAsked) experiments?.told();
  }

  /** What the tab with the connection says. Of its documents nothing is believed. */
  function heed(word: Word): void {
    if (follow.role === "leads" || closed.aborted) return;
    if (word === "nothing") follow.heard();
    else if (typeof word === "string") experiments?.told(word);
    else void follow.overtake((signal) => takeIn(word, signal)).catch(ignoreTold);
  }

  async function takeIn(documents: Documents, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    handed = documents;
    try {
      await updater.update(signal);
      return;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || signal.aborted) throw cause;
    } finally {
      handed = undefined;
    }
    await updater.update(signal);
  }

  /** Another unit or bucket: another arm, perhaps, and with it other variants. */
  async function chooseAgain(): Promise<void> {
    if (updater.live !== undefined && !updater.isChosen) await follow.overtake();
    // Where nothing is in use there is nothing to change with.
    if ((updater.live === undefined || updater.isChosen) && shopper.show()) changed();
  }

  function checkStale(): void {
    clearTimeout(staleTimer);
    if (state === undefined || closed.aborted) return;
    const leftMs = state.expires - Date.now();
    if (leftMs > 0) staleTimer = setTimeout(checkStale, Math.min(leftMs, MAX_TIMER_MS));
    else if (staleTold !== state.expires) {
      staleTold = state.expires;
      tell("stale", state);
    }
  }

  function attend(isSeen: boolean): void {
    if (!isSeen) {
      tabs?.leave();
      follow.become("rests");
      return;
    }
    follow.become(tabs ? "follows" : "leads");
    tabs?.line();
    checkStale();
  }

  async function start(): Promise<void> {
    const restored = updater.restore();
    if (!closed.aborted) void follow.poll();
    // What keeps the store from being read keeps the update from counting too, which tells it.
    await Promise.race([settled, restored.catch(ignoreTold).then(() => settled)]);
    await experiments?.ready();
    if (experiments !== undefined && needsSession()) await session.wait();
  }

  async function decide(cart: Cart, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Decided> {
    signal?.throwIfAborted();
    if (!hasServer || (state !== undefined && !state.stale))
      return { source: "local", decision: evaluate(cart) };
    const decision = await shop.evaluate(cart, signal);
    const isUnanswered = !decision.ok && decision.error.code.startsWith("CLIENT_");
    if (state !== undefined && isUnanswered) return { source: "local", decision: evaluate(cart) };
    return { source: "server", decision };
  }

  function close(): void {
    const closed = refuse("CLIENT_CLOSED");
    closing.abort(closed);
    settle(closed);
    clearTimeout(staleTimer);
    follow.close();
    tabs?.close();
  }

  experiments?.start({
    ...{ url, cdn: hasServer ? undefined : cdn, channel, signal: closed, changed: toldOfExperiments },
    trusted: () => updater.live?.trusted,
    session: () => shopper.signed,
    context: () => shopper.context,
    failed: (error, alarm) => tell("error", error, alarm),
  });
  if (tabs !== undefined) attend(true);
  watchAttention(attend, closed);
  signal?.addEventListener("abort", close, { signal: closed });
  if (signal?.aborted) close();
  const ready = start();
  ready.catch(() => {});

  return {
    evaluate,
    decide,
    async quote(cart, options = {}) {
      if (!hasServer) throw refuse("CLIENT_NO_SERVER");
      options.signal?.throwIfAborted();
      const quoted = await shop.quote(cart, evaluate(cart), findPrices(updater.live), options);
      if (quoted.quote.release !== state?.release) void follow.poll().catch(ignoreTold);
      return quoted;
    },
    ready: () => ready,
    on,
    setContext(next) {
      shopper.become(next);
      shop.forget();
      const chosen = chooseAgain();
      // Whoever does not wait for it is told by `error`.
      chosen.catch(ignoreTold);
      return chosen;
    },
    snapshot: () => updater.live && encodeBootstrap(updater.live),
    get engine() {
      return updater.live?.engine;
    },
    get state() {
      return state;
    },
    get prices() {
      return findPrices(updater.live);
    },
    get channel() {
      return updater.live?.channel;
    },
    experiments,
    get unit() {
      return shopper.unit;
    },
    get fallback() {
      return updater.live === undefined ? failure : undefined;
    },
    refresh: () => follow.poll(),
    close,
  };

  function toldOfExperiments(document = "experiments"): void {
    if (follow.role === "leads" && !closed.aborted) tabs?.say(document);
    changed();
  }
}

/** They have an end of their own. */
function findPrices(live: Live | undefined): Live["prices"] {
  return live?.prices !== undefined && live.prices.expires > Date.now() ? live.prices : undefined;
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

/** `error` knows, and the next round tries again. Anything else is a bug, of a callback perhaps. */
function ignoreTold(cause: unknown): undefined {
  if (!(cause instanceof HaggleError)) throw cause;
}
