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

/** What one tier pays, or everybody, by the places of the skus: arrays, since a shop has a hundred thousand. */
type Slot = {
  tier: string;
  before: (Price | undefined)[];
  after: (Price | undefined)[];
  taken: Uint8Array;
};

/** That a strategy took a sku, and gave it a price or failed. */
const [PRICED, FAULTY] = [1, 2];

/**
 * The prices that follow: what each strategy wanted, as far as the release's bounds let it. A sku that no strategy takes any
 * more goes back to its list price, by steps where its bound wants steps, and then has no price.
 */
export function nextPrices({ skus, found, strategies, findBound, before, replaced, now }: Given): NextPrices {
  const places = placesOf(skus);
  const strategyPlaces = createPlaces(strategies);
  const recent = new Map(replaced.map((range) => [keyOf(range.sku, range.tier), range]));
  const slots = new Map<string, Slot>();
  const everybody = slotOf("");
  const notes: Note[] = [];
  let nextStepAt: number | undefined;
  let isChanged = false;

  function slotOf(tier: string): Slot {
    let slot = slots.get(tier);
    if (slot === undefined) {
      const empty = () => new Array<Price | undefined>(skus.length).fill(undefined);
      slot = { tier, before: empty(), after: empty(), taken: new Uint8Array(skus.length) };
      slots.set(tier, slot);
    }
    return slot;
  }

  function settle(slot: Slot, place: number, wanted: number, given: StrategyPrice | undefined): void {
    const sku = skus[place]!;
    const { tier } = slot;
    const strategy = given === undefined ? null : strategies[given.strategy]!.id;
    const note = (cut: Cut): void => {
      // Of a sku there is one note, and that its rule failed says more than how its price goes back.
      if (slot.taken[place] !== FAULTY) notes.push({ sku: sku.sku, tier, strategy, wanted, cut });
    };
    const bound = findBound(sku.sku);
    if (bound === undefined) {
      if (given !== undefined) note("unbound");
      return;
    }
    const present = priceBefore(slot, place);
    const range = joinRanges(rangeOf(slot, place), sharedRange(slot, place));
    const { lowest = present, highest = present, oldest = now } = range ?? {};
    const { unitPrice, cut } = keepBound(wanted, bound, {
      lowest: Math.min(present, lowest),
      highest: Math.max(present, highest),
    });
    if (cut === "change") nextStepAt = Math.min(nextStepAt ?? Number.MAX_SAFE_INTEGER, oldest + HOUR_MS);
    if (cut !== undefined) note(cut);
    else if (given !== undefined && wanted === sku.minUnitPrice && wanted < sku.listPrice) note("floor");
    // Where no price keeps the bound, the one in force stays, as far as it is within it.
    const kept = unitPrice ?? (isWithin(slot.before[place]?.unitPrice, bound) ? present : undefined);
    if (kept === undefined) return;
    // Back where it came from. A list price beyond the bounds is reached from their edge.
    const isBack = given === undefined && (kept === wanted || cut === "min" || cut === "max");
    // Back among everybody, what a tier paid within the hour would not count any more.
    const isTied = tier !== "" && bound.maxChangePerHour !== undefined && (present !== kept || range);
    if (isBack && !isTied) return;
    const price: Price = { sku: sku.sku, unitPrice: kept };
    if (tier !== "") price.tier = tier;
    if (given !== undefined) price.by = strategyPlaces.of(given);
    slot.after[place] = price;
  }

  /** Customers of a tier who have no price of their own pay everybody's. */
  function priceBefore({ before }: Slot, place: number): number {
    return (before[place] ?? everybody.before[place])?.unitPrice ?? skus[place]!.listPrice;
  }

  function rangeOf({ tier }: Slot, place: number): ReplacedRange | undefined {
    return recent.size === 0 ? undefined : recent.get(keyOf(skus[place]!.sku, tier));
  }

  /** What customers of a tier without a price of their own paid before, with everybody. */
  function sharedRange(slot: Slot, place: number): ReplacedRange | undefined {
    return slot.before[place] === undefined && slot !== everybody ? rangeOf(everybody, place) : undefined;
  }

  function priceAfter({ after }: Slot, place: number): number {
    return (after[place] ?? everybody.after[place])?.unitPrice ?? skus[place]!.listPrice;
  }

  for (const price of before?.prices ?? []) {
    const place = places.get(price.sku);
    // A sku that is not sold any more has no price to come back to.
    if (place === undefined) isChanged = true;
    else slotOf(price.tier ?? "").before[place] = price;
  }
  for (const given of found) {
    const slot = slotOf(given.tier ?? "");
    if (given.fault === undefined) {
      slot.taken[given.sku] = PRICED;
      settle(slot, given.sku, given.unitPrice, given);
    } else {
      const { id: strategy } = strategies[given.strategy]!;
      const { sku } = skus[given.sku]!;
      slot.taken[given.sku] = FAULTY;
      notes.push({ sku, tier: slot.tier, strategy, wanted: given.unitPrice, cut: "faulty" });
    }
  }
  for (const slot of slots.values()) {
    for (const [place, price] of slot.before.entries()) {
      if (price !== undefined && slot.taken[place] !== PRICED)
        settle(slot, place, priceAfter(everybody, place), undefined);
    }
  }

  const prices: Price[] = [];
  const gone: NextPrices["replaced"] = [];
  for (const slot of slots.values()) {
    for (const [place, price] of slot.after.entries()) {
      if (price !== undefined) prices.push(price);
      const old = slot.before[place];
      if (price === undefined && old === undefined) continue;
      const unitPrice = priceBefore(slot, place);
      const isSame = unitPrice === priceAfter(slot, place);
      if (isSame && price !== undefined && old !== undefined) continue;
      isChanged = true;
      const { sku } = skus[place]!;
      if (findBound(sku)?.maxChangePerHour === undefined) continue;
      const { lowest, highest } = sharedRange(slot, place) ?? {};
      for (const left of [isSame ? undefined : unitPrice, lowest, highest])
        if (left !== undefined) gone.push({ sku, tier: slot.tier, unitPrice: left });
    }
  }
  return { prices, strategies: strategyPlaces.list, notes, replaced: gone, isChanged, nextStepAt };
}

const known = new WeakMap<readonly PricedSku[], ReadonlyMap<string, number>>();

/** Where each sku is among the skus of a shop, which stay the same as long as none of them changes. */
function placesOf(skus: readonly PricedSku[]): ReadonlyMap<string, number> {
  let places = known.get(skus);
  if (places === undefined) {
    places = new Map(skus.map(({ sku }, place) => [sku, place]));
    known.set(skus, places);
  }
  return places;
}

/** Numbers those that gave a price, in the order in which they are met. */
function createPlaces(strategies: Given["strategies"]) {
  const list: PricedBy[] = [];
  const places = new Map<string | number, number>();
  return {
    list,
    of({ strategy: index, variant }: StrategyPrice): number {
      const key = variant === undefined ? index : `${index} ${variant}`;
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

function joinRanges(a: ReplacedRange | undefined, b: ReplacedRange | undefined): ReplacedRange | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [lowest, highest] = [Math.min(a.lowest, b.lowest), Math.max(a.highest, b.highest)];
  return { ...a, lowest, highest, oldest: Math.min(a.oldest, b.oldest) };
}

/** No name holds the character between. */
function keyOf(sku: string, tier: string): string {
  return `${tier}\0${sku}`;
}
