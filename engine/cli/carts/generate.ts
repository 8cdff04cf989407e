// Carts that look like a shop's, from a seed: few products sell most, most carts are small, evenings are busy.

import type { Cart, CartCustomer, CartLine, CartShipping } from "@haggle/abi";
import type { Catalogue, Product } from "./catalogue.ts";
import { createRandom, createWeighted, type Random, zipfWeights } from "./random.ts";

export type Plan = {
  catalogue: Catalogue;
  seed: number;
  /** The period that carts fall into: from this moment (epoch ms) on, so many days. */
  from: number;
  days: number;
  /** As many lines in every cart; 1 to 30 when left out. */
  lines?: number;
};

/** Makes the cart of a number. It depends on plan and number alone, so a longer file begins like a shorter one. */
export type CartMaker = (number: number) => Cart;

const MOST_LINES = 30;
/** People who come back, each with traits of their own. */
const CUSTOMERS = 20_000;
const KNOWN_CUSTOMERS = 0.65;
const CARTS_WITH_COUPON = 0.09;
/** Of those: a code that nothing knows, as shoppers try them. */
const WRONG_COUPONS = 0.15;
const CARTS_WITH_SHIPPING = 0.92;
const DAY_MS = 86_400_000;
/** Streams of customers lie behind those of carts. */
const CUSTOMER_STREAMS = 2 ** 48;

/** By hour of the day, UTC. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 10, 11, 13, 15, 16, 14, 9, 5];
/** From Sunday on. */
const WEEKDAYS = [1, 0.85, 0.8, 0.8, 0.85, 0.9, 0.95];
/** Units of a line: mostly one, now and then a dozen. */
const QUANTITIES = [1, 2, 3, 4, 5, 6, 10, 12];
const QUANTITY_WEIGHTS = [70, 17, 6, 3, 1.5, 1, 0.8, 0.7];

export function createCartMaker(plan: Plan): CartMaker {
  const { catalogue, seed, lines } = plan;
  const pickProduct = createWeighted(zipfWeights(catalogue.products.length));
  const pickLineCount = createWeighted(Array.from({ length: MOST_LINES }, (_, i) => 1 / ((i + 2) * (i + 2))));
  const pickQuantity = createWeighted(QUANTITY_WEIGHTS);
  const pickShipping = createWeighted(zipfWeights(catalogue.shipping.length));
  const pickHour = createWeighted(HOURS);
  return (number) => {
    const random = createRandom(seed, number);
    const now = pickMoment(random, plan, pickHour);
    const count = lines ?? 1 + pickLineCount(random);
    const known = random.chance(KNOWN_CUSTOMERS);
    return {
      id: `cart-${number}`,
      currency: catalogue.currency,
      now,
      ...pickSome("channel", catalogue.channels, random),
      ...(catalogue.timeZone !== undefined && { timeZone: catalogue.timeZone }),
      ...pickSome("paymentMethod", catalogue.paymentMethods, random),
      lines: Array.from({ length: count }, (_, i) => {
        const product = catalogue.products[pickProduct(random)]!;
        return toLine(`line-${i + 1}`, product, QUANTITIES[pickQuantity(random)]!);
      }),
      shipping: random.chance(CARTS_WITH_SHIPPING) ? toShipping(catalogue, pickShipping(random)) : [],
      ...(known && { customer: createCustomer(catalogue, seed, random.index(CUSTOMERS)) }),
      coupons: random.chance(CARTS_WITH_COUPON) ? [pickCoupon(catalogue, random)] : [],
    };
  };
}

function toLine(id: string, product: Product, quantity: number): CartLine {
  return { id, ...product, quantity };
}

function toShipping({ shipping }: Catalogue, position: number): CartShipping[] {
  const chosen = shipping[position];
  return chosen === undefined ? [] : [{ id: "shipping-1", ...chosen }];
}

/** Days of a busy weekday are kept more often than others. */
function pickMoment(random: Random, { from, days }: Plan, pickHour: (random: Random) => number): number {
  let day: number;
  do day = random.index(days);
  while (!random.chance(WEEKDAYS[new Date(from + day * DAY_MS).getUTCDay()]!));
  return from + day * DAY_MS + pickHour(random) * 3_600_000 + random.index(3_600_000);
}

/** The same person in every cart. Nothing but a number names them. */
function createCustomer({ segments }: Catalogue, seed: number, number: number): CartCustomer {
  const random = createRandom(seed, CUSTOMER_STREAMS + number);
  const orders = Math.floor(20 * random.next() * random.next() * random.next());
  return {
    id: `customer-${number}`,
    segments: segments.filter(({ share }) => random.chance(share)).map(({ name }) => name),
    loggedIn: orders > 0 || random.chance(0.5),
    orders,
    attributes: {},
  };
}

function pickCoupon({ coupons }: Catalogue, random: Random): string {
  const code = coupons[random.index(coupons.length)];
  return code === undefined || random.chance(WRONG_COUPONS) ? `TYPO-${random.index(1000)}` : code;
}

function pickSome(field: "channel" | "paymentMethod", values: readonly string[], random: Random) {
  const value = values[random.index(values.length)];
  return value === undefined ? {} : { [field]: value };
}
