// What tells a shopper that something is missing, though having it would change nothing.

import type { Cart, Condition } from "@haggle/abi";
import { buildCarts } from "./carts.ts";
import { demandOf } from "./demands.ts";
import { isReached, type Priced } from "./pricing.ts";
import { searchCarts } from "./searches.ts";
import { shrinkCart } from "./shrink.ts";
import { type Entry, phaseOf, type Table } from "./table.ts";

export function findUnlocks(table: Table): void {
  for (const entry of table.entries) {
    const { unlock, effects, rule } = entry.promotion;
    if (unlock) findSilent(entry, table);
    if (unlock && entry.witness === undefined) findUseless(entry, table);
    if (rule !== undefined && entry.witness === undefined) findEmptyPromise(entry, table);
    if (effects?.every(({ target }) => target === "message")) findNudge(entry, table);
  }
}

const THRESHOLDS = new Set(["goodsTotal", "orderTotal", "quantity"]);

function isThreshold(condition: Condition): boolean {
  if (!THRESHOLDS.has(condition.kind) || condition.not) return false;
  const { operator = "atLeast" } = condition as { operator?: string };
  return operator === "atLeast" || operator === "moreThan";
}

/** Asked to tell what is missing, without a threshold that could be missed. */
function findSilent({ promotion, witness }: Entry, table: Table): void {
  const { id, conditions = [] } = promotion;
  if (witness === undefined || conditions.some(isThreshold)) return;
  // Without any of its conditions met it has nothing to say either.
  const [cart] = buildCarts([], table.setting);
  const priced = cart && table.pricing.priced(cart);
  if (!cart || !priced || priced.decision.messages.some((message) => message.promotion === id)) return;
  const shown = isReached(priced, promotion) ? witness : cart;
  table.report({
    code: "CHECK_UNLOCK",
    severity: "warning",
    promotions: [id],
    text: `'${id}' shall tell what is missing, but has no threshold that a shopper could reach.`,
    cart: shown,
  });
}

/** It tells what is missing to a threshold, and still gives nothing when that is there. */
function findUseless(entry: Entry, table: Table): void {
  const { id, conditions = [] } = entry.promotion;
  for (const [i, condition] of conditions.entries()) {
    if (!isThreshold(condition) || !("value" in condition)) continue;
    const others = { ...entry.promotion, effects: [], conditions: conditions.toSpliced(i, 1) };
    for (const way of demandOf(others, table.setting.policy).needs) {
      for (const cart of buildCarts(way, table.setting, Math.max(1, Math.floor(condition.value / 2)))) {
        if (reportPromise(id, cart, table)) return;
      }
    }
  }
}

/** A rule that was seen to promise, and never to keep it. */
function findEmptyPromise(entry: Entry, table: Table): void {
  for (const cart of searchCarts(entry, entry.atoms ?? [], table)) {
    if (reportPromise(entry.promotion.id, cart, table)) return;
  }
}

function reportPromise(id: string, cart: Cart, table: Table): boolean {
  const isEmpty = (each: Cart) => isEmptyPromise(id, each, table);
  if (!isEmpty(cart)) return false;
  table.report({
    code: "CHECK_UNLOCK",
    severity: "warning",
    promotions: [id],
    text: `'${id}' tells what is missing, but gives nothing when a shopper adds it.`,
    cart: shrinkCart(cart, isEmpty),
  });
  return true;
}

function isEmptyPromise(id: string, cart: Cart, table: Table): boolean {
  const message = table.pricing.priced(cart)?.decision.messages.find(({ promotion }) => promotion === id);
  if (message === undefined || message.amount <= 0) return false;
  const { promotion } = table.byId.get(id)!;
  return fulfilled(cart, message.amount).every((fuller) => {
    const priced = table.pricing.priced(fuller);
    return !isReached(priced, promotion) && !(promotion.rule && isForestalled(id, priced, table));
  });
}

/** Whether another one of its phase may have left a rule nothing to give, in this cart alone. */
function isForestalled(id: string, priced: Priced | undefined, { byId }: Table): boolean {
  const entry = byId.get(id)!;
  const phase = phaseOf(entry.promotion, entry.rule);
  return (priced?.given ?? []).some((other) => {
    const { promotion, rule, position } = byId.get(other) ?? entry;
    return position < entry.position && phaseOf(promotion, rule) === phase;
  });
}

/** What is missing, as a dearer unit or as so many more of them. */
function fulfilled(cart: Cart, missing: number): Cart[] {
  return cart.lines.flatMap((line, i) => [
    { ...cart, lines: cart.lines.with(i, { ...line, unitPrice: line.unitPrice + missing }) },
    ...(missing < 1000
      ? [{ ...cart, lines: cart.lines.with(i, { ...line, quantity: line.quantity + missing }) }]
      : []),
  ]);
}

/** A message up to a threshold, at which nothing else begins. */
function findNudge({ promotion, witness, atoms = [] }: Entry, table: Table): void {
  const { id, conditions = [] } = promotion;
  if (witness === undefined) return;
  const bound = atoms.find(
    (atom) =>
      atom.on === "number" && THRESHOLDS.has(atom.field) && atom.max < Infinity && atom.min === -Infinity,
  );
  if (bound?.on !== "number" || conditions.length === 0) return;
  const others = atoms.filter((atom) => atom !== bound);
  const [last] = buildCarts([...others, { ...bound, min: bound.max }], table.setting);
  const [first] = buildCarts([...others, { ...bound, min: bound.max + 1, max: Infinity }], table.setting);
  const below = last && table.pricing.priced(last);
  const reached = first && table.pricing.priced(first);
  if (!last || !below || !reached || !isReached(below, promotion)) return;
  const isNew = reached.given.some((other) => {
    const [before, now] = [below, reached].map(({ outcomes }) => outcomes.get(other)?.granted ?? 0);
    // What takes a part takes a little more of a little more.
    return !below.given.includes(other) || now! > before! * 1.01 + 1;
  });
  if (isNew) return;
  table.report({
    code: "CHECK_UNLOCK",
    severity: "warning",
    promotions: [id],
    text: `'${id}' speaks of a threshold at which nothing begins to apply.`,
    cart: last,
  });
}
