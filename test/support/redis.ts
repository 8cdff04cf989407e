import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";
import { removeFolder } from "./remove-folder.ts";
import { until } from "./server.ts";

// Real redis-servers on 127.0.0.1, which keep nothing on disk.

const SLOTS = 16_384;
/** A master without replicas that is away is missed after so long, and its slots are back when it is. */
const NODE_TIMEOUT_MS = 500;
/** So far above its port a cluster's node talks to the others. */
const BUS = 10_000;

export type RedisServer = Awaited<ReturnType<typeof startRedis>>;

/** One server. After `kill` it can be started again, empty, at the same port. */
export async function startRedis(more: readonly string[] = [], password?: string) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-redis-"));
  const port = await freePort(BUS);
  let child: ChildProcess;
  let ended: Promise<unknown>;

  async function start(): Promise<void> {
    const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder];
    const nothingKept = ["--save", "", "--appendonly", "no"];
    const secret = password === undefined ? [] : ["--requirepass", password];
    child = spawn("redis-server", [...settings, ...nothingKept, ...secret, ...more], { stdio: "ignore" });
    ended = new Promise((resolve) => child.once("exit", resolve));
    child.once("error", () => {});
    await until(async () => (await ask((redis) => redis.ping()).catch(() => "")) === "PONG");
  }

  /** By a connection of its own. */
  async function ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({ port, host: "127.0.0.1", password, lazyConnect: true, retryStrategy: null });
    redis.on("error", () => {});
    try {
      await redis.connect();
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    ask,
    start,
    /** With signal 9; what it had is lost. */
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await ended;
    },
    /** Accepts, and does nothing. */
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async close(): Promise<void> {
      child.kill("SIGKILL");
      await ended;
      await removeFolder(folder);
    },
  };
}

/** A cluster of so many masters, each with as many slots. */
export async function startRedisCluster(size = 3) {
  const settings = ["--cluster-enabled", "yes", "--cluster-node-timeout", `${NODE_TIMEOUT_MS}`];
  const nodes = await Promise.all(Array.from({ length: size }, () => startRedis(settings)));
  const [first] = nodes as [RedisServer];
  for (const [i, node] of nodes.entries()) {
    const own = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => slot % size === i);
    await node.ask((redis) => redis.cluster("ADDSLOTS", ...own));
    await node.ask((redis) => redis.cluster("SET-CONFIG-EPOCH", i + 1));
    if (node !== first) await first.ask((redis) => redis.cluster("MEET", "127.0.0.1", node.port));
  }
  for (const node of nodes) {
    await until(async () => {
      const info = await node.ask((redis) => redis.cluster("INFO"));
      return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${size}`);
    });
  }
  return {
    url: nodes.map(({ url }) => url).join(","),
    nodes,
    async close(): Promise<void> {
      for (const node of nodes) await node.close();
    },
  };
}
