// Campaigns that meet: two windows that overlap, for the same goods or in one group, with the same kind of gift.

import type { Cart, Promotion } from "@haggle/abi";
import { buildCarts } from "./carts.ts";
import { isPossible } from "./conflicts.ts";
import { areApart } from "./filters.ts";
import { isReached } from "./pricing.ts";
import { searchCarts } from "./searches.ts";
import { shrinkCart } from "./shrink.ts";
import { type Entry, rivalGroup, type Table } from "./table.ts";

export function findOverlaps(table: Table): void {
  const campaigns = table.entries.filter(
    ({ promotion, witness }) => promotion.window !== undefined && witness !== undefined,
  );
  for (const [i, a] of campaigns.entries()) {
    for (const b of campaigns.slice(i + 1)) if (isSuspect(a, b, table)) findOverlap(a, b, table);
  }
}

function isSuspect(a: Entry, b: Entry, table: Table): boolean {
  const [first, second] = [a.promotion, b.promotion];
  if (kindOf(first) !== kindOf(second) || !doMeet(first, second)) return false;
  if (isOnPurpose(first, second)) return false;
  const group = rivalGroup(first, table.setting.policy);
  const isOneGroup = first.group !== undefined && first.group === second.group;
  return isOneGroup || group === undefined || sharesGoods(a, b);
}

/** What sort of thing it gives: the same rule, or the same target and sort of value. */
function kindOf({ rule, effects = [] }: Promotion): string {
  if (rule !== undefined) return `rule ${rule}`;
  const kinds = effects
    .filter(({ target }) => target !== "message")
    .map((effect) => {
      const values = ["percent", "amount", "price", "tiers"].filter((value) => Object.hasOwn(effect, value));
      return `${effect.target === "line" || effect.target === "lines" ? "unit" : effect.target} ${values}`;
    });
  return kinds.join();
}

function doMeet({ window: a = {} }: Promotion, { window: b = {} }: Promotion): boolean {
  const from = Math.max(a.from ?? -Infinity, b.from ?? -Infinity);
  return from < Math.min(a.until ?? Infinity, b.until ?? Infinity);
}

/** Parts of one campaign have one window; what makes them differ is who gets them, or for what. */
function isOnPurpose(a: Promotion, b: Promotion): boolean {
  const isOneWindow = a.window?.from === b.window?.from && a.window?.until === b.window?.until;
  return isOneWindow && JSON.stringify(askedOf(a)) !== JSON.stringify(askedOf(b));
}

function askedOf({ conditions = [], coupon, effects = [] }: Promotion) {
  return [conditions, coupon, effects.map((effect) => ("filter" in effect ? effect.filter : undefined))];
}

function sharesGoods(a: Entry, b: Entry): boolean {
  if (a.rule !== undefined || b.rule !== undefined)
    return JSON.stringify(textsOf(a)) === JSON.stringify(textsOf(b));
  const filters = ({ promotion: { effects = [] } }: Entry) =>
    effects.map((effect) => ("filter" in effect ? effect.filter : undefined));
  return filters(a).some((own) => filters(b).some((other) => !areApart(own, other)));
}

/** What a rule is told of goods and customers, as strings: figures do not tell goods apart. */
function textsOf({ promotion, rule }: Entry) {
  return Object.entries(rule?.parameters.properties ?? {})
    .filter(([, schema]) => ["symbol", "tags"].includes(schema["x-haggle-type"]))
    .map(([name, { default: otherwise }]) => promotion.parameters?.[name] ?? otherwise);
}

function findOverlap(a: Entry, b: Entry, table: Table): void {
  if (!sharesGoods(a, b)) return;
  const ids = [a.promotion.id, b.promotion.id];
  for (const own of a.demand.needs) {
    const other = b.demand.needs.find((needs) => isPossible([...own, ...needs], table.setting));
    if (other === undefined) continue;
    const way = [...own, ...other];
    const carts = a.rule === undefined ? buildCarts(way, table.setting) : searchCarts(a, way, table);
    for (const cart of carts) {
      const met = howMet(cart, a, b, table);
      if (met === undefined) continue;
      table.report({
        code: "CHECK_OVERLAP",
        severity: met === "both" ? "warning" : "note",
        promotions: ids,
        text:
          met === "both"
            ? `'${ids[0]}' and '${ids[1]}' overlap in time and both apply to the same goods.`
            : `'${ids[0]}' and '${ids[1]}' overlap in time; one of them gives way to the other.`,
        cart: shrinkCart(cart, (smaller) => howMet(smaller, a, b, table) === met),
      });
      return;
    }
  }
}

function howMet(cart: Cart, a: Entry, b: Entry, table: Table) {
  const priced = table.pricing.priced(cart);
  const [first, second] = [a, b].map(({ promotion }) => isReached(priced, promotion));
  if (first && second) return "both";
  if (first === second) return undefined;
  const [winner, loser] = first ? [a, b] : [b, a];
  const outcome = priced?.outcomes.get(loser.promotion.id);
  return outcome?.lostTo === winner.promotion.id ? "one" : undefined;
}
