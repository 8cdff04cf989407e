// What a storefront sees of the client: what it gives, what it gets.

import type { Cart, Channel, HaggleError, Prices } from "@haggle/abi";
import type { Decision } from "../decision.ts";
import type { DecisionJson } from "../decision-json.ts";
import type { Compile, Engine, EvaluateOptions } from "../engine.ts";
import type { ClientExperiments } from "../experiments/client/host.ts";
import type { AssignmentContext } from "../experiments.ts";
import type { OnEvaluate } from "../observe.ts";
import type { RefusedDecision } from "../refused-decision.ts";
import type { UpdaterOptions } from "../trust/live.ts";
import type { TrustStore } from "../trust/state.ts";
import type { Bootstrap } from "./bootstrap.ts";

export type HaggleOptions = Pick<UpdaterOptions, "root" | "minRelease" | "development"> & {
  /** Where the server is, such as `https://promotions.example.com`; `""`, the page's own origin, where no `cdn` is given. */
  url?: string | undefined;
  /** Where a copy of the server's release folder is: documents come from there. With `url` beside it the server still quotes. */
  cdn?: string | undefined;
  /** Default `stable`. */
  channel?: string | undefined;
  /** Whom prices are for. `setContext` changes it. */
  context?: HaggleContext | undefined;
  /**
   * Where the last good release is kept, for offline starts and against rollbacks. Left out it is IndexedDB `haggle` where the
   * host has one, and memory where there is none, or no room in it. A store that is given has to work: without it nothing
   * counts (CLIENT_STATE).
   */
  store?: TrustStore | ((channel: string) => TrustStore) | "memory" | undefined;
  /** A release that the server wrote into the page, by `snapshot()`: the first price needs no request. */
  bootstrap?: Bootstrap | string | undefined;
  /** How often to ask where no event stream is open; up to eight times as long where nobody answers. Default 30 s. */
  pollMs?: number | undefined;
  /** Whether the tabs of a browser share one connection. Default true in pages of browsers that have what it takes. */
  tabs?: boolean | undefined;
  /** `clientExperiments(...)` of `@haggle/sdk/experiments-client`: carts are priced with their variants. */
  experiments?: ClientExperiments | undefined;
  /** Told of each evaluation. */
  onEvaluate?: OnEvaluate | undefined;
  /** Notes what takes how long in the timeline of the browser's tools. */
  marks?: boolean | undefined;
  /** For hosts that compile nothing while they run: `precompiled` of `@haggle/sdk/edge`. */
  compile?: Compile | undefined;
  /** Sent with what is asked of the server, such as the `authorization` of a program with a key. Never in a page. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Closes the client when it aborts. */
  signal?: AbortSignal | undefined;
};

export type HaggleContext = {
  /**
   * By which a shopper gets his arm of a rollout, such as the id of an account. Without it and `bucket` the server draws one
   * for this browser and signs it, as soon as there is something to choose between.
   */
  unit?: string | undefined;
  /** Of 0 to 9999, instead of a unit. A rollout reaches 0 last. */
  bucket?: number | undefined;
  /** Ids of the customer and the like, for experiments. */
  units?: AssignmentContext["units"] | undefined;
  /** What conditions of experiments look at. */
  attributes?: AssignmentContext["attributes"] | undefined;
};

export type Haggle = {
  /**
   * Prices a cart here, at once. Never throws: what cannot be priced comes back as a decision with `ok: false` and an error,
   * before the first release CLIENT_NO_RELEASE.
   */
  evaluate(cart: unknown, options?: EvaluateOptions): Decision;
  /**
   * Prices a cart here where that can be done, else asks the server (`POST /v1/evaluations`, 10 s at most): where this host
   * may not run the rules (`fallback`), or what it has is stale. What fails is a refused decision.
   *
   * Rejects only with the signal's reason.
   */
  decide(cart: Cart, options?: { signal?: AbortSignal | undefined }): Promise<Decided>;
  /**
   * What the shop stands by: the server prices the cart's skus and quantities by its own prices (`POST /v1/quotes`), signs it,
   * and says what the preview made otherwise. The next quote of the same shopper has the same release.
   *
   * @throws HaggleError CLIENT_NETWORK, CLIENT_STATUS, the server's own refusals such as QUOTE_UNKNOWN_SKU; the signal's reason
   */
  quote(cart: Cart, options?: QuoteOptions): Promise<Quoted>;
  /**
   * Resolves when there is something to price with: inlined into the page, kept from the last visit, or fetched. Rejects with
   * the reason why there is nothing; the client goes on trying.
   */
  ready(): Promise<void>;
  /**
   * Listens, until the function is called that it gives. `update`: after each swap, the first release included, and when
   * variants have changed. `error`: something was refused or cannot be had, and what is in use stays; `alarm` where only an
   * attacker or a broken signer gives that. The same again right after is not told again. `stale`: the promise of what is in
   * use has run out. What a listener throws reaches nobody else.
   *
   * @example
   * const off = haggle.on("error", (error, alarm) => report(error.code, alarm));
   */
  on<Event extends keyof HaggleEvents>(
    event: Event,
    listener: (...told: HaggleEvents[Event]) => void,
  ): () => void;
  /**
   * Somebody signs in or out: arm and variants anew, in one change. Until it resolves, prices are those of before. Rejects where
   * the release of another arm cannot be had: they stay so, and the client goes on trying.
   */
  setContext(context: HaggleContext): Promise<void>;
  /**
   * What is in use, for `bootstrap` of a page. In HTML write it as `JSON.stringify(snapshot).replaceAll("<", "\\u003c")`.
   */
  snapshot(): Bootstrap | undefined;
  readonly engine: Engine | undefined;
  readonly state: ClientState | undefined;
  /** Unit prices that strategies gave, for the release in use; undefined when they have ended. */
  readonly prices: Prices | undefined;
  /** The verified channel document in use: arms, and what is switched off. */
  readonly channel: Channel | undefined;
  readonly experiments: ClientExperiments | undefined;
  /** By which the arm was chosen. */
  readonly unit: string | undefined;
  /**
   * Why nothing can be priced here: ENGINE_WASM_BLOCKED, ENGINE_COMPILE, SIGNATURE_UNSUPPORTED, a refused release, no network.
   * Undefined as soon as there is a release, and before the first attempt is over.
   */
  readonly fallback: HaggleError | undefined;
  /** Looks for an update now. Rejects with what `error` is told. */
  refresh(): Promise<void>;
  /** Leaves no timer and no socket. What is in use goes on pricing. */
  close(): void;
};

export type HaggleEvents = {
  update: [state: ClientState];
  error: [error: HaggleError, alarm: boolean];
  stale: [state: ClientState];
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
  /** Started from what was stored or inlined; no source has confirmed it yet. */
  readonly restored: boolean;
};

/** A decision of this host or of the server: the same fields, computed when they are read or all there. */
export type AnyDecision = (DecisionJson & { readonly ok: true }) | RefusedDecision;

export type Decided = { source: "local"; decision: Decision } | { source: "server"; decision: AnyDecision };

export type QuoteOptions = {
  /** Where to, for taxes and shipping. */
  region?: string | undefined;
  /** The id of one. */
  shippingMethod?: string | undefined;
  signal?: AbortSignal | undefined;
};

export type Quoted = {
  quote: {
    id: string;
    state: string;
    /** Epoch ms. */
    created: number;
    /** Epoch ms; so long the shop stands by it. */
    expires: number;
    release: string;
    currency: string;
    /** Minor units. */
    total: number;
  };
  decision: DecisionJson;
  /** Signed: `verifyReceipt` of `@haggle/sdk/receipts` reads it. */
  receipt: string;
  pin?: string;
  /** Of each code of the cart, in its order. */
  coupons?: readonly { code?: string; state: string }[];
  /** What is left of limits and budgets, for a cart here. */
  allowances?: Readonly<Record<string, number>>;
  /** Places of attributes, such as `lines[0].attributes.engraved`, that do not count: the catalog's do, and those that shoppers may say. */
  ignored?: readonly string[];
  /** What the server found between this decision and the preview. */
  comparison?: Comparison;
  /** What was shown: this host's decision for the same cart. */
  preview: Decision;
  /** Whether both have one digest: what the shopper saw is what he pays. */
  isSame: boolean;
};

export type Comparison =
  | { verdict: "match" }
  | { verdict: "drift"; causes: readonly string[] }
  | { verdict: "notComparable"; causes: readonly string[] };
