import {
  CART_CODES,
  type Code,
  findMissingFields,
  type HaggleError,
  MAX_ALLOWANCES,
  MAX_ATTRIBUTES,
  MAX_CATEGORIES,
  MAX_COUPONS,
  MAX_LINES,
  MAX_SEGMENTS,
  MAX_SHIPPING,
  nameAllMissing,
} from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { buildRules, makeEngine } from "../support/rules.ts";

// Carts that cannot be priced. Each is refused with a code, the place and the value, without a throw, and the next
// good cart is priced as if the bad one had never come.

/** Reads everything there is, so that everything there is gets checked. */
const RULE = `@promo(name="reads-all")
export function readsAll(ctx: Context): Result {
  const line = ctx.cart.line(0);
  if (ctx.customer.inSegment("vip") && line.hasCategory("shoes") && line.sku == "a" && line.product == "a") {
    return Result.order(line.attributeNumber("weight", 5) + ctx.customer.attributeNumber("age", 1), "READ");
  }
  return Result.orderPercent(Percent.of(10 + line.skuGroup), "TEN");
}
`;

type Refused = { error: HaggleError };
type Bad = [what: string, code: Code, at: string, change: (cart: Good) => unknown, value?: unknown];

const MAX = Number.MAX_SAFE_INTEGER;
const DEEP = { a: { b: 1 } };

/** Of a currency that is missing the engine says that it knows none. */
const NEEDED = [
  ...["now", "id", "lines", "shipping", "coupons"],
  ...["id", "sku", "productId", "categories", "quantity", "unitPrice"].map((field) => `lines.0.${field}`),
  ...["shipping.0.id", "shipping.0.method", "shipping.0.price"],
  ...["customer.id", "customer.segments", "customer.loggedIn", "customer.orders"],
];

const BAD: Bad[] = [
  ...[undefined, null, 5, "cart", true, Symbol("cart"), 5n].map(
    (value): Bad => [`the cart is ${String(value)}`, "CART_NOT_OBJECT", "cart", () => value, value],
  ),
  ["an array as cart", "CART_NOT_OBJECT", "cart", () => []],
  ...NEEDED.map(
    (path): Bad => [`no ${path}`, "CART_MISSING_FIELD", dotted(path), set(path, undefined), undefined],
  ),
  ...wrong(5, "id", "channel", "market", "timeZone", "paymentMethod", "lines", "shipping", "coupons"),
  ...wrong(5, "lines.1", "lines.1.id", "lines.1.sku", "lines.1.productId", "lines.1.categories"),
  ...wrong("5", "now", "lines.1.quantity", "lines.1.unitPrice", "lines.1.unitCost", "lines.1.minUnitPrice"),
  ...wrong(5n, "now", "lines.1.quantity", "lines.1.unitPrice", "shipping.0.price", "customer.orders"),
  ...wrong("yes", "lines.1.subscription", "customer.loggedIn", "customer"),
  ...wrong(null, "customer", "shipping.0", "lines.0", "channel", "allowances", "customer.tier"),
  ...wrong("490", "shipping.0.price", "customer.orders", "allowances.budget"),
  ...wrong(
    7,
    "lines.0.categories.0",
    "customer.segments.0",
    "coupons.0",
    "customer.tier",
    "shipping.0.method",
  ),
  ...wrong(DEEP, "lines.0.attributes.weight", "customer.attributes.age", "lines.0.unitPrice", "coupons"),
  ...wrong([], "allowances", "lines.0.attributes", "customer.attributes"),
  ...numbers("CART_NOT_INTEGER", [
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e-300,
  ]),
  ...numbers("CART_NEGATIVE", [-1, -MAX]),
  ["a quantity of zero", "CART_OUT_OF_RANGE", "lines[1].quantity", set("lines.1.quantity", 0), 0],
  [
    "a million and one",
    "CART_OUT_OF_RANGE",
    "lines[1].quantity",
    set("lines.1.quantity", 1_000_001),
    1_000_001,
  ],
  ...["lines.1.unitPrice", "lines.1.unitCost", "lines.1.minUnitPrice", "shipping.0.price", "now"].map(
    (path): Bad => [`2^53 in ${path}`, "CART_OUT_OF_RANGE", dotted(path), set(path, MAX + 1), MAX + 1],
  ),
  ["too many orders", "CART_OUT_OF_RANGE", "customer.orders", set("customer.orders", 1_000_001), 1_000_001],
  [
    "an attribute of 2^53",
    "CART_OUT_OF_RANGE",
    "lines[0].attributes.weight",
    set("lines.0.attributes.weight", MAX + 1),
  ],
  [
    "an attribute of one half",
    "CART_NOT_INTEGER",
    "customer.attributes.age",
    set("customer.attributes.age", 0.5),
  ],
  ...["", "x".repeat(257)].flatMap((text) =>
    ["lines.1.id", "lines.1.sku", "lines.1.productId", "lines.0.categories.0", "channel", "coupons.0"].map(
      (path): Bad => [
        `${path} of ${text.length} characters`,
        "CART_OUT_OF_RANGE",
        dotted(path),
        set(path, text),
        text,
      ],
    ),
  ),
  ...[
    ["lines", MAX_LINES + 1],
    ["shipping", MAX_SHIPPING + 1],
    ["coupons", MAX_COUPONS + 1],
    ["lines.0.categories", MAX_CATEGORIES + 1],
    ["customer.segments", MAX_SEGMENTS + 1],
  ].map(([path, count]): Bad => {
    const at = String(path);
    return [
      `${count} ${at}`,
      "CART_TOO_LARGE",
      dotted(at),
      set(at, new Array(Number(count)).fill("x")),
      count,
    ];
  }),
  ...[
    ["lines.0.attributes", MAX_ATTRIBUTES + 1],
    ["customer.attributes", MAX_ATTRIBUTES + 1],
    ["allowances", MAX_ALLOWANCES + 1],
  ].map(([path, count]): Bad => {
    const at = String(path);
    const many = Object.fromEntries(Array.from({ length: Number(count) }, (_, i) => [`k${i}`, 1]));
    return [`${count} ${at}`, "CART_TOO_LARGE", dotted(at), set(at, many), count];
  }),
  ["two lines with one id", "CART_DUPLICATE_LINE", "lines[1].id", set("lines.1.id", "l1"), "l1"],
  ["two of thirty lines with one id", "CART_DUPLICATE_LINE", "lines[29].id", manyLines, "m7"],
  ...["XXX", "eur", "EURO", "", 978, null, undefined, "constructor"].map(
    (currency): Bad => [
      `currency ${currency}`,
      "CART_UNKNOWN_CURRENCY",
      "currency",
      set("currency", currency),
      currency,
    ],
  ),
  ...["19%", "-1", "100.0001", "1e1", "19,5", " 19", "", "0.00001", 19, null].flatMap((rate): Bad[] => [
    [
      `a tax rate of ${JSON.stringify(rate)}`,
      "CART_BAD_DECIMAL",
      "lines[0].taxRate",
      set("lines.0.taxRate", rate),
      rate,
    ],
    [
      `shipping's of ${JSON.stringify(rate)}`,
      "CART_BAD_DECIMAL",
      "shipping[0].taxRate",
      set("shipping.0.taxRate", rate),
    ],
  ]),
  ["a line beyond 2^53 in all", "CART_SUM_OVERFLOW", "lines", set("lines.0.unitPrice", MAX)],
  ["lines beyond 2^53 together", "CART_SUM_OVERFLOW", "lines", set("lines.1.unitPrice", MAX - 10)],
  ["shipping that makes it too much", "CART_SUM_OVERFLOW", "lines", set("shipping.0.price", MAX)],
];

let engine: Engine;
let good: string;
beforeAll(async () => {
  engine = await makeEngine(await buildRules({ all: RULE }));
  good = JSON.stringify(engine.evaluate(makeGood()));
  expect(JSON.parse(good)).toMatchObject({ subtotal: 35_00, total: 34_90 });
});

describe("a cart that cannot be priced", () => {
  it.each(BAD)("%s", (_, code, at, change, value) => {
    const decision = engine.evaluate(change(makeGood()));
    expect(decision.ok).toBe(false);
    if (decision.ok) return;
    expect({ code: decision.error.code, at: decision.error.at }).toEqual({ code, at });
    if (value !== undefined) expect(decision.error.value).toEqual(value);
    expect(decision.error.message).toContain(at);
    expect(JSON.parse(JSON.stringify(decision))).toEqual({
      error: { code, message: decision.error.message, at },
    });
    expect(JSON.stringify(engine.evaluate(makeGood()))).toBe(good);
  });

  it("has every code that the engine can give", () => {
    // The others are the server's, which refuses unknown fields and variants that nobody gave, and the decoder's.
    const elsewhere = ["CART_UNKNOWN_FIELD", "CART_RESERVED_SEGMENT", "CART_BAD_BYTES"];
    const tested = new Set<string>(BAD.map(([, code]) => code));
    expect(CART_CODES.filter((code) => !tested.has(code)).toSorted()).toEqual(elsewhere.toSorted());
  });

  it("may throw from inside: the decision says so", () => {
    const cart = makeGood();
    Object.defineProperty(cart, "lines", {
      get() {
        throw new Error("boo");
      },
    });
    const decision = engine.evaluate(cart);
    expect(JSON.parse(JSON.stringify(decision))).toMatchObject({ error: { code: "ENGINE_UNKNOWN" } });
    expect(JSON.stringify(engine.evaluate(makeGood()))).toBe(good);
  });

  it("may fail at its last field, when everything else was written", () => {
    const cart = { ...makeGood(), paymentMethod: 5 };
    expect(engine.evaluate(cart).ok).toBe(false);
    expect(JSON.stringify(engine.evaluate(makeGood()))).toBe(good);
  });
});

describe("fields that are missing", () => {
  it("are told together by whoever speaks to people, and are those that the engine asks for", () => {
    for (const path of NEEDED) {
      const cart = set(path, undefined)(makeGood());
      expect(findMissingFields(cart)).toEqual([dotted(path)]);
      const { error } = engine.evaluate(cart) as Refused;
      expect(nameAllMissing(error, cart)).toBe(error);
    }
    const inside = NEEDED.filter((path) => path.includes("."));
    const poor = inside.reduce((cart, path) => set(path, undefined)(cart) as Good, makeGood());
    expect(findMissingFields(poor).sort()).toEqual(inside.map(dotted).sort());
    expect(findMissingFields({}).sort()).toEqual(
      [...NEEDED.filter((path) => !path.includes(".")), "currency"].sort(),
    );
    expect(findMissingFields(null)).toEqual([]);
    const { error } = engine.evaluate({}) as Refused;
    expect(nameAllMissing(error, {})).toMatchObject({ code: "CART_MISSING_FIELD", at: "now" });
    expect(nameAllMissing(error, {}).message).toBe(
      "CART_MISSING_FIELD at now, others at id, currency, lines, shipping, coupons",
    );
    const long = { lines: Array.from({ length: 2 * MAX_LINES }, () => ({})) };
    expect(nameAllMissing(error, long).message).toBe(
      "CART_MISSING_FIELD at now, others at id, currency, shipping, coupons, lines[0].id, lines[0].sku, " +
        `lines[0].productId, lines[0].categories and ${MAX_LINES * 6 - 4} more`,
    );
    const other = engine.evaluate({ ...makeGood(), now: -1 }) as Refused;
    expect(nameAllMissing(other.error, {})).toBe(other.error);
  });
});

describe("a cart at its limits", () => {
  it("of 2^53 - 1 in all is priced", () => {
    const cart = {
      ...makeGood(),
      shipping: [],
      lines: [{ ...makeGood().lines[0], quantity: 1, unitPrice: MAX }],
    };
    expect(JSON.parse(JSON.stringify(engine.evaluate(cart)))).toMatchObject({
      subtotal: MAX,
      total: MAX - 10,
    });
  });

  it("of a thousand lines with a million units each is priced", () => {
    const lines = Array.from({ length: MAX_LINES }, (_, i) => {
      const sku = `s${i}`;
      return { id: sku, sku, productId: sku, categories: [], quantity: 1_000_000, unitPrice: 9_000 };
    });
    const decision = engine.evaluate({ ...makeGood(), lines });
    const total = MAX_LINES * 1_000_000 * 9_000;
    expect(JSON.parse(JSON.stringify(decision))).toMatchObject({
      subtotal: total,
      discountTotal: total * 0.11,
    });
  });

  it("with nothing in it costs nothing", () => {
    const empty = { id: "c", currency: "EUR", now: 0, lines: [], shipping: [], coupons: [] };
    expect(JSON.parse(JSON.stringify(engine.evaluate(empty)))).toMatchObject({
      total: 0,
      lines: [],
      shipping: [],
    });
  });
});

type Good = ReturnType<typeof makeGood>;

function makeGood() {
  return {
    id: "c1",
    currency: "EUR",
    now: 1_790_000_000_000,
    lines: [
      {
        id: "l1",
        sku: "a",
        productId: "a",
        categories: ["shoes"],
        quantity: 2,
        unitPrice: 10_00,
        attributes: { weight: 4 } as Record<string, unknown>,
      },
      { id: "l2", sku: "b", productId: "b", categories: [], quantity: 1, unitPrice: 15_00 },
    ],
    shipping: [{ id: "s1", method: "standard", price: 0 }],
    customer: { id: "u", segments: ["vip"], loggedIn: true, orders: 3, attributes: { age: 6 } },
    coupons: ["NONE"],
    allowances: { budget: 5 },
  };
}

/** The path as errors spell it: `lines.0.id` is `lines[0].id`. */
function dotted(path: string): string {
  return path.replace(/\.(\d+)/g, "[$1]");
}

function set(path: string, value: unknown): (cart: Good) => unknown {
  return (cart) => {
    const keys = path.split(".");
    let target = cart as unknown as Record<string, unknown>;
    for (const key of keys.slice(0, -1)) target = target[key] as Record<string, unknown>;
    target[keys.at(-1)!] = value;
    return cart;
  };
}

function wrong(value: unknown, ...paths: string[]): Bad[] {
  return paths.map((path) => [
    `${path} is ${typeof value === "object" ? JSON.stringify(value) : `${typeof value} ${value}`}`,
    "CART_WRONG_TYPE",
    dotted(path),
    set(path, value),
    value,
  ]);
}

function numbers(code: Code, values: number[]): Bad[] {
  const paths = [
    "now",
    "lines.1.quantity",
    "lines.1.unitPrice",
    "lines.1.unitCost",
    "lines.1.minUnitPrice",
  ].concat(["shipping.0.price", "customer.orders", "allowances.budget"]);
  return values.flatMap((value) =>
    paths.map((path): Bad => [`${path} is ${value}`, code, dotted(path), set(path, value), value]),
  );
}

function manyLines(cart: Good): unknown {
  const lines = Array.from({ length: 30 }, (_, i) => ({ ...cart.lines[0]!, id: `m${i}` }));
  lines[29]!.id = "m7";
  return { ...cart, lines };
}
