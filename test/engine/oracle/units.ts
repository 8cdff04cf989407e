import type { Filter, Pick, Units } from "@haggle/abi";
import { count } from "./exact.ts";
import { compare, type Line } from "./state.ts";

// Section 4: which units an effect takes. Lists run parallel to the lines: so many units of each.

export type Chosen = {
  units: number[];
  bought: number[];
  /** How often a bundle is there. */
  times: number;
};

export type Pool = {
  lines: readonly Line[];
  /** Units of the effect's own selection. */
  selection: readonly number[];
  /** Units that a filter lets through. */
  through: (filter: Filter | undefined) => number[];
  /** What an allowance of units leaves. */
  most: number;
};

export function chooseUnits(stated: Units, pool: Pool): Chosen {
  const { lines, through } = pool;
  const { pick = "cheapest", per, max = Infinity, maxPerLine = Infinity } = stated;
  const order = orderOf(pick, lines);
  const chosen: Chosen = { units: [...pool.selection], bought: lines.map(() => 0), times: 1 };
  if (stated.bundle) Object.assign(chosen, bundle(stated, chosen.units, pool, order));
  if (stated.buy && per) {
    const groups = groupBy(per, chosen.units, lines).map((group) =>
      buy(stated, Math.min(max, pool.most), group, () => group, group, lines),
    );
    chosen.units = addUp(groups.map(({ units }) => units));
    chosen.bought = addUp(groups.map(({ bought }) => bought));
  } else if (stated.buy) {
    const { filter } = stated.buy;
    const paid = filter ? through(filter) : undefined;
    const all = filter ? through(undefined) : chosen.units;
    Object.assign(
      chosen,
      buy(stated, Math.min(max, pool.most), chosen.units, (free) => paid ?? free, all, lines),
    );
  }
  const { groupsOf } = stated;
  if (groupsOf) {
    const groups = per ? groupBy(per, chosen.units, lines) : [chosen.units];
    chosen.units = addUp(
      groups.map((group) => take(group, Math.floor(count(group) / groupsOf) * groupsOf, order)),
    );
  }
  chosen.units = skip(stated, chosen.units, order);
  chosen.units = chosen.units.map((units) => Math.min(units, maxPerLine));
  if (!(stated.buy && per)) chosen.units = take(chosen.units, max, order);
  chosen.units = take(chosen.units, pool.most, order);
  return chosen;
}

/** Lines in the order in which their units are taken. */
function orderOf(pick: Pick, lines: readonly Line[]): number[] {
  const keyOf = ({ price, quantity }: Line): bigint => {
    if (pick === "given") return 0n;
    if (pick === "largest") return BigInt(-quantity);
    return pick === "cheapest" ? price : -price;
  };
  return [...lines.keys()].sort((a, b) => Number(keyOf(lines[a]!) - keyOf(lines[b]!)) || a - b);
}

/** The first so many units in an order, or all when there are fewer. */
function take(units: readonly number[], most: number, order: readonly number[]): number[] {
  const taken = units.map(() => 0);
  let open = most;
  for (const i of order) {
    taken[i] = Math.min(units[i]!, open);
    open -= taken[i]!;
  }
  return taken;
}

function bundle(
  { bundle: slots = [], maxTimes = Infinity }: Units,
  selection: readonly number[],
  { through }: Pool,
  order: readonly number[],
): { units: number[]; times: number } {
  const pools = slots.map(({ filter }) => through(filter).map((units, i) => Math.min(units, selection[i]!)));
  const alone = slots.map(({ quantity }, s) => Math.floor(count(pools[s]!) / quantity));
  for (let times = Math.min(maxTimes, ...alone); times > 0; times--) {
    const units = fill(times);
    if (units) return { units, times };
  }
  return { units: selection.map(() => 0), times: 0 };

  function fill(times: number): number[] | undefined {
    const chosen = selection.map(() => 0);
    for (const [s, { quantity }] of slots.entries()) {
      const open = pools[s]!.map((units, i) => Math.min(units, selection[i]! - chosen[i]!));
      const taken = take(open, times * quantity, order);
      if (count(taken) < times * quantity) return undefined;
      for (const [i, units] of taken.entries()) chosen[i]! += units;
    }
    return chosen;
  }
}

/**
 * Rounds of bought and free units. Free ones come from `selection`, bought ones from what `paidFrom` gives (told what
 * is left of the selection), none from outside `all`, none twice.
 */
function buy(
  stated: Units,
  max: number,
  selection: readonly number[],
  paidFrom: (free: number[]) => readonly number[],
  all: readonly number[],
  lines: readonly Line[],
): { units: number[]; bought: number[] } {
  const { get = 1, maxTimes = Infinity, pick = "cheapest", partial, reserve = "get" } = stated;
  const { quantity, pick: paidPick = "dearest" } = stated.buy!;
  const [freeOrder, paidOrder] = [orderOf(pick, lines), orderOf(paidPick, lines)];
  const units = selection.map(() => 0);
  const bought = selection.map(() => 0);
  for (let round = 0; round < maxTimes; round++) {
    const open = max - count(units);
    const sizes = partial ? downFrom(Math.min(get, open)) : get <= open ? [get] : [];
    const made = sizes.map(makeRound).find((found) => found !== undefined);
    if (!made) break;
    for (const i of units.keys()) {
      units[i]! += made.free[i]!;
      bought[i]! += made.paid[i]!;
    }
  }
  return { units, bought };

  function makeRound(size: number): { free: number[]; paid: number[] } | undefined {
    const none = selection.map(() => 0);
    const freePool = (paid: readonly number[]) =>
      selection.map((have, i) => Math.min(have - units[i]!, all[i]! - units[i]! - bought[i]! - paid[i]!));
    const paidPool = (free: readonly number[]) =>
      paidFrom([...selection]).map((have, i) =>
        Math.min(have - bought[i]!, all[i]! - units[i]! - bought[i]! - free[i]!),
      );
    let free = none;
    let paid = none;
    if (reserve === "buy") {
      paid = take(paidPool(none), quantity, paidOrder);
      free = take(freePool(paid), size, freeOrder);
    } else {
      free = take(freePool(none), size, freeOrder);
      paid = take(paidPool(free), quantity, paidOrder);
    }
    return count(free) === size && count(paid) === quantity ? { free, paid } : undefined;
  }
}

function downFrom(most: number): number[] {
  return Array.from({ length: Math.max(0, most) }, (_, k) => most - k);
}

/** The selection, one list for each product, sku or line. */
function groupBy(per: NonNullable<Units["per"]>, selection: readonly number[], lines: readonly Line[]) {
  const keyOf = ({ goods, index }: Line): string =>
    ({ product: goods.productId, sku: goods.sku, line: String(index) })[per];
  const keys = [...new Set(lines.map(keyOf))].sort(compare);
  return keys.map((key) => selection.map((units, i) => (keyOf(lines[i]!) === key ? units : 0)));
}

function addUp(lists: readonly (readonly number[])[]): number[] {
  return (lists[0] ?? []).map((_, i) => count(lists.map((list) => list[i]!)));
}

function skip(
  { skipFirst = 0, every = 1, over = "units" }: Units,
  chosen: number[],
  order: readonly number[],
) {
  const stays = (position: number) => position > skipFirst && (position - skipFirst - 1) % every === 0;
  const kept = chosen.map(() => 0);
  let position = 0;
  for (const i of order) {
    if (over === "lines") {
      if (chosen[i]! > 0 && stays(++position)) kept[i] = chosen[i]!;
    } else {
      for (let unit = 0; unit < chosen[i]!; unit++) if (stays(++position)) kept[i]! += 1;
    }
  }
  return kept;
}
