import type { Socket } from "node:net";
import { HaggleError } from "@haggle/abi";
import { Cluster, Redis } from "ioredis";
import type { Logger } from "pino";

export type RedisSettings = {
  /** One server, or some nodes of a cluster. */
  urls: readonly [string, ...string[]];
};

export type RedisClient = ReturnType<typeof openRedis>;

/** Runs a script on the node of its keys. */
export type RedisScript = (keys: readonly string[], values: readonly (string | number)[]) => Promise<unknown>;

const CONNECT_TIMEOUT_MS = 2_000;
/** Whoever asks Redis has another way, and waits less where that is better. */
const COMMAND_TIMEOUT_MS = 500;
/** A connection over which nothing comes while somebody waits is dead, whatever the network believes. */
const SOCKET_TIMEOUT_MS = 2_000;
const MAX_RETRY_MS = 1_000;
/** Of a command to the node that has its slot now. */
const MAX_REDIRECTIONS = 3;

/**
 * A connection to Redis for what may be lost. A command is sent once: its promise is rejected as soon as nobody knows
 * whether it was run, and nothing waits here for a server that is away (research of ioredis 6: with its defaults one
 * `decrby` whose reply was lost was run twice).
 *
 * Connects by itself, again and again. Never throws because Redis is away.
 *
 * @example
 * const redis = openRedis({ urls: ["redis://127.0.0.1:6379"] }, { log });
 * const add = redis.define("add", "return redis.call('incrby', KEYS[1], ARGV[1])");
 * await add(["{tenant}:count"], [3]);
 */
export function openRedis({ urls }: RedisSettings, { log }: { log: Logger }) {
  const [first] = urls;
  const { options, host, port } = readAddress(first);
  const client =
    urls.length === 1
      ? new Redis({
          ...options,
          host,
          port,
          enableOfflineQueue: false,
          retryStrategy: retryAfter,
        })
      : new Cluster(
          urls.map(readAddress).map((address) => ({ host: address.host, port: address.port })),
          {
            redisOptions: options,
            enableOfflineQueue: false,
            enableAutoPipelining: false,
            clusterRetryStrategy: retryAfter,
            clusterNodeRetryStrategy: retryAfter,
            maxRedirections: MAX_REDIRECTIONS,
            // Would send again what was in flight when its connection was lost.
            retryDelayOnFailover: 0,
            retryDelayOnClusterDown: 0,
            slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
          },
        );
  let isTold = false;
  let isClosed = false;
  const tellAway = (message: string): void => {
    // The error alone would have the command on it, and with it the password.
    if (!isTold && !isClosed) log.warn({ err: { message } }, "Redis cannot be reached");
    isTold = true;
  };
  client.on("error", (cause: Error) => tellAway(cause.message));
  client.on("close", () => tellAway("the connection was closed"));
  client.on("ready", () => {
    if (isTold) log.info("Redis can be reached again");
    isTold = false;
  });

  return {
    /** For commands that are not scripts. */
    client,
    /** @param lua a script, sent once to each node, and by its digest from then on */
    define(name: string, lua: string): RedisScript {
      client.defineCommand(name, { lua });
      const commands = client as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
      return (keys, values) => {
        if (client instanceof Redis) writeTogether(client.stream);
        return commands[name]!(keys.length, ...keys, ...values);
      };
    },
    /** Whether commands are sent at all. */
    isReady: (): boolean => client.status === "ready",
    close(): void {
      isClosed = true;
      client.disconnect();
    },
  };
}

/**
 * What is written until this turn of the event loop is over leaves as one: a hundred callers who are answered at once ask again
 * at once, and each packet of its own is a way to the system.
 */
function writeTogether(stream: Socket | undefined): void {
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

function retryAfter(times: number): number {
  return Math.min(times * 50, MAX_RETRY_MS);
}

/**
 * The addresses of `REDIS_URL`. They have passwords, and are never shown.
 *
 * @throws HaggleError SERVER_BAD_CONFIG
 */
export function readRedisUrls(text: string): RedisSettings["urls"] {
  const urls = text.split(",").map((url) => url.trim());
  const [first, ...others] = urls as [string, ...string[]];
  const isWrong = urls.some((url) => !isAddress(url)) || (others.length > 0 && urls.some(hasDatabase));
  if (!isWrong) return [first, ...others];
  const message =
    "Not redis://user:password@host:port/database, or without a database several nodes of a cluster with commas between";
  throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "REDIS_URL" });
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (!/^rediss?:$/.test(url.protocol) || url.hostname === "") return false;
  return /^(\/\d{0,4})?$/.test(url.pathname) && !/%(?![\da-f]{2})/i.test(url.username + url.password);
}

/** A cluster has one, which has no number. */
function hasDatabase(text: string): boolean {
  return new URL(text).pathname.length > 1;
}

function readAddress(text: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    host,
    port: Number(port || 6_379),
    options: {
      ...(protocol === "rediss:" && { tls: { servername: host } }),
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(pathname.length > 1 && { db: Number(pathname.slice(1)) }),
      protocol: 2 as const,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      enableAutoPipelining: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectionName: "haggle",
    },
  };
}
