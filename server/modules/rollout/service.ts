import { randomBytes } from "node:crypto";
import { type Channel, HaggleError, refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Audit } from "../audit/service.ts";
import { type Metrics, parseGates } from "../metrics/service.ts";
import type { ChannelChange, Releases } from "../releases/service.ts";
import { armsOf } from "./arms.ts";
import { measureRollout } from "./evidence.ts";
import { FULL_BP, obey, type Step, type Verb, weightOf } from "./machine.ts";
import { createSchedule } from "./schedule.ts";
import type { RolloutRow } from "./store.ts";
import * as store from "./store.ts";
import { type Asker, createTransitions, progressOf, TOPIC } from "./transitions.ts";

export type { Assigned, Assignments, Override, Wish } from "./assignment.ts";
export type { Units } from "./unit.ts";

export type Rollouts = ReturnType<typeof createRollouts>;

export type NewRollout = {
  channel: string;
  to: string;
  /** Whether a release that is not newer than the channel's is meant. */
  older?: boolean | undefined;
  steps?: Step[] | undefined;
  gates?: object | undefined;
};

type Dependencies = {
  database: Database;
  releases: Releases;
  metrics: Pick<Metrics, "judge" | "summarise">;
  audit: Audit;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
  log: Logger;
};

/** What another server began is known here after a hint, and after this at the latest. */
const POLL_MS = 2_000;
const PAGE = 50;

const HOUR_MS = 3_600_000;
/** At 0.1 % nothing passes below 3,000 samples, whatever a step says. */
const DEFAULT_STEPS: readonly Step[] = [100, 500, 2_500, 5_000, FULL_BP].map((weightBp) => ({
  weightBp,
  soakMs: HOUR_MS,
  minSamples: 3_000,
}));

/**
 * Moves channels from one release to another by steps. The row in the database is the rollout: whoever holds it changes
 * the channel document, the history, the audit log and the outbox with it, in one transaction or not at all.
 */
export function createRollouts(dependencies: Dependencies) {
  const { database, releases, metrics, audit, outbox, clock, log } = dependencies;
  /** The live rollouts as this process last saw them: says of whom an evaluation is told. */
  let current = new Map<string, RolloutRow>();
  const transitions = createTransitions({ database, releases, audit, outbox, clock });
  const { move, advanceRow, tell } = transitions;
  const schedule = createSchedule({ database, releases, metrics, transitions, settle, clock, log });

  /** @returns the id */
  async function startIn(
    tx: Queryable,
    { channel, to, older, steps = [...DEFAULT_STEPS], gates }: NewRollout,
    asker: Asker,
  ): Promise<string> {
    const from = await checkStart({ channel, to, older, steps });
    const now = clock();
    const row: RolloutRow = {
      id: `rol_${randomBytes(12).toString("base64url")}`,
      channel,
      fromRelease: from,
      toRelease: to,
      seed: to,
      steps,
      gates: parseGates(gates),
      state: "running",
      step: 0,
      stepAt: now,
      soakFrom: now,
      approvedStep: null,
      revision: 1,
      channelVersion: 0,
      startedAt: now,
      endedAt: null,
      judgement: null,
      judgedAt: null,
    };
    // Before the channel's row: who holds that never waits for a rollout's.
    if (!(await store.insertRollout(tx, row))) throw refuse("SERVER_ROLLOUT_LIVE", "channel", channel);
    const change = ({ arms }: Channel): ChannelChange => {
      const isWhole = arms.length === 1 && arms[0]!.release === from;
      if (!isWhole) throw refuse("SERVER_ROLLOUT_SUPERSEDED", "channel.arms", arms[0]?.release);
      return { arms: armsOf(row, steps[0]!.weightBp) };
    };
    const { version } = await releases.changeChannel(tx, change, channel);
    const started = { ...row, channelVersion: version };
    await store.updateRollout(tx, started);
    await tell(tx, started, { state: "running", step: 0, cause: "start" }, asker);
    return row.id;
  }

  /** Resolves with the release that it starts from. */
  async function checkStart({ channel, to, older, steps = [] }: NewRollout): Promise<string> {
    checkSteps(steps);
    const live = releases.find(channel);
    if (live === undefined) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", channel);
    const from = live.channel.arms.find(({ range }) => range[0] === 0)?.release;
    if (from === undefined || from === to) throw refuse("SERVER_ROLLOUT_REFUSED", "to", to);
    const version = await getVersion(to, channel);
    // One that is switched off has none: whatever comes after it is better.
    const stable =
      from === live.release ? live.engine.version : await getVersion(from, channel).catch(() => 0);
    if (version <= stable && !older) throw refuse("SERVER_ROLLOUT_OLDER", "to", version);
    return from;
  }

  /** Refused here with the registry's, the engine's or the profile's own reason. */
  async function getVersion(release: string, channel: string): Promise<number> {
    try {
      return (await releases.getEngine(release, channel)).version;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || /^SERVER_/.test(cause.code)) throw cause;
      throw new HaggleError("SERVER_ROLLOUT_REFUSED", `The release cannot be rolled out: ${cause.message}`, {
        at: "to",
        value: release,
        cause,
      });
    }
  }

  /** @throws HaggleError SERVER_UNKNOWN_ROLLOUT, SERVER_ROLLOUT_STATE, SERVER_ROLLOUT_SUPERSEDED, and what signing throws */
  async function actIn(tx: Queryable, id: string, verb: Verb, asker: Asker): Promise<void> {
    const row = await store.lockRollout(tx, id);
    if (row === undefined) throw refuse("SERVER_UNKNOWN_ROLLOUT", "id", id);
    const due = obey(progressOf(row), verb);
    if (due === undefined) throw refuse("SERVER_ROLLOUT_STATE", "state", row.state);
    await move(tx, row, due, asker);
  }

  /** After a commit: this process serves what it says. */
  async function settle(): Promise<void> {
    await Promise.all([releases.refresh(), refresh()]);
  }

  async function refresh(): Promise<void> {
    const rows = await store.listLive(database);
    current = new Map(rows.map((row) => [row.channel, row]));
  }

  async function get(id: string) {
    const found = await store.findRollout(database, id);
    if (found === undefined) throw refuse("SERVER_UNKNOWN_ROLLOUT", "id", id);
    return { ...present(found.row), history: found.history };
  }

  return {
    startIn,
    actIn,
    /** @throws HaggleError SERVER_ROLLOUT_*, SERVER_UNKNOWN_CHANNEL, SERVER_UNKNOWN_RELEASE, and what signing throws */
    async start(wanted: NewRollout, asker: Asker) {
      const id = await database.transaction((tx) => startIn(tx, wanted, asker));
      await settle();
      return get(id);
    },
    async act(id: string, verb: Verb, asker: Asker) {
      await database.transaction((tx) => actIn(tx, id, verb, asker));
      await settle();
      return get(id);
    },
    get,
    measure: (id: string) => measureRollout({ database, metrics }, id),
    advanceRow,
    settle,
    /** Newest first, below `before`. */
    async list({ channel, before = Number.MAX_SAFE_INTEGER }: { channel?: string; before?: number }) {
      const rows = await store.listRollouts(database, { channel: channel ?? null, before, limit: PAGE });
      const last = rows.at(-1);
      return { rollouts: rows.map(present), ...(rows.length === PAGE && { next: last!.startedAt }) };
    },
    /** How many of those that have not ended are in which state. */
    async countLive(): Promise<[state: string, count: number][]> {
      return (await store.countLive(database)).map(({ state, count }) => [state, count]);
    },
    /** The live rollout of a channel as this process last saw it, which may be a moment ago. */
    findCurrent: (channel: string): RolloutRow | undefined => current.get(channel),
    /** The same as the database has it now. */
    findLive: (channel: string): Promise<RolloutRow | undefined> => store.findLive(database, channel),
    /** Follows what others do, and with `ticks` makes steps that are due. Returns what ends it. */
    async watch({ ticks }: { ticks: boolean }): Promise<() => Promise<void>> {
      const follow = () => void refresh().catch((cause: unknown) => schedule.complain(undefined, cause));
      const unlisten = database.listen(TOPIC, follow);
      const polling = setInterval(follow, POLL_MS);
      await refresh();
      const stop = ticks ? schedule.watch() : undefined;
      return async () => {
        unlisten();
        clearInterval(polling);
        await stop?.();
      };
    },
  };
}

/** @throws HaggleError SERVER_ROLLOUT_STEPS */
function checkSteps(steps: readonly Step[]): void {
  steps.forEach(({ weightBp }, index) => {
    if (weightBp > (steps[index - 1]?.weightBp ?? 0)) return;
    throw refuse("SERVER_ROLLOUT_STEPS", `steps[${index}].weightBp`, weightBp);
  });
  const last = steps.at(-1)?.weightBp;
  if (last !== FULL_BP) throw refuse("SERVER_ROLLOUT_STEPS", `steps[${steps.length - 1}].weightBp`, last);
}

/** A rollout as people and programs see it. */
function present(row: RolloutRow) {
  const { revision, fromRelease, toRelease, approvedStep, endedAt, judgement, judgedAt, ...rest } = row;
  return {
    ...rest,
    from: fromRelease,
    to: toRelease,
    weightBp: weightOf(row.steps, row),
    ...(endedAt !== null && { endedAt }),
    ...(judgement !== null && { judgement, judgedAt }),
  };
}
