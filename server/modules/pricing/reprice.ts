import { hash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { HaggleError, type PriceBound, type Prices, parseEnvelope, parseRelease } from "@haggle/abi";
import {
  createPricer,
  findNextChange,
  type Pricer,
  type Pricing,
  type TierPrices,
} from "@haggle/sdk/pricing";
import { indexBounds } from "@haggle/sdk/trust";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import type { Experiments } from "../experiments/service.ts";
import {
  keepsBounds,
  type LiveRelease,
  type PricedArm,
  type PricesChange,
  type Releases,
} from "../releases/service.ts";
import type { Strategies, StrategySet } from "../strategies/service.ts";
import { HOUR_MS } from "./bounds.ts";
import { digestInputs, loadOtherArms, saysSame } from "./inputs.ts";
import { type NextPrices, nextPrices } from "./next-prices.ts";
import type { Facts, Skus } from "./skus.ts";
import * as store from "./store.ts";

export type RepriceDependencies = {
  database: Database;
  releases: Pick<Releases, "find" | "findNewest" | "findRelease" | "changePrices" | "refresh">;
  strategies: Pick<Strategies, "findActive">;
  experiments: Pick<Experiments, "assigner" | "findDocument">;
  skus: Pick<Skus, "load">;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  /** Whether this server may sign prices of the release. */
  canSign: (live: LiveRelease) => boolean;
  /** Whose local time rules read, of those whose offsets the release carries. */
  timeZone: string | undefined;
  production: boolean;
  clock: Clock;
  log: Logger;
};

/** Rules may read the time, so what they give is looked at again at least so often. */
const MAX_REST_MS = 60_000;

/** The database ends a transaction that says nothing for a minute: it takes this process for dead. */
const MAX_SILENCE_MS = 10_000;

/** Makes the prices of one channel anew: one process does it, in the transaction of the document that comes of it. */
export function createReprice(dependencies: RepriceDependencies) {
  const { database, releases, strategies, experiments, skus, audit, outbox, clock, log } = dependencies;
  let pricer: { release: string; root: string; made: Promise<Pricer> } | undefined;

  let bounded:
    | { release: string; bounds: readonly PriceBound[]; findBound: ReturnType<typeof indexBounds> }
    | undefined;

  /** What this process wrote last of each channel, as long as nobody else has written since. */
  const noted = new Map<string, { digest: string; pricedAt: number }>();

  /** Does what is due. Resolves with whether there is another document. */
  async function reprice(channel: string): Promise<boolean> {
    const live = releases.find(channel);
    if (live === undefined || live.withdrawn || !dependencies.canSign(live)) return false;
    const set = strategies.findActive(channel);
    // There are none yet, and prices that people signed are theirs; or this process could not read them, and others can.
    if (set === undefined) return false;
    const [before, facts] = await Promise.all([store.findPricingHead(database, channel), skus.load()]);
    const inputs = digestInputs({ live, set, experiments: experiments.findDocument(channel)?.sha256, facts });
    if (before?.inputs === inputs && clock() < before.dueAt) return false;
    // Whoever refuses the newest document would else price by another one each second, for nothing.
    const newest = await releases.findNewest(channel);
    if (newest !== undefined && !saysSame(newest, live.channel)) return false;
    // Before the transaction: whoever holds a connection waits for no other.
    const others = await loadOtherArms(live, releases);
    if (before === undefined) await store.insertPricingHead(database, channel);
    const isNew = await database.transaction(async (tx) => {
      const since = clock() - HOUR_MS;
      const [head, replaced] = await Promise.all([
        store.lockPricingHead(tx, channel),
        store.listReplaced(tx, channel, since),
      ]);
      if (head === undefined || (head.inputs === inputs && clock() < head.dueAt)) return false;
      return run(tx, { channel, live, others, set, facts, inputs, head, replaced });
    });
    if (isNew) await releases.refresh();
    return isNew;
  }

  type Work = {
    channel: string;
    live: LiveRelease;
    others: readonly PricedArm[];
    set: StrategySet;
    facts: Facts;
    inputs: string;
    head: store.PricingHead;
    replaced: readonly store.ReplacedRange[];
  };

  async function run(tx: Queryable, work: Work): Promise<boolean> {
    const { channel, live, set, facts, inputs, head, replaced } = work;
    const now = clock();
    const pricing: Pricing = {
      ...set,
      skus: facts.skus,
      now,
      currency: facts.currency ?? "EUR",
      channel,
      timeZone: dependencies.timeZone,
      findVariant: findVariantOn(channel),
    };
    const found = await priceAll(tx, await getPricer(live), pricing);
    const { bounds, findBound } = getBounds(live);
    let made: NextPrices | undefined;
    const making = releases.changePrices(tx, channel, async (before, newest) => {
      // Other releases have come with these prices, or a kill: they are for whoever has taken that.
      if (newest !== undefined && !saysSame(newest, live.channel)) return undefined;
      made = nextPrices({
        skus: facts.skus,
        found,
        strategies: pricing.strategies,
        findBound,
        before: before !== undefined && before.expires > now ? before : undefined,
        replaced,
        now,
      });
      return change(made, before, { ...work, bounds }, now);
    });
    const document = await making.catch((cause: unknown) => {
      if (made === undefined) throw cause;
      return tellUnsigned(cause, channel);
    });
    if (made === undefined) return false;
    const next: NextPrices = made;
    const edge = findNextChange(pricing.strategies, now);
    const dueAt = Math.min(
      now + MAX_REST_MS,
      edge ?? now + MAX_REST_MS,
      next.nextStepAt ?? now + MAX_REST_MS,
    );
    const faults = next.notes.filter(({ cut }) => cut === "faulty").length;
    const version = document?.version ?? head.version;
    const counts = { faults, cuts: next.notes.length - faults };
    // Sent together.
    const writes = [
      ...keep(tx, channel, next, { now, head, isSigned: document !== undefined }),
      store.updatePricingHead(tx, channel, { inputs, pricedAt: now, dueAt, version, ...counts }),
    ];
    if (document === undefined) {
      await Promise.all(writes);
      return false;
    }
    const data = {
      channel,
      version,
      strategies: document.strategy.id,
      prices: document.prices.length,
      ...counts,
    };
    const object = `prices:${channel}`;
    await Promise.all([
      ...writes,
      outbox.emit(tx, { type: "prices.changed", subject: object, data }),
      audit.record(tx, { actor: SYSTEM_ACTOR, action: "prices.change", object, after: data }),
    ]);
    log.info(data, "prices are signed");
    return true;
  }

  /**
   * More prices than a document holds are no reason to make them again each second, nor to take back those in force: that is
   * told, and tried again when something is another. Whatever else fails undoes all of it.
   */
  function tellUnsigned(cause: unknown, channel: string): undefined {
    const isTooMuch =
      cause instanceof HaggleError && ["DOCUMENT_BAD_FIELD", "DOCUMENT_TOO_LARGE"].includes(cause.code);
    if (!isTooMuch) throw cause;
    const { code, at } = cause;
    log.error({ channel, code, at }, "prices cannot be signed; those in force stay");
  }

  /** What the document shall say; nothing where it says so already, and will for a while. */
  function change(
    { prices, strategies: by, isChanged }: NextPrices,
    before: Prices | undefined,
    { live, others, set, bounds }: Work & { bounds: readonly PriceBound[] },
    now: number,
  ): PricesChange | undefined {
    if (before === undefined && prices.length === 0) return undefined;
    const strategy = { version: set.number, id: set.version };
    const said = { release: live.release, strategy, strategies: by, prices };
    const also = others.filter((arm) => keepsBounds(said, bounds, arm)).map(({ sha256 }) => sha256);
    const isLasting = before !== undefined && now - before.issued < (before.expires - before.issued) / 2;
    const isSame = before?.release === live.release && (before.also ?? []).join() === also.join();
    if (isLasting && isSame && !isChanged) return undefined;
    return { ...said, ...(also.length > 0 && { also }) };
  }

  function keep(
    tx: Queryable,
    channel: string,
    { notes, replaced }: NextPrices,
    { now, head, isSigned }: { now: number; head: store.PricingHead; isSigned: boolean },
  ): Promise<void>[] {
    const writes = [store.deleteReplaced(tx, channel, now - HOUR_MS)];
    if (isSigned && replaced.length > 0) writes.push(store.insertReplaced(tx, channel, replaced, now));
    const digest = hash("sha256", JSON.stringify(notes));
    const before = noted.get(channel);
    noted.set(channel, { digest, pricedAt: now });
    // A shop may have a hundred thousand skus without a bound; they are written down once, not every minute.
    if (before?.digest === digest && before.pricedAt === head.pricedAt) return writes;
    if (head.faults + head.cuts > 0) writes.push(store.deleteNotes(tx, channel));
    if (notes.length > 0) writes.push(store.insertNotes(tx, channel, notes));
    return writes;
  }

  /** In between, this process answers, and keeps its connection. */
  async function priceAll(tx: Queryable, { steps }: Pricer, pricing: Pricing): Promise<TierPrices[]> {
    const work = steps(pricing);
    let saidAt = performance.now();
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      await setImmediate();
      if (performance.now() - saidAt < MAX_SILENCE_MS) continue;
      await store.sayAlive(tx);
      saidAt = performance.now();
    }
  }

  /** The same function for the same release: who is asked by it remembers what it said. */
  function getBounds({ release, files }: LiveRelease) {
    if (bounded?.release !== release) {
      const { bounds = [] } = parseRelease(parseEnvelope(files.release, "release").payload);
      bounded = { release, bounds, findBound: indexBounds(bounds) };
    }
    return bounded;
  }

  function findVariantOn(channel: string): NonNullable<Pricing["findVariant"]> {
    const assigner = experiments.assigner(channel);
    return (experiment, sku) => assigner?.assign(experiment, { units: { sku } }).variant;
  }

  function getPricer({ release, trusted, files }: LiveRelease): Promise<Pricer> {
    const root = trusted.sha256;
    if (pricer?.release === release && pricer.root === root) return pricer.made;
    warnOfTimeZone(files.release);
    const made = createPricer({
      bundle: files.bundle,
      release: files.release,
      root: trusted,
      development: !dependencies.production,
    });
    pricer = { release, root, made };
    return made;
  }

  /** Rules that ask for the time of day then leave every price as it is, which nobody would look for here. */
  function warnOfTimeZone(release: Uint8Array): void {
    const { timeZone } = dependencies;
    if (timeZone === undefined) return;
    const { timeZones = {} } = parseRelease(parseEnvelope(release, "release").payload).policy;
    if (Object.hasOwn(timeZones, timeZone)) return;
    log.warn({ timeZone, known: Object.keys(timeZones) }, "the release does not know this time zone");
  }

  return reprice;
}
