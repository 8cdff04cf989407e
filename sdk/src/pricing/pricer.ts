import {
  type Attributes,
  type Cart,
  type CartLine,
  type Code,
  compileTable,
  createSymbols,
  HaggleError,
  MAX_LINES,
  type Promotion,
  parseMetadata,
  type Strategy,
  TABLE_READS,
} from "@haggle/abi";
import { type Candidates, writeCandidates } from "../candidates.ts";
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
      const taken = [...groups.values()].filter(({ strategy }) => strategies[strategy]!.withdrawn !== true);
      for (let first = 0; first < taken.length; first += STRATEGIES_PER_INSTANCE) {
        const some = taken.slice(first, first + STRATEGIES_PER_INSTANCE);
        const rules = createRules(
          some.map(({ strategy, variant }, index) => toPromotion(strategies[strategy]!, variant, `${index}`)),
        );
        for (const [index, { strategy, variant, skus: members }] of some.entries()) {
          for (let start = 0; start < members.length; start += MAX_LINES) {
            for (const price of run(rules[index]!, pricing, members.slice(start, start + MAX_LINES), tier)) {
              price.strategy = strategy;
              if (tier !== undefined) price.tier = tier;
              if (variant !== undefined) price.variant = variant;
              found[price.sku] = price;
            }
            yield undefined;
          }
        }
      }
      for (const price of found) if (price !== undefined) prices.push(price);
    }
    return prices;
  }

  /** One instance for all of them, each of which runs alone. What cannot be prepared with others is so by itself. */
  function createRules(promotions: readonly Promotion[]): (Rule | HaggleError)[] {
    const made = attempt(() => {
      const { bytes, symbols: added, promotions: placed } = compileTable(promotions, policy, metadata);
      const symbols = createSymbols([...metadata.symbols, ...added]);
      const words = new Int32Array((bytes.length + 3) >> 2);
      new Uint8Array(words.buffer).set(bytes);
      const table = { words, reads: words[TABLE_READS >> 2]! };
      let chosen = new Int32Array(0);
      const candidates: Candidates = {
        symbols,
        begin() {},
        select(memory) {
          writeCandidates(memory, chosen);
          return chosen;
        },
      };
      const off = new Uint8Array(placed.length);
      const sandbox = createSandbox({ module, table, off, candidates, symbols, policy, server: true });
      const context = { release: "", bundle: "", promotions: placed, policy, symbols };
      const places = new Map(placed.map(({ id }, place) => [id, Int32Array.of(place)]));
      return promotions.map(
        ({ id }): Rule =>
          (cart) => {
            chosen = places.get(id)!;
            return new PricedDecision(context, sandbox.run(cart, NOT_FORCED), cart);
          },
      );
    });
    if (!(made instanceof HaggleError)) return made;
    if (promotions.length === 1) return [made];
    const half = promotions.length >> 1;
    return [...createRules(promotions.slice(0, half)), ...createRules(promotions.slice(half))];
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

/** A strategy's rule with its parameters, on a cart. */
type Rule = (cart: Cart) => PricedDecision;

/** By a strategy that whoever asks knows. */
type Priced = StrategyPrice;

/** Skus that one strategy takes, with one set of parameters. */
type Group = { strategy: number; variant?: string | undefined; skus: number[] };

const NOT_FORCED: readonly number[] = [];
/** An instance has 16 MiB, which takes longer to get than a sku to price: shops have thousands of strategies. */
const STRATEGIES_PER_INSTANCE = 256;

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

/** `id` is for the table alone: whoever asks knows the strategy by its place, and variants of it are several. */
function toPromotion({ rule, parameters, experiment }: Strategy, variant: string | undefined, id: string) {
  const own = variant === undefined ? undefined : experiment?.variants[variant];
  const merged = own ? { ...parameters, ...own } : parameters;
  return { id, rule, parameters: merged, phase: "pricing", priority: 0 } satisfies Promotion;
}

function run(
  rule: Rule | HaggleError,
  pricing: Pricing,
  members: readonly number[],
  tier: string | undefined,
): Priced[] {
  if (rule instanceof HaggleError) return members.map((sku) => failed(pricing.skus, sku, rule.code));
  const outcome = attempt(() => readPrices(rule(cartOf(pricing, members, tier)), members));
  if (!(outcome instanceof HaggleError)) return outcome;
  if (members.length === 1) return [failed(pricing.skus, members[0]!, outcome.code)];
  // A rule that fails on one sku takes back what it made of the others: halves tell which one it was.
  const half = members.length >> 1;
  return [members.slice(0, half), members.slice(half)].flatMap((some) => run(rule, pricing, some, tier));
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
