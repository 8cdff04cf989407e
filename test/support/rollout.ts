import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Channel, parseChannel, parseEnvelope } from "@haggle/abi";
import { createLog, openDatabase } from "@haggle/server";
import { createShop, SHOES, type Shop } from "./release.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl, until } from "./server.ts";

// A shop whose registry holds two releases, its channel on the older one, and servers that operators talk to.

export type ErrorJson = { error: { code: string; message: string; at?: string; value?: unknown } };
export type Json = Record<string, unknown>;
export type Answer<T = Json> = { status: number; headers: Headers; body: T };
export type Call = <T = Json>(
  path: string,
  body?: unknown,
  options?: { method?: string; headers?: Record<string, string> },
) => Promise<Answer<T>>;

export type RolloutWorld = Awaited<ReturnType<typeof createRolloutWorld>>;

/** No gate measures anything, so that time alone moves a rollout. */
export const NO_GATES = Object.fromEntries(
  [
    "p99Evaluation",
    "p99Quote",
    "errorRate",
    "ruleFaults",
    "discountPerOrder",
    "marginShare",
    "atFloorShare",
    "reports",
  ].map((name) => [name, { mode: "off" }]),
);

export const MINUTE_MS = 60_000;

/** Three steps that need time, and nothing else. */
export const STEPS = [2_000, 5_000, 10_000].map((weightBp) => ({
  weightBp,
  soakMs: MINUTE_MS,
  minSamples: 0,
}));

export type Rollout = {
  id: string;
  state: string;
  step: number;
  stepAt: number;
  weightBp: number;
  from: string;
  to: string;
  history: {
    cause: string;
    state: string;
    step: number;
    weightBp: number;
    reason: string | null;
    actor: { name: string };
    channelVersion: number;
    at: number;
  }[];
};

/** `to` is newer than `from` and has one rule less; the channel gives everybody `from`. */
export async function createRolloutWorld() {
  const shop = await createShop();
  await shop.giveKey("channel");
  const servers: TestServer[] = [];
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("warn"),
  });
  const [from, to] = await publishTwo(shop, () => start());
  await Promise.all(servers.splice(0).map((server) => server.close()));

  async function start(env: Record<string, string> = {}): Promise<TestServer> {
    const server = await startServer(shop.dataFolder, { clock, env });
    servers.push(server);
    await until(async () => (await server.ready()).keys.channel === "ready");
    return server;
  }

  return {
    shop,
    /** The servers' own. */
    database,
    from,
    to,
    start,
    /** For all servers of this world; each looks at its rollouts when ten seconds have passed. */
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

/** Through the folder, as a publisher does it: what has once been live is in the registry. */
async function publishTwo(shop: Shop, start: () => Promise<TestServer>): Promise<[string, string]> {
  const first = await shop.publish({ version: 1 });
  const server = await start();
  const second = await shop.publish({ version: 2, rules: [SHOES] });
  await until(async () => (await server.ready()).channel?.version === 2);
  await shop.publish({ version: 1, channel: { version: 3 } });
  await until(async () => (await server.ready()).channel?.version === 3);
  return [first.release.sha256, second.release.sha256];
}

/** What one asks of rollouts, in a world of two releases. */
export function rolloutsOf(world: RolloutWorld, server: Pick<TestServer, "get">, operate: Call) {
  const show = async (id: string): Promise<Rollout> => (await operate<Rollout>(`/v1/rollouts/${id}`)).body;

  async function readChannel(from = server): Promise<Channel> {
    const bytes = new Uint8Array(await (await from.get("/v1/channels/stable")).arrayBuffer());
    return parseChannel(parseEnvelope(bytes, "channel").payload);
  }

  return {
    show,
    readChannel,
    start: (more: object = {}): Promise<Answer<Rollout & ErrorJson>> =>
      operate("/v1/rollouts", { channel: "stable", to: world.to, steps: STEPS, gates: NO_GATES, ...more }),
    act: (id: string, verb: string, body: object = {}): Promise<Answer<Rollout & ErrorJson>> =>
      operate(`/v1/rollouts/${id}/${verb}`, body),
    armsAt: (weightBp: number): Channel["arms"] => {
      const border = 10_000 - weightBp;
      const arms: Channel["arms"] = [
        { release: world.from, range: [0, border], seed: world.to },
        { release: world.to, range: [border, 10_000], seed: world.to },
      ];
      return arms.filter(({ range }) => range[0] < range[1]);
    },
    /** Until its history is longer, with the time of a step and more behind it. */
    async next(id: string): Promise<Rollout> {
      const { history } = await show(id);
      world.pass(MINUTE_MS + 1);
      return until(async () => {
        const rollout = await show(id);
        return rollout.history.length > history.length && rollout;
      });
    },
    /** Until the gates were looked at again, so much later, and nothing else happened. */
    async look(id: string, afterMs = MINUTE_MS + 1): Promise<Rollout> {
      const before = await operate<{ judgedAt?: number }>(`/v1/rollouts/${id}`);
      world.pass(afterMs);
      await until(async () => {
        const { judgedAt = 0 } = (await operate<{ judgedAt?: number }>(`/v1/rollouts/${id}`)).body;
        return judgedAt > (before.body.judgedAt ?? 0);
      });
      return show(id);
    },
    /** Nothing under way, and everybody on `from`, without anything switched off. */
    async rest(): Promise<void> {
      const { body } = await operate<{ rollouts: Rollout[] }>("/v1/rollouts");
      for (const { id, state } of body.rollouts) {
        if (["running", "paused", "awaiting_approval"].includes(state)) {
          await operate(`/v1/rollouts/${id}/rollback`, { reason: "the test is over" });
        }
      }
      const { off } = await readChannel();
      for (const [kind, list] of Object.entries(off)) {
        for (const name of list) {
          const query = new URLSearchParams({
            kind: kind.slice(0, -1),
            id: name,
            channel: "stable",
            reason: "over",
          });
          await operate(`/v1/kills?${query}`, undefined, { method: "DELETE" });
        }
      }
      const [arm] = (await readChannel()).arms;
      if (arm!.release === world.from) return;
      const back = { channel: "stable", to: world.from, older: true, steps: STEPS, gates: NO_GATES };
      const { id } = (await operate<Rollout>("/v1/rollouts", back)).body;
      await operate(`/v1/rollouts/${id}/promote`, { reason: "the test is over" });
    },
  };
}

/** Calls with the admin key of the data folder. */
export function operatorOf(server: TestServer, dataFolder: string): Promise<Call> {
  return callerAt(server.url, dataFolder);
}

/** Calls of two people, whose keys a third one has made. */
export async function twoPeople(
  world: Pick<RolloutWorld, "shop">,
  { url }: TestServer,
): Promise<[Call, Call]> {
  const admin = await callerAt(url, world.shop.dataFolder);
  const callAs = async (name: string) => {
    const { body } = await admin<{ key: string }>("/v1/keys", { name, owner: name, scopes: ["admin"] });
    return callerAt(url, world.shop.dataFolder, body.key);
  };
  return [await callAs("first"), await callAs("second")];
}

/** Calls a server wherever it runs, with this key, or with the admin key of the data folder. */
export async function callerAt(url: string, dataFolder: string, key?: string): Promise<Call> {
  const secret = key ?? (await readFile(join(dataFolder, "admin.key"), "utf8")).trim();
  return caller({ url }, { authorization: `Bearer ${secret}` });
}

/** Calls with these headers, and nothing else. */
export function caller(server: Pick<TestServer, "url">, common: Record<string, string> = {}): Call {
  return async <T>(path: string, body?: unknown, { method, headers = {} }: Parameters<Call>[2] = {}) => {
    const response = await fetch(server.url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { ...common, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as T };
  };
}
