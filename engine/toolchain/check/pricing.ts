// The engine, asked what becomes of promotions in a cart.

import type { Cart, Promotion } from "@haggle/abi";
import type { Decision, PricedDecision, PromotionOutcome } from "@haggle/sdk";

/** How a host prices: what `engine.evaluate` of an engine with `server: true` does. */
export type Price = (cart: Cart) => Decision;

export type Priced = {
  decision: PricedDecision;
  outcomes: ReadonlyMap<string, PromotionOutcome>;
  /** Those that gave something, in the order in which they ran. */
  given: readonly string[];
};

export type Pricing = {
  /** Undefined for a cart that the engine refuses. */
  priced(cart: Cart): Priced | undefined;
  readonly count: number;
};

export function createPricing(price: Price): Pricing {
  const known = new WeakMap<Cart, Priced | undefined>();
  let count = 0;
  return {
    priced(cart) {
      if (known.has(cart)) return known.get(cart);
      count++;
      const decision = price(cart);
      const found = decision.ok ? read(decision) : undefined;
      known.set(cart, found);
      return found;
    },
    get count() {
      return count;
    },
  };
}

function read(decision: PricedDecision): Priced {
  const { promotions } = decision;
  const outcomes = new Map(promotions.map((outcome) => [outcome.id, outcome]));
  const given = promotions.filter(hasGiven).map(({ id }) => id);
  return { decision, outcomes, given };
}

function hasGiven({ status, wanted, granted }: PromotionOutcome): boolean {
  // What wanted no money gave points or a gift.
  return status === "applied" || (status === "capped" && (granted > 0 || wanted === 0));
}

/** Whether the promotion gave something or, where it has nothing to give, said something. */
export function isReached(priced: Priced | undefined, { id, effects }: Promotion): boolean {
  if (priced === undefined) return false;
  if (priced.given.includes(id)) return true;
  const isMessage = effects?.every(({ target }) => target === "message") ?? false;
  return isMessage && priced.decision.messages.some((message) => message.promotion === id);
}

/** Whether something held back a part of what the promotion wanted. */
export function isHeld({ outcomes }: Priced, id: string): boolean {
  const outcome = outcomes.get(id);
  return outcome?.status === "capped" && outcome.granted < outcome.wanted;
}
