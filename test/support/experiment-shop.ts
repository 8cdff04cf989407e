import { join } from "node:path";
import type { Promotion } from "@haggle/abi";
import { variantSegment } from "@haggle/sdk/experiments";
import { createLog, openDatabase } from "@haggle/server";
import { createShop, SHOES, type Shop } from "./release.ts";
import { type Call, caller, callerAt } from "./rollout.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl, until } from "./server.ts";

// A shop whose shoes are cheaper for whoever is in variant `b` of an experiment, and servers over it.

export type ExperimentWorld = Awaited<ReturnType<typeof createExperimentWorld>>;

/** Half of all customers each. */
export const SHOES_EXPERIMENT = {
  channel: "stable",
  key: "shoes",
  unit: "customer",
  variants: [
    { key: "control", weight: 0.5 },
    { key: "b", weight: 0.5 },
  ],
} as const;

/** Experiments whose variant `b` the release names. */
const NAMED = ["shoes", "session-shoes", "cart-shoes", "sticky-shoes"] as const;

/** As an author writes it: the segment is given by whoever prices. */
function shoesFor(experiment: string, variant: string): Promotion {
  return {
    id: `${SHOES}~${experiment}`,
    rule: SHOES,
    priority: 5,
    conditions: [{ kind: "segments", match: { any: [variantSegment(experiment, variant)] } }],
  };
}

type WorldOptions = {
  /** Whether the servers can sign. */
  key?: boolean;
  promotions?: readonly Promotion[];
};

export async function createExperimentWorld({ key = true, promotions = [] }: WorldOptions = {}) {
  const shop: Shop = await createShop();
  if (key) await shop.giveKey("channel");
  const named = NAMED.map((name) => shoesFor(name, "b"));
  await shop.publish({ release: { promotions: [...named, ...promotions] } });
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("warn"),
  });
  const servers: TestServer[] = [];
  let ahead = 0;

  async function start(env: Record<string, string> = {}): Promise<TestServer> {
    const server = await startServer(shop.dataFolder, { clock: () => Date.now() + ahead, env });
    servers.push(server);
    if (key) await until(async () => (await server.ready()).keys.channel === "ready");
    return server;
  }

  return {
    shop,
    /** The servers' own. */
    database,
    start,
    pass(ms: number): void {
      ahead += ms;
    },
    async close(): Promise<void> {
      for (const server of servers) await server.close();
      await database.close();
      await shop.remove();
    },
  };
}

/** With the admin key. */
export function operateAt(world: ExperimentWorld, server: TestServer): Promise<Call> {
  return callerAt(server.url, world.shop.dataFolder);
}

/** With a key that may price, as a shop's own server has it. */
export async function shopAt(operate: Call, server: TestServer): Promise<Call> {
  const { body } = await operate<{ key: string }>("/v1/keys", { name: "shop", scopes: ["evaluate"] });
  return caller(server, { authorization: `Bearer ${body.key}` });
}

/** Ends what is there of it, so that each test begins with its own. */
export async function endAll(operate: Call): Promise<void> {
  const { body } = await operate<{ experiments: { key: string; state: string }[] }>("/v1/experiments");
  for (const { key, state } of body.experiments) {
    if (state !== "ended") await operate(`/v1/experiments/${key}/end`, {});
  }
}
