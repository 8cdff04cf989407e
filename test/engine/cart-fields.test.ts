// Each field of a cart, one after the other. One that is only half added gives a wrong price without a word: what the engine never
// sees counts nowhere, what a second encoding does not compare keeps the price of before, and what the canonical text leaves
// out gives two prices one digest. And what a report takes over may tell who bought.

import {
  CART,
  type Cart,
  type CartCustomer,
  type CartLine,
  type CartShipping,
  canonicalCart,
  createEncoder,
  createSymbols,
  decodeCart,
  encodeCart,
  findUnknownFields,
  MEMORY_BYTES,
} from "@haggle/abi";
import { describe, expect, it } from "vitest";
import { anonymise } from "../../engine/toolchain/replay/anonymous.ts";
import { ALL_READS } from "../support/abi-vectors.ts";

type Pair<T> = readonly [one: NonNullable<T>, other: NonNullable<T>];
/** Two values for each field that the type has. */
type Pairs<T> = { readonly [Field in keyof T]-?: Pair<T[Field]> };

const LINE: Pairs<CartLine> = {
  id: ["a", "b"],
  sku: ["boot", "sock"],
  productId: ["boots", "socks"],
  categories: [["shoes"], ["sale"]],
  quantity: [1, 2],
  unitPrice: [5, 6],
  unitCost: [3, 4],
  minUnitPrice: [1, 2],
  taxRate: ["7", "19"],
  subscription: [true, false],
  attributes: [{ color: "red" }, { color: "blue" }],
};
const SHIPPING: Pairs<CartShipping> = {
  id: ["a", "b"],
  method: ["parcel", "express"],
  price: [5, 6],
  taxRate: ["7", "19"],
};
const CUSTOMER: Pairs<CartCustomer> = {
  id: ["a", "b"],
  segments: [["vip"], ["new"]],
  tier: ["gold", "silver"],
  loggedIn: [true, false],
  orders: [1, 2],
  attributes: [{ visits: 1 }, { visits: 2 }],
};
const WHOLE: Pairs<Omit<Cart, "lines" | "shipping" | "customer">> = {
  id: ["a", "b"],
  currency: ["EUR", "USD"],
  now: [1, 2],
  channel: ["web", "kiosk"],
  market: ["de", "fr"],
  timeZone: ["Europe/Berlin", "Europe/Paris"],
  paymentMethod: ["card", "cash"],
  coupons: [["HELLO"], ["BYE"]],
  allowances: [{ budget: 1 }, { budget: 2 }],
};

const FIRST: Cart = {
  ...firstOf(WHOLE),
  lines: [firstOf(LINE)],
  shipping: [firstOf(SHIPPING)],
  customer: firstOf(CUSTOMER),
};

const CHANGED: (readonly [path: string, cart: Cart])[] = [
  ...eachOf("", WHOLE, (field) => ({ ...FIRST, ...field })),
  ...eachOf("lines[0].", LINE, (field) => ({ ...FIRST, lines: [{ ...FIRST.lines[0]!, ...field }] })),
  ...eachOf("shipping[0].", SHIPPING, (field) => ({
    ...FIRST,
    shipping: [{ ...FIRST.shipping[0]!, ...field }],
  })),
  ...eachOf("customer.", CUSTOMER, (field) => ({ ...FIRST, customer: { ...FIRST.customer!, ...field } })),
];

/** No price depends on them. */
const NAMES = ["id", "lines[0].id", "shipping[0].id", "customer.id"];
/** Two carts that differ in nothing else are one. */
const NOT_CANONICAL = ["id", "now", "lines[0].id"];
/** In reports of replays as it is in the cart; of a customer what does not tell one from the other. */
const SHOWN = [
  ...["currency", "channel", "market", "timeZone", "paymentMethod"],
  ...["sku", "productId", "categories", "quantity", "unitPrice"].map((field) => `lines[0].${field}`),
  ...["unitCost", "minUnitPrice", "taxRate", "subscription"].map((field) => `lines[0].${field}`),
  ...["method", "price", "taxRate"].map((field) => `shipping[0].${field}`),
  ...["customer.loggedIn", "customer.orders"],
];

// Whatever stands in the cart is known.
const SYMBOLS = createSymbols([...new Set(CHANGED.flatMap(([, cart]) => textsOf(cart)))]);

describe.each(CHANGED)("the field %s of a cart", (path, cart) => {
  it("is one", () => {
    expect(findUnknownFields(cart), "add it to FIELDS in engine/abi/cart.ts").not.toContain(path);
  });

  it("reaches the engine", () => {
    const message =
      "add it to cart-encode.ts and cart-decode.ts in engine/abi, by its place in layout/cart.ts";
    if (NAMES.includes(path)) expect(seen(cart)).toEqual(seen(FIRST));
    else expect(seen(cart), message).not.toEqual(seen(FIRST));
  });

  it("is compared when the cart is encoded again", () => {
    const encode = createEncoder();
    expect(seen(FIRST, encode)).toEqual(seen(FIRST));
    const message = "add it to the isSame function of its part in engine/abi/cart-image.ts";
    expect(seen(cart, encode), message).toEqual(seen(cart));
  });

  it("is in the canonical text", () => {
    const message = "add it to canonicalCart, or of a line to lineDetail, in engine/abi/cart.ts";
    if (NOT_CANONICAL.includes(path)) expect(canonicalCart(cart)).toBe(canonicalCart(FIRST));
    else expect(canonicalCart(cart), message).not.toBe(canonicalCart(FIRST));
  });

  it("is in a report only when it says nothing of who bought", () => {
    const shown = (of: Cart) => anonymise(of, new Set());
    const message =
      "what may tell of a shopper engine/toolchain/replay/anonymous.ts leaves out; else it is SHOWN";
    if (SHOWN.includes(path)) expect(shown(cart), message).not.toEqual(shown(FIRST));
    else expect(shown(cart), message).toEqual(shown(FIRST));
  });
});

/** What the engine sees of a cart. */
function seen(cart: Cart, encode = encodeCart) {
  const memory = new Int32Array(MEMORY_BYTES / 4);
  const { length } = encode(cart, memory, SYMBOLS, ALL_READS);
  return decodeCart(new Uint8Array(memory.buffer, CART, length), SYMBOLS);
}

function firstOf<T>(pairs: Pairs<T>): T {
  return Object.fromEntries(entriesOf(pairs).map(([name, [one]]) => [name, one])) as T;
}

function eachOf<T>(at: string, pairs: Pairs<T>, change: (field: Partial<T>) => Cart) {
  return entriesOf(pairs).map(
    ([name, [, other]]) => [at + name, change({ [name]: other } as Partial<T>)] as const,
  );
}

function entriesOf<T>(pairs: Pairs<T>) {
  return Object.entries(pairs as Record<string, Pair<unknown>>);
}

/** All strings, keys among them: some too many do no harm. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...textsOf(each)]);
}
