import type { Cart, CartCustomer, CartLine, CartShipping } from "@haggle/abi";
import fc from "fast-check";
import * as words from "./vocabulary.ts";

const { sometimes, stated } = words;

type Goods = Omit<CartLine, "id" | "quantity">;

const prices = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.integer({ min: 1, max: 5_000 }),
  fc.constantFrom(999, 1_000, 1_999, 10_000),
);

const goods: fc.Arbitrary<Goods> = fc
  .record({
    sku: fc.constantFrom(...words.SKUS),
    productId: fc.constantFrom(...words.PRODUCTS),
    categories: fc.uniqueArray(fc.constantFrom(...words.CATEGORIES), { maxLength: 2 }),
    unitPrice: prices,
    taxRate: fc.constantFrom("19", "7.7", "0", undefined),
    // Parts of a thousand of the price, so that shrinking keeps the proportions.
    cost: sometimes(fc.integer({ min: 0, max: 1_100 }), 2),
    floor: sometimes(fc.integer({ min: 0, max: 1_100 })),
    subscription: sometimes(fc.boolean()),
    brand: sometimes(fc.constantFrom(...words.BRANDS), 2),
    size: sometimes(fc.integer({ min: 0, max: 5 })),
  })
  .map(({ cost, floor, brand, size, taxRate, subscription, ...line }) => {
    const attributes = stated({ brand, size });
    return {
      ...line,
      ...stated({
        taxRate,
        subscription,
        unitCost: cost === undefined ? undefined : Math.floor((line.unitPrice * cost) / 1_000),
        minUnitPrice: floor === undefined ? undefined : Math.floor((line.unitPrice * floor) / 1_000),
        attributes: Object.keys(attributes).length > 0 ? attributes : undefined,
      }),
    };
  });

/** Some goods, several times each: equal lines stand anywhere in a cart. */
const linesOf = (maxLength: number): fc.Arbitrary<CartLine[]> =>
  fc
    .tuple(
      fc.array(goods, { minLength: 1, maxLength: Math.max(1, Math.ceil(maxLength * 0.7)) }),
      fc.array(fc.record({ which: fc.nat(20), quantity: quantities() }), { minLength: 0, maxLength }),
    )
    .map(([kinds, lines]) =>
      lines.map(({ which, quantity }, i) => ({ id: `l${i}`, quantity, ...kinds[which % kinds.length]! })),
    );

function quantities(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9 }));
}

const shipping: fc.Arbitrary<CartShipping[]> = fc
  .array(
    fc.record({
      method: fc.constantFrom(...words.METHODS),
      price: fc.integer({ min: 0, max: 900 }),
      taxRate: fc.constantFrom("19", "7.7", undefined),
    }),
    { maxLength: 3 },
  )
  .map((entries) =>
    entries.map(({ taxRate, ...entry }, i) => ({ id: `s${i}`, ...entry, ...stated({ taxRate }) })),
  );

const customer: fc.Arbitrary<CartCustomer> = fc
  .record({
    segments: fc.subarray(words.SEGMENTS),
    tier: sometimes(fc.constantFrom(...words.TIERS), 2),
    loggedIn: fc.boolean(),
    orders: fc.nat(3),
    visits: sometimes(fc.nat(4), 2),
    kind: sometimes(fc.constantFrom("b2b", "b2c"), 2),
  })
  .map(({ tier, visits, kind, ...rest }) => ({
    id: "customer",
    ...rest,
    ...stated({ tier }),
    attributes: stated({ visits, kind }),
  }));

const allowances = fc
  .record({
    budget: sometimes(fc.oneof(fc.nat(20), fc.nat(2_000)), 2),
    stock: sometimes(fc.nat(8), 2),
    once: sometimes(fc.nat(2), 2),
  })
  .map(stated);

export const carts = (maxLines = 12): fc.Arbitrary<Cart> =>
  fc
    .record({
      lines: linesOf(maxLines),
      shipping,
      minute: fc.nat(7 * 24 * 60),
      channel: sometimes(fc.constantFrom(...words.CHANNELS), 2),
      paymentMethod: sometimes(fc.constant("card"), 2),
      timeZone: fc.constantFrom(words.ZONE, "nowhere", undefined),
      customer: sometimes(customer, 2),
      coupons: fc.subarray(words.COUPONS),
      allowances: sometimes(allowances, 2),
    })
    .map(({ minute, channel, paymentMethod, timeZone, customer: buyer, allowances: left, ...rest }) => ({
      id: "cart",
      currency: "EUR",
      now: words.NOW + minute * 60_000,
      ...rest,
      ...stated({ channel, paymentMethod, timeZone, customer: buyer, allowances: left }),
    }));
