// Pairs of promotions that come to another price the other way round: an accident where only their names decide which
// comes first, and good to know where a priority does.

import { type Cart, type Condition, type Effect, groupBy, type Policy } from "@haggle/abi";
import { buildCarts } from "./carts.ts";
import { isPossible } from "./conflicts.ts";
import { areApart } from "./filters.ts";
import { canMeet } from "./floors.ts";
import { createPricing, type Pricing } from "./pricing.ts";
import { shrinkCart } from "./shrink.ts";
import { type Entry, phaseOf, placeOf, rivalGroup, type Table } from "./table.ts";

/** Pairs beyond these are left undecided: a table with more is not read pair by pair. */
const MAX_PAIRS = 3000;
const MAX_OWN_ENGINES = 8;

export async function findOrders(table: Table): Promise<void> {
  const { policy } = table.setting;
  const able = table.entries.filter(({ witness }) => witness !== undefined);
  const byPlace = groupBy(able, (entry) => placeOf(entry, policy));
  const pairs = [...byPlace.values()].flatMap((entries) => pairsOf(entries));
  await findIn(
    table,
    pairs.filter(([a, b]) => isMoved(a, b, policy)),
    "ties",
  );
  const byPhase = groupBy(able, (entry) => placeOf(entry, policy).split("|").slice(0, 3).join("|"));
  const ordered = [...byPhase.values()].flatMap((entries) => pairsOf(entries));
  const decided = ordered.filter(
    ([a, b]) => a.promotion.priority !== b.promotion.priority && isDecided(a, b, table),
  );
  await findIn(table, decided, "priorities");
}

type Pair = readonly [Entry, Entry];

function pairsOf(entries: readonly Entry[]): Pair[] {
  return entries.flatMap((a, i) => entries.slice(i + 1).map((b) => [a, b] as const));
}

/** Whether something of the two depends on which comes first. */
function isMoved(a: Entry, b: Entry, policy: Policy): boolean {
  const [first, second] = [a.promotion, b.promotion];
  if (first.exclusive || second.exclusive || first.stopAfter || second.stopAfter) return true;
  const group = rivalGroup(first, policy);
  if (group !== undefined && group === rivalGroup(second, policy))
    return policy.groups[group]?.mode === "first";
  if (first.unitsOnce && second.unitsOnce) return true;
  return looksAtOthers(a, b, policy) || looksAtOthers(b, a, policy);
}

/** Whether what `a` does depends on what `b` took before it. */
function looksAtOthers(a: Entry, b: Entry, policy: Policy): boolean {
  const { conditions = [], effects, undiscounted } = a.promotion;
  if (!takesMoney(b)) return false;
  if (effects === undefined || undiscounted) return true;
  return (
    conditions.some((condition) => isMoving(condition, policy)) ||
    effects.some((effect) => isOnCurrent(effect, a, b, policy))
  );
}

function takesMoney({ promotion }: Entry): boolean {
  const { effects } = promotion;
  return (
    effects === undefined || effects.some(({ target }) => !["points", "cashback", "message"].includes(target))
  );
}

function isMoving(condition: Condition, policy: Policy): boolean {
  if (!("value" in condition) || !condition.kind.endsWith("Total")) return false;
  return (("base" in condition && condition.base) || policy.thresholdBase) !== "initial";
}

function isOnCurrent(effect: Effect, a: Entry, b: Entry, policy: Policy): boolean {
  if ("filter" in effect && effect.filter?.undiscounted) return true;
  if (["gift", "points", "cashback", "message"].includes(effect.target)) return false;
  const isCatalog = phaseOf(a.promotion, a.rule) === "catalog";
  const base = ("base" in effect ? effect.base : undefined) ?? policy.percentBase;
  const hasTiers = "tiers" in effect && effect.tiers?.by === "goods" && policy.thresholdBase === "current";
  if (hasTiers) return true;
  if (base !== "current" && !isCatalog) return false;
  if ("amount" in effect) return false;
  // Two percentages of what is left come to the same either way, but for a rounding.
  return !isPercentOnly(a, b) && sharesGoods(effect, b);
}

function isPercentOnly(a: Entry, b: Entry): boolean {
  return [a, b].every(({ promotion }) =>
    (promotion.effects ?? []).every(
      (effect) =>
        "percent" in effect && !("maxAmount" in effect) && !("units" in effect) && !("tiers" in effect),
    ),
  );
}

function sharesGoods(effect: Effect, { promotion }: Entry): boolean {
  const own = "filter" in effect ? effect.filter : undefined;
  return (promotion.effects ?? [effect]).some((other) => {
    if ((other.target === "shipping") !== (effect.target === "shipping")) return false;
    return !areApart(own, "filter" in other ? other.filter : undefined);
  });
}

/** Stacked on purpose, in an order that somebody chose. */
function isDecided(a: Entry, b: Entry, table: Table): boolean {
  const { policy } = table.setting;
  if (!canMeet(a, b, table)) return false;
  return looksAtOthers(a, b, policy) || looksAtOthers(b, a, policy);
}

async function findIn(table: Table, pairs: readonly Pair[], by: "ties" | "priorities"): Promise<void> {
  if (pairs.length === 0) return;
  if (table.reorder === undefined) {
    const text = "the order of promotions cannot be changed here";
    table.leave({ code: "CHECK_ORDER", promotions: idsOf(pairs), text });
    return;
  }
  const reversed = createPricing(await table.reorder(reverse(table, by)));
  const seen = new Set<Entry>();
  let engines = 0;
  for (const pair of pairs.slice(0, MAX_PAIRS)) {
    // One partner says enough of an order that somebody chose.
    if (by === "priorities" && pair.some((entry) => seen.has(entry))) continue;
    const cart = findDifference(pair, table, reversed);
    if (cart === undefined) continue;
    let other = reversed;
    if (!isOfPair(cart, pair, table, other)) {
      if (engines++ >= MAX_OWN_ENGINES) continue;
      other = createPricing(await table.reorder(swap(table, pair)));
      if (!differs(cart, table.pricing, other)) continue;
    }
    for (const entry of pair) seen.add(entry);
    reportOrder(pair, cart, table, other, by);
  }
  if (pairs.length > MAX_PAIRS) {
    const text = `only ${MAX_PAIRS} pairs of promotions were looked at`;
    table.leave({ code: "CHECK_ORDER", promotions: idsOf(pairs.slice(MAX_PAIRS)), text });
  }
}

function idsOf(pairs: readonly Pair[]): string[] {
  return [...new Set(pairs.flatMap((pair) => pair.map(({ promotion }) => promotion.id)))];
}

/** The same table with ties, or priorities, the other way round. */
function reverse(table: Table, by: "ties" | "priorities") {
  const { all } = table;
  if (by === "priorities") return all.map((promotion, i) => ({ ...promotion, priority: i }));
  const ranks = [...new Set(all.map(({ priority }) => priority))].sort((a, b) => a - b);
  return all.map((promotion, i) => ({
    ...promotion,
    priority: ranks.indexOf(promotion.priority) * all.length + i,
  }));
}

/** The same table with two promotions in each other's place. */
function swap(table: Table, [a, b]: Pair) {
  const { all } = table;
  const places = new Map(all.map(({ id }, i) => [id, i]));
  const [first, second] = [a, b].map(({ promotion }) => places.get(promotion.id)!);
  places.set(a.promotion.id, second!);
  places.set(b.promotion.id, first!);
  return all.map((promotion) => ({ ...promotion, priority: all.length - places.get(promotion.id)! }));
}

function findDifference([a, b]: Pair, table: Table, reversed: Pricing): Cart | undefined {
  for (const own of a.demand.needs) {
    const other = b.demand.needs.find((needs) => isPossible([...own, ...needs], table.setting));
    if (other === undefined) continue;
    const carts = buildCarts([...own, ...other], table.setting);
    const found = carts.find(
      (cart) => concerns(cart, [a, b], table) && differs(cart, table.pricing, reversed),
    );
    if (found !== undefined) return found;
  }
  const witnesses = [a, b].flatMap(({ promotion, witness }) =>
    promotion.effects === undefined && witness !== undefined ? [witness] : [],
  );
  return witnesses.find((cart) => concerns(cart, [a, b], table) && differs(cart, table.pricing, reversed));
}

function concerns(cart: Cart, pair: Pair, table: Table): boolean {
  const given = table.pricing.priced(cart)?.given ?? [];
  return pair.some(({ promotion }) => given.includes(promotion.id));
}

function differs(cart: Cart, pricing: Pricing, other: Pricing): boolean {
  const [before, after] = [pricing.priced(cart), other.priced(cart)];
  return before !== undefined && after !== undefined && before.decision.total !== after.decision.total;
}

/** Whether nothing else that was moved has to do with the cart. */
function isOfPair(cart: Cart, pair: Pair, table: Table, other: Pricing): boolean {
  const ids = pair.map(({ promotion }) => promotion.id);
  const given = [table.pricing, other].flatMap((pricing) => pricing.priced(cart)?.given ?? []);
  return concerns(cart, pair, table) && given.every((id) => ids.includes(id));
}

function reportOrder(pair: Pair, cart: Cart, table: Table, other: Pricing, by: "ties" | "priorities"): void {
  const [first, second] = pair[0].position < pair[1].position ? pair : [pair[1], pair[0]];
  const ids = [first.promotion.id, second.promotion.id];
  const names = `'${ids[0]}' and '${ids[1]}'`;
  const small = shrinkCart(
    cart,
    (smaller) => differs(smaller, table.pricing, other) && isOfPair(smaller, pair, table, other),
  );
  table.report({
    code: "CHECK_ORDER",
    severity: by === "ties" ? "warning" : "note",
    promotions: ids,
    text:
      by === "ties"
        ? `The price depends on the order of ${names}, which only their names decide: their priorities are equal.`
        : `The price depends on the order of ${names}: '${ids[0]}' comes first by its priority.`,
    cart: small,
  });
}
