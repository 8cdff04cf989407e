import type { Cart, Policy, Promotion } from "@haggle/abi";
import { isUsedUp } from "./allowances.ts";
import { apply, type Outcome, type Status } from "./apply.ts";
import { choose, discountOf } from "./choose.ts";
import { findFailed } from "./conditions.ts";
import { divide, sum } from "./exact.ts";
import { findFirst } from "./groups.ts";
import { listTurns, phaseOf, type Turn } from "./order.ts";
import { type Decided, type OwnLine, spread } from "./spread.ts";
import { type Added, type Claim, endCatalog, type Grant, type State, startOf } from "./state.ts";
import { taxesOf } from "./tax.ts";

// The slow and obvious pricing of a cart, written from engine/cli/PRICING.md alone and section by section. The engine is
// judged by it; nothing here may be made faster by being made less plain.

export type OracleDecision = {
  subtotal: bigint;
  discountTotal: bigint;
  shippingTotal: bigint;
  taxTotal: bigint;
  total: bigint;
  cashRounding: bigint;
  /** Merged lines, in canonical order, with the positions in the cart that they stand for. */
  records: Decided[];
  /** The cart's own lines, in its order. */
  lines: OwnLine[];
  shipping: { id: string; discount: bigint; total: bigint; tax: bigint }[];
  /** In table order. */
  promotions: ({ id: string } & Outcome)[];
  claims: Claim[];
  added: Added[];
  grants: Grant[];
  greedy: boolean;
  marginHeld: boolean;
};

/** What has applied within the reach of exclusivity and `stopAfter`: in the catalog phase, or behind it. */
type Reach = { applied: Promotion[]; stop: Promotion | undefined };
type Run = {
  state: State;
  outcomes: Map<string, Outcome>;
  reaches: { catalog: Reach; later: Reach };
  /** All that granted something, in order. */
  granted: Promotion[];
  greedy: boolean;
};

export function price(
  cart: Cart,
  promotions: readonly Promotion[],
  policy: Policy,
  { server }: { server: boolean },
): OracleDecision {
  const coded = promotions.find(({ effects }) => effects === undefined);
  if (coded) throw new Error(`${coded.id} is code, which the oracle does not run`);
  const run: Run = {
    state: startOf(cart, policy, server),
    outcomes: new Map(),
    reaches: { catalog: { applied: [], stop: undefined }, later: { applied: [], stop: undefined } },
    granted: [],
    greedy: false,
  };
  const turns = listTurns(promotions, policy);
  for (const turn of turns) {
    const isCatalog = turn.members.every((promotion) => phaseOf(promotion) === "catalog");
    if (run.state.isCatalog && !isCatalog) run.state = endCatalog(run.state);
    if (turn.tree === undefined) takeTurn(turn.members[0]!, run);
    else resolveTree(turn, run);
  }
  if (run.state.isCatalog) run.state = endCatalog(run.state);
  return conclude(run, turns);
}

function takeTurn(promotion: Promotion, run: Run): void {
  const refusal = check(promotion, run);
  if (refusal) run.outcomes.set(promotion.id, refusal);
  else applyIn(run, promotion);
}

/** Section 7. Whoever is not eligible at the start of the tree keeps that status. */
function resolveTree({ members }: Turn, run: Run): void {
  for (const promotion of members) {
    const refusal = check(promotion, run);
    if (refusal) run.outcomes.set(promotion.id, refusal);
  }
  const eligible = members.filter(({ id }) => !run.outcomes.has(id));
  const { lost, only, isGreedy } = choose(eligible, run.state);
  run.greedy ||= isGreedy;
  for (const promotion of eligible) {
    const winner = lost.get(promotion.id);
    const refusal = winner ? refuse("lost", winner) : findRival(promotion, run);
    if (refusal) run.outcomes.set(promotion.id, refusal);
    else applyIn(run, promotion, only.get(promotion.id));
  }
}

function applyIn(run: Run, promotion: Promotion, only?: ReadonlySet<number>): void {
  const { state, outcome, grantsSomething } = apply(run.state, promotion, only);
  run.state = state;
  run.outcomes.set(promotion.id, outcome);
  if (!grantsSomething) return;
  run.granted.push(promotion);
  const reach = reachOf(promotion, run);
  reach.applied.push(promotion);
  if (promotion.stopAfter) reach.stop ??= promotion;
}

/** Section 3, in its order. Undefined: eligible. */
function check(promotion: Promotion, run: Run): Outcome | undefined {
  const { cart, isServer } = run.state;
  const { from = -Infinity, until = Infinity } = promotion.window ?? {};
  if (cart.now < from || cart.now >= until) return refuse("inactive");
  if (promotion.serverOnly && !isServer) return refuse("inactive");
  if (promotion.coupon !== undefined && !cart.coupons.includes(promotion.coupon)) return refuse("inactive");
  const rival = findRival(promotion, run);
  if (rival) return rival;
  if (isUsedUp(promotion, run.state)) return refuse("exhausted");
  const condition = findFailed(promotion, run.state, "before");
  return condition === undefined ? undefined : { ...refuse("notEligible"), condition };
}

/** An exclusive promotion, the winner of a `first` group, or one that lets nothing follow. */
function findRival(promotion: Promotion, run: Run): Outcome | undefined {
  const { applied, stop } = reachOf(promotion, run);
  const { policy } = run.state;
  const exclusive = applied.find((each) => each.exclusive);
  if (exclusive) return refuse("lost", exclusive.id);
  if (promotion.exclusive && policy.exclusive === "inOrder" && applied.length > 0) {
    return refuse("lost", applied[0]!.id);
  }
  const first = findFirst(promotion, run.granted, policy);
  if (first) return refuse("lost", first.id);
  return stop && refuse("stopped", stop.id);
}

function reachOf(promotion: Promotion, { reaches }: Run): Reach {
  return phaseOf(promotion) === "catalog" ? reaches.catalog : reaches.later;
}

function refuse(status: Status, to?: string): Outcome {
  return { status, wanted: 0n, granted: 0n, ...(to !== undefined && { to }) };
}

/** Sections 9 and 11. */
function conclude({ state, outcomes, greedy }: Run, turns: readonly Turn[]): OracleDecision {
  const { cart, policy, lines, shipping, added } = state;
  const goodsAfter = lines.map(
    ({ entryPrice, quantity, catalog, taken }) => entryPrice * BigInt(quantity) - catalog - taken,
  );
  const shippingAfter = shipping.map(({ price: before, taken }) => before - taken);
  const taxes = taxesOf(
    [
      ...lines.map(({ quantity, ratePpm }, i) => ({ after: goodsAfter[i]!, quantity, ratePpm })),
      ...shipping.map(({ ratePpm }, i) => ({ after: shippingAfter[i]!, quantity: 1, ratePpm })),
    ],
    policy,
  );
  const subtotal = sum([
    ...lines.map(({ entryPrice, quantity }) => entryPrice * BigInt(quantity)),
    ...added.map(({ unitPrice, quantity }) => unitPrice * BigInt(quantity)),
  ]);
  const discountTotal = discountOf(state);
  const taxTotal = sum(taxes);
  const exact =
    subtotal +
    sum(shipping.map((entry) => entry.price)) -
    discountTotal +
    (policy.tax.prices === "net" ? taxTotal : 0n);
  const total = policy.cash
    ? divide(exact, BigInt(policy.cash.step), policy.cash.rounding) * BigInt(policy.cash.step)
    : exact;
  const records = lines.map(({ positions, catalog, taken }, i) => ({
    positions,
    discount: catalog + taken,
    total: goodsAfter[i]!,
    tax: taxes[i]!,
  }));
  return {
    subtotal,
    discountTotal,
    shippingTotal: sum(shippingAfter),
    taxTotal,
    total,
    cashRounding: total - exact,
    records,
    lines: spread(cart, records),
    shipping: shipping.map(({ taken }, i) => ({
      id: cart.shipping[i]!.id,
      discount: taken,
      total: shippingAfter[i]!,
      tax: taxes[lines.length + i]!,
    })),
    promotions: turns.flatMap(({ members }) => members).map(({ id }) => ({ id, ...outcomes.get(id)! })),
    claims: state.claims,
    added,
    grants: state.grants,
    greedy,
    marginHeld: state.marginHeld,
  };
}
