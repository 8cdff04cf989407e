import { hash, randomBytes } from "node:crypto";
import { canonicalCart, HaggleError, refuse } from "@haggle/abi";
import type { Cart, Engine } from "@haggle/sdk";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Repeatable } from "../../platform/idempotency.ts";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { NOBODY, SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Allowances, Budgets, ClaimView, CouponView, Share } from "../budgets/service.ts";
import type { Carts } from "../carts/service.ts";
import type { Attribution, Evaluations, Wished } from "../evaluations/service.ts";
import type { Releases } from "../releases/service.ts";
import type { Assignments } from "../rollout/service.ts";
import { type AssembleDependencies, createAssemble } from "./assemble.ts";
import type { Claim, Comparison } from "./compare-schema.ts";
import type { Comparisons } from "./comparisons.ts";
import { findUsed, tellCoupons } from "./coupons.ts";
import { createPrice, type Priced } from "./price.ts";
import { createReceipts } from "./receipt.ts";
import { fromCart, toAsked } from "./request.ts";
import { listIgnored, type Said } from "./said.ts";
import type { Asked, QuoteBody, QuoteState } from "./schema.ts";
import { createStand, digestAgain } from "./stand.ts";
import * as store from "./store.ts";
import { createUse } from "./use.ts";
import { createQuoteWriter } from "./writer.ts";

export { QuoteRefusal } from "./refusals.ts";
export type { Usable } from "./use.ts";

export type Quotes = ReturnType<typeof createQuotes>;

/** What the shop stands by, with what proves it. `decision` is JSON, as it was stored. */
export type Quoted = {
  quote: QuoteState;
  decision: string;
  receipt: string;
  pin: string;
  priced: Priced;
  /** Of each code that was asked with; undefined where there was none. */
  coupons: CouponView[] | undefined;
  /** What is left, as a browser may know it. */
  allowances: Allowances | undefined;
};

/** As it was stored. */
type Told = { quote: QuoteState; asked: Asked; decision: object };

type Dependencies = AssembleDependencies & {
  database: Database;
  releases: Releases;
  assignments: Assignments;
  evaluations: Pick<Evaluations, "decide">;
  comparisons: Pick<Comparisons, "compare">;
  carts: Pick<Carts, "get">;
  budgets: Pick<Budgets, "look" | "idsOf" | "claim" | "giveBack" | "listClaims">;
  keys: OnlineKeys;
  outbox: Pick<Outbox, "emit">;
  telemetry: Pick<Telemetry, "gauge" | "observeQuote">;
  /** How long the shop stands by a quote. */
  ttlMs: number;
  clock: Clock;
  /** Of goods, that whoever has no key may say. */
  shopperAttributes: readonly string[];
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
  log: Logger;
};

const NOTHING_SAID: Said = new Map();

const HOUR_MS = 3_600_000;
/** Whoever comes too late is told so, and not that there was nothing. */
const UNUSED_KEPT_MS = HOUR_MS;
/** Who uses a quote again is told the same, and what comes back of its order is priced again by it. */
const USED_KEPT_MS = 180 * 24 * HOUR_MS;
const SWEEP_EVERY_MS = 60_000;
/** In one statement. */
const SWEPT_AT_ONCE = 500;

/** Nobody guesses one. */
const ID_BYTES = 18;
const IDS_AT_ONCE = 128;

/** Prices what shoppers want by the server's own tables, and stands by it for a while. */
export function createQuotes(dependencies: Dependencies) {
  const { database, releases, assignments, comparisons, carts, budgets, outbox, telemetry } = dependencies;
  const { ttlMs, clock, stopwatch, log } = dependencies;
  const price = createPrice({ ...dependencies, assemble: createAssemble(dependencies) });
  const receipts = createReceipts({ ...dependencies, tenant: database.tenant });
  const writer = createQuoteWriter({ database, telemetry });
  const newId = createIds();
  const stand = createStand({ releases, assignments });

  /** @throws HaggleError those of request.ts, SERVER_UNKNOWN_CART */
  async function readAsked(body: QuoteBody): Promise<Asked> {
    if (body.cart === undefined) return withCoupons(toAsked(body, `cart_${newId()}`), body.coupons);
    const cart = await carts.get(body.cart);
    return withCoupons(fromCart(cart, body), body.coupons ?? cart.coupons);
  }

  /** From here on nobody knows the codes any more. */
  function withCoupons(asked: Asked, codes: readonly string[] = []): Asked {
    return codes.length === 0 ? asked : { ...asked, coupons: budgets.idsOf(codes) };
  }

  /** Signs and stores what was priced. */
  async function keep(priced: Priced, wished: Wished): Promise<Quoted> {
    const { asked, assigned, engine, cart, openCart, decision, prices, live } = priced;
    const { currency, customer } = asked;
    const { release } = engine;
    const used = findUsed(priced.coupons, decision);
    const id = `quote_${newId()}`;
    const createdAt = clock();
    const expiresAt = createdAt + ttlMs;
    // Whoever comes with a pin gets no longer one: he would stay for ever on what was taken back.
    const expires = Math.min(expiresAt, assigned.pinnedUntil ?? expiresAt);
    const { pin, off } = assignments.pinPriced(engine, live.channel, { expires, subject: id });
    const digest = decision.digest!;
    const cartDigest = hash("sha256", canonicalCart(openCart, engine.policy.lines));
    const receipt = await receipts.sign(
      {
        quote: id,
        ...(customer !== undefined && { customer }),
        currency,
        cart: cartDigest,
        decision: digest,
        release,
        issued: createdAt,
        expires: expiresAt,
      },
      live.trusted,
    );
    const row: store.NewQuote = {
      id,
      channel: wished.channel,
      channelDocument: live.documents.channel.sha256,
      release,
      policy: engine.policy.name,
      off,
      pricesVersion: prices?.version ?? null,
      strategy: prices?.strategy.id ?? null,
      customer: customer ?? wished.shopper?.customer ?? null,
      shopper: toStored(wished),
      asked,
      cart,
      coupons: used,
      decision: JSON.stringify(decision),
      digest,
      cartDigest,
      currency,
      total: decision.total,
      createdAt,
      expiresAt,
      attribution: priced.attribution ?? null,
    };
    await writer.write(row);
    priced.tell();
    const quote = toState({ ...row, state: "open", order: null }, createdAt);
    const isOpen = wished.actor.id !== NOBODY.id;
    const coupons = asked.coupons && tellCoupons(priced.coupons, used, { isOpen });
    return { quote, decision: row.decision, receipt, pin, priced, coupons, allowances: openCart.allowances };
  }

  async function quote(
    asked: Asked,
    wished: Wished,
    claim: Claim | undefined,
    said: Said = NOTHING_SAID,
  ): Promise<Quoted & { comparison: Comparison | undefined; ignored: string[] | undefined }> {
    const from = stopwatch();
    const observe = (result: string) => telemetry.observeQuote({ result }, (stopwatch() - from) / 1_000);
    try {
      const priced = await price(asked, wished);
      const [quoted, comparison] = await Promise.all([
        keep(priced, wished),
        claim && comparisons.compare(claim, priced, said),
      ]);
      observe("ok");
      return { ...quoted, comparison, ignored: listIgnored(priced.openCart, said) };
    } catch (cause) {
      observe(cause instanceof HaggleError ? cause.code : "SERVER_INTERNAL");
      throw cause;
    }
  }

  /** For the same shopper, by what holds now. */
  async function quoteAgain({ asked, channel, shopper }: store.QuoteRow): Promise<object> {
    const wished: Wished = {
      channel,
      unit: shopper?.unit,
      shopper: shopper === null ? undefined : { ...shopper, isNew: false },
      override: undefined,
      preview: undefined,
      pin: undefined,
      actor: SYSTEM_ACTOR,
    };
    const kept = await keep(await price(asked, wished), wished);
    const { quote, decision, receipt, pin, coupons, allowances } = kept;
    return { quote, decision: JSON.parse(decision) as object, receipt, pin, coupons, allowances };
  }

  const uses = createUse({ database, outbox, stand, budgets, quoteAgain, clock });
  const { prepare, takeAll, use } = uses;

  async function find(id: string): Promise<store.QuoteRow> {
    const row = await store.findQuote(database, id);
    if (row === undefined) throw refuse("QUOTE_UNKNOWN", "id", id);
    return row;
  }

  /**
   * The stored cart, and the engine that priced it, with what was switched off then.
   *
   * @throws HaggleError QUOTE_UNKNOWN, what `getEngineAsOf` throws
   */
  async function getAsThen(id: string): Promise<{ engine: Engine; cart: Cart; digest: string }> {
    const { release, channel, channelDocument, cart, digest } = await find(id);
    return { engine: await releases.getEngineAsOf(release, channel, channelDocument), cart, digest };
  }

  /** @returns whether there may be more */
  async function sweep(): Promise<boolean> {
    const now = clock();
    const swept = await Promise.all([
      store.deleteUnused(database, { until: now - UNUSED_KEPT_MS, limit: SWEPT_AT_ONCE }),
      store.deleteUsed(database, { until: now - USED_KEPT_MS, limit: SWEPT_AT_ONCE }),
    ]);
    return swept.includes(SWEPT_AT_ONCE);
  }

  return {
    shopperAttributes: new Set(dependencies.shopperAttributes) as ReadonlySet<string>,
    /** What is asked for, with what a cart says that the server keeps. */
    readAsked,
    /** Prices, and keeps nothing. Call `tell` of what it gives when its caller has an answer. */
    price,
    /** @throws HaggleError those of request.ts, assemble.ts and price.ts, SERVER_KEY_*, QUOTE_BUSY */
    quote,
    /** @throws HaggleError QUOTE_UNKNOWN */
    async get(id: string): Promise<Told> {
      const row = await find(id);
      const now = clock();
      const isOpen = row.state === "open" && row.expiresAt > now;
      const state = isOpen && (await stand.isRevoked(row)) ? "revoked" : row.state;
      return toTold({ ...row, state }, now);
    },
    prepare,
    /** `use`, where what the order tells is news enough. */
    takeAll,
    use,
    /** The same order again has the same answer. @throws HaggleError what `prepare` and `use` throw */
    async useAlone(id: string, order: string): Promise<Told> {
      return toTold(await uses.useAlone(id, order), clock());
    },
    /**
     * What such an order took of coupons and budgets goes back: all, or shares of promotions.
     *
     * @throws HaggleError QUOTE_UNKNOWN, SERVER_IDEMPOTENCY_KEY
     */
    async giveBack(
      id: string,
      shares: "all" | readonly Share[],
      repeatable: Repeatable | undefined,
    ): Promise<ClaimView[]> {
      await find(id);
      return uses.giveBack(id, shares, repeatable);
    },
    /**
     * Prices the stored cart again by the release and what was switched off then: `digest` is the one that was told, `quoted`.
     *
     * @throws HaggleError QUOTE_UNKNOWN, what `getEngineAsOf` throws
     */
    async replay(id: string): Promise<{ digest: string | undefined; quoted: string }> {
      const { engine, cart, digest } = await getAsThen(id);
      return { digest: digestAgain(engine, cart), quoted: digest };
    },
    getAsThen,
    /** By what its order is counted; undefined outside of rollouts and experiments. */
    findAttribution: (id: string): Promise<Attribution | undefined> => store.findAttribution(database, id),
    /** The same, once. */
    takeAttribution: (id: string): Promise<Attribution | undefined> =>
      store.takeAttribution(database, { id, now: clock() }),
    /** Of a quote whose order failed: the same, once as well, and whether or not the order is counted later. */
    takeFailure: (id: string): Promise<Attribution | undefined> =>
      store.takeFailure(database, { id, now: clock() }),
    isKeyMissing: receipts.isKeyMissing,
    /** Of a customer who is erased. */
    forget: (tx: Queryable, customer: string): Promise<void> => store.deleteQuotesOf(tx, customer),
    sweep,
    /** Sweeps old ones away, from now on. Returns what ends it. */
    watch: (): (() => Promise<void>) =>
      startWorker({ name: "quotes", work: sweep, everyMs: SWEEP_EVERY_MS, log }).stop,
  };
}

/** Of somebody who is nobody yet, nothing. */
function toStored({ shopper, unit }: Wished): store.NewQuote["shopper"] {
  if (shopper === undefined) return null;
  const { customer, session } = shopper;
  return { unit, customer, session };
}

function toTold(row: store.QuoteRow, now: number): Told {
  const { asked, decision } = row;
  return { quote: toState(row, now), asked, decision };
}

function toState(row: Omit<store.QuoteRow, "decision">, now: number): QuoteState {
  const { id, state, createdAt, expiresAt, channel, release, policy, currency, total } = row;
  const { pricesVersion, strategy, asked, order } = row;
  return {
    id,
    state: state === "open" && expiresAt <= now ? "expired" : state,
    created: createdAt,
    expires: expiresAt,
    channel,
    release,
    policy,
    ...(pricesVersion !== null && { prices: { version: pricesVersion, strategy: strategy! } }),
    currency,
    total,
    ...(asked.customer !== undefined && { customer: asked.customer }),
    ...(order !== null && { order }),
  };
}

/** Drawn for many at a time: each draw is a way to the system. */
function createIds(): () => string {
  let drawn = Buffer.alloc(0);
  return () => {
    if (drawn.length === 0) drawn = randomBytes(ID_BYTES * IDS_AT_ONCE);
    const id = drawn.toString("base64url", 0, ID_BYTES);
    drawn = drawn.subarray(ID_BYTES);
    return id;
  };
}
