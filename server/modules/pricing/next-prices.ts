// From what strategies gave to the entries of the next prices document.

import type { Price, PriceBound, PricedBy, Prices } from "@haggle/abi";
import type { PricedSku, TierPrices } from "@haggle/sdk/pricing";
import { type Cut, HOUR_MS, keepBound } from "./bounds.ts";
import type { Note, ReplacedRange } from "./store.ts";

type Given = {
  skus: readonly PricedSku[];
  /** What strategies gave, by their places in `strategies` and `skus`. */
  found: readonly TierPrices[];
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

/**
 * What one tier pays, or everybody, by the places of the skus: columns, since a shop has a hundred thousand. Where nothing
 * is paid, the price is NaN.
 */
type Slot = {
  tier: string;
  before: Float64Array;
  after: Float64Array;
  /** Of what is after: the place among those who gave a price, NOBODY where it goes back. */
  by: Int32Array;
  taken: Uint8Array;
};

/** In the place of a strategy. */
const NOBODY = -1;

/** That a strategy took a sku, and gave it a price or failed. */
const [PRICED, FAULTY] = [1, 2];

/**
 * The prices that follow: what each strategy wanted, as far as the release's bounds let it. A sku that no strategy takes any
 * more goes back to its list price, by steps where its bound wants steps, and then has no price.
 */
export function nextPrices({ skus, found, strategies, findBound, before, replaced, now }: Given): NextPrices {
  const { findPlace, bounds } = indexOf(skus, findBound);
  const strategyPlaces = createPlaces(strategies);
  const recent = new Map(replaced.map((range) => [keyOf(range.sku, range.tier), range]));
  const slots = new Map<string, Slot>();
  const everybody = slotOf("");
  const prices: Price[] = [];
  const notes: Note[] = [];
  const gone: NextPrices["replaced"] = [];
  let nextStepAt: number | undefined;
  let isChanged = false;

  function slotOf(tier: string): Slot {
    let slot = slots.get(tier);
    if (slot === undefined) {
      const { length } = skus;
      slot = {
        tier,
        before: new Float64Array(length).fill(Number.NaN),
        after: new Float64Array(length).fill(Number.NaN),
        by: new Int32Array(length).fill(NOBODY),
        taken: new Uint8Array(length),
      };
      slots.set(tier, slot);
    }
    return slot;
  }

  function note(slot: Slot, place: number, wanted: number, strategy: number, cut: Cut): void {
    // Of a sku there is one note, and that its rule failed says more than how its price goes back.
    if (slot.taken[place] === FAULTY) return;
    const id = strategy === NOBODY ? null : strategies[strategy]!.id;
    notes.push({ sku: skus[place]!.sku, tier: slot.tier, strategy: id, wanted, cut });
  }

  /** What a strategy gave. */
  function take(
    slot: Slot,
    { skus: places, strategies: by, unitPrices, variants, faults }: TierPrices,
    i: number,
  ) {
    const place = places[i]!;
    const strategy = by[i]!;
    if (faults.size > 0 && faults.has(i)) {
      note(slot, place, unitPrices[i]!, strategy, "faulty");
      slot.taken[place] = FAULTY;
    } else {
      slot.taken[place] = PRICED;
      settle(slot, place, unitPrices[i]!, strategy, variants?.[i]);
    }
  }

  /** `strategy` is NOBODY where none takes the sku any more. */
  function settle(slot: Slot, place: number, wanted: number, strategy: number, variant?: string): void {
    const isGiven = strategy !== NOBODY;
    const bound = bounds[place];
    if (bound === undefined) {
      if (isGiven) note(slot, place, wanted, strategy, "unbound");
      return;
    }
    const { minUnitPrice: least, maxUnitPrice: most, maxChangePerHour } = bound;
    const isTimed = maxChangePerHour !== undefined;
    let kept: number | undefined = wanted;
    let cut: Cut | undefined;
    let isTied = false;
    // Most are within a bound that knows no hour, and nothing is to be looked up for them.
    if (isTimed || wanted < least || wanted > most) {
      const present = priceBefore(slot, place);
      const range = joinRanges(rangeOf(slot, place), sharedRange(slot, place));
      const { lowest = present, highest = present, oldest = now } = range ?? {};
      const recent = { lowest: Math.min(present, lowest), highest: Math.max(present, highest) };
      const found = keepBound(wanted, bound, recent);
      cut = found.cut;
      if (cut === "change") nextStepAt = Math.min(nextStepAt ?? Number.MAX_SAFE_INTEGER, oldest + HOUR_MS);
      // Where no price keeps the bound, the one in force stays, as far as it is within it.
      kept = found.unitPrice ?? (isWithin(slot.before[place]!, bound) ? present : undefined);
      // Back among everybody, what a tier paid within the hour would not count any more.
      isTied = slot !== everybody && isTimed && (present !== kept || range !== undefined);
    }
    if (cut !== undefined) note(slot, place, wanted, strategy, cut);
    else if (isGiven && isAtFloor(skus[place]!, wanted)) note(slot, place, wanted, strategy, "floor");
    if (kept === undefined) return;
    // Back where it came from. A list price beyond the bounds is reached from their edge.
    const isBack = !isGiven && (kept === wanted || cut === "min" || cut === "max");
    if (isBack && !isTied) return;
    slot.after[place] = kept;
    if (isGiven) slot.by[place] = strategyPlaces.of(strategy, variant);
  }

  /** Customers of a tier who have no price of their own pay everybody's. */
  function priceBefore({ before }: Slot, place: number): number {
    return pay(before[place]!) ?? pay(everybody.before[place]!) ?? skus[place]!.listPrice;
  }

  function priceAfter({ after }: Slot, place: number): number {
    return pay(after[place]!) ?? pay(everybody.after[place]!) ?? skus[place]!.listPrice;
  }

  function rangeOf({ tier }: Slot, place: number): ReplacedRange | undefined {
    return recent.size === 0 ? undefined : recent.get(keyOf(skus[place]!.sku, tier));
  }

  /** What customers of a tier without a price of their own paid before, with everybody. */
  function sharedRange(slot: Slot, place: number): ReplacedRange | undefined {
    return slot !== everybody && Number.isNaN(slot.before[place]) ? rangeOf(everybody, place) : undefined;
  }

  /** What is the price now, and what it takes the place of. */
  function tell(slot: Slot, place: number): void {
    const { tier, before, after, by } = slot;
    const isOld = !Number.isNaN(before[place]);
    const isNew = !Number.isNaN(after[place]);
    if (!isOld && !isNew) return;
    const { sku } = skus[place]!;
    if (isNew) {
      const price: Price = { sku, unitPrice: asSmall(after[place]!) };
      if (tier !== "") price.tier = tier;
      if (by[place] !== NOBODY) price.by = by[place]!;
      prices.push(price);
    }
    const unitPrice = priceBefore(slot, place);
    const isSame = unitPrice === priceAfter(slot, place);
    if (isSame && isOld && isNew) return;
    isChanged = true;
    if (bounds[place]?.maxChangePerHour === undefined) return;
    const { lowest, highest } = sharedRange(slot, place) ?? {};
    for (const left of [isSame ? undefined : unitPrice, lowest, highest])
      if (left !== undefined) gone.push({ sku, tier, unitPrice: left });
  }

  for (const { sku, tier = "", unitPrice } of before?.prices ?? []) {
    const place = findPlace(sku);
    // A sku that is not sold any more has no price to come back to.
    if (place === undefined) isChanged = true;
    else slotOf(tier).before[place] = unitPrice;
  }
  for (const given of found) {
    const slot = given.skus.length === 0 ? everybody : slotOf(given.tier ?? "");
    for (let i = 0; i < given.skus.length; i++) take(slot, given, i);
  }
  for (const slot of slots.values()) {
    for (let place = 0; place < skus.length; place++) {
      if (slot.taken[place] === PRICED || Number.isNaN(slot.before[place])) continue;
      settle(slot, place, priceAfter(everybody, place), NOBODY);
    }
  }

  for (const slot of slots.values()) {
    for (let place = 0; place < skus.length; place++) tell(slot, place);
  }
  return { prices, strategies: strategyPlaces.list, notes, replaced: gone, isChanged, nextStepAt };
}

type Index = { findPlace: (sku: string) => number | undefined; bounds: readonly (PriceBound | undefined)[] };
type FindBound = Given["findBound"];

const known = new WeakMap<readonly PricedSku[], WeakMap<FindBound, Index>>();

/**
 * Where each sku is among the skus of a shop, and the bound of each: they stay the same as long as no sku changes, and no
 * release.
 */
function indexOf(skus: readonly PricedSku[], findBound: FindBound): Index {
  let indexes = known.get(skus);
  if (indexes === undefined) {
    indexes = new WeakMap();
    known.set(skus, indexes);
  }
  let index = indexes.get(findBound);
  if (index === undefined) {
    index = { findPlace: createPlaceFinder(skus), bounds: skus.map(({ sku }) => findBound(sku)) };
    indexes.set(findBound, index);
  }
  return index;
}

/** Prices are told in the order of the skus, so most of them are where the last one was, or soon behind it. */
function createPlaceFinder(skus: readonly PricedSku[]): Index["findPlace"] {
  let places: ReadonlyMap<string, number> | undefined;
  let next = 0;
  return (sku) => {
    let place: number | undefined = next;
    if (skus[place]?.sku !== sku) {
      places ??= new Map(skus.map((each, at) => [each.sku, at]));
      place = places.get(sku);
    }
    if (place !== undefined) next = place + 1;
    return place;
  };
}

/** What comes of a column is a number of eight bytes to the engine, in an object one more on the heap; most prices are small. */
function asSmall(amount: number): number {
  const small = amount | 0;
  return small === amount ? small : amount;
}

function pay(unitPrice: number): number | undefined {
  return Number.isNaN(unitPrice) ? undefined : unitPrice;
}

function isAtFloor({ minUnitPrice, listPrice }: PricedSku, wanted: number): boolean {
  return wanted === minUnitPrice && wanted < listPrice;
}

/** Numbers those that gave a price, in the order in which they are met. */
function createPlaces(strategies: Given["strategies"]) {
  const list: PricedBy[] = [];
  const places = new Map<string | number, number>();
  let last: { strategy: number; variant: string | undefined; place: number } | undefined;

  function of(strategy: number, variant: string | undefined): number {
    if (last?.strategy === strategy && last.variant === variant) return last.place;
    const key = variant === undefined ? strategy : `${strategy} ${variant}`;
    let place = places.get(key);
    if (place === undefined) {
      const { id, rule } = strategies[strategy]!;
      place = list.push({ id, rule, ...(variant !== undefined && { variant }) }) - 1;
      places.set(key, place);
    }
    last = { strategy, variant, place };
    return place;
  }
  return { list, of };
}

function isWithin(price: number, { minUnitPrice, maxUnitPrice }: PriceBound): boolean {
  return price >= minUnitPrice && price <= maxUnitPrice;
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
