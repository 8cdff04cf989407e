import { type Limit, type Prices, refuse } from "@haggle/abi";
import type { Cart, Engine, PricedDecision } from "@haggle/sdk";
import type { Clock } from "../../platform/clock.ts";
import type { Judged } from "../budgets/service.ts";
import type { Decided, Evaluations, Wished } from "../evaluations/service.ts";
import type { LiveRelease, Releases } from "../releases/service.ts";
import type { Assemble } from "./assemble.ts";
import { readOpenDigest, withoutSecrets } from "./open-cart.ts";
import type { Asked } from "./schema.ts";

type Dependencies = {
  assemble: Assemble;
  evaluations: Pick<Evaluations, "decide">;
  releases: Pick<Releases, "find">;
  clock: Clock;
};

/** A cart with what the server knows of it, and what it came to. Nothing of it is stored. */
export type Priced = Pick<Decided, "assigned" | "variants" | "engine" | "attribution" | "tell"> & {
  asked: Asked;
  live: LiveRelease;
  /** With costs and floors, and with the segments of its variants. */
  cart: Cart;
  /** The same as a browser may know it. */
  openCart: Cart;
  /** Its digest is over the open cart. */
  decision: PricedDecision;
  /** The document that gave unit prices, where one is in force. */
  prices: Prices | undefined;
  /** The codes that were asked with, in their order. */
  coupons: readonly Judged[];
};

/** Prices what is asked for with the release of whoever asks, by the server's own tables. */
export function createPrice({ assemble, evaluations, releases, clock }: Dependencies) {
  /** @throws HaggleError SERVER_NO_RELEASE, SERVER_RELEASE_EXPIRED */
  function getLive(channel: string): LiveRelease {
    const live = releases.find(channel);
    if (live === undefined) throw refuse("SERVER_NO_RELEASE", "channel", channel);
    // Past its promise a release gives previews, and nothing that the shop stands by.
    if (live.expires <= clock()) throw refuse("SERVER_RELEASE_EXPIRED", "channel", channel);
    return live;
  }

  /** @throws HaggleError what `getLive`, `assemble` and `decide` throw, and what the engine refuses the cart for */
  return async (asked: Asked, wished: Wished): Promise<Priced> => {
    const live = getLive(wished.channel);
    let prices: Prices | undefined;
    let coupons: readonly Judged[] = [];
    const decided = await evaluations.decide("quote", wished, async (engine, { release }) => {
      const now = clock();
      const isTaxed = engine.policy.tax.prices !== "untaxed";
      const terms = { prices: findPrices(live, release, now), isTaxed, limits: limitsOf(engine), now };
      const made = await assemble(asked, terms);
      ({ prices, coupons } = made);
      return made.cart;
    });
    const { decision, assigned, variants, engine, attribution, tell } = decided;
    if (!decision.ok) throw decision.error;
    const given = decided.cart as Cart;
    const cart = { ...given };
    const openCart = withoutSecrets(given, engine);
    readOpenDigest(decision, given, openCart);
    const by = { assigned, variants, engine, attribution, tell };
    return { asked, live, ...by, cart, openCart, decision, prices, coupons };
  };
}

/** Those of a release, or of another one whose bounds they keep as well. */
function findPrices({ prices }: LiveRelease, release: string, now: number): Prices | undefined {
  if (prices === undefined || prices.expires <= now) return undefined;
  return prices.release === release || prices.also?.includes(release) ? prices : undefined;
}

const limitsByPromotions = new WeakMap<Engine["promotions"], readonly Limit[]>();

/** Of all promotions of a release, each that differs once. */
function limitsOf({ promotions }: Pick<Engine, "promotions">): readonly Limit[] {
  const known = limitsByPromotions.get(promotions);
  if (known !== undefined) return known;
  const limits = promotions.flatMap(({ limits = [] }) => limits);
  const distinct = [
    ...new Map(limits.map((limit) => [`${limit.counts} ${limit.allowance}`, limit])).values(),
  ];
  limitsByPromotions.set(promotions, distinct);
  return distinct;
}
