import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { Judgement, Metrics } from "../metrics/service.ts";
import type { Releases } from "../releases/service.ts";
import { armsOf, hasArms } from "./arms.ts";
import { questionOf } from "./evidence.ts";
import { decide, type Evidence, obey, type Transition, weightOf } from "./machine.ts";
import { listLive, lockRevision, noteBlocked, noteJudgement, type RolloutRow } from "./store.ts";
import { progressOf, type Transitions } from "./transitions.ts";

type Dependencies = {
  database: Database;
  releases: Pick<Releases, "find">;
  metrics: Pick<Metrics, "judge">;
  transitions: Transitions;
  /** After a commit. */
  settle: () => Promise<void>;
  clock: Clock;
  log: Logger;
};

/** How often the gates are looked at. */
const TICK_MS = 10_000;
/** How often to see whether that time has come; the clock may be a test's. */
const CHECK_MS = 250;

/** Looks at the gates of all live rollouts again and again, and does what is due: one step of each at most. */
export function createSchedule(dependencies: Dependencies) {
  const { database, releases, metrics, transitions, settle, clock, log } = dependencies;
  const told = new Map<string, string>();
  let tickedAt: number | undefined;
  let running: Promise<void> | undefined;

  /** Looks at each live rollout once; what fails for one does not keep the others. Never rejects. */
  function tick(): Promise<void> {
    running ??= lookAtAll()
      .catch((cause: unknown) => void complain(undefined, cause))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function lookAtAll(): Promise<void> {
    for (const row of await listLive(database)) {
      try {
        await look(row);
        told.delete(row.id);
        if (row.blocked !== null) await noteBlocked(database, row.id, null);
      } catch (cause) {
        const code = complain(row, cause);
        // A database that is away has its own warning.
        if (row.blocked !== code) await noteBlocked(database, row.id, code).catch(() => {});
      }
    }
    told.delete("");
  }

  async function look(row: RolloutRow): Promise<void> {
    if (isSuperseded(row)) return supersede(row);
    const judgement = await metrics.judge(await questionOf(database, row));
    await noteJudgement(database, row, judgement, clock());
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
      await transitions.carryPrices(tx, row, due);
      const locked = await lockRevision(tx, row.id, row.revision);
      if (locked === undefined) return false;
      await transitions.move(tx, locked, due, { actor: SYSTEM_ACTOR }, judgement);
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
      const locked = await lockRevision(tx, row.id, row.revision);
      const due = locked && obey(progressOf(locked), "supersede");
      if (due)
        await transitions.advanceRow(tx, locked, due, {
          actor: SYSTEM_ACTOR,
          channelVersion: row.channelVersion,
        });
    });
    await settle();
  }

  /** Once for each reason that a rollout cannot go on for, until it goes on. */
  function complain(row: RolloutRow | undefined, cause: unknown): string {
    const code = cause instanceof HaggleError ? cause.code : "SERVER_INTERNAL";
    const key = row?.id ?? "";
    if (told.get(key) === code) return code;
    told.set(key, code);
    log.error({ err: cause, code, ...(row && { rollout: row.id }) }, "a rollout cannot be looked at");
    return code;
  }

  return {
    complain,
    /** Until the returned function is called, which waits for what is under way. */
    watch(): () => Promise<void> {
      const ticking = setInterval(() => {
        // What comes due while one look takes its time is looked at behind it, and not ten seconds later.
        if (running !== undefined) return;
        const now = clock();
        if (tickedAt !== undefined && Math.abs(now - tickedAt) < TICK_MS) return;
        tickedAt = now;
        void tick();
      }, CHECK_MS);
      return async () => {
        clearInterval(ticking);
        await running;
      };
    },
  };
}

function evidenceOf({ verdict, samples, advice }: Judgement): Evidence {
  return { verdict, samples, advice };
}
