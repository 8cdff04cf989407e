// Lines for a cart, as few and as cheap as what is asked of goods allows.

import type { CartLine, Filter } from "@haggle/abi";
import {
  type Atoms,
  all,
  type Choices,
  chooseFlags,
  chooseTexts,
  filterKey,
  type NumberAtom,
  negate,
  numberSpans,
  type Span,
  textAtoms,
} from "./atoms.ts";
import { filterChoices, passes, possibleAtoms } from "./filters.ts";
import { isUsual, type Mixes } from "./mixes.ts";

type Spans = { [Field in Measure]?: Span };
type Measure = "goodsTotal" | "quantity" | "lines" | "lineQuantity" | "cheapest" | "dearest";

/** What is asked of the goods that one filter lets through. */
export type Need = { filter: Filter | undefined; spans: Spans };

/** A line that may still change in price and quantity. */
type Draft = { line: CartLine; price: Span; quantity: Span };

const OPEN: Span = { min: -Infinity, max: Infinity };
/** What the engine takes as the most of one line. */
const MAX_QUANTITY = 9_999;
const ROUNDS = 4;

export function needsOf(spans: Iterable<NumberAtom>): Need[] {
  const needs = new Map<string, Need>();
  for (const { field, filter, min, max } of spans) {
    const key = filterKey(filter);
    const need = needs.get(key) ?? { filter, spans: {} };
    need.spans[field as Measure] = { min, max };
    needs.set(key, need);
  }
  return [...needs.values()];
}

/**
 * Lines that try to suit all needs, at about the price of `hint` each where nothing says otherwise: first one line for
 * everything, then a line for each filter. Whether they do is for the engine to say.
 */
export function draftLines(needs: readonly Need[], hint: number, mixes: Mixes): CartLine[][] {
  const wanted = needs.filter(({ spans }) => Object.values(spans).some(({ min }) => min > 0));
  const unwanted = needs.filter((need) => !wanted.includes(need) && isUnwanted(need));
  const avoid = all(unwanted.map(({ filter }) => negate(filterChoices(filter))));
  const found: CartLine[][] = [];
  const ways = possibleAtoms(all([...wanted.map(({ filter }) => filterChoices(filter)), avoid]));
  const together = ways.filter((atoms) => isUsual(atoms, mixes));
  const separate = draftSeparately(wanted, avoid, hint);
  for (const atoms of together.slice(0, 2)) found.push(settle([draftOf(atoms, 1, hint)], needs));
  if (separate.length !== 1 || found.length === 0) found.push(settle(separate, needs));
  return found;
}

function isUnwanted({ spans }: Need): boolean {
  return [spans.quantity, spans.lines, spans.lineQuantity, spans.goodsTotal].some(
    (span) => (span?.max ?? 1) <= 0,
  );
}

/** The narrowest filters first: their lines may serve the wider ones. */
function draftSeparately(wanted: readonly Need[], avoid: Choices, hint: number): Draft[] {
  const drafts: Draft[] = [];
  const byWidth = wanted.toSorted((a, b) => filterKey(b.filter).length - filterKey(a.filter).length);
  for (const { filter, spans } of byWidth) {
    const ways = possibleAtoms(all([filterChoices(filter), avoid]));
    const lines = Math.max(1, Math.min(spans.lines?.min ?? 1, 20));
    let there = drafts.filter(({ line }) => passes(filter, line)).length;
    while (ways.length > 0 && there < lines) {
      drafts.push(draftOf(ways[there % ways.length]!, drafts.length + 1, hint));
      there++;
    }
  }
  return drafts;
}

function draftOf(atoms: Atoms, number: number, hint: number): Draft {
  const texts = (field: string) => chooseTexts(field, textAtoms(atoms).get(field) ?? []) ?? [];
  const spans = numberSpans(atoms);
  const price = { ...OPEN, ...spans.get("unitPrice ") };
  const quantity = { ...OPEN, ...spans.get("quantity ") };
  const attributes: Record<string, string | number> = {};
  for (const field of textAtoms(atoms).keys()) {
    if (!field.startsWith("text ")) continue;
    const [value] = texts(field);
    if (value !== undefined) attributes[field.slice("text ".length)] = value;
  }
  for (const { field, min, max } of spans.values()) {
    if (field.startsWith("number ")) attributes[field.slice("number ".length)] = within(0, { min, max });
  }
  const sku = texts("sku")[0] ?? `goods-${number}`;
  const line: CartLine = {
    id: `line-${number}`,
    sku,
    productId: texts("productId")[0] ?? sku,
    categories: texts("categories"),
    quantity: Math.max(1, within(1, quantity)),
    unitPrice: Math.max(0, within(hint, price)),
    ...(chooseFlags(atoms)?.get("subscription") ? { subscription: true } : {}),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
  return { line, price, quantity };
}

export function within(value: number, { min, max }: Span): number {
  return Math.max(min, Math.min(max, value));
}

/** Raises and lowers prices and quantities until the needs are met, or the rounds are over. */
function settle(drafts: Draft[], needs: readonly Need[]): CartLine[] {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { filter, spans } of needs) {
      const own = drafts.filter(({ line }) => passes(filter, line));
      if (own.length > 0) settleNeed(own, spans);
    }
  }
  return drafts.map(({ line }) => line);
}

function settleNeed(own: Draft[], spans: Need["spans"]): void {
  const { quantity, lineQuantity, cheapest, dearest, goodsTotal } = spans;
  if (lineQuantity) {
    for (const [i, draft] of own.entries()) setQuantity(draft, lineQuantity, i > 0);
  }
  if (quantity) {
    const others = own.slice(1).reduce((sum, { line }) => sum + line.quantity, 0);
    setQuantity(own[0]!, { min: quantity.min - others, max: quantity.max - others }, false);
  }
  for (const draft of own) {
    if (cheapest) setPrice(draft, { min: cheapest.min, max: draft === own[0] ? cheapest.max : Infinity });
    if (dearest) setPrice(draft, { min: draft === own[0] ? dearest.min : 0, max: dearest.max });
  }
  if (goodsTotal) settleTotal(own, goodsTotal);
}

function setQuantity(draft: Draft, span: Span, isOther: boolean): void {
  const asked = isOther ? { min: -Infinity, max: span.max } : span;
  const quantity = within(within(draft.line.quantity, asked), draft.quantity);
  draft.line = { ...draft.line, quantity: within(quantity, { min: 1, max: MAX_QUANTITY }) };
}

function setPrice(draft: Draft, span: Span): void {
  const unitPrice = Math.max(0, within(within(draft.line.unitPrice, span), draft.price));
  draft.line = { ...draft.line, unitPrice };
}

/** Prices first, since what pieces there are may be asked for; then pieces. */
function settleTotal(own: Draft[], { min, max }: Span): void {
  const total = () => own.reduce((sum, { line }) => sum + line.quantity * line.unitPrice, 0);
  for (const draft of own) {
    const others = total() - draft.line.quantity * draft.line.unitPrice;
    const { quantity } = draft.line;
    const span = { min: Math.ceil((min - others) / quantity), max: Math.floor((max - others) / quantity) };
    if (total() < min || total() > max) setPrice(draft, span);
    const price = draft.line.unitPrice;
    if (price > 0 && total() < min) {
      setQuantity(draft, { min: Math.ceil((min - others) / price), max: Infinity }, false);
    } else if (price > 0 && total() > max) {
      setQuantity(draft, { min: 1, max: Math.floor((max - others) / price) }, false);
    }
  }
}
