import { createLog, readConfig } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedis, type RedisClient, readRedisUrls } from "../../server/platform/redis.ts";
import { createCircuit } from "../../server/platform/redis-circuit.ts";
import { startRedis } from "../support/redis.ts";
import { type RedisCut, startRedisProxy } from "../support/redis-proxy.ts";
import { until } from "../support/server.ts";
import { skips } from "../support/skips.ts";

// The connection to Redis: what is sent over it is run once at most, whatever breaks, and nobody waits for long.

const SECRET = "hunter2";

describe("REDIS_URL", () => {
  const codeOf = (url: string) => {
    try {
      return readConfig({ REDIS_URL: url }).redis?.urls;
    } catch (cause) {
      const { code, at, value, message } = cause as {
        code: string;
        at: string;
        value: unknown;
        message: string;
      };
      return { code, at, value, shows: message.includes(SECRET) };
    }
  };

  it("is one server, or some nodes of a cluster", () => {
    expect(codeOf("")).toBe(undefined);
    expect(codeOf(`rediss://user:${SECRET}@redis.example:6380/3`)).toEqual([
      `rediss://user:${SECRET}@redis.example:6380/3`,
    ]);
    expect(codeOf("redis://[::1]:7000, redis://b")).toEqual(["redis://[::1]:7000", "redis://b"]);
  });

  it.each([
    `http://user:${SECRET}@redis`,
    `redis://user:${SECRET}@redis/one`,
    `redis://user:${SECRET}%zz@redis`,
    `redis://a,redis://user:${SECRET}@b/2`,
    `redis://:${SECRET}@`,
    "redis://a,",
  ])("is refused where it is neither, and not shown: %s", (url) => {
    expect(codeOf(url)).toEqual({
      code: "SERVER_BAD_CONFIG",
      at: "REDIS_URL",
      value: undefined,
      shows: false,
    });
  });
});

describe("a circuit", () => {
  const lines: { msg: string; restMs?: number }[] = [];
  const log = createLog("info", { write: (line: string) => void lines.push(JSON.parse(line)) });
  const refuse = () => Promise.reject(new Error("refused"));
  const open = (probe: () => Promise<unknown>) =>
    createCircuit({ name: "test", probe, onClosed: () => {}, log });

  it("is not opened by those who have no time, where the answer comes in the time that others have", async () => {
    const circuit = open(refuse);
    for (let i = 0; i < 10; i++) {
      const answer = Promise.withResolvers<void>();
      expect(await circuit.call(() => answer.promise, 0)).toBe(undefined);
      answer.resolve();
    }
    expect(await circuit.call(async () => "asked")).toBe("asked");
    circuit.stop();
  });

  it("stays open where a probe waits longer than any caller would", async () => {
    const probes: PromiseWithResolvers<void>[] = [];
    const circuit = open(() => {
      const probe = Promise.withResolvers<void>();
      probes.push(probe);
      return probe.promise;
    });
    for (let i = 0; i < 3; i++) await circuit.call(refuse);
    // The first one is given up.
    await until(() => probes.length >= 2);
    probes[0]!.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(circuit.isOpen()).toBe(true);
    await until(() => {
      probes.at(-1)!.resolve();
      return !circuit.isOpen();
    });
    circuit.stop();
  });

  it("rests longer each time where what callers ask fails, and probes go well", async () => {
    lines.length = 0;
    const circuit = open(async () => {});
    for (let times = 0; times < 3; times++) {
      for (let i = 0; i < 3; i++) await circuit.call(refuse);
      expect(await circuit.call(async () => "asked")).toBe(undefined);
      await until(() => !circuit.isOpen());
    }
    const opened = lines.filter(({ msg }) => msg === "a circuit is open");
    expect(opened.map(({ restMs }) => restMs)).toEqual([250, 500, 1_000]);
    circuit.stop();
  });
});

describe.skipIf(skips("redis"))("a connection", () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let proxy: Awaited<ReturnType<typeof startRedisProxy>>;
  let redis: RedisClient;
  let keys = 0;
  const lines: string[] = [];

  beforeAll(async () => {
    server = await startRedis([], SECRET);
    proxy = await startRedisProxy(server.port);
    const url = proxy.url.replace("//", `//:${SECRET}@`);
    const log = createLog("trace", { write: (line: string) => void lines.push(line) });
    redis = openRedis({ urls: readRedisUrls(url) }, { log });
    await until(() => redis.isReady());
  });
  afterAll(async () => {
    redis.close();
    await proxy.close();
    await server.close();
  });

  it.each<RedisCut>(["unanswered", "unsent"])(
    "rejects at once what is %s, and never sends it again",
    async (cut) => {
      const add = redis.define(`add-${cut}`, "return redis.call('incrby', KEYS[1], ARGV[1])");
      await add(["warm"], [1]);
      const asked: string[] = [];
      for (let i = 0; i < 20; i++) {
        const key = `cut-${keys++}`;
        asked.push(key);
        proxy.cut(cut);
        const said = i % 2 ? add([key], [1]) : redis.client.incrby(key, 1);
        await expect(said).rejects.toThrow(/^(?!.*timed out)/);
        await until(() => redis.isReady());
        // By now it would have been sent again.
        await add(["warm"], [1]);
      }
      const counts = await server.ask((own) => own.mget(asked));
      expect(counts).toEqual(asked.map(() => (cut === "unanswered" ? "1" : null)));
    },
  );

  it("waits for nobody that is away, connects again by itself, and tells both once", async () => {
    lines.length = 0;
    await server.kill();
    for (let i = 0; i < 5; i++) await expect(redis.client.ping()).rejects.toThrow();
    await until(() => lines.length > 0);
    await server.start();
    await until(() => redis.isReady());
    expect(await redis.client.ping()).toBe("PONG");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      "Redis cannot be reached",
      "Redis can be reached again",
    ]);
  });

  it("gives up what is too late, and a connection over which nothing comes", async () => {
    proxy.deafen();
    await expect(redis.client.ping()).rejects.toThrow("timed out");
    await until(() => !redis.isReady());
    proxy.heal();
    await until(() => redis.isReady());
    expect(lines.join("")).not.toContain(SECRET);
  });
});
