// What a shopper could reach with this cart, and what would be enough for it. Whatever is proposed was priced before.

import type { Cart } from "@haggle/abi";
import type { Decision, Engine, PricedDecision } from "@haggle/sdk";
import { nearestUnlocks } from "@haggle/sdk/explain";
import type { Hint } from "../shared/price.ts";

/** Nobody reads more, and each is tried line by line. */
const MAX_HINTS = 5;
/** Carts of a thousand lines are priced too; for what they lack the first ones do. */
const MAX_LINES_TRIED = 40;
/** A hint of more pieces is one of money, or nothing that anybody would add. */
const MAX_PIECES = 1000;
/**
 * Of all that is tried for one price, a blink: who types waits for it. Rules that use little have all of it tried; behind
 * it hints say what is missing, and no more by which line.
 */
const MAX_TRIED_FUEL = 20_000_000;
const UNLOCK = "unlock";

/** The nearest first, then what rules say by themselves, in the order in which they ran. */
export function findHints(engine: Engine, cart: Cart, decision: PricedDecision): Hint[] {
  const trial = createTrial(engine, decision);
  const unlocks = nearestUnlocks(decision, engine).map(
    ({ promotion, missing, unit, reached }): Hint => ({ promotion, reason: UNLOCK, missing, unit, reached }),
  );
  const own = decision.messages
    .filter(({ reason, amount }) => reason !== UNLOCK && amount > 0)
    .map(
      ({ promotion, reason, amount }): Hint => ({
        promotion,
        reason,
        missing: amount,
        unit: findUnit(trial, cart, promotion, amount),
      }),
    );
  return [...unlocks, ...own].slice(0, MAX_HINTS).map((hint) => {
    const add = findAddition(trial, cart, hint);
    return add === undefined ? hint : { ...hint, add };
  });
}

/** Prices changed carts and says of each whether a promotion gives more for it; undefined when there is no fuel left. */
type Trial = (changed: Cart, promotion: string) => boolean | undefined;

function createTrial(engine: Engine, before: PricedDecision): Trial {
  let left = MAX_TRIED_FUEL;
  return (changed, promotion) => {
    // About what it will use: the cart is almost the same.
    if (left < before.fuelUsed) return undefined;
    const after = engine.evaluate(changed);
    left -= after.ok ? after.fuelUsed : before.fuelUsed;
    return givenBy(after, promotion) > givenBy(before, promotion);
  };
}

/** A dearer unit tells money from pieces: it brings the amount, and no more of them. */
function findUnit(trial: Trial, cart: Cart, promotion: string, missing: number): Hint["unit"] {
  const lines = cart.lines.slice(0, MAX_LINES_TRIED);
  const byMoney = lines.some((line, i) =>
    trial(
      { ...cart, lines: cart.lines.with(i, { ...line, unitPrice: line.unitPrice + missing }) },
      promotion,
    ),
  );
  if (byMoney || missing >= MAX_PIECES) return "minor";
  return lines.some((_, i) => trial(withMore(cart, i, missing), promotion)) ? "pieces" : "minor";
}

/** The cheapest way to have what is missing by more of one line; undefined where none of them does it. */
function findAddition(trial: Trial, cart: Cart, { promotion, missing, unit }: Hint): Hint["add"] {
  let found: Hint["add"];
  let least = Number.POSITIVE_INFINITY;
  for (const [line, { unitPrice }] of cart.lines.slice(0, MAX_LINES_TRIED).entries()) {
    const quantity = unit === "pieces" ? missing : Math.ceil(missing / unitPrice);
    const extra = quantity * unitPrice;
    if (!Number.isSafeInteger(quantity) || quantity > MAX_PIECES || extra >= least) continue;
    if (trial(withMore(cart, line, quantity), promotion)) [found, least] = [{ line, quantity }, extra];
  }
  return found;
}

function withMore(cart: Cart, i: number, quantity: number): Cart {
  const line = cart.lines[i]!;
  return { ...cart, lines: cart.lines.with(i, { ...line, quantity: line.quantity + quantity }) };
}

/** What a promotion gives of any kind, in a measure that grows with it. */
function givenBy(decision: Decision, promotion: string): number {
  if (!decision.ok) return 0;
  const own = (each: { promotion: string }) => each.promotion === promotion;
  const taken = decision.promotions.find(({ id }) => id === promotion)?.granted ?? 0;
  const added = decision.added.filter(own).reduce((sum, { quantity }) => sum + quantity, 0);
  return taken + added + decision.grants.filter(own).reduce((sum, { amount }) => sum + amount, 0);
}
