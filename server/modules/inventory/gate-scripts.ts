import { readFileSync } from "node:fs";
import type { RedisClient } from "../../platform/redis.ts";
import type { Reserve } from "./decide.ts";

/** What is in stock of a sku at all locations together and promised to nobody, as a transaction left it. */
export type StockLevel = {
  sku: string;
  available: number;
  /** Grows with each transaction that holds the sku. 0 of what was read without holding it. */
  revision: number;
};

/** What an order has in flight. */
export type Token = { order: string; attempt: number };

export type Admission =
  /** `twice`: lines of one sku that nobody merged, a mistake of ours. */
  | { verdict: "admitted" | "known" | "otherEpoch" | "twice" }
  /** `isLevelShort`: also without what is in flight. */
  | { verdict: "short"; isLevelShort: boolean }
  | { verdict: "missing"; skus: string[] };

export type GateScripts = ReturnType<typeof defineGateScripts>;

/** Beside this file, and beside the one that is built of all. */
const FOLDER = new URL("./gate/", import.meta.url);
/** Of a script, which nothing else can interrupt: some 2 ms. */
const SWEPT_AT_ONCE = 100;

/** What the gate does in Redis, each in one step. All keys of a tenant are in one slot of a cluster. */
export function defineGateScripts(redis: Pick<RedisClient, "define">, tenant: string) {
  const names = ["epoch", "available", "revision", "inflight", "tokens", "due"];
  const keys = names.map((name) => `haggle:{${tenant}}:stock:${name}`);
  const define = (name: string) => {
    const run = redis.define(`haggleStock_${name}`, `${read("release")}${read(name)}`);
    return (...values: (string | number)[]) => run(keys, values);
  };
  const [admit, settle, sweep, rebuild] = ["admit", "settle", "sweep", "rebuild"].map(define) as [
    Run,
    Run,
    Run,
    Run,
  ];

  return {
    /** Of each sku what is available. */
    availableKey: keys[1]!,
    async admit(epoch: string, { order, attempt, lines }: Reserve, lifeMs: number): Promise<Admission> {
      const pairs = lines.flatMap(({ sku, quantity }) => [sku, quantity]);
      const [code, ...more] = (await admit(epoch, lifeMs, order, attempt, ...pairs)) as [number, ...number[]];
      switch (code) {
        case 1:
          return { verdict: "admitted" };
        case 2:
          return { verdict: "known" };
        case 0:
          return { verdict: "short", isLevelShort: more[0] === 1 };
        case -1:
          return { verdict: "otherEpoch" };
        case -3:
          return { verdict: "missing", skus: more.map((i) => lines[i]!.sku) };
        default:
          return { verdict: "twice" };
      }
    },
    /** @returns how many levels were news, or undefined where it is another epoch */
    async settle(
      epoch: string,
      levels: readonly StockLevel[],
      tokens: readonly Token[],
    ): Promise<number | undefined> {
      const told = levels.flatMap(({ sku, revision, available }) => [sku, revision, available]);
      const done = tokens.flatMap(({ order, attempt }) => [order, attempt]);
      return countOf(await settle(epoch, levels.length, ...told, ...done));
    },
    /** @returns whether there may be more, or undefined where it is another epoch */
    async sweep(epoch: string): Promise<boolean | undefined> {
      const count = countOf(await sweep(epoch, SWEPT_AT_ONCE));
      return count === undefined ? undefined : count === SWEPT_AT_ONCE;
    },
    async rebuild(epoch: string): Promise<void> {
      await rebuild(epoch);
    },
  };
}

type Run = (...values: (string | number)[]) => Promise<unknown>;

function read(name: string): string {
  return readFileSync(new URL(`${name}.lua`, FOLDER), "utf8");
}

function countOf(reply: unknown): number | undefined {
  return reply === -1 ? undefined : (reply as number);
}
