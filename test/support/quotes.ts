import { join } from "node:path";
import { DEFAULT_POLICY } from "@haggle/abi";
import type { Cart, DecisionJson } from "@haggle/sdk";
import { createLog, openDatabase } from "@haggle/server";
import { readAdminKey } from "./api-keys.ts";
import { createPriceWorld, type PriceWorld, type PriceWorldOptions } from "./prices.ts";
import type { Answer, Call } from "./rollout.ts";
import { type TestServer, tenantOf, testDatabaseUrl } from "./server.ts";

// A shop with a catalog, customers, taxes and shipping, whose prices are gross, and that signs what it stands by.

export type QuoteJson = {
  quote: {
    id: string;
    state: string;
    created: number;
    expires: number;
    release: string;
    prices?: { version: number; strategy: string };
    total: number;
    customer?: string;
    order?: string;
  };
  decision: DecisionJson;
  receipt: string;
  pin: string;
  error: { code: string; at?: string; value?: unknown };
  skus?: { at: string; sku: string }[];
  instead?: QuoteJson;
  coupons?: { state: string; campaign?: string; reason?: string }[];
  allowances?: Record<string, number>;
};

export type QuoteAnswer = Answer<QuoteJson>;

export type QuoteWorld = Awaited<ReturnType<typeof createQuoteWorld>>;

export const GROSS = { ...DEFAULT_POLICY, tax: { prices: "gross", per: "line" } } as const;

type Product = { name: string; categories: string[]; taxClass: string; attributes?: Record<string, number> };

const PRODUCTS = {
  lamp: { name: "Lamp", categories: ["lighting"], taxClass: "standard", attributes: { watts: 9 } },
  runner: { name: "Trail runner", categories: ["shoes"], taxClass: "standard" },
  book: { name: "Book", categories: ["books"], taxClass: "reduced" },
} satisfies Record<string, Product>;

const eur = (unitPrice: number, more: object = {}) => ({ currency: "EUR", unitPrice, ...more });

type Variant = {
  productId: keyof typeof PRODUCTS;
  weightGrams: number;
  attributes?: Record<string, string>;
  prices: { currency: string; unitPrice: number }[];
};

export const VARIANTS: Readonly<Record<string, Variant>> = {
  "lamp-a": {
    productId: "lamp",
    weightGrams: 1_500,
    attributes: { color: "black" },
    prices: [eur(10_000, { unitCost: 6_007, minUnitPrice: 8_003 }), { currency: "USD", unitPrice: 9_900 }],
  },
  "lamp-b": { productId: "lamp", weightGrams: 900, prices: [eur(7_000)] },
  "runner-42": { productId: "runner", weightGrams: 700, prices: [eur(20_000, { unitCost: 11_019 })] },
  "book-1": { productId: "book", weightGrams: 400, prices: [eur(2_500, { unitCost: 1_013 })] },
};

export async function createQuoteWorld({
  receipts = true,
  ...more
}: { receipts?: boolean } & PriceWorldOptions = {}) {
  const world = await createPriceWorld({ policy: GROSS, ...more });
  if (receipts) await world.shop.giveKey("receipt");
  const server = await world.start();
  const operate = await world.operator(server);
  await fillShop(operate);
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(world.shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });
  return {
    ...world,
    server,
    operate,
    /** The servers' own. */
    database,
    quote: (body: object, by: Call = operate, headers: Record<string, string> = {}): Promise<QuoteAnswer> =>
      by<QuoteJson>("/v1/quotes", body, { headers }),
    use: (id: string, order: string, by: Call = operate): Promise<QuoteAnswer> =>
      by<QuoteJson>(`/v1/quotes/${id}/use`, { order }),
    /** Strategies raise what lamps cost of which few are left. */
    priceLamps: (percent: string): Promise<void> => priceLamps(world, server, percent),
    /** @returns the status */
    async erase(customer: string): Promise<number> {
      const authorization = `Bearer ${await readAdminKey(world.shop.dataFolder)}`;
      const at = `${server.url}/v1/customers/${customer}`;
      return (await fetch(at, { method: "DELETE", headers: { authorization } })).status;
    },
    async close(): Promise<void> {
      await database.close();
      await world.close();
    },
  };
}

/** What is sold, to whom, with which taxes and shipping. */
export async function fillShop(operate: Call): Promise<void> {
  const put = async (path: string, body: object) => {
    const { status, body: answer } = await operate(path, body, { method: "PUT" });
    if (status >= 300) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  };
  for (const [id, product] of Object.entries(PRODUCTS)) await put(`/v1/catalog/products/${id}`, product);
  for (const [sku, variant] of Object.entries(VARIANTS)) await put(`/v1/catalog/variants/${sku}`, variant);
  await put("/v1/customers/c-gold", { segments: ["vip"], tier: "gold", counters: { orders: 4 } });
  const standard = { taxClass: "standard", rate: "19" };
  await put("/v1/taxes/DE", { rates: [standard, { taxClass: "reduced", rate: "7" }] });
  await put("/v1/taxes/*", {
    rates: [
      { ...standard, rate: "0" },
      { taxClass: "reduced", rate: "0" },
    ],
  });
  await put("/v1/shipping-methods/parcel", {
    method: "standard",
    regions: ["DE"],
    stepsBy: "weight",
    taxClass: "standard",
    prices: [
      {
        currency: "EUR",
        tiers: [
          { upTo: 2_000, price: 490 },
          { upTo: 31_500, price: 990 },
        ],
      },
    ],
  });
}

async function priceLamps(world: PriceWorld, server: TestServer, percent: string): Promise<void> {
  const operate = await world.operator(server);
  await operate("/v1/skus/lamp-a", { stock: 3 }, { method: "PATCH" });
  await world.save(`id: lamps
rule: price-by-stock
skus: ["lamp-a"]
parameters: { few: 5, raise: "${percent}" }`);
  await world.costs(server, "lamp-a", 10_000 * (1 + Number(percent) / 100));
}

export const line = (id: string, sku: string, quantity = 1, more: object = {}) => ({
  id,
  sku,
  quantity,
  ...more,
});

/** The same cart as a browser has it, which knows prices and rates, and nothing of costs. */
export function browserCart(
  lines: readonly ReturnType<typeof line>[],
  prices: Readonly<Record<string, number>> = {},
): Cart {
  return {
    id: "mine",
    currency: "EUR",
    now: 1_790_000_000_000,
    lines: lines.map((one) => {
      const { productId, attributes, prices: listed } = VARIANTS[one.sku]!;
      const { taxClass, categories, attributes: common }: Product = PRODUCTS[productId];
      return {
        ...one,
        productId,
        categories,
        unitPrice: prices[one.sku] ?? listed[0]!.unitPrice,
        taxRate: taxClass === "standard" ? "19" : "7",
        attributes: { ...common, ...attributes },
      };
    }),
    shipping: [],
    coupons: [],
  };
}

/** Of the region whose taxes and shipping the shop has. */
export const cartOf = (...lines: object[]) => ({ currency: "EUR", region: "DE", lines });

/** Status, code, place and value. */
export const refusalOf = ({ status, body: { error } }: QuoteAnswer) => [
  status,
  error?.code,
  error?.at,
  error?.value,
];
