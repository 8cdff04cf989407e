// What a decision tells of the engine's records: hand-made ones, so that each field has its own number.

import {
  type Asked,
  type Cart,
  checkDecision,
  createSymbols,
  DEFAULT_POLICY,
  type DecisionRecords,
  type DecisionTotals,
  decodeDecision,
  encodeCart,
  encodeDecision,
  type HaggleError,
  MEMORY_BYTES,
  type Policy,
  type Promotion,
  packCurrency,
  readShareLists,
  type ShareLists,
  TARGET_CASHBACK,
  TARGET_GIFT,
  TARGET_MESSAGE,
  TARGET_ORDER,
  TARGET_POINTS,
  TARGET_SHIPPING,
  TARGET_UNIT,
  TYPE_AMOUNT,
} from "@haggle/abi";
import { PricedDecision } from "@haggle/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const REASONS = ["FREE_UNIT", "ORDER", "FREE_SHIPPING", "MUG", "POINTS", "BACK", "NEARLY"];
const SYMBOLS = createSymbols([...REASONS, "mug", "mugs", "budget", "WELCOME", "TIED"]);
const symbol = (text: string) => SYMBOLS.find(text);

const CART: Cart = {
  id: "cart",
  currency: "EUR",
  now: 1_790_000_000_000,
  lines: [
    { id: "dear", sku: "boot", productId: "boot", categories: [], quantity: 3, unitPrice: 10_00 },
    { id: "cheap", sku: "sock", productId: "sock", categories: [], quantity: 2, unitPrice: 2_00 },
  ],
  shipping: [{ id: "parcel", method: "parcel", price: 4_90 }],
  coupons: ["TIED", "WELCOME", "NONSENSE"],
};

/** In the order of a table; the decision speaks of some of them. */
const PROMOTIONS: Promotion[] = [
  { id: "unused", priority: 9, rule: "r" },
  { id: "free-unit", priority: 8, rule: "r", coupon: "TIED" },
  { id: "order", priority: 7, rule: "r" },
  { id: "lost", priority: 6, rule: "r" },
  { id: "threshold", priority: 5, rule: "r" },
  { id: "broken", priority: 4, rule: "r" },
];
const CANDIDATES = [1, 2, 3, 4, 5];

const TOTALS: DecisionTotals = {
  currency: packCurrency("EUR"),
  subtotal: 44_00,
  discountTotal: 26_90,
  shippingTotal: 0,
  total: 22_00,
  taxTotal: 4_00,
  cash: 1,
  flags: 3,
};

/** Records in canonical order: socks, then boots. Two boots are free; 6.00 off the order and all shipping. */
const RECORDS: DecisionRecords = {
  lines: [
    { discount: 1_00, total: 3_00, tax: 50 },
    { discount: 25_00, total: 5_00, tax: 3_50 },
  ],
  shipping: [{ discount: 4_90, total: 0, tax: 0 }],
  outcomes: [
    { status: "applied", wanted: 20_00, granted: 20_00 },
    { status: "capped", wanted: 12_00, granted: 10_90 },
    { status: "lost", wanted: 0, granted: 0, lostTo: 0 },
    { status: "notEligible", wanted: 0, granted: 0, condition: 2 },
    { status: "failed", wanted: 0, granted: 0, error: "ENGINE_RULE_FUEL" },
  ],
  offers: [
    offer(0, TARGET_UNIT, "FREE_UNIT", 20_00),
    offer(1, TARGET_ORDER, "ORDER", 6_00),
    offer(1, TARGET_SHIPPING, "FREE_SHIPPING", 4_90),
    offer(0, TARGET_GIFT, "MUG", 4_00),
    offer(0, TARGET_POINTS, "POINTS", 120),
    offer(0, TARGET_CASHBACK, "BACK", 2_50),
    { ...offer(1, TARGET_MESSAGE, "NEARLY", 0), wanted: 5_50 },
    { ...offer(3, TARGET_MESSAGE, "", 0), wanted: 7_00 },
  ],
  lineShares: [
    [{ offer: 1, amount: 1_00, units: 2, first: 0 }],
    [
      { offer: 0, amount: 20_00, units: 2, first: 1 },
      { offer: 1, amount: 5_00, units: 3, first: 0 },
    ],
  ],
  shippingShares: [[{ offer: 2, amount: 4_90, units: 0, first: 0 }]],
  added: [
    { offer: 3, sku: symbol("mug"), product: symbol("mugs"), quantity: 2, unitPrice: 5_00, discount: 4_00 },
  ],
  claims: [{ promotion: 0, allowance: symbol("budget"), amount: 20_00 }],
};

function offer(promotion: number, target: number, reason: string, granted: number) {
  return {
    promotion,
    target,
    type: TYPE_AMOUNT,
    reason: reason === "" ? 0 : symbol(reason),
    wanted: granted,
    granted,
  };
}

type Change = {
  totals?: Partial<DecisionTotals>;
  records?: Partial<DecisionRecords>;
  cart?: Cart;
  spoil?: (words: Int32Array) => void;
};

const memory = new Int32Array(MEMORY_BYTES >> 2);

function decide(policy: Partial<Policy> = {}, change: Change = {}): PricedDecision {
  const { totals, records, cart = CART, spoil } = change;
  const encoded = encodeCart(cart, memory, SYMBOLS, 0, policy.lines ?? "canonical");
  const bytes = encodeDecision({ ...TOTALS, ...totals }, { ...RECORDS, ...records });
  const context = {
    release: "release",
    bundle: "bundle",
    promotions: PROMOTIONS,
    policy: { ...DEFAULT_POLICY, ...policy },
    symbols: SYMBOLS,
    wantsLists: false,
  };
  const decision = new Int32Array(bytes.buffer);
  spoil?.(decision);
  const candidates = [...CANDIDATES];
  return new PricedDecision(context, { encoded, candidates, decision, fuelUsed: 77 }, cart);
}

const PLAIN = JSON.parse(JSON.stringify(decide()));

describe("a decision", () => {
  it("tells the totals, and those of taxes and coins when the policy computes them", () => {
    expect(PLAIN).toMatchObject({
      currency: "EUR",
      subtotal: 44_00,
      discountTotal: 26_90,
      shippingTotal: 0,
      total: 22_00,
      fuelUsed: 77,
      policy: "default",
      greedy: true,
      marginHeld: true,
    });
    for (const field of ["taxTotal", "totalNet", "totalGross", "cashRounding"]) {
      expect(PLAIN).not.toHaveProperty(field);
    }
    const taxed = decide({
      tax: { prices: "net", per: "line" },
      cash: { step: 5, rounding: "halfUp" },
    });
    expect(JSON.parse(JSON.stringify(taxed))).toMatchObject({
      taxTotal: 4_00,
      totalGross: 21_99,
      totalNet: 17_99,
      cashRounding: 1,
    });
    expect(taxed.lines.map(({ id, tax }) => [id, tax])).toEqual([
      ["dear", 3_50],
      ["cheap", 50],
    ]);
  });

  it("tells lines in the order of the cart, with who took what", () => {
    expect(PLAIN.lines).toEqual([
      {
        id: "dear",
        discount: 25_00,
        total: 5_00,
        discounts: [
          { promotion: "free-unit", amount: 20_00, reason: "FREE_UNIT", units: 2 },
          { promotion: "order", amount: 5_00, reason: "ORDER", units: 3 },
        ],
      },
      {
        id: "cheap",
        discount: 1_00,
        total: 3_00,
        discounts: [{ promotion: "order", amount: 1_00, reason: "ORDER", units: 2 }],
      },
    ]);
    expect(PLAIN.shipping).toEqual([
      {
        id: "parcel",
        discount: 4_90,
        total: 0,
        discounts: [{ promotion: "order", amount: 4_90, reason: "FREE_SHIPPING" }],
      },
    ]);
  });

  it("tells what became of the candidates, and to whom one lost", () => {
    expect(PLAIN.promotions).toEqual([
      { id: "free-unit", status: "applied", wanted: 20_00, granted: 20_00 },
      { id: "order", status: "capped", wanted: 12_00, granted: 10_90 },
      { id: "lost", status: "lost", wanted: 0, granted: 0, lostTo: "free-unit" },
      { id: "threshold", status: "notEligible", wanted: 0, granted: 0, condition: 2 },
      { id: "broken", status: "failed", wanted: 0, granted: 0, error: "ENGINE_RULE_FUEL" },
    ]);
  });

  it("tells gifts, claims, grants, messages and coupons", () => {
    expect(PLAIN.added).toEqual([
      { sku: "mug", productId: "mugs", quantity: 2, unitPrice: 5_00, discount: 4_00, promotion: "free-unit" },
    ]);
    expect(PLAIN.claims).toEqual([{ promotion: "free-unit", allowance: "budget", amount: 20_00 }]);
    expect(PLAIN.grants).toEqual([
      { promotion: "free-unit", kind: "points", amount: 120, reason: "POINTS" },
      { promotion: "free-unit", kind: "cashback", amount: 2_50, reason: "BACK" },
    ]);
    expect(PLAIN.messages).toEqual([
      { promotion: "order", reason: "NEARLY", amount: 5_50 },
      { promotion: "threshold", reason: "unlock", amount: 7_00 },
    ]);
    expect(PLAIN.coupons).toEqual([
      { code: "TIED", status: "applied", promotions: [{ id: "free-unit", status: "applied" }] },
      { code: "WELCOME", status: "known", promotions: [] },
      { code: "NONSENSE", status: "unknown", promotions: [] },
    ]);
  });

  it("decodes to the records that it was encoded from", () => {
    const words = new Int32Array(encodeDecision(TOTALS, RECORDS).buffer);
    expect(decodeDecision(words, { lines: 2, shipping: 1, promotions: 5, symbols: SYMBOLS.size })).toEqual(
      RECORDS,
    );
  });

  it("of a coupon that gave nothing says that it was not applied", () => {
    const outcomes = RECORDS.outcomes.with(0, { status: "capped", wanted: 20_00, granted: 0 });
    const { coupons } = decide({}, { records: { outcomes } });
    expect(coupons[0]).toEqual({
      code: "TIED",
      status: "notApplied",
      promotions: [{ id: "free-unit", status: "capped" }],
    });
  });
});

describe("unit discounts", () => {
  it("lie where the engine placed them, evenly, and no unit costs less than nothing", () => {
    // Of the order's 5.00 nothing finds room on the second and third unit, which are free.
    expect(decide().unitDiscounts("dear")).toEqual([5_00, 10_00, 10_00]);
    expect(decide().unitDiscounts("cheap")).toEqual([50, 50]);
    expect(decide().unitDiscounts("no such line")).toBeNull();
  });

  it("give the odd minor units to the first", () => {
    const lineShares = [RECORDS.lineShares[0]!, [{ offer: 0, amount: 20_00, units: 3, first: 0 }]];
    expect(decide({}, { records: { lineShares } }).unitDiscounts("dear")).toEqual([6_67, 6_67, 6_66]);
  });
});

describe("records that cannot be", () => {
  const COUNTS = { lines: 2, shipping: 1, promotions: 5, symbols: SYMBOLS.size };
  const ASKED: Asked = {
    currency: packCurrency("EUR"),
    prices: Float64Array.of(4_00, 30_00, 4_90),
    quantities: Int32Array.of(2, 3, 1),
    isNet: false,
    cashStep: 1,
  };
  const id = (candidate: number) => PROMOTIONS[CANDIDATES[candidate]!]!.id;
  const newLists = (): ShareLists => ({ byRecord: Array(3).fill(undefined), id, text: SYMBOLS.text });
  const totals = { ...TOTALS, discountTotal: 34_90, total: 14_00, cash: 0 };
  const line = { sku: "sock", productId: "sock", categories: [], unitPrice: 2_00, quantity: 1 };
  const carts = [CART, { ...CART, lines: [{ ...line, id: "a" }, CART.lines[0]!, { ...line, id: "b" }] }];

  it("are refused with a code, and what is not refused can be read, whichever words are wrong", () => {
    const { length } = encodeDecision(totals, RECORDS);
    const value = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.integer(), fc.constant(2 ** 31 - 1));
    const edits = fc.array(fc.tuple(fc.nat((length >> 2) - 1), value), { maxLength: 2 });
    let accepted = 0;
    fc.assert(
      fc.property(edits, fc.constantFrom(...carts), (list, cart) => {
        const spoil = (words: Int32Array) => {
          for (const [at, word] of list) words[at] = word;
        };
        const decision = decide({}, { totals, cart, spoil });
        const words = new Int32Array(decision.bytes.buffer);
        const [checked, read] = [newLists(), newLists()];
        try {
          checkDecision(words, COUNTS, ASKED, checked);
        } catch (error) {
          expect(error).toMatchObject({ name: "HaggleError", code: "ENGINE_DECISION_INVALID" });
          expect((error as HaggleError).at).toBeTypeOf("number");
          return;
        }
        accepted++;
        expect(JSON.stringify(decision)).toContain("promotions");
        readShareLists(words, read);
        expect(checked.byRecord).toEqual(read.byRecord);
        expect(decision.digest).toMatch(/^[0-9a-f]{64}$/);
        for (const { id, discount } of decision.lines) {
          expect(decision.unitDiscounts(id)!.reduce((sum, each) => sum + each, 0)).toBe(discount);
        }
      }),
      { numRuns: 5_000 },
    );
    // The untouched ones, and those whose edits change what one may say freely.
    expect(accepted).toBeGreaterThan(1_000);
  });
});

describe("the digest", () => {
  const digest = decide().digest;

  it("covers every amount", () => {
    const { lines, shipping, outcomes, offers, lineShares, added, claims } = RECORDS;
    const changes: Change[] = [
      { totals: { total: 22_01 } },
      { totals: { taxTotal: 4_01 } },
      { totals: { cash: 2 } },
      { totals: { discountTotal: 26_91 } },
      { records: { lines: lines.with(0, { ...lines[0]!, tax: 51 }) } },
      { records: { shipping: [{ ...shipping[0]!, total: 1 }] } },
      { records: { outcomes: outcomes.with(0, { ...outcomes[0]!, granted: 19_99 }) } },
      { records: { offers: offers.with(4, { ...offers[4]!, granted: 121 }) } },
      { records: { offers: offers.with(5, { ...offers[5]!, granted: 2_51 }) } },
      { records: { lineShares: lineShares.with(0, [{ ...lineShares[0]![0]!, amount: 99 }]) } },
      { records: { lineShares: lineShares.with(0, [{ ...lineShares[0]![0]!, units: 1 }]) } },
      { records: { added: [{ ...added[0]!, discount: 4_01 }] } },
      { records: { claims: [{ ...claims[0]!, amount: 20_01 }] } },
    ];
    const digests = changes.map((change) => decide({}, change).digest);
    expect(new Set([digest, ...digests]).size).toBe(changes.length + 1);
  });

  it("does not cover messages, nor candidates that did nothing", () => {
    const { outcomes, offers } = RECORDS;
    const changes: Change[] = [
      { records: { offers: offers.with(6, { ...offers[6]!, wanted: 5_51 }) } },
      { records: { outcomes: outcomes.with(4, { status: "inactive", wanted: 0, granted: 0 }) } },
    ];
    for (const change of changes) expect(decide({}, change).digest).toBe(digest);
  });

  it("is null once the cart has changed", () => {
    const cart = structuredClone(CART);
    const decision = decide({}, { cart });
    (cart.lines as unknown[]).pop();
    expect(decision.digest).toBeNull();
    expect(decision.unitDiscounts("dear")).toBeNull();
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("lines that were priced as one", () => {
  it("share the discount by quantity and every promotion's part of it, so that both add up", () => {
    const line = { sku: "sock", productId: "sock", categories: [], unitPrice: 1 };
    const lines = [
      { ...line, id: "b", quantity: 1 },
      { ...line, id: "c", quantity: 1 },
      { ...line, id: "a", quantity: 2 },
    ];
    const records: Partial<DecisionRecords> = {
      lines: [{ discount: 3, total: 1, tax: 1 }],
      lineShares: [
        [
          { offer: 0, amount: 1, units: 4, first: 0 },
          { offer: 1, amount: 2, units: 4, first: 0 },
        ],
      ],
    };
    const cart = { ...CART, lines };
    const decision = decide({ tax: { prices: "net", per: "line" } }, { records, cart });
    const told = JSON.parse(JSON.stringify(decision.lines)) as typeof PLAIN.lines;
    // 3 by quantity is 1.5, 0.75 and 0.75: the largest fractions round up.
    expect(told.map((each: (typeof told)[0]) => [each.id, each.discount, each.total, each.tax])).toEqual([
      ["b", 1, 0, 0],
      ["c", 1, 0, 0],
      ["a", 1, 1, 1],
    ]);
    for (const each of told) {
      const amounts = each.discounts.map(({ amount }: { amount: number }) => amount);
      expect(amounts.reduce((sum: number, amount: number) => sum + amount, 0)).toBe(each.discount);
    }
  });
});
