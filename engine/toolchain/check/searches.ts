// Carts for promotions whose rule is code: around the numbers and symbols of its parameters, and of the conditions that
// stand around it.

import type { Cart, CartLine, ParameterValue } from "@haggle/abi";
import type { Atoms } from "./atoms.ts";
import { buildCarts, USUAL_PRICE } from "./carts.ts";
import type { Entry, Table } from "./table.ts";

/** Levels at which goods totals are tried beside those of the parameters. */
const USUAL_TOTALS = [USUAL_PRICE, 50_00, 200_00, 1000_00];
const USUAL_QUANTITIES = [1, 3];
const DEAR = 200_00;
const MAX_TOTALS = 10;
const MAX_QUANTITIES = 5;

/** Carts that suit the atoms as far as they go, and that may be what a rule looks for; the cheapest first. */
export function* searchCarts({ promotion, rule }: Entry, atoms: Atoms, table: Table): Generator<Cart> {
  const values = parametersOf(promotion.parameters, rule);
  const numbers = values.filter((value) => typeof value === "number" && value >= 0) as number[];
  const totals = unique([...USUAL_TOTALS, ...numbers.flatMap((n) => (n > 100 ? [n, n * 2] : []))]).slice(
    0,
    MAX_TOTALS,
  );
  const small = numbers.filter((n) => n > 0 && n <= 100);
  const together = small.reduce((sum, n) => sum + n, 0);
  const quantities = unique([
    ...USUAL_QUANTITIES,
    ...small.flatMap((n) => [n, n + 1]),
    ...(together > 0 ? [together] : []),
  ]).slice(0, MAX_QUANTITIES);
  const symbols = unique([...values.flatMap(textsOf), ...(values.length === 0 ? table.symbols : [])]);
  const [base] = buildCarts(atoms, table.setting);
  if (base === undefined) return;
  yield base;
  for (const quantity of quantities) {
    for (const total of totals) {
      const price = Math.max(1, Math.ceil(total / quantity));
      yield raised(base, price, quantity);
      if (symbols.length > 0) yield everywhere(raised(base, price, quantity), symbols, price, quantity);
    }
  }
  const full = everywhere(raised(base, DEAR, 3), symbols, DEAR, 3);
  yield { ...full, lines: full.lines.map((line) => ({ ...line, subscription: true })) };
  for (const orders of small) yield { ...full, customer: { ...full.customer!, orders: orders - 1 } };
}

function parametersOf(
  stated: Readonly<Record<string, ParameterValue>> = {},
  rule: Entry["rule"],
): readonly ParameterValue[] {
  const schema = rule?.parameters.properties ?? {};
  return Object.entries(schema).map(([name, { default: otherwise }]) => stated[name] ?? otherwise);
}

function textsOf(value: ParameterValue): readonly string[] {
  if (typeof value === "string") return /^\d/.test(value) ? [] : [value];
  return typeof value === "object" && value !== null ? value : [];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function raised(cart: Cart, unitPrice: number, quantity: number): Cart {
  const lines = cart.lines.map((line, i) =>
    i > 0
      ? line
      : {
          ...line,
          quantity: Math.max(line.quantity, quantity),
          unitPrice: Math.max(line.unitPrice, unitPrice),
        },
  );
  return { ...cart, lines, shipping: cart.shipping.length > 0 ? cart.shipping : [SHIPPING] };
}

const SHIPPING = { id: "shipping-1", method: "standard", price: 5_00 };

/** Each symbol as a line of its own that has it for category, product and sku, and in all that a customer may bring. */
function everywhere(cart: Cart, symbols: readonly string[], price: number, quantity: number): Cart {
  const asLines: CartLine[] = symbols.slice(0, MAX_SYMBOLS).map((symbol, i) => ({
    id: `symbol-${i + 1}`,
    sku: symbol,
    productId: symbol,
    categories: [symbol],
    quantity,
    unitPrice: price,
  }));
  const { customer } = cart;
  const [first] = symbols;
  return {
    ...cart,
    lines: [...cart.lines, ...asLines],
    coupons: unique([...cart.coupons, ...symbols]),
    shipping: [...cart.shipping, ...symbols.slice(0, MAX_SYMBOLS).map(shippingBy)],
    ...(first === undefined
      ? {}
      : { channel: cart.channel ?? first, paymentMethod: cart.paymentMethod ?? first }),
    customer: {
      id: "customer",
      loggedIn: true,
      orders: 0,
      attributes: {},
      ...customer,
      ...(first === undefined ? {} : { tier: customer?.tier ?? first }),
      segments: unique([...(customer?.segments ?? []), ...symbols]),
    },
  };
}

function shippingBy(method: string, i: number) {
  return { id: `shipping-by-${i + 1}`, method, price: 5_00 };
}

const MAX_SYMBOLS = 12;

/** The same cart with more of everything, and beside cheaper and dearer goods: for what counts in rounds or compares. */
export function widened(cart: Cart): Cart[] {
  const more = cart.lines.map((line) => ({ ...line, quantity: line.quantity + MORE }));
  const beside = [1_00, 500_00].map(
    (unitPrice, i): CartLine => ({
      id: `beside-${i + 1}`,
      sku: `beside-${i + 1}`,
      productId: `beside-${i + 1}`,
      categories: [],
      quantity: 2,
      unitPrice,
    }),
  );
  return [
    { ...cart, lines: more },
    { ...cart, lines: [...cart.lines, ...beside] },
    { ...cart, lines: [...more, ...beside] },
  ];
}

const MORE = 7;
