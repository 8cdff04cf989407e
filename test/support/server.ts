import { createHash } from "node:crypto";
import { type App, createApp, createLog, readConfig } from "@haggle/server";

/** A listening server over a data folder, with its log lines. */
export type TestServer = {
  url: string;
  /** For what other modules of the server are given, and no route gives. */
  app: App;
  log: { level: number; code?: string; msg: string }[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  ready(): Promise<Readiness>;
  drain(): void;
  close(): Promise<void>;
};

export type Readiness = {
  status: string;
  reasons: string[];
  warnings: string[];
  channel?: ChannelReadiness;
  channels: Record<string, ChannelReadiness>;
  keys: Record<"channel" | "prices" | "receipt" | "audit", string>;
};

type ChannelReadiness = { version: number; expires: number; renewal: string };

type ServerOptions = {
  production?: boolean;
  storefrontFolder?: string;
  isDemo?: boolean;
  port?: number;
  /** Settings as an operator gives them. */
  env?: Readonly<Record<string, string>>;
  clock?: () => number;
  logLevel?: string;
};

export async function startServer(
  dataFolder: string,
  {
    production,
    storefrontFolder,
    isDemo = false,
    port = 0,
    env,
    clock = Date.now,
    logLevel = "info",
  }: ServerOptions = {},
): Promise<TestServer> {
  const log: TestServer["log"] = [];
  const config = readConfig({
    HAGGLE_DATA: dataFolder,
    DATABASE_URL: testDatabaseUrl(),
    HAGGLE_TENANT: tenantOf(dataFolder),
    ...(production && { NODE_ENV: "production" }),
    ...env,
  });
  const app = await createApp(config, {
    clock,
    log: createLog(logLevel, { write: (line: string) => void log.push(JSON.parse(line)) }),
    isDemo,
    ...(storefrontFolder === undefined ? {} : { storefrontFolder }),
  });
  const { server, drain } = app;
  const url = await server.listen({ host: config.host, port });
  const get: TestServer["get"] = (path, headers = {}) => fetch(url + path, { headers });
  return {
    url,
    app,
    log,
    get,
    post: (path, body, headers = { "content-type": "application/json" }) =>
      fetch(url + path, {
        method: "POST",
        headers,
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    ready: async () => (await get("/readyz")).json(),
    drain,
    close: () => server.close(),
  };
}

/** Of the PostgreSQL that comes with a run of tests; nothing where a program runs without them, which then has its own. */
export function testDatabaseUrl(): string {
  return process.env.HAGGLE_TEST_DATABASE ?? "";
}

/** Each data folder has rows of its own in the database that all tests share. */
export function tenantOf(dataFolder: string): string {
  return createHash("sha256").update(dataFolder).digest("hex").slice(0, 16);
}

/** Three quarters of a minute or more: half of that was short where a compiler, a browser and a database share two slow cores. */
const MOST_TRIES = 2_000;

/** Waits for what another process or a file watcher brings about; how long it takes is not the point. */
export async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("waited in vain");
}
