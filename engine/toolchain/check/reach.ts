// Whether each promotion can give anything at all: built from what it asks, priced, and, where another promotion takes
// its place, built again from what it asks and a way in which that other one fails. When no such way is left, the other
// one always takes its place.

import type { Cart, Code } from "@haggle/abi";
import type { Atoms, Choices } from "./atoms.ts";
import { buildCarts, USUAL_PRICE } from "./carts.ts";
import { findConflict } from "./conflicts.ts";
import { demandOf } from "./demands.ts";
import { isWithin } from "./filters.ts";
import { outbids } from "./outbids.ts";
import { isReached, type Priced } from "./pricing.ts";
import { searchCarts, widened } from "./searches.ts";
import { type Entry, phaseOf, rivalGroup, type Table } from "./table.ts";

export type Reach =
  | { is: "reached"; cart: Cart }
  /** No cart suits what it asks, because of a contradiction about `field`; undefined: its figures give nothing. */
  | { is: "unreachable"; field: string | undefined; cart: Cart | undefined }
  /** Whatever suits it suits one of these, and they come before it. */
  | { is: "shadowed"; by: readonly string[]; cart: Cart }
  | { is: "undecided"; text: string };

const HINTS = [USUAL_PRICE, 100_00, 1000_00];
const MAX_WAYS = 48;
const MAX_DOUBTFUL = 16;
const MAX_WIDENED = 2;
/** So many ways, from the first on, are held against every promotion that might close them. */
const MAX_PROOFS = 6;

export function reach(entry: Entry, table: Table): Reach {
  const { promotion, demand } = entry;
  if (entry.atoms === undefined) return unreachable(entry, table);
  const ways: Atoms[] = [...demand.needs];
  const tried = new Set<string>();
  const blockers = new Set<string>();
  let shown: Cart | undefined;
  let doubt: string | undefined;
  let steps = 0;
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    if (findConflict(way, table.setting) !== undefined) continue;
    // With a doubt nothing is proved any more, but something may still be found.
    if (steps++ >= (doubt === undefined ? MAX_WAYS : MAX_DOUBTFUL)) {
      doubt ??= "too many promotions stand in its way";
      break;
    }
    const found = tryWay(entry, way, table);
    if (found.is === "reached") return { is: "reached", cart: found.cart };
    if (found.blocker === undefined) {
      doubt ??= found.text;
      continue;
    }
    shown ??= found.cart;
    const closer = steps <= MAX_PROOFS ? findCloser(entry, way, table) : undefined;
    if (closer !== undefined) {
      blockers.add(closer.promotion.id);
      continue;
    }
    const { id } = found.blocker.promotion;
    if (found.isUncertain) doubt ??= `'${id}' stands in its way, not for certain always`;
    blockers.add(id);
    for (const failure of failuresOf(found.blocker, entry, table)) {
      const next = [...way, ...failure];
      const key = JSON.stringify(next);
      if (!tried.has(key)) ways.push(next);
      tried.add(key);
    }
  }
  if (doubt !== undefined || shown === undefined) {
    return { is: "undecided", text: doubt ?? `no cart was found to which '${promotion.id}' gives anything` };
  }
  return { is: "shadowed", by: [...blockers], cart: shown };
}

type Tried =
  | { is: "reached"; cart: Cart }
  | { is: "blocked"; blocker: Entry; isUncertain: boolean; cart: Cart; text?: undefined }
  | { is: "blocked"; blocker?: undefined; text: string };

function tryWay(entry: Entry, way: Atoms, table: Table): Tried {
  const { id } = entry.promotion;
  let blocked: Extract<Tried, { is: "blocked" }> | undefined;
  let failure: Code | undefined;
  for (const cart of cartsOf(entry, way, table)) {
    const priced = table.pricing.priced(cart);
    if (priced === undefined) continue;
    if (isReached(priced, entry.promotion)) return { is: "reached", cart };
    failure ??= priced.outcomes.get(id)?.error;
    const blocker = blockerOf(id, priced, table);
    if (blocker === undefined || blocked?.blocker !== undefined) continue;
    const isUncertain = !alwaysBlocks(blocker, entry, way, table);
    blocked = { is: "blocked", blocker, isUncertain, cart };
  }
  if (blocked !== undefined) return blocked;
  const text =
    failure === undefined
      ? `no cart was found to which '${id}' gives anything`
      : `'${id}' fails in the carts that were tried: ${failure}`;
  return { is: "blocked", text };
}

function* cartsOf(entry: Entry, way: Atoms, table: Table): Generator<Cart> {
  if (entry.promotion.effects === undefined) yield* searchCarts(entry, way, table);
  else {
    const built = HINTS.flatMap((hint) => buildCarts(way, table.setting, hint));
    yield* built;
    for (const cart of built.slice(0, MAX_WIDENED)) yield* widened(cart);
  }
}

/** One promotion that certainly comes first in every cart that suits the way. */
function findCloser(entry: Entry, way: Atoms, table: Table): Entry | undefined {
  return table.entries.find(
    (other) =>
      other !== entry &&
      mayBlock(other, entry, table) &&
      alwaysBlocks(other, entry, way, table) &&
      failuresOf(other, entry, table).every(
        (failure) => findConflict([...way, ...failure], table.setting) !== undefined,
      ),
  );
}

/** Each way in which the other one gives nothing; exclusive ones give way to what applied before them. */
function failuresOf(other: Entry, entry: Entry, { entries, setting }: Table): Choices {
  const { failures } = other.demand;
  if (!other.promotion.exclusive || setting.policy.exclusive === "first") return failures;
  const before = entries.slice(0, other.position).filter((earlier) => earlier !== entry);
  return [...failures, ...before.flatMap(({ demand }) => demand.needs)];
}

/** Whether the one could ever take the other's place. */
function mayBlock(other: Entry, entry: Entry, { setting }: Table): boolean {
  const [a, b] = [other.promotion, entry.promotion];
  if (standsAlone(other, entry)) return true;
  const group = rivalGroup(b, setting.policy);
  return group !== undefined && group === rivalGroup(a, setting.policy);
}

/** Who took the promotion's place: the one it lost to, or the first that took what there was. */
function blockerOf(id: string, { outcomes, given }: Priced, table: Table): Entry | undefined {
  const outcome = outcomes.get(id);
  if (outcome?.lostTo !== undefined) return table.byId.get(outcome.lostTo);
  const isLeftOut = outcome?.status === "notEligible" || outcome?.status === "capped";
  const position = table.byId.get(id)!.position;
  const before = given.map((other) => table.byId.get(other)!).filter((other) => other.position < position);
  return isLeftOut ? before[0] : undefined;
}

/** Whether a cart to which the blocker gives something is certainly lost for the promotion. */
function alwaysBlocks(blocker: Entry, entry: Entry, way: Atoms, table: Table): boolean {
  if (!blocker.demand.isExact) return false;
  const { policy } = table.setting;
  if (standsAlone(blocker, entry)) return true;
  const group = rivalGroup(entry.promotion, policy);
  if (group === undefined || group !== rivalGroup(blocker.promotion, policy)) {
    return takesEverything(blocker, entry);
  }
  const { mode, per } = policy.groups[group]!;
  if (
    entry.promotion.group !== blocker.promotion.group ||
    entry.promotion.group !== group ||
    per === "line"
  ) {
    return false;
  }
  if (mode === "first") return blocker.position < entry.position;
  return mode !== "best" && outbids(blocker, entry, way, mode === "lowest");
}

/** Whether, once the blocker gave something, the other one gives way to it. Prices made in the catalog are apart. */
function standsAlone(blocker: Entry, entry: Entry): boolean {
  const [isCatalog, other] = [blocker, entry].map(
    ({ promotion, rule }) => phaseOf(promotion, rule) === "catalog",
  );
  if (blocker.position >= entry.position || isCatalog !== other) return false;
  const { exclusive, stopAfter } = blocker.promotion;
  return Boolean(exclusive || stopAfter || entry.promotion.exclusive);
}

/** Behind a discount on all its goods, nothing is undiscounted. */
function takesEverything(blocker: Entry, { promotion }: Entry): boolean {
  if (blocker.promotion.limits?.some(({ counts }) => counts !== "uses")) return false;
  const effects = blocker.promotion.effects ?? [];
  const filters = (promotion.effects ?? []).map((effect) => ("filter" in effect ? effect.filter : undefined));
  const isWhole = effects.some(
    (effect) =>
      (effect.target === "order" || effect.target === "line" || effect.target === "unit") &&
      "percent" in effect &&
      effect.units === undefined &&
      filters.every((filter) => isWithin(filter, effect.filter)),
  );
  const asks = promotion.undiscounted || filters.every((filter) => filter?.undiscounted && !filter.match);
  return isWhole && filters.length > 0 && asks;
}

function unreachable(entry: Entry, table: Table): Reach {
  const [way] = entry.demand.needs;
  const field = way && findConflict(way, table.setting);
  return { is: "unreachable", field, cart: nearestCart(entry, table) };
}

/** A cart that suits as much of what the promotion asks as goes together. */
function nearestCart(entry: Entry, table: Table): Cart | undefined {
  const { promotion } = entry;
  const [way = []] = [
    ...entry.demand.needs,
    ...demandOf({ ...promotion, effects: [] }, table.setting.policy).needs,
  ];
  const kept: Atoms[number][] = [];
  for (const atom of way) {
    if (findConflict([...kept, atom], table.setting) === undefined) kept.push(atom);
  }
  const [cart] = buildCarts(kept, table.setting);
  const priced = cart && table.pricing.priced(cart);
  return priced && !isReached(priced, promotion) ? cart : undefined;
}
