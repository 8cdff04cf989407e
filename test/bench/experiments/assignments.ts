// Who is in what, asked in process: Haggle against the SDKs that decide in process too. The same task for all: one of a
// hundred flags, each of which half of the users are in, for one of 1,024 users.

import { GrowthBook, GrowthBookClient } from "@growthbook/growthbook";
import { createAssigner } from "@haggle/sdk/experiments";
import { FlagdCore } from "@openfeature/flagd-core";
import { InMemStorageProvider, Unleash } from "unleash-client";
import { median } from "../measure.ts";
import { type Row, withGoal } from "../row.ts";
import type { BenchOptions } from "../run.ts";

const FLAGS = Array.from({ length: 100 }, (_, i) => `flag-${i}`);
const USERS = Array.from({ length: 1_024 }, (_, i) => `customer-${i}`);
const MIN_TIMES = 1.2;
/** Of all that a flag decides; four standard deviations around a half. */
const HALF = [0.494, 0.506] as const;

type Contestant = {
  name: string;
  /** Whether the user of that number has the flag of that number. Users are made beforehand, in the shape that is asked for. */
  isOn(flag: number, user: number): boolean;
  close?(): void;
};

export async function* assignments({ quick }: BenchOptions): AsyncGenerator<Row> {
  // GrowthBook writes logs unless it is in production.
  process.env.NODE_ENV = "production";
  const contestants = [haggle(), growthBook(), growthBookClient(), flagd(), await unleash()];
  const [first, ...others] = contestants as [Contestant, ...Contestant[]];
  check(contestants);
  const costs = measure(contestants, quick ? 7 : 21, quick ? 30_000 : 60_000);
  const rivals = others.map(({ name }, i) => ({ name, ns: costs[i + 1]! }));
  const best = rivals.reduce((one, other) => (median(other.ns) < median(one.ns) ? other : one));
  const common = { bench: "experiments", case: "assignment, 100 flags", unit: "ns" } as const;
  for (const { name, ns } of rivals) yield { ...common, subject: name, value: median(ns) };
  const ratio = median(best.ns.map((ns, round) => ns / costs[0]![round]!));
  yield withGoal(
    { ...common, subject: first.name, value: median(costs[0]!), ratio, against: best.name },
    { atLeast: MIN_TIMES },
  );
  for (const { close } of contestants) close?.();
}

/** Everybody gives each flag to about half, and Haggle to those that GrowthBook gives it to. */
function check(contestants: readonly Contestant[]): void {
  const [ours, theirs] = contestants as [Contestant, Contestant];
  for (const { name, isOn } of contestants) {
    let count = 0;
    for (const flag of FLAGS.keys()) for (const user of USERS.keys()) count += isOn(flag, user) ? 1 : 0;
    const share = count / (FLAGS.length * USERS.length);
    if (share < HALF[0] || share > HALF[1]) throw new Error(`${name} gives flags to ${share} of the users`);
  }
  for (const flag of FLAGS.keys()) {
    for (const user of USERS.keys()) {
      if (ours.isOn(flag, user) === theirs.isOn(flag, user)) continue;
      throw new Error(`${ours.name} and ${theirs.name} differ on ${FLAGS[flag]} for ${USERS[user]}`);
    }
  }
}

/** Nanoseconds of CPU per decision, by contestant and round; all of them take turns in each round. */
function measure(contestants: readonly Contestant[], rounds: number, count: number): number[][] {
  const costs = contestants.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (let k = 0; k < contestants.length; k++) {
      const i = (k + Math.abs(round)) % contestants.length;
      const cost = timed(contestants[i]!, count);
      if (round >= 0) costs[i]!.push(cost);
    }
  }
  return costs;
}

function timed({ name, isOn }: Contestant, count: number): number {
  globalThis.gc?.({ type: "minor" });
  let on = 0;
  const before = process.cpuUsage();
  for (let n = 0; n < count; n++) if (isOn(n % FLAGS.length, n % USERS.length)) on += 1;
  const { user, system } = process.cpuUsage(before);
  if (on === 0) throw new Error(`${name} gave nobody anything`);
  return ((user + system) * 1_000) / count;
}

function haggle(): Contestant {
  const assigner = createAssigner(
    FLAGS.map((key) => ({
      ...{ key, unit: "customer", seed: key, bucketing: "hash2", coverage: 1 },
      variants: [
        { key: "on", weight: 0.5 },
        { key: "off", weight: 0.5 },
      ],
    })),
  );
  const users = USERS.map((customer) => ({ units: { customer } }));
  return {
    name: "Haggle",
    isOn: (flag, user) => assigner.assign(FLAGS[flag]!, users[user]!).variant === "on",
  };
}

const FEATURES = Object.fromEntries(
  FLAGS.map((key) => [
    key,
    // The least that GrowthBook can be asked for: a rollout, no experiment that it would track.
    {
      defaultValue: false,
      rules: [{ force: true, range: [0, 0.5] as [number, number], seed: key, hashVersion: 2 }],
    },
  ]),
);

function growthBook(): Contestant {
  const subject = new GrowthBook({ features: FEATURES });
  const users = USERS.map((id) => ({ id }));
  return {
    name: "GrowthBook",
    isOn(flag, user) {
      void subject.setAttributes(users[user]!);
      return subject.isOn(FLAGS[flag]!);
    },
    close: () => subject.destroy(),
  };
}

function growthBookClient(): Contestant {
  const subject = new GrowthBookClient().initSync({ payload: { features: FEATURES } });
  const users = USERS.map((id) => ({ attributes: { id } }));
  return {
    name: "GrowthBookClient",
    isOn: (flag, user) => subject.isOn(FLAGS[flag]!, users[user]!),
    close: () => subject.destroy(),
  };
}

function flagd(): Contestant {
  const subject = new FlagdCore();
  const flag = {
    ...{ state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" },
    targeting: {
      fractional: [
        ["on", 50],
        ["off", 50],
      ],
    },
  };
  subject.setConfigurations(JSON.stringify({ flags: Object.fromEntries(FLAGS.map((key) => [key, flag])) }));
  const users = USERS.map((targetingKey) => ({ targetingKey }));
  return {
    name: "flagd-core",
    isOn: (index, user) => subject.resolveBooleanEvaluation(FLAGS[index]!, false, users[user]!).value,
  };
}

async function unleash(): Promise<Contestant> {
  const data = FLAGS.map((name) => ({
    ...{ name, type: "release", enabled: true, project: "default", stale: false, impressionData: false },
    strategies: [
      {
        ...{ name: "flexibleRollout", constraints: [] },
        parameters: { rollout: "50", stickiness: "userId", groupId: name },
      },
    ],
    variants: [],
  }));
  const subject = new Unleash({
    ...{ appName: "bench", url: "http://127.0.0.1:1/", refreshInterval: 0, disableMetrics: true },
    ...{ bootstrap: { data }, storageProvider: new InMemStorageProvider(), skipInstanceCountWarning: true },
  });
  // There is no server, and none is needed.
  subject.on("error", () => {});
  subject.on("warn", () => {});
  await new Promise<void>((resolve) => subject.once("ready", resolve));
  const users = USERS.map((userId) => ({ userId }));
  return {
    name: "unleash-client",
    isOn: (flag, user) => subject.isEnabled(FLAGS[flag]!, users[user]!),
    close: () => subject.destroy(),
  };
}
