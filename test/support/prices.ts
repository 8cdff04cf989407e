import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Policy, PriceBound, Promotion } from "@haggle/abi";
import { readAdminKey, withKey } from "./api-keys.ts";
import { createShop, type Shop } from "./release.ts";
import { type Call, operatorOf } from "./rollout.ts";
import { startServer, type TestServer, until } from "./server.ts";
import { readPricingRules, strategiesText } from "./strategies.ts";

// A shop whose authors let strategies price its lamps, and servers that may sign such prices.

export type PriceJson = {
  sku: string;
  currency: string;
  listPrice: number;
  unitPrice: number;
  tier?: string;
  strategy?: { version: string; number: number; id?: string; rule?: string; variant?: string };
  wanted?: number;
  cut?: string;
};

export type PricesJson = { state: string; version?: number; prices: PriceJson[]; next?: string };

const LAMP_BOUNDS: readonly PriceBound[] = [
  { sku: "lamp-steady", minUnitPrice: 1_000, maxUnitPrice: 90_000, maxChangePerHour: "10" },
  { sku: "lamp-*", minUnitPrice: 1_000, maxUnitPrice: 20_000 },
];

export const lamp = (name: string, fields: object = {}) => ({
  sku: `lamp-${name}`,
  currency: "EUR",
  listPrice: 10_000,
  categories: ["lighting"],
  stock: 3,
  ...fields,
});

export const raise = (percent: string, more = "") => `id: lamps
rule: price-by-stock
skus: ["lamp-*"]
parameters: { few: 5, raise: "${percent}" }
${more}`;

export type PriceWorld = Awaited<ReturnType<typeof createPriceWorld>>;

export type PriceWorldOptions = {
  key?: boolean;
  rules?: readonly string[];
  policy?: Policy;
  /** Those of the shop's own rules when left out. */
  promotions?: readonly Promotion[];
  env?: Readonly<Record<string, string>>;
};

export async function createPriceWorld(options: PriceWorldOptions = {}) {
  const { key = true, rules: names = ["price-by-stock", "price-by-tier"], policy, promotions, env } = options;
  const rules = await readPricingRules(names);
  const shop: Shop = await createShop({ files: rules });
  await shop.giveKey("channel");
  if (key) await shop.giveKey("prices");
  const published = await shop.publish({
    release: {
      bounds: [...LAMP_BOUNDS],
      ...(policy && { policy }),
      ...(promotions && { promotions: [...promotions] }),
    },
  });
  const folder = join(shop.dataFolder, "pricing");
  await mkdir(folder);
  const servers: TestServer[] = [];
  /** Of all servers, as long as it says anything. */
  const time = { now: undefined as number | undefined, ahead: 0 };
  const clock = () => time.now ?? Date.now() + time.ahead;
  let saved = 0;

  async function start(): Promise<TestServer> {
    const server = await startServer(shop.dataFolder, { env: { STRATEGIES_DIR: folder, ...env }, clock });
    servers.push(server);
    return server;
  }

  return {
    shop,
    published,
    time,
    start,
    operator: (server: TestServer): Promise<Call> => operatorOf(server, shop.dataFolder),
    /** A set of strategies under a version of its own, as an editor saves it. Resolves with the version. */
    async save(...strategies: string[]): Promise<string> {
      saved++;
      const version = `v2026.11.22-${saved}`;
      await writeFile(join(folder, "strategies.yaml"), strategiesText(version, strategies));
      return version;
    },
    /** As an operator sees it, or a shopper. */
    async price(server: TestServer, sku: string, query = "", isShopper = false): Promise<PriceJson> {
      const headers = isShopper ? {} : withKey(await readAdminKey(shop.dataFolder));
      const answer = await server.get(`/v1/prices/stable/skus/${sku}${query}`, headers);
      return answer.json() as Promise<PriceJson>;
    },
    /** Waits until a sku costs so much. */
    costs(server: TestServer, sku: string, unitPrice: number, query = ""): Promise<PriceJson> {
      return until(async () => {
        const price = await this.price(server, sku, query);
        return price.unitPrice === unitPrice ? price : undefined;
      });
    },
    async close(): Promise<void> {
      await Promise.all(servers.map((server) => server.close()));
      await shop.remove();
    },
  };
}
