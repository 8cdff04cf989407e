import type { Filter, GoodsEffect, Policy, Promotion, ShippingEffect, Tiers } from "@haggle/abi";
import { goodsTotalOf } from "./conditions.ts";
import { divide, least, most, PPM, sum } from "./exact.ts";
import { isUndiscounted, passes } from "./matches.ts";
import { split, splittingOf } from "./split.ts";
import { type Line, leftOf, priceOf, type State } from "./state.ts";
import { type Chosen, chooseUnits } from "./units.ts";
import { findStep, marginalOf, readValue, takeOff, type Value } from "./value.ts";

// Section 5: what an effect wants. Lists run parallel to the lines, or to the shipping entries.

/** The amount wanted in all, and for each line unless it is one for all of them together. */
export type Wanted = Chosen & { total: bigint; each: bigint[] | undefined };
export type CapSplit = NonNullable<GoodsEffect["capSplit"]>;

/** The units that a filter lets through for a promotion. */
export function unitsThrough(filter: Filter | undefined, promotion: Promotion, state: State): number[] {
  return state.lines.map((line) => {
    if (!passes(filter, line)) return 0;
    if (promotion.undiscounted && !isUndiscounted(line)) return 0;
    return line.quantity - (promotion.unitsOnce ? line.used : 0);
  });
}

export function wantGoods(
  effect: GoodsEffect,
  promotion: Promotion,
  state: State,
  mostUnits: number,
): Wanted {
  const { lines, policy } = state;
  const { tiers } = effect;
  const rounding = policy.rounding.amount;
  const through = (filter: Filter | undefined) => unitsThrough(filter, promotion, state);
  const chosen = chooseUnits(effect.units ?? {}, {
    lines,
    selection: through(effect.filter),
    through,
    most: mostUnits,
  });
  const { units } = chosen;
  const base = state.isCatalog ? "current" : (effect.base ?? policy.percentBase);
  const bases = lines.map((line, i) => baseOf(line, units[i]!, base, policy));
  const total = sum(bases);

  if (effect.target === "lines" || effect.target === "order") {
    const value = valueFor(total, units);
    const wanted =
      tiers?.mode === "marginal"
        ? marginalOf(tiers, total, rounding)
        : value
          ? takeOff(total, value, rounding, BigInt(chosen.times))
          : 0n;
    return { ...chosen, total: atMost(effect.maxAmount, wanted), each: undefined };
  }
  const each = lines.map((line, i) => {
    if (units[i] === 0) return 0n;
    const value = valueFor(bases[i]!, [units[i]!]);
    const wanted =
      tiers?.mode === "marginal"
        ? marginalOf(tiers, bases[i]!, rounding)
        : value
          ? wantOfLine(line, BigInt(units[i]!), bases[i]!, value)
          : 0n;
    const { maxPerUnit } = effect;
    const mostOfUnits = maxPerUnit === undefined ? undefined : maxPerUnit * units[i]!;
    return atMost(effect.maxPerLine, atMost(mostOfUnits, wanted));
  });
  const capped = cap(each, effect.maxAmount, effect.capSplit, state);
  return { ...chosen, total: sum(capped), each: capped };

  /** The effect's value, or that of the tier reached by a line (its base and units) or by all chosen lines. */
  function valueFor(lineBase: bigint, lineUnits: readonly number[]): Value | undefined {
    const lowestOf = (filter: Filter) => lowestPrice(lines.filter((line) => passes(filter, line)));
    if (!tiers) return readValue(effect as Exclude<GoodsEffect, { tiers: Tiers }>, lowestOf);
    const basis = {
      goods: goodsTotalOf(state),
      total,
      quantity: sum(units.map(BigInt)),
      lineTotal: lineBase,
      lineQuantity: sum(lineUnits.map(BigInt)),
    }[tiers.by];
    const step = findStep(tiers, basis);
    return step && readValue(step, lowestOf);
  }

  function wantOfLine(line: Line, u: bigint, lineBase: bigint, value: Value): bigint {
    if (effect.target === "line") return takeOff(lineBase, value, rounding);
    const price = priceOf(state, line);
    const isPerUnit = policy.rounding.percentOf === "unit" && base === "initial";
    let wanted = takeOff(price, value, rounding) * u;
    if (state.isCatalog) wanted = takeOff(price, value, policy.rounding.catalog) * u;
    else if ("percent" in value && !isPerUnit) wanted = divide(lineBase * value.percent, PPM, rounding);
    return wanted;
  }
}

/** What is wanted off shipping: in all, and off each entry, not yet cut to what is left of it. */
export type WantedOfShipping = { total: bigint; parts: bigint[] };

export function wantShipping(effect: ShippingEffect, state: State): WantedOfShipping {
  const { policy, shipping } = state;
  const base = effect.base ?? policy.percentBase;
  const bases = shipping.map(({ method, price, taken }) => {
    if (effect.methods && !effect.methods.includes(method)) return 0n;
    return base === "initial" ? price : price - taken;
  });
  const value = readValue(effect, () => undefined)!;
  if ("amount" in value && !effect.each) {
    const all = { total: sum(bases), parts: bases };
    return capShipping(capShipping(all, value.amount, state), effect.maxAmount, state);
  }
  const parts = bases.map((each) => takeOff(each, value, policy.rounding.amount));
  return capShipping({ total: sum(parts), parts }, effect.maxAmount, state);
}

/** Parts of no more than `most` in all. What a split loses, or gives beyond it, does not change the total. */
export function capShipping(
  { total, parts }: WantedOfShipping,
  most: number | bigint | undefined,
  { shipping, policy }: State,
): WantedOfShipping {
  if (most === undefined || total <= BigInt(most)) return { total, parts };
  const rooms = parts.map((part, i) => least(part, shipping[i]!.price - shipping[i]!.taken));
  const shares = split(BigInt(most), parts, rooms, { ...splittingOf(policy), respread: true });
  return { total: BigInt(most), parts: shares };
}

function atMost(most: number | undefined, amount: bigint): bigint {
  return most === undefined ? amount : least(amount, BigInt(most));
}

/** What the lines get when all of them together may get no more than `most`. */
export function cap(
  wanted: bigint[],
  most: number | bigint | undefined,
  capSplit: CapSplit | undefined,
  state: State,
): bigint[] {
  if (most === undefined || sum(wanted) <= BigInt(most)) return wanted;
  if (capSplit === "order") {
    let open = BigInt(most);
    return wanted.map((amount) => {
      const part = least(amount, open);
      open -= part;
      return part;
    });
  }
  const weights = capSplit === "totals" ? state.lines.map(leftOf) : wanted;
  return split(BigInt(most), weights, wanted, { ...splittingOf(state.policy), respread: true });
}

function baseOf(line: Line, units: number, base: "initial" | "current", policy: Policy): bigint {
  const initial = line.price * BigInt(units);
  if (base === "initial") return initial;
  if (units === line.quantity) return leftOf(line);
  return policy.partBase === "left" ? least(leftOf(line), initial) : most(0n, initial - line.taken);
}

function lowestPrice(lines: readonly Line[]): bigint | undefined {
  return lines.length === 0 ? undefined : least(...lines.map(({ price }) => price));
}
