import type { CartCustomer, CartLine, CartShipping, Limit, Prices } from "@haggle/abi";
import type { Cart } from "@haggle/sdk";
import { priceOf } from "@haggle/sdk/trust";
import type { Budgets, Judged } from "../budgets/service.ts";
import type { Catalog, Resolved } from "../catalog/service.ts";
import type { Customers } from "../customers/service.ts";
import type { Skus } from "../pricing/service.ts";
import type { Shipping } from "../shipping/service.ts";
import type { Taxes } from "../taxes/service.ts";
import { QuoteRefusal } from "./refusals.ts";
import type { Asked, AskedLine } from "./schema.ts";

export type AssembleDependencies = {
  budgets: Pick<Budgets, "look">;
  catalog: Pick<Catalog, "resolve" | "listKnown">;
  customers: Pick<Customers, "findForCart">;
  taxes: Pick<Taxes, "resolve">;
  shipping: Pick<Shipping, "price">;
  skus: Pick<Skus, "findCurrency">;
};

export type Assemble = ReturnType<typeof createAssemble>;

export type Terms = {
  /** Of strategies, in force for the release that prices it. */
  prices: Prices | undefined;
  /** Whether the release computes taxes. */
  isTaxed: boolean;
  /** What its promotions draw on. */
  limits: readonly Limit[];
  now: number;
};

/** `prices`: those of the terms, where they are in the currency of the cart. `coupons`: of the codes, in their order. */
export type Assembled = { cart: Cart; prices: Prices | undefined; coupons: Judged[] };

type Taxed = { taxClass?: string };

/** Where nothing says to which region it goes, what holds everywhere does. */
const ANYWHERE = "*";

/** Makes of what is asked for the cart that the engine gets: all that is in it but quantities comes from the server's own tables. */
export function createAssemble(dependencies: AssembleDependencies) {
  const { budgets, catalog, customers, taxes, shipping, skus } = dependencies;

  /** Somebody whom nobody told of is a customer like any other, of whom nothing is known. */
  async function findCustomer({ customer, loggedIn = true }: Asked): Promise<CartCustomer | undefined> {
    if (customer === undefined) return undefined;
    const unknown = { id: customer, segments: [], loggedIn, orders: 0, attributes: {} };
    return (await customers.findForCart(customer, { loggedIn })) ?? unknown;
  }

  /** All that are missing, in one refusal: those that are not sold at all before those that are not in this currency. */
  async function refuseMissing({ lines, currency }: Asked, found: ReadonlyMap<string, Resolved>) {
    const missing = lines.flatMap(({ sku }, index) =>
      found.has(sku) ? [] : [{ at: `lines[${index}].sku`, sku }],
    );
    const known = new Set(await catalog.listKnown(missing.map(({ sku }) => sku)));
    const unknown = missing.filter(({ sku }) => !known.has(sku));
    const code = unknown.length > 0 ? "QUOTE_UNKNOWN_SKU" : "QUOTE_NO_PRICE";
    const skus = unknown.length > 0 ? unknown : missing;
    const [first] = skus;
    const beside = code === "QUOTE_NO_PRICE" ? { skus, currency } : { skus };
    return new QuoteRefusal(code, { at: first!.at, value: first!.sku, beside });
  }

  async function priceShipping(
    { shippingMethod, region = ANYWHERE, currency }: Asked,
    lines: readonly (CartLine & { weightGrams?: number })[],
  ): Promise<(CartShipping & Taxed)[]> {
    if (shippingMethod === undefined) return [];
    const sum = (of: (line: (typeof lines)[number]) => number) =>
      lines.reduce((all, line) => all + of(line) * line.quantity, 0);
    const weightGrams = sum((line) => line.weightGrams ?? 0);
    const subtotal = sum((line) => line.unitPrice);
    return [await shipping.price(shippingMethod, { region, currency, weightGrams, subtotal })];
  }

  /** @throws HaggleError TAX_UNKNOWN_CLASS */
  async function findRates(
    taxed: readonly Taxed[],
    region: string,
    now: number,
  ): Promise<Map<string, string>> {
    const classes = [...new Set(taxed.flatMap(({ taxClass }) => taxClass ?? []))];
    return classes.length === 0 ? new Map() : taxes.resolve(classes, region, now);
  }

  /**
   * @throws HaggleError QUOTE_UNKNOWN_SKU, QUOTE_NO_PRICE (both tell all), SHIPPING_UNKNOWN_METHOD, SHIPPING_NOT_OFFERED,
   *   TAX_UNKNOWN_CLASS
   */
  return async (asked: Asked, { prices, isTaxed, limits, now }: Terms): Promise<Assembled> => {
    const { id, currency, market, channel, timeZone, paymentMethod, region = ANYWHERE } = asked;
    const [found, customer, priced, { judged, allowances }] = await Promise.all([
      catalog.resolve(
        asked.lines.map(({ sku }) => sku),
        currency,
      ),
      findCustomer(asked),
      // Prices of strategies are all in one currency, which their document does not name.
      prices && skus.findCurrency(),
      budgets.look({ ids: asked.coupons ?? [], limits, customer: asked.customer ?? null, currency }),
    ]);
    const own = priced === currency ? prices : undefined;
    const sold = asked.lines.flatMap((line) => {
      const resolved = found.get(line.sku);
      return resolved === undefined ? [] : [toSold(line, resolved, own, customer?.tier)];
    });
    if (sold.length < asked.lines.length) throw await refuseMissing(asked, found);
    const shipped = await priceShipping(asked, sold);
    const rates = isTaxed ? await findRates([...sold, ...shipped], region, now) : new Map<string, string>();
    const rated = <T extends Taxed>({ taxClass, ...one }: T) => {
      const taxRate = taxClass === undefined ? undefined : rates.get(taxClass);
      return { ...one, ...(taxRate !== undefined && { taxRate }) };
    };
    const cart = {
      id,
      currency,
      now,
      ...(channel !== undefined && { channel }),
      ...(market !== undefined && { market }),
      ...(timeZone !== undefined && { timeZone }),
      ...(paymentMethod !== undefined && { paymentMethod }),
      lines: sold.map(({ weightGrams: _, ...line }) => rated(line)),
      shipping: shipped.map(rated),
      ...(customer !== undefined && { customer }),
      coupons: judged.flatMap(({ campaign, reason }) =>
        campaign === undefined || reason !== undefined ? [] : [campaign],
      ),
      ...(allowances !== undefined && { allowances }),
    };
    return { cart, prices: own, coupons: judged };
  };
}

/** A line with all that the catalog knows of it; the price of a strategy where there is one. */
function toSold(
  { id, sku, quantity, attributes, subscription }: AskedLine,
  resolved: Resolved,
  prices: Prices | undefined,
  tier: string | undefined,
): CartLine & Taxed & { weightGrams?: number } {
  const { productId, categories, unitCost, minUnitPrice, taxClass, weightGrams } = resolved;
  return {
    id,
    sku,
    productId,
    categories,
    quantity,
    unitPrice: priceOf(prices, sku, tier)?.unitPrice ?? resolved.unitPrice,
    ...(unitCost !== undefined && { unitCost }),
    ...(minUnitPrice !== undefined && { minUnitPrice }),
    ...(subscription !== undefined && { subscription }),
    // What the catalog says of it is so, whatever else somebody says: promotions look at it.
    attributes: attributes === undefined ? resolved.attributes : { ...attributes, ...resolved.attributes },
    ...(taxClass !== undefined && { taxClass }),
    ...(weightGrams !== undefined && { weightGrams }),
  };
}
