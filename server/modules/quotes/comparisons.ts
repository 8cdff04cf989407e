import type { Prices } from "@haggle/abi";
import { HaggleError } from "@haggle/abi";
import { priceOf } from "@haggle/sdk/trust";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Catalog } from "../catalog/service.ts";
import type { Skus } from "../pricing/service.ts";
import type { LiveRelease, Releases } from "../releases/service.ts";
import type { Rollouts } from "../rollout/service.ts";
import { compare } from "./compare.ts";
import type { PriceOf, Sources, View } from "./compare-changes.ts";
import type { Claim, Comparison } from "./compare-schema.ts";
import type { Priced } from "./price.ts";
import type { Said } from "./said.ts";
import { createSearchBudget } from "./search-budget.ts";

export type Comparisons = ReturnType<typeof createComparisons>;

type Dependencies = {
  releases: Pick<Releases, "getPreview" | "subscribe">;
  rollouts: Pick<Rollouts, "findCurrent">;
  catalog: Pick<Catalog, "resolve">;
  skus: Pick<Skus, "findCurrency">;
  telemetry: Pick<Telemetry, "counter">;
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
};

type Compared = Pick<Priced, "asked" | "live" | "cart" | "openCart" | "decision" | "prices">;

/** What a channel gave out before what it gives now: pages are open for a while. Of this process's own memory. */
type Before = { live: LiveRelease; releases: string[]; prices: Prices[] };

const MAX_BEFORE = 2;

/** Holds what browsers came to against quotes. */
export function createComparisons(dependencies: Dependencies) {
  const { releases, rollouts, catalog, skus, telemetry } = dependencies;
  const spend = createSearchBudget(dependencies.stopwatch);
  const before = new Map<string, Before>();
  const counted = telemetry.counter({
    name: "haggle_quote_comparisons_total",
    help: "Browsers' decisions that were held against quotes.",
    label: "verdict",
  });
  const evaluated = telemetry.counter({
    name: "haggle_quote_comparison_evaluations_total",
    help: "Carts that were priced to say why a browser's decision is another one.",
    label: "verdict",
  });

  function remember(live: LiveRelease): void {
    const { channel } = live.channel;
    const known = before.get(channel);
    before.set(channel, {
      live,
      releases: known ? push(known.releases, known.live.release, live.release) : [],
      prices: known ? push(known.prices, known.live.prices, live.prices) : [],
    });
  }

  async function findSources(
    claim: Claim,
    { asked, live, decision, prices }: Compared,
    said: Said,
  ): Promise<Sources> {
    const { channel } = live.channel;
    const known = before.get(channel);
    const rollout = rollouts.findCurrent(channel);
    const given = new Set([
      ...live.channel.arms.map(({ release }) => release),
      ...(rollout ? [rollout.fromRelease, rollout.toRelease] : []),
      ...(known?.releases ?? []),
    ]);
    // Of no other release an engine is made: whoever names all there ever were would keep the server busy.
    const wanted = [...given].filter((release) => release !== decision.release && isMaybe(release, claim));
    const [engines, listed, currency] = await Promise.all([
      Promise.all(wanted.map((release) => findPreview(release, channel))),
      catalog.resolve(
        asked.lines.map(({ sku }) => sku),
        asked.currency,
      ),
      skus.findCurrency(),
    ]);
    const listPriceOf: PriceOf = (sku) => listed.get(sku)?.unitPrice;
    const by =
      (document: Prices | undefined): PriceOf =>
      (sku, tier) =>
        (currency === asked.currency ? priceOf(document, sku, tier)?.unitPrice : undefined) ??
        listPriceOf(sku, tier);
    return {
      releases: engines.filter((engine) => engine !== undefined),
      said,
      version: prices?.version ?? 0,
      priceOf: by(prices),
      listPriceOf,
      before: (known?.prices ?? []).map((document) => ({ version: document.version, priceOf: by(document) })),
    };
  }

  /** Undefined for what nobody is priced by any more. */
  async function findPreview(release: string, channel: string): Promise<View["engine"] | undefined> {
    try {
      return await releases.getPreview(release, channel);
    } catch (cause) {
      if (cause instanceof HaggleError && cause.code !== "SERVER_DATABASE") return undefined;
      throw cause;
    }
  }

  return {
    /** @throws HaggleError SERVER_DATABASE, and what keeps the release of the quote from being made as browsers make it */
    async compare(claim: Claim, priced: Compared, said: Said): Promise<Comparison> {
      const { live, cart, openCart, decision } = priced;
      const { comparison, evaluations } = await compare({
        claim,
        decision,
        cart,
        openCart,
        preview: await releases.getPreview(decision.release, live.channel.channel),
        findSources: () => findSources(claim, priced, said),
        spend,
      });
      counted.add(comparison.verdict);
      evaluated.add(comparison.verdict, evaluations);
      return comparison;
    },
    /** Remembers what is given out until the returned function is called. */
    watch: (): (() => void) => releases.subscribe(remember),
  };
}

function isMaybe(release: string, claim: Claim): boolean {
  return claim.release === undefined || claim.release === release;
}

/** The newest first; nothing twice, and not what is in force. */
function push<T>(list: readonly T[], last: T | undefined, next: T | undefined): T[] {
  const all = last === undefined ? list : [last, ...list.filter((one) => one !== last)];
  return all.filter((one) => one !== next).slice(0, MAX_BEFORE);
}
