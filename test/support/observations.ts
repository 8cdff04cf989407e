import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { type Gates, parseGates } from "../../server/modules/metrics/gates.ts";
import {
  createMetrics,
  type Metrics,
  type Observation,
  type Question,
} from "../../server/modules/metrics/service.ts";
import { testDatabaseUrl } from "./server.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");

export const ROLLOUT = "rol_1";
export const STABLE = "a".repeat(64);
export const CANARY = "c".repeat(64);

/** One process's metrics over the test database. */
export type Observed = {
  database: Database;
  metrics: Metrics;
  log: { msg: string }[];
  /** `count` requests of one kind, each of another shopper, or what `vary` makes of the n-th. */
  feed(
    count: number,
    kind: Partial<Observation> & Pick<Observation, "arm">,
    vary?: (n: number) => Partial<Observation>,
  ): void;
  /** Flushes, and asks the gates. */
  judge(gates?: object, since?: number, more?: Partial<Question>): ReturnType<Metrics["judge"]>;
  summarise(since?: number): ReturnType<Metrics["summarise"]>;
};

let processes = 0;
let shoppers = 0;

export async function observeIn(tenant: string, clock: () => number = Date.now): Promise<Observed> {
  const log: Observed["log"] = [];
  const logger = createLog("info", { write: (line: string) => void log.push(JSON.parse(line)) });
  const database = await openDatabase({
    url: testDatabaseUrl(),
    migrations: MIGRATIONS,
    tenant,
    log: logger,
  });
  processes += 1;
  const processId = `${process.pid}-${processes}`;
  const metrics = createMetrics({ database, clock, log: logger, processId });
  const query = (since: number) => ({ rollout: ROLLOUT, stable: STABLE, canary: CANARY, since });
  return {
    database,
    metrics,
    log,
    feed(count, kind, vary = () => ({})) {
      for (let n = 0; n < count; n++)
        metrics.observe({
          ...HEALTHY,
          unit: `shopper-${shoppers++}`,
          ...releaseOf(kind),
          ...kind,
          ...vary(n),
        });
    },
    async judge(gates = {}, since = 0, more = {}) {
      await metrics.flush();
      return metrics.judge({ ...query(since), ...more, gates: parseGates(gates) });
    },
    async summarise(since = 0) {
      await metrics.flush();
      return metrics.summarise({ ...query(since), gates: parseGates({}) });
    },
  };
}

const HEALTHY = {
  rollout: ROLLOUT,
  stepAt: 0,
  source: "evaluation",
  isOverridden: false,
  latencyMs: 0.4,
  outcome: "ok",
} as const;

function releaseOf({ arm }: Pick<Observation, "arm">): { release: string } {
  return { release: arm === "canary" ? CANARY : STABLE };
}

/** All gates off but those that are named. */
export function only(gates: { [Name in keyof Gates]?: object }): object {
  const names = [
    "p99Evaluation",
    "p99Quote",
    "errorRate",
    "ruleFaults",
    "discountPerOrder",
    "marginShare",
    "atFloorShare",
  ];
  return { ...Object.fromEntries(names.map((name) => [name, { mode: "off" }])), ...gates };
}
