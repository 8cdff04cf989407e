import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Policy, PriceBound, Promotion } from "@haggle/abi";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { readAdminKey, withKey } from "./api-keys.ts";
import { createShop, type Shop } from "./release.ts";
import { type Answer, type Call, NO_GATES, operatorOf, type Rollout } from "./rollout.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl, until } from "./server.ts";
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

/** Of releases that follow: all that the tests let a lamp cost. */
export const WIDE: PriceBound[] = [{ sku: "lamp-*", minUnitPrice: 1_000, maxUnitPrice: 20_000 }];

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
    /** A release that the registry has, and no channel gives. */
    async bring(call: Call, version: number, bounds = WIDE): Promise<string> {
      const { release } = await shop.sign({ version, release: { bounds } });
      const { status } = await call("/v1/releases", JSON.parse(new TextDecoder().decode(release.bytes)));
      if (status !== 201) throw new Error(`The registry answers ${status}`);
      return release.sha256;
    },
    /** The servers' own database. */
    openRegistry(): Promise<Database> {
      const migrations = join(import.meta.dirname, "../../server/migrations");
      const tenant = tenantOf(shop.dataFolder);
      return openDatabase({ url: testDatabaseUrl(), tenant, migrations, log: createLog("silent") });
    },
    async close(): Promise<void> {
      await Promise.all(servers.map((server) => server.close()));
      await shop.remove();
    },
  };
}

/** Gives everybody a release at once. */
export function point(call: Call, release: string, more: object = {}): Promise<Answer> {
  return call("/v1/channels/stable/release", { release, ...more }, { method: "PUT" });
}

/** To so many of ten thousand at each step, of which none ends by itself. Resolves with the rollout's id. */
export async function startRollout(call: Call, to: string, ...weights: number[]): Promise<string> {
  const steps = weights.map((weightBp) => ({ weightBp, soakMs: 3_600_000, minSamples: 0 }));
  const wanted = { channel: "stable", to, older: true, steps, gates: NO_GATES };
  const { status, body } = await call<Rollout>("/v1/rollouts", wanted);
  if (status !== 201) throw new Error(`The rollout is answered with ${status}`);
  return body.id;
}
