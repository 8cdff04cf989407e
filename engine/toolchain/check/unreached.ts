// Promotions that never apply: because of what they ask, because of others, or because of a coupon nobody has.

import type { Cart, Promotion, PromotionWindow } from "@haggle/abi";
import { buildCarts } from "./carts.ts";
import { fieldName, quoted } from "./finding.ts";
import { isReached } from "./pricing.ts";
import { type Reach, reach } from "./reach.ts";
import { shrinkCart } from "./shrink.ts";
import type { Entry, Table } from "./table.ts";

export function findUnreached(table: Table): void {
  const coupons = new Set(table.entries.flatMap(({ promotion }) => promotion.coupon ?? []));
  for (const entry of table.entries) {
    const found = reach(entry, table);
    if (found.is === "reached") {
      entry.witness = found.cart;
      findMissingCoupon(entry, coupons, table);
    } else if (found.is === "unreachable") reportUnreachable(entry, found, table);
    else if (found.is === "shadowed") reportShadowed(entry, found, table);
    else table.leave({ code: "CHECK_UNREACHABLE", promotions: [entry.promotion.id], text: found.text });
  }
}

type Found<Is extends Reach["is"]> = Extract<Reach, { is: Is }>;

function reportUnreachable({ promotion }: Entry, found: Found<"unreachable">, table: Table): void {
  const { id, coupon } = promotion;
  const { cart } = found;
  if (cart === undefined) {
    const text = "it contradicts itself, but no cart was found that shows it";
    table.leave({ code: "CHECK_UNREACHABLE", promotions: [id], text });
    return;
  }
  const isOver = wasOver(promotion, table.setting.earliest);
  table.report({
    code: coupon === undefined ? "CHECK_UNREACHABLE" : "CHECK_COUPON",
    severity: isOver ? "warning" : "error",
    promotions: [id],
    text: `${subject(promotion)} never applies: ${isOver ? "its time is over" : reasonOf(found.field)}.`,
    cart: shrinkCart(cart, (smaller) => {
      // Small enough to read, but not so small that it shows nothing of what was asked.
      return smaller.lines.length >= cart.lines.length && isSameMiss(smaller, cart, promotion, table);
    }),
  });
}

function wasOver({ window, conditions = [] }: Promotion, earliest: number): boolean {
  const periods = conditions.filter((condition) => condition.kind === "period");
  const spans = [window ?? {}, ...periods.filter(({ not }) => !not)];
  return spans.some(({ until = Infinity }: PromotionWindow) => until <= earliest);
}

function reasonOf(field: string | undefined): string {
  return field === undefined
    ? "its figures or filters let it give nothing"
    : `what it asks of ${fieldName(field)} contradicts itself`;
}

/** Whether the engine still says the same of the promotion. */
function isSameMiss(cart: Cart, before: Cart, promotion: Promotion, table: Table): boolean {
  const [now, then] = [cart, before].map((each) => table.pricing.priced(each)?.outcomes.get(promotion.id));
  return now !== undefined && now.status === then?.status && now.condition === then.condition;
}

function reportShadowed({ promotion }: Entry, { by, cart }: Found<"shadowed">, table: Table): void {
  const { id, coupon } = promotion;
  const before = table.pricing.priced(cart)?.outcomes.get(id);
  const always = by.length === 1 ? "always comes first" : "together always come first";
  table.report({
    code: coupon === undefined ? "CHECK_SHADOWED" : "CHECK_COUPON",
    severity: "error",
    promotions: [id, ...by],
    text: `${subject(promotion)} never applies: ${quoted(by)} ${always} when it could.`,
    cart: shrinkCart(cart, (smaller) => {
      const now = table.pricing.priced(smaller)?.outcomes.get(id);
      return (
        now?.status === before?.status &&
        now?.lostTo === before?.lostTo &&
        now?.condition === before?.condition
      );
    }),
  });
}

function subject({ id, coupon }: Promotion): string {
  return coupon === undefined ? `'${id}'` : `'${id}' of coupon '${coupon}'`;
}

/** A coupon that asks for another one, which nothing else of the release knows. */
function findMissingCoupon({ promotion, demand }: Entry, coupons: ReadonlySet<string>, table: Table): void {
  const { id, coupon, conditions = [] } = promotion;
  if (coupon === undefined) return;
  for (const condition of conditions) {
    if (condition.kind !== "coupons" || condition.not || !("match" in condition)) continue;
    const asked =
      "length" in condition.match ? condition.match : (condition.match.any ?? condition.match.every ?? []);
    const isEvery = !("length" in condition.match) && condition.match.every !== undefined;
    const unknown = asked.filter((other) => !coupons.has(other) && !table.symbols.includes(other));
    if (isEvery ? unknown.length === 0 : unknown.length < asked.length || asked.length === 0) continue;
    const [way = []] = demand.needs;
    const [cart] = buildCarts(way, table.setting);
    const alone = cart && { ...cart, coupons: [coupon] };
    if (alone === undefined || isReached(table.pricing.priced(alone), promotion)) continue;
    table.report({
      code: "CHECK_COUPON",
      severity: "error",
      promotions: [id],
      text: `${subject(promotion)} never applies: it asks for ${quoted(unknown)} too, which no promotion is the coupon of.`,
      cart: alone,
    });
    return;
  }
}
