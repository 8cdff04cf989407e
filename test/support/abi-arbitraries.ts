// Any cart, promotion table and decision, for properties of the wire format.

import {
  type Attribute,
  type Cart,
  type CartCustomer,
  type CartLine,
  type CartShipping,
  type DecisionRecords,
  FAULT_CODES,
  MAX_SYMBOLS,
  type ParameterSchema,
  type ParameterValue,
  type Promotion,
  TARGET_MESSAGE,
  TARGET_ORDER,
  TARGET_SHIPPING,
  TARGET_UNIT,
  TYPE_AMOUNT,
  TYPE_PERCENT,
  TYPE_PRICE,
} from "@haggle/abi";
import fc from "fast-check";

const MAX = Number.MAX_SAFE_INTEGER;

/** Strings that a bundle compares with; the others are unknown to it. */
export const KNOWN = ["shoes", "bags", "red", "vip", "web", "sku-1", "product-1", "color"].concat([
  "__proto__",
  "constructor",
  "满",
]);

export function amount(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.nat(100_000),
    fc.integer({ min: 0, max: MAX }),
    fc.constantFrom(0, 1, MAX, 2 ** 32, 2 ** 32 - 1),
  );
}

export function text(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom(...KNOWN), fc.string({ minLength: 1, maxLength: 8, unit: "binary" }));
}

function attributes(): fc.Arbitrary<Record<string, Attribute>> {
  const value = fc.oneof(text(), fc.boolean(), fc.integer({ min: -MAX, max: MAX }));
  return fc.array(fc.tuple(text(), value), { maxLength: 5 }).map(recordOf);
}

/** As JSON.parse makes it: `__proto__` is a key like any other. */
export function recordOf<T>(entries: [string, T][]): Record<string, T> {
  const record: Record<string, T> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return record;
}

/** One for each field that the type has; ids are given behind them. */
type FieldsOf<T> = { readonly [Field in Exclude<keyof T, "id">]-?: fc.Arbitrary<unknown> };

export function carts(): fc.Arbitrary<Cart> {
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const percent = fc.constantFrom("0", "19", "7.7", "0.0001", "100");
  const line = fc.record({
    sku: text(),
    productId: text(),
    categories: fc.array(text(), { maxLength: 4 }),
    quantity: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(1000)),
    unitPrice: fc.oneof(fc.nat(5), fc.nat(100_000), fc.constant(2 ** 32 + 1)),
    unitCost: optional(amount()),
    minUnitPrice: optional(amount()),
    taxRate: optional(percent),
    subscription: optional(fc.boolean()),
    attributes: optional(attributes()),
  } satisfies FieldsOf<CartLine>);
  const shipping = fc.record({
    method: text(),
    price: fc.nat(100_000),
    taxRate: optional(percent),
  } satisfies FieldsOf<CartShipping>);
  return fc
    .record({
      currency: fc.constantFrom("EUR", "JPY", "KWD"),
      now: fc.integer({ min: 0, max: MAX }),
      channel: optional(text()),
      market: optional(text()),
      timeZone: optional(text()),
      paymentMethod: optional(text()),
      lines: fc.array(line, { maxLength: 30 }),
      shipping: fc.array(shipping, { maxLength: 3 }),
      customer: optional(
        fc.record({
          segments: fc.array(text(), { maxLength: 4 }),
          tier: optional(text()),
          loggedIn: fc.boolean(),
          orders: fc.nat(1_000_000),
          attributes: attributes(),
        } satisfies FieldsOf<CartCustomer>),
      ),
      coupons: fc.array(text(), { maxLength: 4 }),
      allowances: optional(fc.array(fc.tuple(text(), amount()), { maxLength: 3 }).map(recordOf)),
    } satisfies FieldsOf<Cart>)
    .map((cart) => {
      const numbered = <T>(list: T[]) => list.map((entry, i) => ({ id: `id-${i}`, ...entry }));
      const { lines, shipping, customer } = cart;
      return {
        id: "c",
        ...cart,
        lines: numbered(lines),
        shipping: numbered(shipping),
        customer: customer && { id: "u", ...customer },
      } as Cart;
    });
}

const PARAMETERS = {
  money: ["integer", fc.integer({ min: -MAX, max: MAX })],
  percent: ["string", fc.constantFrom("0", "12.5", "0.0001", "100")],
  integer: ["integer", fc.integer()],
  boolean: ["boolean", fc.boolean()],
  symbol: ["string", text()],
  tags: ["array", fc.option(fc.array(text(), { maxLength: 4 }))],
} as const satisfies Record<
  ParameterSchema["x-haggle-type"],
  readonly [string, fc.Arbitrary<ParameterValue>]
>;

export function tables(): fc.Arbitrary<{ schema: Record<string, ParameterSchema>; promotions: Promotion[] }> {
  const types = fc.constantFrom(...(Object.keys(PARAMETERS) as ParameterSchema["x-haggle-type"][]));
  const field = types.chain((type) =>
    PARAMETERS[type][1].map(
      (value): ParameterSchema => ({
        type: PARAMETERS[type][0],
        default: value as ParameterSchema["default"],
        "x-haggle-type": type,
      }),
    ),
  );
  return fc.array(field, { maxLength: 6 }).chain((fields) => {
    const schema = Object.fromEntries(fields.map((each, i) => [`p${i}`, each]));
    const parameters = fc.record(
      Object.fromEntries(
        Object.entries(schema).map(([name, each]) => [
          name,
          PARAMETERS[each["x-haggle-type"]][1] as fc.Arbitrary<ParameterValue>,
        ]),
      ),
      { requiredKeys: [] },
    );
    const promotion = fc.record(
      {
        id: text(),
        rule: fc.constant("rule"),
        priority: fc.integer(),
        parameters,
        window: fc.record({ from: amount(), until: amount() }, { requiredKeys: [] }),
        coupon: text(),

        serverOnly: fc.boolean(),
      },
      { requiredKeys: ["id", "rule", "priority"] },
    );
    return fc.uniqueArray(promotion, { maxLength: 8, selector: ({ id }) => id }).map((promotions) => ({
      schema,
      promotions: promotions as Promotion[],
    }));
  });
}

export function decisions(): fc.Arbitrary<DecisionRecords> {
  const size = { minLength: 1, maxLength: 5 };
  const amounts = { wanted: amount(), granted: amount() };
  const decided = fc.record({ discount: amount(), total: amount(), tax: amount() });
  const nothing = { wanted: fc.constant(0), granted: fc.constant(0) };
  const outcome = fc.oneof(
    fc.record({ status: fc.constantFrom("applied", "capped", "inactive", "exhausted"), ...amounts }),
    fc.record({ status: fc.constant("notEligible" as const), ...amounts }),
    fc.record({ status: fc.constant("notEligible" as const), ...amounts, condition: fc.nat(31) }),
    fc.record({ status: fc.constant("failed" as const), ...nothing, error: fc.constantFrom(...FAULT_CODES) }),
    // The first candidate is always there to lose to.
    fc.record({ status: fc.constantFrom("lost", "stopped"), ...amounts, lostTo: fc.constant(0) }),
  );
  const offer = fc.record({
    promotion: fc.nat(4),
    target: fc.constantFrom(TARGET_UNIT, TARGET_ORDER, TARGET_SHIPPING, TARGET_MESSAGE),
    type: fc.constantFrom(TYPE_AMOUNT, TYPE_PERCENT, TYPE_PRICE),
    reason: fc.nat(MAX_SYMBOLS),
    ...amounts,
  });
  const part = fc.record({ target: fc.nat(4), amount: amount(), units: fc.nat(9), first: fc.nat(9) });
  const added = fc.record({
    offer: fc.nat(5),
    sku: fc.nat(MAX_SYMBOLS),
    product: fc.nat(MAX_SYMBOLS),
    quantity: fc.integer({ min: 1, max: 9 }),
    unitPrice: amount(),
    discount: amount(),
  });
  const claim = fc.record({ promotion: fc.nat(4), allowance: fc.nat(MAX_SYMBOLS), amount: amount() });
  return fc
    .record({
      lines: fc.array(decided, size),
      shipping: fc.array(decided, size),
      outcomes: fc.array(outcome, size),
      offers: fc.array(offer, { maxLength: 6 }),
      parts: fc.array(part, { maxLength: 6 }),
      added: fc.array(added, { maxLength: 2 }),
      claims: fc.array(claim, { maxLength: 3 }),
    })
    .map(({ lines, shipping, outcomes, offers, parts, added, claims }) => {
      const ofOne = <T extends { promotion: number }>(list: T[]) =>
        list.map((each) => ({ ...each, promotion: each.promotion % outcomes.length }));
      const records: DecisionRecords = {
        lines,
        shipping,
        outcomes: outcomes as DecisionRecords["outcomes"],
        offers: ofOne(offers),
        lineShares: lines.map(() => []),
        shippingShares: shipping.map(() => []),
        added:
          offers.length === 0 ? [] : added.map((each) => ({ ...each, offer: each.offer % offers.length })),
        claims: ofOne(claims),
      };
      for (const [offer, { target: kind }] of records.offers.entries()) {
        const { target, ...share } = parts[offer] ?? { target: 0, amount: 1, units: 1, first: 0 };
        const shares = kind === TARGET_SHIPPING ? records.shippingShares : records.lineShares;
        shares[target % shares.length]!.push({ offer, ...share });
      }
      return records;
    });
}
