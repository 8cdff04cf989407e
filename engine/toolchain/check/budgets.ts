// Limits that one order can use up: what a promotion may draw from an allowance has no end, or more than there is.

import type { Cart, Effect, Limit } from "@haggle/abi";
import { type Atom, numberSpans } from "./atoms.ts";
import { buildCarts } from "./carts.ts";
import { atLeast } from "./demands.ts";
import { isWithin } from "./filters.ts";
import { shrinkCart } from "./shrink.ts";
import type { Entry, Table } from "./table.ts";

/** What an allowance of unknown size is taken to hold: an amount, and pieces, that a campaign is not meant to lose at once. */
const USUAL_MONEY = 1000_00;
const USUAL_UNITS = 50;

export function findBudgets(table: Table): void {
  for (const entry of table.entries) {
    if (entry.witness === undefined) continue;
    for (const limit of entry.promotion.limits ?? []) {
      const { allowance, counts } = limit;
      if (counts !== "uses") findBudget(entry, allowance, counts, table);
    }
  }
}

function findBudget(entry: Entry, allowance: string, counts: "money" | "units", table: Table): void {
  const { id, effects } = entry.promotion;
  const known = Object.hasOwn(table.budgets, allowance) ? table.budgets[allowance] : undefined;
  const most = effects === undefined ? Infinity : sum(effects.map((effect) => mostOf(effect, counts, entry)));
  if (most <= (known ?? Number.MAX_SAFE_INTEGER)) return;
  const budget = known ?? (counts === "money" ? USUAL_MONEY : USUAL_UNITS);
  const cart = largeCarts(entry, budget, counts, table).find((each) =>
    exceeds(each, entry, allowance, table),
  );
  if (cart === undefined) {
    const text = `no order was found that draws more than ${budget} from '${allowance}'`;
    table.leave({ code: "CHECK_BUDGET", promotions: [id], text });
    return;
  }
  const what =
    known === undefined ? "has no cap of its own" : `may draw more than the ${known} that it holds`;
  table.report({
    code: "CHECK_BUDGET",
    severity: "warning",
    promotions: [id],
    text: `One order can use up '${allowance}': '${id}' ${what}.`,
    cart: shrinkCart(cart, (smaller) => exceeds(smaller, entry, allowance, table)),
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The most that one order can draw through an effect. */
function mostOf(effect: Effect, counts: "money" | "units", entry: Entry): number {
  if (["gift", "points", "cashback", "message"].includes(effect.target)) return 0;
  const bounds = boundsOf(effect, entry);
  if (counts === "units") return effect.target === "shipping" ? 0 : bounds.pieces;
  return Math.min(Infinity, ...capsOf(effect, bounds));
}

type Bounds = {
  /** How often it takes what it takes. */
  rounds: number;
  /** Of how many units. */
  pieces: number;
  /** What the promotion's conditions let a measure of these goods be. */
  most: (field: string) => number;
};

function boundsOf(effect: Effect, { atoms = [] }: Entry): Bounds {
  const units = "units" in effect ? effect.units : undefined;
  const filter = "filter" in effect ? effect.filter : undefined;
  const spans = [...numberSpans(atoms).values()].filter((span) => isWithin(filter, span.filter));
  const most = (field: string) =>
    Math.min(Infinity, ...spans.filter((span) => span.field === field).map(({ max }) => max));
  const rounds = units?.maxTimes ?? Infinity;
  const pieces = Math.min(units?.max ?? Infinity, rounds * (units?.get ?? Infinity), most("quantity"));
  return { rounds, pieces, most };
}

/** Amounts that an effect takes no more than, each for a reason of its own. */
function capsOf(effect: Effect, { rounds, pieces, most }: Bounds): number[] {
  const caps: number[] = [];
  if ("maxAmount" in effect && effect.maxAmount !== undefined) caps.push(effect.maxAmount);
  const isEach = effect.target === "unit" || effect.target === "line";
  if (isEach && effect.maxPerUnit !== undefined) caps.push(effect.maxPerUnit * pieces);
  if ("percent" in effect && effect.target !== "shipping") {
    caps.push((Number(effect.percent) * Math.min(most("goodsTotal"), most("orderTotal"))) / 100);
  }
  if ("amount" in effect) {
    const isOfBundles = "units" in effect && effect.units?.bundle !== undefined;
    if (effect.target === "unit") caps.push(effect.amount * pieces);
    else if (effect.target === "line") caps.push(effect.amount * most("lines"));
    else caps.push(isOfBundles ? effect.amount * rounds : effect.amount);
  }
  if ("tiers" in effect && effect.tiers !== undefined && effect.target === "order") {
    caps.push(Math.max(...effect.tiers.steps.map((step) => ("amount" in step ? step.amount : Infinity))));
  }
  return caps;
}

/** Carts dear or full enough for the budget. */
function largeCarts({ promotion, atoms = [], witness }: Entry, budget: number, counts: string, table: Table) {
  const { effects } = promotion;
  const carts: Cart[] = [];
  for (const effect of effects ?? []) {
    const filter = "filter" in effect ? effect.filter : undefined;
    const amount = "amount" in effect ? Math.max(1, effect.amount) : 1;
    const percent = "percent" in effect && effect.percent !== undefined ? Number(effect.percent) : 10;
    const total = counts === "money" ? Math.ceil((budget * 110) / Math.max(percent, 1)) : 0;
    const pieces = Math.min(9_000, counts === "units" ? budget * 4 : Math.ceil((budget * 2) / amount));
    const dear: Atom[] = [atLeast("goodsTotal", filter, total)];
    const many: Atom[] = [atLeast("quantity", filter, pieces)];
    if (total > 0) carts.push(...buildCarts([...atoms, ...dear], table.setting));
    carts.push(...buildCarts([...atoms, ...many], table.setting));
    carts.push(...buildCarts([...atoms, ...many], table.setting, budget));
  }
  if (effects === undefined && witness !== undefined) {
    const lines = witness.lines.map((line) => ({ ...line, unitPrice: line.unitPrice + budget * 20 }));
    carts.push({ ...witness, lines });
  }
  return carts.map((cart) => withAllowances(cart, promotion.limits ?? [], budget));
}

function withAllowances(cart: Cart, limits: readonly Limit[], budget: number): Cart {
  const allowances = Object.fromEntries(limits.map(({ allowance }) => [allowance, budget]));
  return { ...cart, allowances };
}

/** Whether it would have given more, had the allowance held more. */
function exceeds(cart: Cart, { promotion: { id } }: Entry, allowance: string, table: Table): boolean {
  const outcome = table.pricing.priced(cart)?.outcomes.get(id);
  if (outcome === undefined) return false;
  const { [allowance]: _, ...others } = cart.allowances ?? {};
  const free = table.pricing.priced({ ...cart, allowances: others })?.outcomes.get(id);
  return free?.status === "applied" && free.granted > outcome.granted;
}
