import { randomBytes } from "node:crypto";
import { type Channel, HaggleError, refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { type Actor, SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import { type Judgement, type Metrics, parseGates } from "../metrics/service.ts";
import type { ChannelChange, Releases } from "../releases/service.ts";
import { armsOf, hasArms } from "./arms.ts";
import { measureRollout, questionOf } from "./evidence.ts";
import {
  advance,
  decide,
  type Evidence,
  FULL_BP,
  isLive,
  obey,
  type Progress,
  type Step,
  type Transition,
  type Verb,
  weightOf,
} from "./machine.ts";
import type { RolloutRow } from "./store.ts";
import * as store from "./store.ts";

export type Rollouts = ReturnType<typeof createRollouts>;

/** Who wants something, why, and in which request. */
export type Asker = { actor: Actor; reason?: string | undefined; requestId?: string | undefined };

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

/** How often the gates are looked at. */
export const TICK_MS = 10_000;
/** How often to see whether that time has come; the clock may be a test's. */
const CHECK_MS = 250;
/** What another server began is known here after a hint, and after this at the latest. */
const POLL_MS = 2_000;
const TOPIC = "rollout";
const PAGE = 50;
const MAX_REASON_CHARACTERS = 500;

const HOUR_MS = 3_600_000;
/** At 0.1 % nothing passes below 3,000 samples, whatever a step says. */
export const DEFAULT_STEPS: readonly Step[] = [100, 500, 2_500, 5_000, FULL_BP].map((weightBp) => ({
  weightBp,
  soakMs: HOUR_MS,
  minSamples: 3_000,
}));

/** What a rollout's end or turn is called in events: the same words as its states, and four more. */
const EVENTS = { start: "started", soaked: "advanced", resume: "resumed", approve: "approved" } as const;

/**
 * Moves channels from one release to another by steps. The row in the database is the rollout: whoever holds it changes
 * the channel document, the history, the audit log and the outbox with it, in one transaction or not at all.
 */
export function createRollouts(dependencies: Dependencies) {
  const { database, releases, metrics, audit, outbox, clock, log } = dependencies;
  /** The live rollouts as this process last saw them: says of whom an evaluation is told. */
  let current = new Map<string, RolloutRow>();
  const told = new Map<string, string>();
  let tickedAt: number | undefined;
  let running: Promise<void> | undefined;

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

  /** The transition with all that belongs to it. The caller holds the row. */
  async function move(
    tx: Queryable,
    row: RolloutRow,
    transition: Transition,
    asker: Asker,
    judgement?: Judgement,
  ): Promise<void> {
    const before = weightOf(row.steps, row);
    const weight = weightOf(row.steps, transition);
    let { channelVersion } = row;
    if (weight !== before) {
      const change = (channel: Channel): ChannelChange => {
        if (!hasArms(channel, armsOf(row, before))) {
          throw refuse("SERVER_ROLLOUT_SUPERSEDED", "channel.version", channel.version);
        }
        return { arms: armsOf(row, weight) };
      };
      channelVersion = (await releases.changeChannel(tx, change, row.channel)).version;
    }
    await advanceRow(tx, row, transition, { ...asker, judgement, channelVersion });
  }

  /** All of a transition but the channel document, which the caller has made. */
  async function advanceRow(
    tx: Queryable,
    row: RolloutRow,
    transition: Transition,
    asker: Asker & { judgement?: Judgement | undefined; channelVersion: number },
  ): Promise<void> {
    const now = clock();
    const next: RolloutRow = {
      ...row,
      ...toColumns(advance(progressOf(row), transition, now)),
      revision: row.revision + 1,
      channelVersion: asker.channelVersion,
      endedAt: isLive(transition.state) ? null : now,
    };
    await store.updateRollout(tx, next);
    await tell(tx, next, transition, asker, row);
  }

  /** The history, the hint, the event and, last because it holds the end of a chain, the audit record. */
  async function tell(
    tx: Queryable,
    row: RolloutRow,
    { cause }: Transition,
    { actor, reason, requestId, judgement }: Asker & { judgement?: Judgement | undefined },
    before?: RolloutRow,
  ): Promise<void> {
    const { id, channel, state, step, revision, channelVersion, fromRelease, toRelease } = row;
    const weightBp = weightOf(row.steps, row);
    const why = (reason ?? reasonOf(judgement))?.slice(0, MAX_REASON_CHARACTERS);
    await store.insertTransition(tx, id, {
      number: revision,
      at: clock(),
      cause,
      state,
      step,
      weightBp,
      actor: { id: actor.id, name: actor.name },
      reason: why ?? null,
      judgement: judgement ?? null,
      channelVersion,
    });
    await notify(tx, TOPIC, database.tenant);
    const data = { channel, from: fromRelease, to: toRelease, state, step, weightBp, cause, channelVersion };
    const type = state === "running" ? EVENTS[cause as keyof typeof EVENTS] : state;
    await outbox.emit(tx, {
      type: `rollout.${type}`,
      subject: id,
      data: { ...data, ...(why !== undefined && { reason: why }) },
    });
    await audit.record(tx, {
      actor,
      action: `rollout.${cause}`,
      object: `rollout:${id}`,
      ...(before && {
        before: { state: before.state, step: before.step, weightBp: weightOf(before.steps, before) },
      }),
      after: data,
      ...(why !== undefined && { note: why }),
      ...(requestId !== undefined && { requestId }),
    });
  }

  /** Looks at each live rollout once; what fails for one does not keep the others. Never rejects. */
  function tick(): Promise<void> {
    running ??= lookAtAll()
      .catch((cause: unknown) => complain(undefined, cause))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function lookAtAll(): Promise<void> {
    for (const row of await store.listLive(database)) {
      try {
        await look(row);
        told.delete(row.id);
      } catch (cause) {
        complain(row, cause);
      }
    }
    told.delete("");
  }

  async function look(row: RolloutRow): Promise<void> {
    if (isSuperseded(row)) return supersede(row);
    const judgement = await metrics.judge(questionOf(row));
    await store.noteJudgement(database, row, judgement, clock());
    const due = decide(row.steps, progressOf(row), evidenceOf(judgement), clock());
    if (due === undefined) return;
    try {
      await moveIfSame(row, due, judgement);
    } catch (cause) {
      if (!(cause instanceof HaggleError) || cause.code !== "SERVER_ROLLOUT_SUPERSEDED") throw cause;
      await supersede(row);
    }
  }

  /** Nothing where another process was there first. */
  async function moveIfSame(row: RolloutRow, due: Transition, judgement: Judgement): Promise<void> {
    const isDone = await database.transaction(async (tx) => {
      const locked = await store.lockRevision(tx, row.id, row.revision);
      if (locked === undefined) return false;
      await move(tx, locked, due, { actor: SYSTEM_ACTOR }, judgement);
      return true;
    });
    if (!isDone) return;
    const { cause, state, step } = due;
    log[cause === "gate" ? "error" : "info"]({ rollout: row.id, cause, state, step }, "the rollout goes on");
    await settle();
  }

  /** As far as this process knows the channel: an older document than the rollout's own says nothing. */
  function isSuperseded(row: RolloutRow): boolean {
    const live = releases.find(row.channel);
    if (live === undefined || live.version <= row.channelVersion) return false;
    return !hasArms(live.channel, armsOf(row, weightOf(row.steps, row)));
  }

  /** Somebody published over it: the channel is his, and stays as it is. */
  async function supersede(row: RolloutRow): Promise<void> {
    await database.transaction(async (tx) => {
      const locked = await store.lockRevision(tx, row.id, row.revision);
      const due = locked && obey(progressOf(locked), "supersede");
      if (due) await advanceRow(tx, locked, due, { actor: SYSTEM_ACTOR, channelVersion: row.channelVersion });
    });
    await settle();
  }

  /** Once for each reason that a rollout cannot go on for, until it goes on. */
  function complain(row: RolloutRow | undefined, cause: unknown): void {
    const code = cause instanceof HaggleError ? cause.code : "SERVER_INTERNAL";
    const key = row?.id ?? "";
    if (told.get(key) === code) return;
    told.set(key, code);
    log.error({ err: cause, code, ...(row && { rollout: row.id }) }, "a rollout cannot be looked at");
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
    tick,
    advanceRow,
    settle,
    /** Newest first, below `before`. */
    async list({ channel, before = Number.MAX_SAFE_INTEGER }: { channel?: string; before?: number }) {
      const rows = await store.listRollouts(database, { channel: channel ?? null, before, limit: PAGE });
      const last = rows.at(-1);
      return { rollouts: rows.map(present), ...(rows.length === PAGE && { next: last!.startedAt }) };
    },
    /** The live rollout of a channel as this process last saw it, which may be a moment ago. */
    /** How many of those that have not ended are in which state. */
    async countLive(): Promise<[state: string, count: number][]> {
      return (await store.countLive(database)).map(({ state, count }) => [state, count]);
    },
    findCurrent: (channel: string): RolloutRow | undefined => current.get(channel),
    /** The same as the database has it now. */
    findLive: (channel: string): Promise<RolloutRow | undefined> => store.findLive(database, channel),
    /** Ticks and follows until the returned function is called, which waits for what is under way. */
    /** Follows what others do, and with `ticks` makes steps that are due. Returns what ends it. */
    async watch({ ticks }: { ticks: boolean }): Promise<() => Promise<void>> {
      const follow = () => void refresh().catch((cause: unknown) => complain(undefined, cause));
      const unlisten = database.listen(TOPIC, follow);
      const polling = setInterval(follow, POLL_MS);
      const ticking = setInterval(() => {
        const now = clock();
        if (!ticks) return;
        if (tickedAt !== undefined && Math.abs(now - tickedAt) < TICK_MS) return;
        tickedAt = now;
        void tick();
      }, CHECK_MS);
      await refresh();
      return async () => {
        unlisten();
        clearInterval(polling);
        clearInterval(ticking);
        await running;
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

export function progressOf({ state, step, stepAt, soakFrom, approvedStep }: RolloutRow): Progress {
  return { state, step, stepAt, soakFrom, ...(approvedStep !== null && { approvedStep }) };
}

function toColumns({ approvedStep, ...progress }: Progress) {
  return { ...progress, approvedStep: approvedStep ?? null };
}

function evidenceOf({ verdict, samples, advice }: Judgement): Evidence {
  return { verdict, samples, advice };
}

/** Of the gates that failed, for the audit log and whoever is woken by it. */
function reasonOf(judgement: Judgement | undefined): string | undefined {
  const failed = judgement?.gates.filter(({ verdict }) => verdict === "fail") ?? [];
  return failed.length === 0 ? undefined : failed.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
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
