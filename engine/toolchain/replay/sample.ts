// A cart that stands out, as a report shows it: without who bought, and with what each release says about it.

import type { Cart } from "@haggle/abi";
import type { Decision, Engine } from "@haggle/sdk";
import { type Explanation, explain } from "@haggle/sdk/explain";
import { anonymise, type ShopWords } from "./anonymous.ts";
import type { Ranked } from "./leaders.ts";
import type { Pair } from "./releases.ts";

/**
 * `line` is the cart's line in the recording, for whoever holds that. The amounts are those of the recorded cart;
 * `exact` says that the cart as shown comes to the same ones, so that it can be run again.
 */
export type Sample = Ranked & { exact: boolean; cart: Cart } & Pair<SampleSide>;

/** What one release made of it; `more` sentences are left out. */
export type SampleSide = { total: number; discount: number; sentences: string[]; more: number };

const MOST_SENTENCES = 12;

export function createSample(
  engines: Pair<Engine>,
  words: ShopWords,
  recorded: Ranked & { cart: Cart } & Pair<{ total: number; discount: number }>,
): Sample {
  const { difference, line, a, b } = recorded;
  const cart = anonymise(recorded.cart, words);
  const decisions = { a: engines.a.evaluate(cart), b: engines.b.evaluate(cart) };
  const said = { a: say(decisions.a, engines.a, cart), b: say(decisions.b, engines.b, cart) };
  return {
    ...{ difference, line },
    exact: isTotal(decisions.a, a.total) && isTotal(decisions.b, b.total),
    cart,
    a: { total: a.total, discount: a.discount, ...choose(said.a, said.b) },
    b: { total: b.total, discount: b.discount, ...choose(said.b, said.a) },
  };
}

function isTotal(decision: Decision, total: number): boolean {
  return decision.ok && decision.total === total;
}

function say(decision: Decision, { promotions, policy }: Engine, cart: Cart): Explanation[] {
  return decision.ok ? explain(decision, { promotions, policy, cart }) : [];
}

/** What applied, then what the other release says otherwise: the rest is equal on both sides. */
function choose(own: readonly Explanation[], other: readonly Explanation[]) {
  const same = new Set(other.map(({ text }) => text));
  const applied = own.filter(({ status }) => isApplied(status));
  const differing = own.filter(({ status, text }) => !isApplied(status) && !same.has(text));
  const sentences = [...applied, ...differing].map(({ text }) => text);
  return {
    sentences: sentences.slice(0, MOST_SENTENCES),
    more: Math.max(0, sentences.length - MOST_SENTENCES),
  };
}

export function isApplied(status: Explanation["status"]): boolean {
  return status === "applied" || status === "capped";
}
