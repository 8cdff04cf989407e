import type { Policy, Promotion } from "@haggle/abi";
import { type Applied, apply } from "./apply.ts";
import { sum } from "./exact.ts";
import { chainOf, chooses, findFirst, groupOf, groupsAbove, memberOf } from "./groups.ts";
import type { State } from "./state.ts";

// Section 7: what the choosing groups of a tree let through.

export type Choice = {
  /** Who lost, and to whom. */
  lost: Map<string, string>;
  /** The lines that promotions were given; all for those that are not named. */
  only: Map<string, ReadonlySet<number>>;
  isGreedy: boolean;
};

/** A set of promotions, in order, and what applying them to the start of the tree comes to. */
type Option = { promotions: readonly Promotion[]; gain: bigint; perLine: bigint[] };

const MAX_MEMBERS = 12;
const MAX_SEARCH = 200_000;

/** `eligible` are the promotions of the tree that may apply, in order. */
export function choose(eligible: readonly Promotion[], start: State): Choice {
  const { policy } = start;
  const choice: Choice = { lost: new Map(), only: new Map(), isGreedy: false };
  for (const group of listChoosing(eligible, policy)) {
    const members = new Map<string, Promotion[]>();
    for (const promotion of eligible) {
      const member = memberOf(promotion, group, policy);
      if (member === undefined || choice.lost.has(promotion.id)) continue;
      members.set(member, [...(members.get(member) ?? []), promotion]);
    }
    if (members.size > 1) chooseIn(group, [...members.values()], eligible, start, choice);
  }
  return choice;
}

/** Deepest first. Groups of one depth do not meet, so their order does not matter. */
function listChoosing(eligible: readonly Promotion[], policy: Policy): string[] {
  const names = new Set(eligible.flatMap((promotion) => chainOf(promotion, policy)));
  const depthOf = (name: string) => groupsAbove(name, policy).length;
  return [...names].filter((name) => chooses(name, policy)).sort((a, b) => depthOf(b) - depthOf(a));
}

function chooseIn(
  group: string,
  members: readonly Promotion[][],
  eligible: readonly Promotion[],
  start: State,
  choice: Choice,
): void {
  const { mode, per = "order", ties = "first" } = groupOf(group, start.policy);
  const optionOf = (set: readonly Promotion[][]) => tryOut(set, eligible, start, choice);
  let options: Option[];
  let isGreedy = false;
  if (mode === "best") {
    const sets = 2 ** members.length;
    const cost = sets * members.length * (start.lines.length + 16);
    isGreedy = members.length > MAX_MEMBERS || cost > MAX_SEARCH;
    options = isGreedy ? searchGreedily(members, optionOf) : listSets(members).map(optionOf);
  } else {
    options = members.map((member) => optionOf([member]));
  }
  choice.isGreedy ||= isGreedy;
  options = options.filter(({ gain }) => gain > 0n);
  const isBetter = (a: bigint, b: bigint) => {
    if (a === b) return mode !== "best" && ties === "last";
    return mode === "lowest" ? a < b : a > b;
  };

  const isPerLine = per === "line" && !isGreedy && options.some(({ perLine }) => sum(perLine) > 0n);
  if (isPerLine) {
    const winners = start.lines.map((_, i) => {
      const taking = options.filter(({ perLine }) => perLine[i]! > 0n);
      return pick(taking, (option) => option.perLine[i]!, isBetter);
    });
    const promotions = eligible.filter((promotion) => members.some((member) => member.includes(promotion)));
    const first = promotions.find((promotion) =>
      winners.some((winner) => winner?.promotions.includes(promotion)),
    )!;
    for (const promotion of promotions) {
      const lines = winners.flatMap((winner, i) => (winner?.promotions.includes(promotion) ? [i] : []));
      const before = choice.only.get(promotion.id);
      if (lines.length === 0) choice.lost.set(promotion.id, first.id);
      else choice.only.set(promotion.id, new Set(lines.filter((i) => before?.has(i) ?? true)));
    }
    return;
  }
  const winner = pick(options, ({ gain }) => gain, isBetter);
  if (!winner) return;
  for (const promotion of members.flat()) {
    if (!winner.promotions.includes(promotion)) choice.lost.set(promotion.id, winner.promotions[0]!.id);
  }
}

/** The best of some options; of equal ones the first, unless `isBetter` says that an equal one is. */
function pick(
  options: readonly Option[],
  gainOf: (option: Option) => bigint,
  isBetter: (a: bigint, b: bigint) => boolean,
): Option | undefined {
  return options.reduce<Option | undefined>(
    (best, option) => (!best || isBetter(gainOf(option), gainOf(best)) ? option : best),
    undefined,
  );
}

/** All sets but the empty one, counted in binary, the first member the lowest bit. */
function listSets(members: readonly Promotion[][]): Promotion[][][] {
  const sets = 2 ** members.length - 1;
  return Array.from({ length: sets }, (_, k) => members.filter((_, bit) => (k + 1) & (1 << bit)));
}

/** One set: members from the highest gain of their own down, each staying when the gain of the set rises. */
function searchGreedily(
  members: readonly Promotion[][],
  optionOf: (set: readonly Promotion[][]) => Option,
): Option[] {
  const alone = members.map((member) => ({ member, gain: optionOf([member]).gain }));
  const tried = alone
    .filter(({ gain }) => gain > 0n)
    .sort((a, b) => Number(b.gain > a.gain) - Number(b.gain < a.gain));
  let set: Promotion[][] = [];
  let best: Option | undefined;
  for (const { member } of tried) {
    const option = optionOf([...set, member]);
    if (best && option.gain <= best.gain) continue;
    set = [...set, member];
    best = option;
  }
  return best ? [best] : [];
}

/** Applies the promotions of some members to the start of the tree. */
function tryOut(
  set: readonly Promotion[][],
  eligible: readonly Promotion[],
  start: State,
  choice: Choice,
): Option {
  const promotions = eligible.filter((promotion) => set.some((member) => member.includes(promotion)));
  const granted: Promotion[] = [];
  let state = start;
  for (const promotion of promotions) {
    if (findFirst(promotion, granted, start.policy)) continue;
    const applied: Applied = apply(state, promotion, choice.only.get(promotion.id));
    state = applied.state;
    if (applied.grantsSomething) granted.push(promotion);
  }
  return {
    promotions,
    gain: discountOf(state) - discountOf(start),
    perLine: state.lines.map((line, i) => line.taken - start.lines[i]!.taken),
  };
}

/** All discounts: on goods, shipping and added goods. */
export function discountOf({ lines, shipping, added }: State): bigint {
  return sum([
    ...lines.map(({ catalog, taken }) => catalog + taken),
    ...shipping.map(({ taken }) => taken),
    ...added.map(({ discount }) => discount),
  ]);
}
