// From what strategies gave to the entries of the next prices document.

import type { Price, PriceBound, PricedBy, Prices } from "@haggle/abi";
import type { PricedSku, StrategyPrice } from "@haggle/sdk/pricing";
import { type Cut, HOUR_MS, keepBound } from "./bounds.ts";
import type { Note, ReplacedRange } from "./store.ts";

type Given = {
  skus: readonly PricedSku[];
  /** What strategies gave, by their places in `strategies` and `skus`. */
  found: readonly StrategyPrice[];
  strategies: readonly { id: string; rule: string }[];
  findBound: (sku: string) => PriceBound | undefined;
  /** In force until now; none where it has ended. */
  before: Pick<Prices, "prices"> | undefined;
  replaced: readonly ReplacedRange[];
  now: number;
};

export type NextPrices = {
  prices: Price[];
  strategies: PricedBy[];
  notes: Note[];
  /** Prices that these take the place of, where how far they may move in an hour is bounded. */
  replaced: { sku: string; tier: string; unitPrice: number }[];
  /** Whether anything is another price. */
  isChanged: boolean;
  /** When a price that could not move further may. */
  nextStepAt: number | undefined;
};

type Target = { sku: PricedSku; tier: string; wanted: number; given?: StrategyPrice };

/**
 * The prices that follow: what each strategy wanted, as far as the release's bounds let it. A sku that no strategy takes any
 * more goes back to its list price, by steps where its bound wants steps, and then has no price.
 */
export function nextPrices({ skus, found, strategies, findBound, before, replaced, now }: Given): NextPrices {
  const bySku = new Map(skus.map((sku) => [sku.sku, sku]));
  const inForce = new Map(before?.prices.map((price) => [keyOf(price.sku, price.tier), price]));
  const recent = new Map(replaced.map((range) => [keyOf(range.sku, range.tier), range]));
  const strategyPlaces = createPlaces(strategies);
  const notes: Note[] = [];
  const after = new Map<string, Price>();
  const taken = new Set<string>();
  let nextStepAt: number | undefined;

  function settle({ sku, tier, wanted, given }: Target): void {
    const key = keyOf(sku.sku, tier);
    const strategy = given === undefined ? null : strategies[given.strategy]!.id;
    const note = (cut: Cut) => notes.push({ sku: sku.sku, tier, strategy, wanted, cut });
    const bound = findBound(sku.sku);
    if (bound === undefined) {
      if (given !== undefined) note("unbound");
      return;
    }
    const present = priceBefore(sku, tier);
    const { lowest = present, highest = present, oldest = now } = recent.get(key) ?? {};
    const { unitPrice, cut } = keepBound(wanted, bound, {
      lowest: Math.min(present, lowest),
      highest: Math.max(present, highest),
    });
    if (cut === "change") nextStepAt = Math.min(nextStepAt ?? Number.MAX_SAFE_INTEGER, oldest + HOUR_MS);
    if (cut !== undefined) note(cut);
    else if (given !== undefined && wanted === sku.minUnitPrice && wanted < sku.listPrice) note("floor");
    // Where no price keeps the bound, the one in force stays, as far as it is within it.
    const kept = unitPrice ?? (isWithin(inForce.get(key)?.unitPrice, bound) ? present : undefined);
    if (kept === undefined) return;
    // Back where it came from. A list price beyond the bounds is reached from their edge.
    if (given === undefined && (kept === wanted || cut === "min" || cut === "max")) return;
    const by = given && strategyPlaces.of(given);
    after.set(key, {
      sku: sku.sku,
      unitPrice: kept,
      ...(tier !== "" && { tier }),
      ...(by !== undefined && { by }),
    });
  }

  /** Customers of a tier who have no price of their own pay everybody's. */
  function priceBefore(sku: PricedSku, tier: string): number {
    const own = inForce.get(keyOf(sku.sku, tier)) ?? inForce.get(keyOf(sku.sku, ""));
    return own?.unitPrice ?? sku.listPrice;
  }

  function priceAfter(sku: PricedSku, tier: string): number {
    const own = after.get(keyOf(sku.sku, tier)) ?? after.get(keyOf(sku.sku, ""));
    return own?.unitPrice ?? sku.listPrice;
  }

  for (const given of found) {
    const sku = skus[given.sku]!;
    const tier = given.tier ?? "";
    if (given.fault === undefined) {
      taken.add(keyOf(sku.sku, tier));
      settle({ sku, tier, wanted: given.unitPrice, given });
    } else {
      const { id: strategy } = strategies[given.strategy]!;
      notes.push({ sku: sku.sku, tier, strategy, wanted: given.unitPrice, cut: "faulty" });
    }
  }
  for (const [key, { sku: name, tier = "" }] of inForce) {
    const sku = bySku.get(name);
    // A sku that is not sold any more has no price to come back to.
    if (sku !== undefined && !taken.has(key)) settle({ sku, tier, wanted: priceAfter(sku, "") });
  }

  let isChanged = false;
  const gone: NextPrices["replaced"] = [];
  for (const [key, { sku: name, tier = "" }] of new Map([...inForce, ...after])) {
    const sku = bySku.get(name);
    if (inForce.has(key) !== after.has(key)) isChanged = true;
    if (sku === undefined) continue;
    const unitPrice = priceBefore(sku, tier);
    if (unitPrice === priceAfter(sku, tier)) continue;
    isChanged = true;
    if (findBound(name)?.maxChangePerHour !== undefined) gone.push({ sku: name, tier, unitPrice });
  }
  const prices = [...after.values()];
  return { prices, strategies: strategyPlaces.list, notes, replaced: gone, isChanged, nextStepAt };
}

/** Numbers those that gave a price, in the order in which they are met. */
function createPlaces(strategies: Given["strategies"]) {
  const list: PricedBy[] = [];
  const places = new Map<string, number>();
  return {
    list,
    of({ strategy: index, variant }: StrategyPrice): number {
      const key = variant === undefined ? `${index}` : `${index} ${variant}`;
      let place = places.get(key);
      if (place === undefined) {
        const { id, rule } = strategies[index]!;
        place = list.push({ id, rule, ...(variant !== undefined && { variant }) }) - 1;
        places.set(key, place);
      }
      return place;
    },
  };
}

function isWithin(price: number | undefined, { minUnitPrice, maxUnitPrice }: PriceBound): boolean {
  return price !== undefined && price >= minUnitPrice && price <= maxUnitPrice;
}

/** No name holds the character between. */
function keyOf(sku: string, tier = ""): string {
  return `${tier}\0${sku}`;
}
