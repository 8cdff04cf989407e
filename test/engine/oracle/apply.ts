import type { GiftEffect, GoodsEffect, Promotion, ShippingEffect, SideEffect } from "@haggle/abi";
import { type Drawn, draw, isTooMuch, isUsedUp, remainderOf } from "./allowances.ts";
import { findFailed, leftTotalOf } from "./conditions.ts";
import { divide, least, PPM, parsePpm, sum } from "./exact.ts";
import { giveEach, giveTogether, type Keeps } from "./give.ts";
import { copyState, type State } from "./state.ts";
import { cap, capShipping, unitsThrough, wantGoods, wantShipping } from "./want.ts";

// The effects of one eligible promotion, one after another, each on what the last left; undone when they may not stand.

export type Status =
  | "notEligible"
  | "applied"
  | "capped"
  | "lost"
  | "failed"
  | "inactive"
  | "stopped"
  | "exhausted";

export type Outcome = {
  status: Status;
  wanted: bigint;
  granted: bigint;
  /** The condition that failed. */
  condition?: number;
  /** Who won, or let nothing follow. */
  to?: string;
};

export type Applied = { state: State; outcome: Outcome; grantsSomething: boolean };

type Tally = Drawn & {
  wanted: bigint;
  granted: bigint;
  /** Points, cashback or a gift. */
  hasOther: boolean;
  /** An effect that moves money came to nothing. */
  hasNothing: boolean;
  /** A share did not fit an allowance. */
  hasDropped: boolean;
  /** Units discounted or bought, line by line. */
  used: number[];
};

/** Applies a promotion to a copy of the state. `only` names the lines where its shares are kept. */
export function apply(before: State, promotion: Promotion, only?: ReadonlySet<number>): Applied {
  if (isUsedUp(promotion, before)) return undo(before, before, "exhausted");
  const state = copyState(before);
  const tally: Tally = {
    wanted: 0n,
    granted: 0n,
    money: 0n,
    units: 0n,
    hasOther: false,
    hasNothing: false,
    hasDropped: false,
    used: state.lines.map(() => 0),
  };
  for (const effect of promotion.effects ?? []) {
    if (effect.target === "message") continue;
    const earlier = { granted: tally.granted, added: state.added.length };
    if (effect.target === "points" || effect.target === "cashback") {
      grantOther(effect, effect.target, promotion, state, tally);
      continue;
    }
    if (effect.target === "shipping") applyShipping(effect, promotion, state, tally);
    else if (effect.target === "gift") applyGift(effect, promotion, state, tally, only);
    else applyGoods(effect as GoodsEffect, promotion, state, tally, only);
    if (tally.granted === earlier.granted && state.added.length === earlier.added) tally.hasNothing = true;
  }

  const { wanted, granted } = tally;
  const isDropped = tally.hasDropped && granted === 0n && !tally.hasOther;
  const isOver = before.policy.short === "drop" && isTooMuch(promotion, before, tally);
  if (isDropped || isOver) return undo(before, state, "exhausted");
  if (promotion.linked && tally.hasNothing) return undo(before, state, "notEligible");
  const condition = findFailed(promotion, state, "after");
  if (condition !== undefined) return undo(before, state, "notEligible", condition);
  if (wanted === 0n && !tally.hasOther) return undo(before, state, "notEligible");

  const grantsSomething = granted > 0n || tally.hasOther;
  if (grantsSomething) draw(promotion, state, tally);
  if (promotion.unitsOnce) {
    for (const [i, line] of state.lines.entries()) {
      line.used = Math.min(line.quantity, line.used + tally.used[i]!);
    }
  }
  const status = granted === wanted ? "applied" : "capped";
  return { state, outcome: { status, wanted, granted }, grantsSomething };
}

/** Nothing of a promotion stays but that the margin floor held something back from it. */
function undo(before: State, { marginHeld }: State, status: Status, condition?: number): Applied {
  const outcome: Outcome = { status, wanted: 0n, granted: 0n };
  if (condition !== undefined) outcome.condition = condition;
  return { state: { ...before, marginHeld }, outcome, grantsSomething: false };
}

function applyGoods(
  effect: GoodsEffect,
  promotion: Promotion,
  state: State,
  tally: Tally,
  only: ReadonlySet<number> | undefined,
): number {
  const isPartial = state.policy.short === "partial";
  const openUnits = isPartial ? remainderOf("units", promotion, state, tally) : undefined;
  const openMoney = isPartial ? remainderOf("money", promotion, state, tally) : undefined;
  const wanted = wantGoods(effect, promotion, state, openUnits === undefined ? Infinity : Number(openUnits));
  const { units, bought } = wanted;
  const keeps: Keeps = (i, amount) => {
    if (only && !only.has(i)) return false;
    return fits(promotion, state, tally, amount, BigInt(units[i]!));
  };
  let given: ReturnType<typeof giveEach>;
  tally.wanted += wanted.total;
  if (!wanted.each) {
    const amount = openMoney === undefined ? wanted.total : least(wanted.total, openMoney);
    given = giveTogether(amount, units, effect, state, keeps);
  } else {
    given = giveEach(cap(wanted.each, openMoney, effect.capSplit, state), units, state, keeps);
  }
  if (given.marginHeld) state.marginHeld = true;
  for (const [i, amount] of given.each.entries()) {
    if (amount === 0n) continue;
    state.lines[i]!.taken += amount;
    state.shares.push({ promotion: promotion.id, line: i, amount });
    tally.used[i]! += units[i]!;
  }
  const granted = sum(given.each);
  tally.granted += granted;
  if (granted > 0n) for (const [i, paid] of bought.entries()) tally.used[i]! += paid;
  return units.reduce((total, each) => total + each, 0);
}

function applyShipping(effect: ShippingEffect, promotion: Promotion, state: State, tally: Tally): void {
  const wanted = wantShipping(effect, state);
  tally.wanted += wanted.total;
  const isPartial = state.policy.short === "partial";
  const open = isPartial ? remainderOf("money", promotion, state, tally) : undefined;
  for (const [i, part] of capShipping(wanted, open, state).parts.entries()) {
    const share = least(part, state.shipping[i]!.price - state.shipping[i]!.taken);
    if (share === 0n || !fits(promotion, state, tally, share, 0n)) continue;
    state.shipping[i]!.taken += share;
    tally.granted += share;
  }
}

/** Whether a share is within what is left, where shares that are not are dropped. What fits is drawn. */
function fits(promotion: Promotion, state: State, tally: Tally, money: bigint, units: bigint): boolean {
  if (state.policy.short === "dropShare") {
    const openMoney = remainderOf("money", promotion, state, tally);
    const openUnits = remainderOf("units", promotion, state, tally);
    const isOver =
      (openMoney !== undefined && money > openMoney) || (openUnits !== undefined && units > openUnits);
    if (isOver) {
      tally.hasDropped = true;
      return false;
    }
  }
  tally.money += money;
  tally.units += units;
  return true;
}

function applyGift(
  effect: GiftEffect,
  promotion: Promotion,
  state: State,
  tally: Tally,
  only: ReadonlySet<number> | undefined,
): void {
  const { sku, productId, quantity, percent = "100" } = effect;
  const times = effect.perUnit
    ? unitsThrough(effect.filter, promotion, state).reduce((total, units) => total + units, 0)
    : 1;
  let missing = quantity * times;
  if (effect.discountPresent && missing > 0) {
    const present: GoodsEffect = {
      target: "unit",
      filter: { skus: [sku] },
      units: { max: missing },
      percent,
    };
    missing -= applyGoods(present, promotion, state, tally, only);
  }
  if (missing === 0) return;
  const unitPrice = BigInt(effect.unitPrice);
  const price = unitPrice * BigInt(missing);
  const discount = divide(price * parsePpm(percent), PPM, state.policy.rounding.amount);
  state.added.push({ promotion: promotion.id, sku, productId, quantity: missing, unitPrice, discount });
  tally.hasOther = true;
}

function grantOther(
  effect: SideEffect,
  kind: "points" | "cashback",
  promotion: Promotion,
  state: State,
  tally: Tally,
): void {
  const through = unitsThrough(effect.filter, promotion, state);
  const lines = state.lines.filter((_, i) => through[i]! > 0);
  const amount =
    "percent" in effect
      ? divide(leftTotalOf(lines) * parsePpm(effect.percent), PPM, "down")
      : BigInt(effect.amount);
  if (amount === 0n) return;
  state.grants.push({ promotion: promotion.id, kind, amount });
  tally.hasOther = true;
}
