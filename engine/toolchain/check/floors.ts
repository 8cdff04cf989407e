// Promotions that want more than there is to take: alone, where an amount asks for no total, or together.

import type { Cart, GoodsEffect } from "@haggle/abi";
import { type Atoms, both, numberSpans } from "./atoms.ts";
import { buildCarts, USUAL_PRICE } from "./carts.ts";
import { isPossible } from "./conflicts.ts";
import { filterChoices, possibleAtoms } from "./filters.ts";
import { type Finding, quoted } from "./finding.ts";
import { isUsual } from "./mixes.ts";
import { isHeld, type Priced } from "./pricing.ts";
import { shrinkCart } from "./shrink.ts";
import { type Entry, rivalGroup, type Table } from "./table.ts";

/** A stack of so many promotions is rare, and each one more is tried against all in it. */
const MAX_STACK = 8;
const MAX_PARTNERS = 40;
const HINTS = [USUAL_PRICE, 100_00];

export function findFloors(table: Table): void {
  const entries = table.entries
    .filter(({ witness }) => witness !== undefined)
    .map((entry) => ({ entry, worth: worthOf(entry, table) }))
    .filter(({ worth }) => worth > 0)
    .toSorted((a, b) => b.worth - a.worth);
  for (const { entry } of entries) findAlone(entry, table);
  const found: Finding[] = [];
  const seen = new Set<string>();
  for (const seed of entries) {
    for (const { atoms, members } of stacksOn(seed, entries.slice(0, MAX_PARTNERS), table)) {
      const key = members
        .map(({ position }) => position)
        .toSorted((a, b) => a - b)
        .join();
      if (seen.has(key)) continue;
      seen.add(key);
      const finding = findTogether(atoms, found, table);
      if (finding === undefined) continue;
      found.push(finding);
      break;
    }
  }
  for (const finding of found) table.report(finding);
}

type Stack = { atoms: Atoms; members: readonly Entry[] };
type Worthy = { entry: Entry; worth: number };

/** What a promotion may take of its goods, in percent; 0 for what takes nothing off goods. */
function worthOf({ promotion }: Entry, table: Table): number {
  const { effects = [] } = promotion;
  return effects.filter(isGoods).reduce((sum, effect) => sum + worthOfEffect(effect, promotion.id, table), 0);
}

function worthOfEffect(effect: GoodsEffect, id: string, table: Table): number {
  if ("percent" in effect && effect.tiers === undefined) return Number(effect.percent);
  if (effect.tiers !== undefined) {
    const percents = effect.tiers.steps.map((step) => ("percent" in step ? Number(step.percent) : 50));
    return Math.max(...percents);
  }
  const entry = table.byId.get(id);
  if ("amount" in effect)
    return Math.min(100, (100 * effect.amount) / leastTotal(effect, entry?.atoms ?? []));
  // Of the cheapest cart it applies to, which is where it takes the largest part.
  const priced = entry?.witness && table.pricing.priced(entry.witness);
  if (!priced || priced.decision.subtotal === 0) return 0;
  return (100 * (priced.outcomes.get(id)?.granted ?? 0)) / priced.decision.subtotal;
}

/** What goods come to at least where the effect applies; 1 when it asks for nothing. */
function leastTotal({ filter, target }: GoodsEffect, atoms: Atoms): number {
  const totals = [...numberSpans(atoms).values()].filter(({ field }) => field === "goodsTotal");
  const asked = target === "unit" ? [] : totals.map(({ min }) => min);
  return Math.max(1, filter?.unitPrice?.min ?? 1, ...asked);
}

function isGoods(effect: { target: string }): effect is GoodsEffect {
  return ["unit", "line", "lines", "order"].includes(effect.target);
}

/** An amount that is more than the cheapest cart to which it applies comes to. */
function findAlone({ promotion, atoms = [] }: Entry, table: Table): void {
  const { id, effects = [] } = promotion;
  for (const effect of effects) {
    if (!isGoods(effect) || !("amount" in effect) || effect.tiers !== undefined) continue;
    const nominal = Math.min(effect.amount, effect.maxAmount ?? Infinity, effect.maxPerLine ?? Infinity);
    const isShort = (cart: Cart) => {
      const priced = table.pricing.priced(cart);
      if (priced === undefined || priced.given.length !== 1 || priced.given[0] !== id) return false;
      return priced.outcomes.get(id)!.granted < nominal && isFree(priced);
    };
    const cart = buildCarts(atoms, table.setting, Math.max(1, Math.ceil(nominal / 2))).find(isShort);
    if (cart === undefined) continue;
    table.report({
      code: "CHECK_FLOOR",
      severity: "warning",
      promotions: [id],
      text: `'${id}' takes an amount off but asks for no goods of that worth: this cart's goods cost nothing.`,
      cart: shrinkCart(cart, isShort),
    });
    return;
  }
}

function isFree({ decision: { lines } }: Priced): boolean {
  return lines.length > 0 && lines.every(({ total }) => total === 0);
}

/**
 * What carts are like in which others apply too, those that take most first, one more each time: the next one may ask
 * for so large a total that what the others take is little of it. Left out is what cannot be too much.
 */
function stacksOn(seed: Worthy, partners: readonly Worthy[], table: Table): Stack[] {
  const hasMargin = table.setting.policy.marginFloor !== undefined;
  let atoms: Atoms = seed.entry.atoms ?? [];
  const members = [seed.entry];
  const stacks: Stack[] = hasMargin ? [{ atoms, members: [...members] }] : [];
  let worth = seed.worth;
  for (const partner of partners) {
    if (members.length >= MAX_STACK) break;
    if (partner === seed || !isOnSameGoods(seed.entry, partner.entry, table)) continue;
    if (!members.every((member) => canMeet(member, partner.entry, table))) continue;
    const way = partner.entry.demand.needs.find((needs) => isPossible([...atoms, ...needs], table.setting));
    if (way === undefined) continue;
    atoms = [...atoms, ...way];
    members.push(partner.entry);
    worth += partner.worth;
    if (hasMargin || worth >= 100) stacks.push({ atoms, members: [...members] });
  }
  return stacks;
}

/** Whether goods that are to be expected get something from both: else each only makes the other's part smaller. */
function isOnSameGoods(a: Entry, b: Entry, { setting }: Table): boolean {
  const [own, others] = [a, b].map(({ promotion }) =>
    (promotion.effects ?? []).filter(isGoods).map(({ filter }) => filterChoices(filter)),
  );
  return own!.some((left) =>
    others!.some((right) => possibleAtoms(both(left, right)).some((atoms) => isUsual(atoms, setting.mixes))),
  );
}

/** Whether two promotions may both give something to one cart. */
export function canMeet(a: Entry, b: Entry, { setting }: Table): boolean {
  if (a.promotion.exclusive || b.promotion.exclusive) return false;
  const [first, second] = a.position < b.position ? [a, b] : [b, a];
  if (first.promotion.stopAfter && second !== first) return false;
  const group = rivalGroup(a.promotion, setting.policy);
  if (group === undefined || group !== rivalGroup(b.promotion, setting.policy)) return true;
  return setting.policy.groups[group]?.mode === "best";
}

function findTogether(atoms: Atoms, known: readonly Finding[], table: Table): Finding | undefined {
  for (const hint of HINTS) {
    for (const cart of buildCarts(atoms, table.setting, hint)) {
      const code = heldBy(table.pricing.priced(cart), table);
      if (code === undefined) continue;
      const small = shrinkCart(cart, (smaller) => heldBy(table.pricing.priced(smaller), table) === code);
      const priced = table.pricing.priced(small)!;
      const ids = concerned(priced);
      if (
        known.some((finding) => finding.code === code && finding.promotions.every((id) => ids.includes(id)))
      ) {
        continue;
      }
      const what = code === "CHECK_MARGIN" ? "the margin floor lets" : "there is";
      const want = ids.length === 1 ? "wants" : "together want";
      const text = `${quoted(ids)} ${want} to take more than ${what}.`;
      return { code, severity: "warning", promotions: ids, text, cart: small };
    }
  }
  return undefined;
}

/** What holds something back in a cart; free goods leave nothing to take on purpose. */
function heldBy(priced: Priced | undefined, table: Table): "CHECK_FLOOR" | "CHECK_MARGIN" | undefined {
  if (priced === undefined) return undefined;
  if (priced.decision.marginHeld) return "CHECK_MARGIN";
  const held = [...priced.outcomes.keys()].some((id) => isHeld(priced, id));
  return held && !priced.given.some((id) => givesAll(table.byId.get(id))) ? "CHECK_FLOOR" : undefined;
}

function givesAll(entry: Entry | undefined): boolean {
  return (entry?.promotion.effects ?? []).some(
    (effect) => "percent" in effect && Number(effect.percent) >= 100,
  );
}

/** Those held first, then those that took before them. */
function concerned(priced: Priced): string[] {
  const held = [...priced.outcomes.keys()].filter((id) => isHeld(priced, id));
  return [...new Set([...held, ...priced.given])];
}
