import { type Cart, type CartLine, createEncoder, HaggleError, refuse } from "@haggle/abi";
import type { AnyDecision, Decided } from "../client/haggle.ts";
import { attempt } from "../client/listeners.ts";
import type { Decision } from "../decision.ts";
import type { Engine } from "../engine.ts";
import { RefusedDecision } from "../refused-decision.ts";
import { backOffMs } from "../trust/back-off.ts";
import { frozen } from "./frozen.ts";
import { type CartHost, engineOf } from "./host.ts";

/** What is shown: frozen, and another object after each change. */
export type CartSnapshot = {
  /** As it was priced; `now` is when. */
  readonly cart: Cart;
  /** Of this cart, or of the one before it while `pending`. */
  readonly decision: Decision | AnyDecision;
  readonly source: Decided["source"];
  /** The answer for this cart is on its way: the first release, or the server's price. */
  readonly pending: boolean;
  /**
   * Why the server's price is still not here, while `pending`: it is asked again, later and later, and at once when the browser is
   * online again. The decision is that of before, or refused for this where there is none.
   */
  readonly failure: HaggleError | undefined;
  /** What has priced here: `explain` and `nearestUnlocks` want its promotions and policy. */
  readonly engine: Engine | undefined;
};

/** What a cart begins with. `id`: the shop's own, where it has one; else one is drawn, which lasts as long as this cart. */
export type CartParts = Pick<Cart, "currency"> & Partial<Omit<Cart, "now">>;

export type LiveCartOptions = {
  /** Epoch ms, for promotions with a beginning or an end. Default: the clock. */
  now?: () => number;
  /** How long nothing has to change before a server is asked, where prices come from one. Default 250 ms. */
  restMs?: number;
};

export type LiveCart = {
  /** 0 removes the line. Nothing happens where there is no line of this id. */
  setQuantity(id: string, quantity: number): void;
  /** In the place of the line with the same id, else behind the last one. */
  setLine(line: CartLine): void;
  removeLine(id: string): void;
  /** Other parts of the cart, such as coupons or a customer. `undefined` takes one away. */
  set(parts: { readonly [Part in keyof CartParts]?: CartParts[Part] | undefined }): void;
  /** Several changes, priced and told of once. */
  update(change: () => void): void;
  /** Prices again, as after a while in which a promotion has begun or ended. */
  refresh(): void;
  /**
   * Listens until the function is called that it gives. The listener gets the snapshot at once and after each change: a store
   * of Svelte, and what React's `useSyncExternalStore` asks for. What it throws reaches nobody else.
   */
  subscribe(listener: (snapshot: CartSnapshot) => void): () => void;
  /** The same object until something changes. */
  getSnapshot(): CartSnapshot;
  /** Listens to nobody any more, asks nobody, and stays as it is. */
  close(): void;
};

const REST_MS = 250;
const RETRY_MS = 1_000;
const RETRY_CAP_MS = 60_000;
/** What passes without the cart being another one. */
const PASSING =
  /^CLIENT_(?:NETWORK|STATUS)$|^SERVER_(?:DATABASE|DRAINING|NO_RELEASE|RELEASE_EXPIRED|TOO_MANY_REQUESTS)$/;

/**
 * A cart that is priced at each change of it or of the rules, and tells who listens. Bad lines never throw: the decision is
 * refused and says why. A changed line is encoded alone. Where the host cannot price (`fallback`), its server is asked when
 * the hand rests, and again where it cannot be reached; until it has answered the decision of before stays, `pending`.
 *
 * @example
 * const cart = createCart(haggle, { currency: "EUR", lines });
 * cart.subscribe(({ decision }) => decision.ok && show(decision.total));
 * cart.setQuantity("line-1", 3);
 */
export function createCart(host: CartHost, initial: CartParts, options: LiveCartOptions = {}): LiveCart {
  const { now = Date.now, restMs = REST_MS } = options;
  const encode = createEncoder();
  const listeners = new Set<{ call: (snapshot: CartSnapshot) => void }>();
  let parts = frozen({ id: drawId(), lines: [], shipping: [], coupons: [], ...initial }) as Omit<Cart, "now">;
  let updates = 0;
  let isDue = false;
  let isClosed = false;
  let failures = 0;
  /** Asks at once what waits to be asked again. */
  let askNow: (() => void) | undefined;
  let asking = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let snapshot: CartSnapshot = price();

  /** Prices what is there now, here or later at the server. */
  function price(before?: CartSnapshot): CartSnapshot {
    rest();
    failures = 0;
    const cart = Object.freeze({ ...parts, now: now() });
    const { fallback } = host;
    if (fallback !== undefined && host.decide !== undefined) {
      asking = new AbortController();
      const { signal } = asking;
      timer = setTimeout(() => void ask(cart, signal), restMs);
      const decision = before?.decision ?? new RefusedDecision(fallback);
      return freeze({ cart, decision, source: "server", pending: true, engine: undefined });
    }
    const decision = host.evaluate(cart, { encode });
    const pending = !decision.ok && decision.error.code === "CLIENT_NO_RELEASE";
    return freeze({ cart, decision, source: "local", pending, engine: engineOf(host) });
  }

  /** Nothing is asked any more, nor waits to be. */
  function rest(): void {
    asking.abort();
    clearTimeout(timer);
    askNow = undefined;
  }

  async function ask(cart: Cart, signal: AbortSignal): Promise<void> {
    let decided: Decided;
    try {
      decided = await host.decide!(cart, { signal });
    } catch (cause) {
      if (signal.aborted) return;
      const error = cause instanceof HaggleError ? cause : refuse("CLIENT_NETWORK", "cart", undefined, cause);
      decided = { source: "server", decision: new RefusedDecision(error) };
    }
    if (signal.aborted) return;
    const { decision, source } = decided;
    if (!decision.ok && PASSING.test(decision.error.code)) {
      askAgain(decision.error, () => void ask(cart, signal));
      return;
    }
    const engine = source === "local" ? engineOf(host) : undefined;
    tell(freeze({ cart, decision, source, pending: false, engine }));
  }

  function askAgain(failure: HaggleError, again: () => void): void {
    askNow = () => {
      askNow = undefined;
      clearTimeout(timer);
      again();
    };
    timer = setTimeout(askNow, backOffMs(RETRY_MS, RETRY_CAP_MS, failures++));
    // The same again is not told again.
    if (snapshot.failure?.message === failure.message) return;
    const decision = snapshot.decision.ok ? snapshot.decision : new RefusedDecision(failure);
    tell(freeze({ ...snapshot, decision, failure }));
  }

  function tell(next: CartSnapshot): void {
    snapshot = next;
    for (const entry of [...listeners]) {
      // Somebody who was told has changed the cart, and everybody knows.
      if (snapshot !== next) return;
      if (listeners.has(entry)) attempt(() => entry.call(next));
    }
  }

  function change(next: Partial<Record<keyof Cart, unknown>>): void {
    parts = frozen({ ...parts, ...next }) as typeof parts;
    isDue = true;
    settle();
  }

  function settle(): void {
    if (!isDue || updates > 0 || isClosed) return;
    isDue = false;
    tell(price(snapshot));
  }

  function refresh(): void {
    isDue = true;
    settle();
  }

  /** Whatever `set` was given, a line may be put right. */
  const linesOf = () => (Array.isArray(parts.lines) ? parts.lines : []) as readonly CartLine[];
  const positionOf = (id: string) => linesOf().findIndex((line) => line?.id === id);
  const setLines = (lines: readonly CartLine[]) => change({ lines });
  const removeAt = (position: number) => setLines(linesOf().toSpliced(position, 1));

  const isOnline = () => askNow?.();
  // Programs of Node's are not told.
  globalThis.addEventListener?.("online", isOnline);
  const off = [
    () => globalThis.removeEventListener?.("online", isOnline),
    host.on?.("update", refresh),
    // That nothing can be priced here is found out by something that fails.
    host.on?.("error", () => {
      if (host.fallback !== undefined && snapshot.source === "local") refresh();
    }),
  ];

  return {
    setQuantity(id, quantity) {
      const position = positionOf(id);
      const line = linesOf()[position];
      if (line === undefined || Object.is(line.quantity, quantity)) return;
      if (quantity === 0) removeAt(position);
      else setLines(linesOf().with(position, { ...line, quantity }));
    },
    setLine(line) {
      const position = positionOf(line?.id);
      setLines(position < 0 ? [...linesOf(), line] : linesOf().with(position, line));
    },
    removeLine(id) {
      const position = positionOf(id);
      if (position >= 0) removeAt(position);
    },
    set(next) {
      change(next);
    },
    update(work) {
      updates += 1;
      try {
        work();
      } finally {
        updates -= 1;
        settle();
      }
    },
    refresh,
    subscribe(listener) {
      const entry = { call: listener };
      listeners.add(entry);
      attempt(() => listener(snapshot));
      return () => void listeners.delete(entry);
    },
    getSnapshot: () => snapshot,
    close() {
      isClosed = true;
      rest();
      listeners.clear();
      for (const stop of off) stop?.();
    },
  };
}

function freeze(parts: Omit<CartSnapshot, "failure"> & Partial<CartSnapshot>): CartSnapshot {
  return Object.freeze({ failure: undefined, ...parts });
}

/** Experiments over carts go by it: one name for all would give all of them one variant. It proves nothing. */
function drawId(): string {
  return `cart-${Math.random().toString(36).slice(2)}`;
}
