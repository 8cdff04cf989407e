// The shop of the hostile modules: a cart, three promotions, and the one right decision about them, which modules have in
// their memory to begin with and may then spoil.

import type { Cart, DecisionRecords, Promotion } from "@haggle/abi";
import * as L from "@haggle/abi";

export const CART: Cart = {
  id: "cart",
  currency: "EUR",
  now: 1_790_000_000_000,
  lines: [
    { id: "dear", sku: "boot", productId: "boot", categories: [], quantity: 3, unitPrice: 10_00 },
    { id: "cheap", sku: "sock", productId: "sock", categories: [], quantity: 2, unitPrice: 2_00 },
  ],
  shipping: [{ id: "parcel", method: "parcel", price: 4_90 }],
  coupons: [],
  allowances: { budget: 100_00 },
};

/** What the modules say of themselves; the effects of the promotions are never run by them. */
export const METADATA = {
  abi: L.ABI_VERSION,
  compiler: "by hand",
  rules: [],
  symbols: ["REASON", "mug", "mugs", "budget"],
  reads: 0,
};

export const PROMOTIONS: readonly Promotion[] = ["first", "second", "third"].map((id, i) => ({
  id,
  priority: 9 - i,
  effects: [{ target: "order", amount: 1_00, reason: "REASON" }],
}));

const offer = (promotion: number, target: number, granted: number) => {
  return { promotion, target, type: L.TYPE_AMOUNT, reason: 1, wanted: granted, granted };
};

const RECORDS: DecisionRecords = {
  lines: [
    { discount: 1_00, total: 3_00, tax: 0 },
    { discount: 25_00, total: 5_00, tax: 0 },
  ],
  shipping: [{ discount: 4_90, total: 0, tax: 0 }],
  outcomes: [
    { status: "applied", wanted: 20_00, granted: 20_00 },
    { status: "applied", wanted: 10_90, granted: 10_90 },
    { status: "lost", wanted: 0, granted: 0, lostTo: 0 },
  ],
  offers: [
    offer(0, L.TARGET_UNIT, 20_00),
    offer(1, L.TARGET_ORDER, 6_00),
    offer(1, L.TARGET_SHIPPING, 4_90),
    offer(0, L.TARGET_GIFT, 0),
  ],
  lineShares: [
    [{ offer: 1, amount: 1_00, units: 2, first: 0 }],
    [
      { offer: 0, amount: 20_00, units: 2, first: 1 },
      { offer: 1, amount: 5_00, units: 3, first: 0 },
    ],
  ],
  shippingShares: [[{ offer: 2, amount: 4_90, units: 0, first: 0 }]],
  added: [{ offer: 3, sku: 2, product: 3, quantity: 2, unitPrice: 5_00, discount: 4_00 }],
  claims: [{ promotion: 0, allowance: 4, amount: 20_00 }],
};

const TOTALS = {
  currency: L.packCurrency("EUR"),
  subtotal: 44_00,
  discountTotal: 34_90,
  shippingTotal: 0,
  total: 14_00,
  taxTotal: 0,
  cash: 0,
  flags: 0,
};

export const DECISION_BYTES: Uint8Array = L.encodeDecision(TOTALS, RECORDS);

/** Where a list of the decision lies, and how long its entries are. */
const LISTS: Readonly<Record<string, [address: number, stride: number]>> = {
  LINES: [L.DECISION_LINES, L.DECIDED_STRIDE],
  SHIPPING: [L.DECISION_SHIPPING, L.DECIDED_STRIDE],
  OUTCOMES: [L.DECISION_PROMOTIONS, L.OUTCOME_STRIDE],
  SHARES: [L.DECISION_SHARES, L.SHARE_STRIDE],
  OFFERS: [L.DECISION_OFFERS, L.OFFER_STRIDE],
  ADDED: [L.DECISION_ADDED, L.ADDED_STRIDE],
  CLAIMS: [L.DECISION_CLAIMS, L.CLAIM_STRIDE],
};
const REGIONS: Readonly<Record<string, number>> = {
  DECISION: L.DECISION,
  CONTROL: L.CONTROL,
  CART: L.CART,
  TABLE: L.TABLE,
};

/**
 * The number that a place stands for: names of the wire format, numbers and list entries, added up. A field of
 * decision, control block, cart or table stands for its address; a list entry for where the right decision has it.
 *
 * @example placeOf("SHARES[1]+SHARE_AMOUNT")
 */
export function placeOf(place: string): number {
  return place
    .split("+")
    .map(termOf)
    .reduce((sum, term) => sum + term, 0);
}

function termOf(term: string): number {
  if (/^\d+$/.test(term)) return Number(term);
  const [, list = "", entry] = /^(\w+)\[(\d+)\]$/.exec(term) ?? [];
  if (entry !== undefined) {
    const [field, stride] = LISTS[list] ?? fail(term);
    return new Int32Array(DECISION_BYTES.buffer)[field >> 2]! + Number(entry) * stride;
  }
  const value = (L as Readonly<Record<string, unknown>>)[term];
  if (typeof value !== "number") return fail(term);
  const isField = /^(?:DECISION|CONTROL|CART|TABLE)_(?!HEADER|CAPACITY|BYTES)/.test(term);
  return isField ? REGIONS[term.slice(0, term.indexOf("_"))]! + value : value;
}

function fail(term: string): never {
  throw new Error(`The wire format has no ${term}`);
}
