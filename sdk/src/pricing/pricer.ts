import {
  type Attributes,
  type Cart,
  type CartLine,
  type Code,
  compileTable,
  createSymbols,
  HaggleError,
  MAX_LINES,
  parseMetadata,
  type Strategy,
  type StrategyParameters,
  TABLE_READS,
} from "@haggle/abi";
import { PricedDecision } from "../decision.ts";
import { createEngine, type EngineOptions } from "../engine.ts";
import { verifyProfile } from "../profile.ts";
import { createSandbox } from "../sandbox.ts";
import { createMatcher, type FindVariant, type Matcher } from "./matcher.ts";

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
  /** The same, a group of skus at a time, so that whoever runs it can do something else in between. */
  steps(pricing: Pricing): Generator<undefined, StrategyPrice[]>;
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

  function* steps(pricing: Pricing): Generator<undefined, StrategyPrice[]> {
    const { strategies, skus, now, findVariant = () => undefined } = pricing;
    const matcher = createMatcher(strategies, findVariant);
    const prices: StrategyPrice[] = [];
    const base = matchAll(matcher, skus, now);
    for (const tier of [undefined, ...matcher.tiers]) {
      const groups = tier === undefined ? base : matchAll(matcher, skus, now, tier, base);
      const found = new Array<StrategyPrice | undefined>(skus.length);
      for (const { strategy: place, variant, skus: members } of groups.values()) {
        const strategy = strategies[place]!;
        if (strategy.withdrawn === true) continue;
        const run = createRun(strategy, variant);
        for (let start = 0; start < members.length; start += MAX_LINES) {
          for (const price of run(pricing, members.slice(start, start + MAX_LINES), tier)) {
            price.strategy = place;
            if (tier !== undefined) price.tier = tier;
            if (variant !== undefined) price.variant = variant;
            found[price.sku] = price;
          }
          yield undefined;
        }
      }
      for (const price of found) if (price !== undefined) prices.push(price);
    }
    return prices;
  }

  /** Prices skus by one strategy alone. Its instance goes with it: each has 16 MiB. */
  function createRun(strategy: Strategy, variant: string | undefined) {
    const made = attempt(() => {
      const parameters = parametersOf(strategy, variant);
      const promotion = {
        id: strategy.id,
        rule: strategy.rule,
        parameters,
        phase: "pricing",
        priority: 0,
      } as const;
      const { bytes, symbols: added, promotions } = compileTable([promotion], policy, metadata);
      const symbols = createSymbols([...metadata.symbols, ...added]);
      const words = new Int32Array((bytes.length + 3) >> 2);
      new Uint8Array(words.buffer).set(bytes);
      const table = { words, reads: words[TABLE_READS >> 2]! };
      const sandbox = createSandbox({ module, table, off: new Uint8Array(1), symbols, policy, server: true });
      return { sandbox, context: { release: "", bundle: "", promotions, policy, symbols } };
    });
    return (pricing: Pricing, members: readonly number[], tier: string | undefined): Priced[] => {
      if (made instanceof HaggleError) return members.map((sku) => failed(pricing.skus, sku, made.code));
      return priceAll(members);

      /** A rule that fails on one sku takes back what it made of the others: halves tell which one it was. */
      function priceAll(some: readonly number[]): Priced[] {
        const cart = cartOf(pricing, some, tier);
        const outcome = attempt(() => {
          const { sandbox, context } = made as Exclude<typeof made, HaggleError>;
          return readPrices(new PricedDecision(context, sandbox.run(cart, NOT_FORCED), cart), some);
        });
        if (!(outcome instanceof HaggleError)) return outcome;
        if (some.length === 1) return [failed(pricing.skus, some[0]!, outcome.code)];
        const half = some.length >> 1;
        return [...priceAll(some.slice(0, half)), ...priceAll(some.slice(half))];
      }
    };
  }

  function price(pricing: Pricing): StrategyPrice[] {
    const work = steps(pricing);
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
    }
  }

  return { price, steps };
}

/** By a strategy that whoever asks knows. */
type Priced = StrategyPrice;

/** Skus that one strategy takes, with one set of parameters. */
type Group = { strategy: number; variant?: string | undefined; skus: number[] };

const NOT_FORCED: readonly number[] = [];

/** By strategy and variant; for a tier only where it is not what takes the sku for everybody. */
function matchAll(
  matcher: Matcher,
  skus: readonly PricedSku[],
  now: number,
  tier?: string,
  base?: ReadonlyMap<string, Group>,
): Map<string, Group> {
  const groups = new Map<string, Group>();
  const everybody = base && placesOf(base, skus.length);
  for (const [index, sku] of skus.entries()) {
    const match = matcher.find(sku, tier, now);
    if (match === undefined || everybody?.[index] === match.strategy) continue;
    const key = match.variant === undefined ? `${match.strategy}` : `${match.strategy} ${match.variant}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...match, skus: [index] });
    else group.skus.push(index);
  }
  return groups;
}

function placesOf(groups: ReadonlyMap<string, Group>, length: number): Int32Array {
  const places = new Int32Array(length).fill(-1);
  for (const { strategy, skus } of groups.values()) for (const sku of skus) places[sku] = strategy;
  return places;
}

function parametersOf({ parameters, experiment }: Strategy, variant: string | undefined): StrategyParameters {
  const own = variant === undefined ? undefined : experiment?.variants[variant];
  return own ? { ...parameters, ...own } : parameters;
}

function cartOf(pricing: Pricing, members: readonly number[], tier: string | undefined): Cart {
  const { currency, now, channel, timeZone, skus } = pricing;
  return {
    id: "prices",
    currency,
    now,
    ...(channel !== undefined && { channel }),
    ...(timeZone !== undefined && { timeZone }),
    lines: members.map((index) => lineOf(skus[index]!)),
    shipping: [],
    coupons: [],
    ...(tier !== undefined && {
      customer: { id: "tier", segments: [], tier, loggedIn: true, orders: 0, attributes: {} },
    }),
  };
}

/** Field by field: one of a hundred thousand. */
function lineOf(sku: PricedSku): CartLine {
  const { listPrice, unitCost, minUnitPrice, stock, attributes, categories, productId = sku.sku } = sku;
  const line: { -readonly [Field in keyof CartLine]: CartLine[Field] } = {
    id: sku.sku,
    sku: sku.sku,
    productId,
    categories,
    quantity: 1,
    unitPrice: listPrice,
  };
  if (unitCost !== undefined) line.unitCost = unitCost;
  if (minUnitPrice !== undefined) line.minUnitPrice = minUnitPrice;
  if (stock !== undefined) line.attributes = attributes === undefined ? { stock } : { ...attributes, stock };
  else if (attributes !== undefined) line.attributes = attributes;
  return line;
}

/** @throws HaggleError with the rule's fault */
function readPrices(decision: PricedDecision, members: readonly number[]): Priced[] {
  const [outcome] = decision.promotions;
  const { error } = outcome ?? {};
  if (error !== undefined) throw new HaggleError(error, "The rule failed");
  return decision.lines.map(({ unitPrice, total, discount }, i) => ({
    sku: members[i]!,
    strategy: 0,
    unitPrice: unitPrice ?? total + discount,
  }));
}

function failed(skus: readonly PricedSku[], sku: number, fault: Code): Priced {
  return { sku, strategy: 0, unitPrice: skus[sku]!.listPrice, fault };
}

function attempt<T>(work: () => T): T | HaggleError {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof HaggleError) return cause;
    throw cause;
  }
}
