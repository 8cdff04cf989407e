// The hand-made carts of the golden vectors. make-vectors.ts turns them into files; no test reads this.

import { type Cart, type CartLine, READS_GROUPS, READS_PRODUCT, READS_SKU } from "@haggle/abi";
import { ALL_READS, type CartVector } from "./abi-vectors.ts";

/** A vector without what is made of it. */
export type Inputs<T, Made extends keyof T> = Record<string, Omit<T, Made>>;

export const MAX = Number.MAX_SAFE_INTEGER;
export const NOW = 1_790_000_000_000;
const EMPTY: Cart = { id: "c1", currency: "EUR", now: NOW, lines: [], shipping: [], coupons: [] };
const LINE: CartLine = {
  id: "l1",
  sku: "shirt-m",
  productId: "shirt",
  categories: ["clothes"],
  quantity: 2,
  unitPrice: 19_99,
};

export const CARTS: Inputs<CartVector, "bytes" | "sees"> = {
  empty: { about: "Nothing in it: a header and no records.", cart: EMPTY, symbols: [], reads: ALL_READS },
  "every-field": {
    about: "Each field of a cart once, each with something that a rule compares with.",
    symbols: [
      "web",
      "de",
      "Europe/Berlin",
      "card",
      "shirt-m",
      "shirt",
      "clothes",
      "sale",
      "color",
      "red",
    ].concat(["weight", "gift", "vip", "gold", "age", "city", "Lyon", "WELCOME10", "budget-1", "express"]),
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      channel: "web",
      market: "de",
      timeZone: "Europe/Berlin",
      paymentMethod: "card",
      lines: [
        {
          ...LINE,
          categories: ["clothes", "sale"],
          unitCost: 8_00,
          minUnitPrice: 10_00,
          taxRate: "19",
          subscription: true,
          attributes: { color: "red", weight: -250, gift: true },
        },
      ],
      shipping: [{ id: "s1", method: "express", price: 4_90, taxRate: "7.7" }],
      customer: {
        id: "u1",
        segments: ["vip"],
        tier: "gold",
        loggedIn: true,
        orders: 12,
        attributes: { age: 41, city: "Lyon", gift: false },
      },
      coupons: ["WELCOME10"],
      allowances: { "budget-1": 500_00 },
    },
  },
  "merged-lines": {
    about:
      "Lines that differ in id and quantity alone are one record; order, ids and category order do not matter.",
    symbols: ["clothes", "sale"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      lines: [
        { ...LINE, id: "l3", categories: ["sale", "clothes"], quantity: 1 },
        { ...LINE, id: "l1", unitPrice: 20_00 },
        { ...LINE, id: "l2", categories: ["clothes", "sale"], quantity: 4 },
        { ...LINE, id: "l4", categories: ["sale", "clothes"], quantity: 2, taxRate: "19" },
      ],
    },
  },
  "unknown-strings": {
    about: "Strings that nothing compares with are symbol 0, or are left out of lists; numbers stay.",
    symbols: ["clothes", "color", "vip"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      channel: "kiosk",
      market: "xx",
      lines: [
        {
          ...LINE,
          categories: ["zzz", "clothes", "yyy", "clothes"],
          attributes: { color: "mauve", size: 3 },
        },
      ],
      shipping: [{ id: "s1", method: "pigeon", price: 0 }],
      customer: {
        id: "u1",
        segments: ["nobody", "vip"],
        tier: "x",
        loggedIn: false,
        orders: 0,
        attributes: { z: 1 },
      },
      coupons: ["NO_SUCH_CODE"],
      allowances: { nothing: 5 },
    },
  },
  "nothing-read": {
    about: "What no rule reads is not encoded.",
    symbols: ["clothes", "shirt-m", "shirt", "color", "red", "vip", "age"],
    reads: 0,
    cart: {
      ...EMPTY,
      lines: [{ ...LINE, attributes: { color: "red" } }],
      customer: { id: "u1", segments: ["vip"], loggedIn: true, orders: 3, attributes: { age: 41 } },
    },
  },
  "lines-as-given": {
    about: "Where the policy wants lines as given, they are neither sorted nor merged.",
    symbols: ["clothes"],
    reads: ALL_READS,
    lines: "asGiven",
    cart: {
      ...EMPTY,
      lines: [
        { ...LINE, id: "l1", unitPrice: 20_00 },
        { ...LINE, id: "l2", quantity: 1 },
        { ...LINE, id: "l3", quantity: 4 },
      ],
    },
  },
  extremes: {
    about:
      "The largest numbers that a cart may hold: 2^53 - 1 in all its places, both halves of an i64 at their edges.",
    symbols: ["n", "m", "b"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      currency: "KWD",
      now: MAX,
      lines: [
        {
          ...LINE,
          id: "a",
          quantity: 1,
          unitPrice: MAX - 4_294_967_296,
          unitCost: MAX,
          minUnitPrice: 4_294_967_295,
        },
        { ...LINE, id: "b", quantity: 1, unitPrice: 4_294_967_296, attributes: { n: MAX, m: -MAX } },
        {
          ...LINE,
          id: "c",
          quantity: 1_000_000,
          unitPrice: 0,
          taxRate: "100",
          attributes: { n: -1, m: -4_294_967_296 },
        },
      ],
      shipping: [{ id: "s1", method: "m", price: 0, taxRate: "0.0001" }],
      customer: {
        id: "u1",
        segments: [],
        loggedIn: true,
        orders: 1_000_000,
        attributes: { n: 2_147_483_648 },
      },
      allowances: { b: MAX },
    },
  },
  groups: {
    about:
      "Skus and products are numbered in canonical order: cheapest first, whatever the order of the cart.",
    symbols: ["shirt"],
    reads: READS_GROUPS | READS_SKU | READS_PRODUCT,
    cart: {
      ...EMPTY,
      currency: "JPY",
      lines: [
        { ...LINE, id: "a", sku: "z", productId: "coat", unitPrice: 900 },
        { ...LINE, id: "b", sku: "y", productId: "shirt", unitPrice: 300 },
        { ...LINE, id: "c", sku: "x", productId: "shirt", unitPrice: 300 },
        { ...LINE, id: "d", sku: "y", productId: "shirt", unitPrice: 500 },
      ],
    },
  },
  "names-of-objects": {
    about: "Keys that mean something to JavaScript mean nothing here, and strings may be any UTF-16.",
    symbols: ["constructor", "__proto__", "满减", "\ud83d\ude00"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      lines: [
        {
          ...LINE,
          sku: "满减",
          categories: ["__proto__", "\ud83d\ude00", "toString"],
          attributes: JSON.parse('{"__proto__": 3, "constructor": "满减", "toString": 1}'),
        },
      ],
      allowances: JSON.parse('{"__proto__": 7, "hasOwnProperty": 1}'),
    },
  },
};
