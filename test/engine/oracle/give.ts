import type { GoodsEffect } from "@haggle/abi";
import { least, most, sum } from "./exact.ts";
import { floorOf, isMarginKept, marginRoomOf } from "./margin.ts";
import { split, splittingOf } from "./split.ts";
import { initialOf, type Line, leftOf, priceOf, type State } from "./state.ts";
import { grossOf } from "./tax.ts";

// Section 6: what an effect may get: for each line.

/** Whether a share of a line is kept; what is not draws on nothing. Asked once for each share above 0. */
export type Keeps = (line: number, amount: bigint) => boolean;
/** What the lines get, and whether the margin floor held something back. */
export type Given = { each: bigint[]; marginHeld: boolean };

export function giveEach(
  wanted: readonly bigint[],
  units: readonly number[],
  state: State,
  keeps: Keeps,
): Given {
  let marginHeld = false;
  let margin = marginRoomOf(state);
  const each = state.lines.map((line, i) => {
    const open = least(wanted[i]!, roomOf(line, units[i]!, state));
    const isBound = margin !== undefined && isMarginKept(line, state);
    if (isBound && open > margin!) marginHeld = true;
    let amount = isBound ? least(open, margin!) : open;
    if (state.isCatalog) amount -= amount % BigInt(line.quantity);
    if (amount === 0n || !keeps(i, amount)) return 0n;
    if (isBound) margin! -= amount;
    return amount;
  });
  return { each, marginHeld };
}

export function giveTogether(
  wanted: bigint,
  units: readonly number[],
  effect: GoodsEffect,
  state: State,
  keeps: Keeps,
): Given {
  const { lines, policy } = state;
  const rooms = lines.map((line, i) => roomOf(line, units[i]!, state));
  const isBound = lines.some((line, i) => units[i]! > 0 && isMarginKept(line, state));
  const margin = isBound ? marginRoomOf(state) : undefined;
  const open = least(wanted, sum(rooms));
  const amount = margin === undefined ? open : least(open, margin);
  const weights = lines.map((line, i) => (units[i]! > 0 ? weightOf(line, units[i]!, effect, state) : 0n));
  let held = amount < open;
  let left = margin;
  // A policy without remainders may round shares to more than the amount, which must not break the margin.
  const each = split(amount, weights, rooms, splittingOf(policy)).map((share, i) => {
    const isHeld = left !== undefined && isMarginKept(lines[i]!, state);
    if (isHeld && share > left!) held = true;
    const given = isHeld ? least(share, left!) : share;
    if (given === 0n || !keeps(i, given)) return 0n;
    if (isHeld) left! -= given;
    return given;
  });
  return { each, marginHeld: held };
}

/** How much may be taken off so many units of a line. */
function roomOf(line: Line, units: number, state: State): bigint {
  if (units === 0) return 0n;
  const room = most(0n, leftOf(line) - floorOf(line));
  if (units === line.quantity) return room;
  return least(room, most(0n, priceOf(state, line) - line.floor) * BigInt(units));
}

function weightOf(line: Line, units: number, effect: GoodsEffect, { policy }: State): bigint {
  const splitBy = effect.split ?? policy.split;
  if (splitBy === "quantity") return BigInt(units);
  if (splitBy === "even") return 1n;
  const weight = policy.splitBase === "initial" ? initialOf(line) : leftOf(line);
  return policy.splitGross ? grossOf(weight, line.ratePpm, policy) : weight;
}
