import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import { readAdminKey } from "./api-keys.ts";
import { buildRules, createShop } from "./release.ts";
import { type Answer, type Call, type ErrorJson, operatorOf } from "./rollout.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl } from "./server.ts";

// A shop whose bundle has the pricing rules of this repository, a folder of strategies, and servers on both.

const PRICING = join(import.meta.dirname, "../../rules/pricing");

const RULES = ["price-by-stock", "cost-plus"];

/** The sources of some of the repository's pricing rules. */
export async function readPricingRules(names: readonly string[]): Promise<Record<string, string>> {
  const files = names.map(async (name) => {
    const text = await readFile(join(PRICING, name, `${name}.rule.ts`), "utf8");
    return [`rules/${name}.rule.ts`, text] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

/** What a file says; `end` and `version` differ where it is torn. */
export function strategiesText(
  version: string,
  strategies: readonly string[],
  end = `end: ${version}\n`,
): string {
  const entries = strategies.map((entry) => `  - ${entry.trim().replaceAll("\n", "\n    ")}\n`);
  return `version: ${version}\nstrategies:${entries.length === 0 ? " []" : ""}\n${entries.join("")}${end}`;
}

export const LAMPS = `id: lamps
rule: price-by-stock
skus: ["lamp-*"]
parameters: { few: 5, raise: "10" }`;

export const SHOES_BY_COST = `id: shoes
rule: cost-plus
categories: [shoes]
parameters: { markup: 3000 }`;

export type FaultJson = {
  severity: string;
  code: string;
  message: string;
  hint?: string;
  at?: string;
  value?: unknown;
  line: number;
  column: number;
};

export type Overview = {
  active?: string;
  previous?: string;
  pinned: boolean;
  waiting?: string;
  withdrawn: { channel: string; strategy: string }[];
  refused?: { version?: string; faults: FaultJson[] };
  versions: { version: string; number: number; source: string; strategies: number; activatedAt?: number }[];
};

type FileAnswer = ErrorJson & {
  ok?: boolean;
  state?: string;
  approval?: string;
  faults: FaultJson[];
  warnings: FaultJson[];
};

export type StrategyWorld = Awaited<ReturnType<typeof createStrategyWorld>>;

export async function createStrategyWorld() {
  const shop = await createShop({ files: await readPricingRules(RULES) });
  await shop.giveKey("channel");
  await shop.giveKey("prices");
  await shop.publish();
  const parent = await mkdtemp(join(tmpdir(), "haggle-strategies-"));
  const folder = join(parent, "pricing");
  const file = join(folder, "strategies.yaml");
  const servers: TestServer[] = [];
  await mkdir(folder);

  async function start(env: Record<string, string> = {}): Promise<TestServer> {
    const server = await startServer(shop.dataFolder, { env: { STRATEGIES_DIR: folder, ...env } });
    servers.push(server);
    return server;
  }

  return {
    shop,
    parent,
    folder,
    file,
    start,
    /** Of the same shop, with one pricing rule less. */
    async buildWithout(rule: string) {
      return buildRules(await readPricingRules(RULES.filter((each) => each !== rule)));
    },
    /** As an editor does it: in place. */
    save: (text: string): Promise<void> => writeFile(file, text),
    /** As a publisher does it: another file under the name. */
    async replace(text: string): Promise<void> {
      await writeFile(join(folder, ".strategies.yaml.new"), text);
      await rename(join(folder, ".strategies.yaml.new"), file);
    },
    async operator(server: TestServer): Promise<Call> {
      return operatorOf(server, shop.dataFolder);
    },
    /** A file as the body of a request, by somebody who may publish. */
    async send(
      server: TestServer,
      path: string,
      text: string,
      { method = "PUT", key }: { method?: string; key?: string } = {},
    ): Promise<Answer<FileAnswer>> {
      const authorization = `Bearer ${key ?? (await readAdminKey(shop.dataFolder))}`;
      const headers = { authorization, "content-type": "application/yaml" };
      const response = await fetch(server.url + path, { method, headers, body: text });
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as FileAnswer,
      };
    },
    /** What was told of strategies, in the order of what happened. */
    async listEvents(): Promise<{ type: string; data: object }[]> {
      const database = await openDatabase({
        url: testDatabaseUrl(),
        tenant: tenantOf(shop.dataFolder),
        migrations: join(import.meta.dirname, "../../server/migrations"),
        log: createLog("warn"),
      });
      try {
        return await database.query(
          "select type, data from outbox_events where type like 'strategies.%' order by emitted",
        );
      } finally {
        await database.close();
      }
    },
    async close(): Promise<void> {
      await Promise.all(servers.map((server) => server.close()));
      await shop.remove();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
