import {
  type Attributes,
  type Code,
  HaggleError,
  MAX_LINES,
  type Promotion,
  parseMetadata,
  type Strategy,
} from "@haggle/abi";
import { createEngine, type EngineOptions } from "../engine.ts";
import { verifyProfile } from "../profile.ts";
import { attempt } from "./attempt.ts";
import { createCarts } from "./carts.ts";
import { createColumns, type TierPrices } from "./columns.ts";
import { type Group, matchAll } from "./groups.ts";
import { createMatcher, type FindVariant } from "./matcher.ts";
import { createRuleMaker, type Rule } from "./rules.ts";

/** What a shop knows of a sku. Amounts in minor units. */
export type PricedSku = {
  sku: string;
  productId?: string | undefined;
  categories: readonly string[];
  listPrice: number;
  unitCost?: number | undefined;
  /** No rule goes below it. */
  minUnitPrice?: number | undefined;
  /** Rules read it as the attribute `stock`. */
  stock?: number | undefined;
  attributes?: Attributes | undefined;
};

/** What a strategy makes of a sku. */
export type StrategyPrice = {
  /** Its place among the skus. */
  sku: number;
  tier?: string;
  /** Its place among the strategies. */
  strategy: number;
  variant?: string;
  /** The list price where the rule failed on the sku. */
  unitPrice: number;
  /** Why it failed. */
  fault?: Code;
};

export type Pricing = {
  strategies: readonly (Strategy & { withdrawn?: true })[];
  skus: readonly PricedSku[];
  /** Epoch ms: windows, and `ctx.now` of rules. */
  now: number;
  currency: string;
  /** As carts of this channel have it. */
  channel?: string | undefined;
  timeZone?: string | undefined;
  findVariant?: FindVariant | undefined;
};

export type Pricer = {
  /**
   * Prices every sku that a strategy takes, in the order of the skus for each tier: those for everybody first. A sku that a
   * withdrawn strategy takes has no price. Customers of a tier have a price of their own where another strategy takes the
   * sku for them than for everybody.
   */
  price(pricing: Pricing): StrategyPrice[];
  /**
   * The same in columns, everybody's first: a piece at a time, so that whoever runs it can do something else in between.
   */
  steps(pricing: Pricing): Generator<undefined, TierPrices[]>;
};

export type PricerOptions = Pick<EngineOptions, "bundle" | "release" | "root" | "development">;

/**
 * Prices skus by the pricing rules of a verified release: the same bytes, in the same sandbox, with the release's fuel
 * and policy, 1,000 skus in a cart. A price is what a promotion with that rule and those parameters gives a cart with one
 * piece of the sku. Rules that look at more than their line see the cart of the skus that are priced with it.
 *
 * @throws HaggleError as `createEngine`
 */
export async function createPricer(options: PricerOptions): Promise<Pricer> {
  const { policy } = await createEngine({ ...options, server: true });
  const metadata = parseMetadata(verifyProfile(options.bundle).metadata);
  const module = await WebAssembly.compile(options.bundle as Uint8Array<ArrayBuffer>);
  const makeRules = createRuleMaker({ module, metadata, policy });

  function* steps(pricing: Pricing): Generator<undefined, TierPrices[]> {
    const { strategies, skus, now, findVariant = () => undefined } = pricing;
    const matcher = createMatcher(strategies, findVariant);
    const columns = createColumns(skus.length);
    const base = yield* matchAll(matcher, skus, now);
    const tiers: TierPrices[] = [];
    for (const tier of [undefined, ...matcher.tiers]) {
      const groups = tier === undefined ? base : yield* matchAll(matcher, skus, now, tier, base);
      const taken = groups.filter(({ strategy }) => strategies[strategy]!.withdrawn !== true);
      const makeCart = createCarts(pricing, tier);
      for (let first = 0; first < taken.length; first += STRATEGIES_PER_INSTANCE) {
        const some = taken.slice(first, first + STRATEGIES_PER_INSTANCE);
        const { rules, release } = makeRules(
          some.map(({ strategy, variant }, index) => toPromotion(strategies[strategy]!, variant, `${index}`)),
        );
        yield undefined;
        for (const [index, group] of some.entries()) {
          const members = group.skus;
          for (let start = 0; start < members.length; start += MAX_LINES) {
            const end = Math.min(start + MAX_LINES, members.length);
            run({ rule: rules[index]!, group, skus, makeCart, columns }, start, end);
            yield undefined;
          }
        }
        release();
      }
      tiers.push(columns.take(tier));
    }
    return tiers;
  }

  function price(pricing: Pricing): StrategyPrice[] {
    const work = steps(pricing);
    for (;;) {
      const { done, value } = work.next();
      if (done) return value.flatMap(toPrices);
    }
  }

  return { price, steps };
}

/** An instance has 16 MiB, which takes longer to get than a sku to price: shops have thousands of strategies. */
const STRATEGIES_PER_INSTANCE = 256;

/** `id` is for the table alone: whoever asks knows the strategy by its place, and variants of it are several. */
function toPromotion({ rule, parameters, experiment }: Strategy, variant: string | undefined, id: string) {
  const own = variant === undefined ? undefined : experiment?.variants[variant];
  const merged = own ? { ...parameters, ...own } : parameters;
  return { id, rule, parameters: merged, phase: "pricing", priority: 0 } satisfies Promotion;
}

type Work = {
  rule: Rule | HaggleError;
  group: Group;
  skus: readonly PricedSku[];
  makeCart: ReturnType<typeof createCarts>;
  columns: ReturnType<typeof createColumns>;
};

/** The members of a group from `start` to `end`. */
function run(work: Work, start: number, end: number): void {
  const { rule, group, skus, makeCart, columns } = work;
  const members = group.skus;
  const failure = attempt(() => {
    if (rule instanceof HaggleError) throw rule;
    rule(makeCart(members, start, end), (position, unitPrice) =>
      columns.give(group, members[start + position]!, unitPrice),
    );
  });
  if (!(failure instanceof HaggleError)) return;
  if (rule instanceof HaggleError || end - start === 1) {
    for (const sku of members.slice(start, end)) columns.fail(group, sku, skus[sku]!.listPrice, failure.code);
    return;
  }
  // A rule that fails on one sku takes back what it made of the others: halves tell which one it was.
  const half = (start + end) >> 1;
  run(work, start, half);
  run(work, half, end);
}

function toPrices({ tier, skus, strategies, unitPrices, variants, faults }: TierPrices): StrategyPrice[] {
  return Array.from(skus, (sku, place) => {
    const [variant, fault] = [variants?.[place], faults.get(place)];
    return {
      sku,
      strategy: strategies[place]!,
      unitPrice: unitPrices[place]!,
      ...(tier !== undefined && { tier }),
      ...(variant !== undefined && { variant }),
      ...(fault !== undefined && { fault }),
    };
  });
}
