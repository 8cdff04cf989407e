import { randomBytes } from "node:crypto";
import { type Channel, HaggleError, refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { type Database, Overtaken, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Audit } from "../audit/service.ts";
import { type Gates, type Metrics, parseGates } from "../metrics/service.ts";
import { type ChannelChange, firstRelease, type Releases } from "../releases/service.ts";
import { armsOf } from "./arms.ts";
import { measureRollout } from "./evidence.ts";
import { FULL_BP, obey, type Step, type Verb, weightOf } from "./machine.ts";
import { createSchedule } from "./schedule.ts";
import type { RolloutRow } from "./store.ts";
import * as store from "./store.ts";
import { type Asker, createTransitions, progressOf, TOPIC } from "./transitions.ts";

export type { Assigned, Assignments, Override, Wish } from "./assignment.ts";
export type { Shopper, Units } from "./unit.ts";

export type Rollouts = ReturnType<typeof createRollouts>;

export type NewRollout = {
  channel: string;
  to: string;
  /** Whether a release that is not newer than the channel's is meant. */
  older?: boolean | undefined;
  steps?: Step[] | undefined;
  gates?: object | undefined;
};

/** One that may start, as it was when it was looked at. */
export type CheckedRollout = NewRollout & {
  /** What the channel gave everybody. */
  from: string;
  /** Of the new release. */
  version: number;
  steps: Step[];
  gates: Gates;
};

/** Where a rollout was when somebody wanted something of it. */
export type Seen = { step: number; revision: number };

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

  /**
   * Asks nothing but the transaction: whoever holds a connection and waits for another one may wait for himself.
   *
   * @returns the id
   */
  async function startIn(
    tx: Queryable,
    { channel, to, steps, gates, from, version: newVersion }: CheckedRollout,
    asker: Asker,
  ): Promise<string> {
    const now = clock();
    const row: RolloutRow = {
      id: `rol_${randomBytes(12).toString("base64url")}`,
      channel,
      fromRelease: from,
      toRelease: to,
      seed: to,
      steps,
      gates,
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
      blocked: null,
    };
    const begun = armsOf(row, steps[0]!.weightBp);
    await releases.carryPrices(tx, channel, begun);
    // Before the channel's row: who holds that never waits for a rollout's.
    if (!(await store.insertRollout(tx, row))) throw refuse("SERVER_ROLLOUT_LIVE", "channel", channel);
    const change = ({ arms, off, minRelease }: Channel): ChannelChange => {
      const isWhole = arms.length === 1 && arms[0]!.release === from;
      if (!isWhole) throw refuse("SERVER_ROLLOUT_SUPERSEDED", "channel.arms", arms[0]?.release);
      if (off.releases.includes(to) || newVersion < minRelease) {
        throw refuse("SERVER_ROLLOUT_REFUSED", "to", to);
      }
      return { arms: begun };
    };
    const { version } = await releases.changeChannel(tx, change, channel);
    const started = { ...row, channelVersion: version };
    await Promise.all([
      store.updateRollout(tx, started),
      tell(tx, started, { cause: "start", at: now }, asker),
    ]);
    return row.id;
  }

  /** Whether it may start now, before anything is written. */
  async function checkStart(wanted: NewRollout): Promise<CheckedRollout> {
    const { channel, to, older, steps = [...DEFAULT_STEPS] } = wanted;
    const gates = parseGates(wanted.gates);
    checkSteps(steps);
    const live = releases.find(channel);
    if (live === undefined) {
      // One whose newest document this process has refused is not one that has none.
      const isThere = await releases.hasHead(channel);
      throw refuse(isThere ? "SERVER_NO_RELEASE" : "SERVER_UNKNOWN_CHANNEL", "channel", channel);
    }
    const from = firstRelease(live.channel.arms);
    if (from === undefined || from === to) throw refuse("SERVER_ROLLOUT_REFUSED", "to", to);
    const version = await getVersion(to, channel);
    // One that is switched off has none: whatever comes after it is better.
    const stable =
      from === live.release ? live.engine.version : await getVersion(from, channel).catch(() => 0);
    if (version <= stable && !older) throw refuse("SERVER_ROLLOUT_OLDER", "to", version);
    return { ...wanted, from, version, steps, gates };
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
  async function actIn(tx: Queryable, id: string, verb: Verb, asker: Asker, seen?: Seen): Promise<void> {
    const before = await store.findRow(tx, id);
    const wanted = before && obey(progressOf(before), verb);
    if (wanted !== undefined) await transitions.carryPrices(tx, before!, wanted);
    const row = await store.lockRollout(tx, id);
    if (row === undefined) throw refuse("SERVER_UNKNOWN_ROLLOUT", "id", id);
    if (row.revision !== before?.revision) throw new Overtaken();
    // What somebody wanted of another step, or before somebody stopped it, is not wanted of this one.
    if (seen !== undefined && (seen.step !== row.step || seen.revision !== row.revision)) {
      throw refuse("SERVER_ROLLOUT_STATE", "revision", row.revision);
    }
    const due = obey(progressOf(row), verb);
    if (due === undefined) throw refuse("SERVER_ROLLOUT_STATE", "state", row.state);
    await move(tx, row, due, asker);
  }

  /** After a commit: this process serves what it says. What fails now has happened all the same, and polling finds it. */
  async function settle(): Promise<void> {
    try {
      await Promise.all([releases.refresh(), refresh()]);
    } catch (cause) {
      log.warn({ err: cause }, "what was committed is served later");
    }
  }

  async function refresh(): Promise<void> {
    const rows = await store.listLive(database);
    current = new Map(rows.map((row) => [row.channel, row]));
  }

  async function get(id: string, db: Queryable = database) {
    const found = await store.findRollout(db, id);
    if (found === undefined) throw refuse("SERVER_UNKNOWN_ROLLOUT", "id", id);
    return { ...present(found.row), history: found.history };
  }

  return {
    checkStart,
    startIn,
    actIn,
    /** @throws HaggleError SERVER_ROLLOUT_*, SERVER_UNKNOWN_CHANNEL, SERVER_UNKNOWN_RELEASE, and what signing throws */
    async start(checked: CheckedRollout, asker: Asker) {
      const rollout = await database.transaction(async (tx) => get(await startIn(tx, checked, asker), tx));
      await settle();
      return rollout;
    },
    async act(id: string, verb: Verb, asker: Asker) {
      const rollout = await database.transaction(async (tx) => {
        await actIn(tx, id, verb, asker);
        return get(id, tx);
      });
      await settle();
      return rollout;
    },
    get: (id: string) => get(id),
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
    /** Whether one of them cannot go on, as this process last saw it. */
    isBlocked: (): boolean => [...current.values()].some(({ blocked }) => blocked !== null),
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
  const { fromRelease, toRelease, approvedStep, endedAt, judgement, judgedAt, blocked, ...rest } = row;
  return {
    ...rest,
    from: fromRelease,
    to: toRelease,
    weightBp: weightOf(row.steps, row),
    ...(endedAt !== null && { endedAt }),
    ...(judgement !== null && { judgement, judgedAt }),
    ...(blocked !== null && { blocked }),
  };
}
