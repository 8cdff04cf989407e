// The key of a promotion: strings of which a cart must hold at least one, or the promotion cannot apply. A host with many
// promotions looks only at those whose key the cart meets, so a key must be necessary; that it is narrow is only faster.

import { type Clause, listClauses, listModes } from "./filter-clauses.ts";
import type { Flat } from "./flat.ts";
import * as L from "./layout.ts";
import type { Condition, Effect, Filter, Match, Operator, Promotion } from "./promotion.ts";

/** Strings, and how common it is that a cart holds one such: the place in RARITY. */
type Key = { rank: number; texts: readonly string[] };

/** From what almost no cart holds to what almost every cart does. */
const RARITY = [
  "coupons",
  "skus",
  "products",
  "segments",
  "tier",
  "categories",
  "shippingMethod",
  "paymentMethod",
  "market",
  "channel",
] as const;
type Source = (typeof RARITY)[number];

/** Any of these must be in the cart; undefined when nothing of the kind is sure. */
export function findKey({
  coupon,
  conditions = [],
  effects,
  filter,
  unlock,
}: Promotion): readonly string[] | undefined {
  const keys: (Key | undefined)[] = [coupon === undefined ? undefined : key("coupons", [coupon])];
  if (filter) keys.push(keyOfFilter(filter));
  for (const condition of conditions) keys.push(keyOfCondition(condition, unlock === true));
  // One that unlocks speaks up although its effects have nothing to work on.
  if (effects && !unlock) keys.push(anyOf(effects.map(keyOfEffect)));
  return rarest(keys)?.texts;
}

function keyOfCondition(condition: Condition, unlock: boolean): Key | undefined {
  // Without lines there is no cheapest one, turned around or not.
  if (condition.kind === "cheapest" || condition.kind === "dearest") return keyOfFilter(condition.filter);
  if (condition.not) return undefined;
  switch (condition.kind) {
    // A threshold that only lacks goods is what an unlock tells of.
    case "goodsTotal":
    case "quantity":
      return !unlock && needsGoods(condition) ? keyOfFilter(condition.filter) : undefined;
    case "lines":
    case "lineQuantity":
      return needsGoods(condition) ? keyOfFilter(condition.filter) : undefined;
    case "coupons":
    case "segments":
    case "tier":
    case "shippingMethod":
    case "paymentMethod":
    case "market":
    case "channel":
      return keyOfMatch(condition.kind, condition.match);
    default:
      return undefined;
  }
}

/** Whether a count or a sum of nothing fails. */
function needsGoods({ operator = "atLeast", value }: { operator?: Operator; value: number }): boolean {
  return operator === "moreThan" || ((operator === "atLeast" || operator === "equal") && value > 0);
}

/** Only where an effect grants nothing without its goods: an amount of points, say, needs none. */
function keyOfEffect(effect: Effect): Key | undefined {
  const { filter, units, methods, percent, perUnit }: Flat<Effect> = effect;
  switch (effect.target) {
    case "shipping":
      return methods && key("shippingMethod", methods);
    case "gift":
      return perUnit ? keyOfFilter(filter) : undefined;
    case "points":
    case "cashback":
    case "message":
      return percent === undefined ? undefined : keyOfFilter(filter);
    default: {
      if (units?.bundle) return rarest(units.bundle.map((slot) => keyOfFilter(slot.filter)));
      const bought = units?.per === undefined ? units?.buy?.filter : undefined;
      return rarest([keyOfFilter(filter), keyOfFilter(bought)]);
    }
  }
}

function keyOfFilter(filter: Filter | undefined): Key | undefined {
  if (!filter) return undefined;
  const keys = listClauses(filter).map(keyOfClause);
  return filter.match === "any" ? anyOf(keys) : rarest(keys);
}

function keyOfClause({ field, mode, texts }: Clause): Key | undefined {
  if (!texts) return undefined;
  if (field === L.FIELD_SKU) return keyOfList("skus", mode, texts);
  if (field === L.FIELD_PRODUCT) return keyOfList("products", mode, texts);
  return field === L.FIELD_CATEGORY ? keyOfList("categories", mode, texts) : undefined;
}

function keyOfMatch(source: Source, match: Match): Key | undefined {
  const [mode, texts] = listModes(match)[0]!;
  return keyOfList(source, mode, texts);
}

function keyOfList(source: Source, mode: number, texts: readonly string[]): Key | undefined {
  if (mode === L.MODE_NONE) return undefined;
  return key(source, mode === L.MODE_EVERY ? texts.slice(0, 1) : texts);
}

/** An empty list is no key: what can never apply needs no index to say so. */
function key(source: Source, texts: readonly string[]): Key | undefined {
  return texts.length === 0 ? undefined : { rank: RARITY.indexOf(source), texts };
}

function rarest(keys: readonly (Key | undefined)[]): Key | undefined {
  return keys
    .filter((found) => found !== undefined)
    .sort((a, b) => a.rank - b.rank || a.texts.length - b.texts.length)[0];
}

/** The key of alternatives: sure only when each of them has one. */
function anyOf(keys: readonly (Key | undefined)[]): Key | undefined {
  const found = keys.filter((each) => each !== undefined);
  if (found.length === 0 || found.length < keys.length) return undefined;
  const texts = [...new Set(found.flatMap((each) => each.texts))];
  return texts.length > L.MAX_TAGS ? undefined : { rank: Math.max(...found.map(({ rank }) => rank)), texts };
}
