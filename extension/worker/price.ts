// Prices a cart by what a project would publish, by one of its rules, or by what a case says: in the sandbox that the
// storefront has, from the build that is kept.

import { type Cart, explainError, HaggleError, nameAllMissing, parsePromotions } from "@haggle/abi";
import { createEngine, type Engine } from "@haggle/sdk";
import { explain } from "@haggle/sdk/explain";
import { defaultPromotions } from "@haggle/toolchain";
import { type Case, cartOf, checkCartFields, createCaseRunner, parseCases } from "@haggle/toolchain/cases";
import type { PriceAnswer, PricedBy, PriceRequest } from "../shared/price.ts";
import { fuelLimitOf } from "./fuel.ts";
import { findHints } from "./hints.ts";
import type { KeptBuild } from "./kept-builds.ts";

type Request = Omit<PriceRequest, "root">;

/** What errors call a case that stands in no file. */
const UNNAMED = "cart";

/** Of one build. Whoever writes parameters makes another engine with each key. */
const MAX_ENGINES = 16;

/** By build: the engines that it was priced with, until another build takes its place. */
const engines = new WeakMap<KeptBuild, Map<string, Promise<Priceable>>>();

/** Who prices, and what is priced: experiments of a case change its cart. */
type Priceable = { engine: Engine; cartOf: (cart: unknown) => unknown };

/** Whatever is wrong with the cart, or with what it is to be priced by, is an answer and no error. */
export async function priceCart(
  kept: KeptBuild,
  { cart: given, by, server = false, locale = "en" }: Request,
): Promise<PriceAnswer> {
  try {
    checkCartFields(given);
    const priceable = await priceableBy(kept, by, server);
    const { engine } = priceable;
    const cart = priceable.cartOf(given) as Cart;
    const started = performance.now();
    const decision = engine.evaluate(cart);
    const durationMs = performance.now() - started;
    if (!decision.ok) return refused(nameAllMissing(decision.error, cart));
    const { promotions, policy } = engine;
    const trace = explain(decision, { promotions, policy, cart, locale }).map(({ promotion, text }, i) => ({
      promotion,
      status: decision.promotions[i]!.status,
      text,
    }));
    return {
      ok: true,
      decision: JSON.parse(JSON.stringify(decision)),
      trace,
      hints: findHints(engine, cart, decision),
      promotions: decision.promotions.map(({ id }) => promotions.find((promotion) => promotion.id === id)),
      fuelLimit: fuelLimitOf(engine, decision),
      durationMs,
    };
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    return refused(error);
  }
}

function priceableBy(kept: KeptBuild, by: PricedBy, server: boolean): Promise<Priceable> {
  const own = engines.get(kept) ?? new Map<string, Promise<Priceable>>();
  engines.set(kept, own);
  const key = JSON.stringify([by, server]);
  const found = own.get(key) ?? startPricing(kept, by, server);
  own.delete(key);
  own.set(key, found);
  const [oldest] = own.keys();
  if (own.size > MAX_ENGINES) own.delete(oldest!);
  // What is refused is asked again when the view says something else, and that under another key.
  found.catch(() => own.delete(key));
  return found;
}

async function startPricing(kept: KeptBuild, by: PricedBy, server: boolean): Promise<Priceable> {
  const { built, signer, policy } = kept;
  if (by.kind === "table") {
    const { bundle, release, root } = built;
    const options = { bundle, release: release.bytes, root: root.bytes, server, development: true };
    return { engine: await createEngine(options), cartOf: (cart) => cart };
  }
  const runner = createCaseRunner(built, { signer, policy, server });
  const file = by.kind === "case" ? by.file : UNNAMED;
  const stated = by.kind === "case" ? parseCircumstances(by) : ruleAlone(kept, by);
  const engine = await runner.engineOf(file, stated);
  return { engine, cartOf: (cart) => cartOf({ ...stated, cart }) };
}

function parseCircumstances({ kind: _, file, ...circumstances }: PricedBy & { kind: "case" }): Case {
  const given = Object.entries(circumstances).filter(([, value]) => value !== undefined);
  return parseCases([{ name: UNNAMED, cart: {}, expect: {}, ...Object.fromEntries(given) }], file)[0]!;
}

function ruleAlone({ built }: KeptBuild, { rule, parameters }: PricedBy & { kind: "rule" }): Case {
  const known = built.metadata.rules.filter(({ name }) => name === rule);
  if (known.length === 0) {
    throw new HaggleError("PROMOTION_UNKNOWN_RULE", "The project has no such rule", {
      at: "rule",
      value: rule,
    });
  }
  const [promotion] = defaultPromotions(known);
  const promotions = parsePromotions([{ ...promotion, ...(parameters && { parameters }) }], "promotions");
  return { name: rule, cart: {}, expect: {}, promotions };
}

function refused(error: Pick<HaggleError, "code" | "message" | "at">): PriceAnswer {
  const { code, at } = error;
  const place = at === undefined || at === "cart" ? {} : { at: String(at).replace(/^cart\./, "") };
  return { ok: false, kind: "refused", code, message: explainError(error), ...place };
}
