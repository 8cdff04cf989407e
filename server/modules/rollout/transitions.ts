import { type Channel, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import type { Judgement } from "../metrics/service.ts";
import type { ChannelChange, Releases } from "../releases/service.ts";
import { armsOf, hasArms } from "./arms.ts";
import { advance, isLive, type Progress, type Transition, weightOf } from "./machine.ts";
import { insertTransition, type RolloutRow, updateRollout } from "./store.ts";

export type Transitions = ReturnType<typeof createTransitions>;

/** Who wants something, why, and in which request. */
export type Asker = { actor: Actor; reason?: string | undefined; requestId?: string | undefined };

type Dependencies = {
  database: Database;
  releases: Pick<Releases, "carryPrices" | "changeChannel">;
  audit: Audit;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

/** What changed in the rollouts' table, whatever it was. */
export const TOPIC = "rollout";
const MAX_REASON_CHARACTERS = 500;

/** What a rollout's end or turn is called in events: the same words as its states, and four more. */
const EVENTS = { start: "started", soaked: "advanced", resume: "resumed", approve: "approved" } as const;

/** Writes a transition with all that belongs to it, in the transaction of whoever holds the rollout's row. */
export function createTransitions({ database, releases, audit, outbox, clock }: Dependencies) {
  /**
   * Lets prices in force be those of what a transition gives. Before the rollout's row is held: the kill of a release waits
   * for that one. Where nothing comes of the transition, the next prices name less again.
   */
  async function carryPrices(tx: Queryable, row: RolloutRow, transition: Transition): Promise<void> {
    const weight = weightOf(row.steps, transition);
    if (weight !== weightOf(row.steps, row)) await releases.carryPrices(tx, row.channel, armsOf(row, weight));
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
    const turn = (channelVersion: number) =>
      advanceRow(tx, row, transition, { ...asker, judgement, channelVersion });
    if (weight === before) return turn(row.channelVersion);
    const change = (channel: Channel): ChannelChange => {
      if (!hasArms(channel, armsOf(row, before))) {
        throw refuse("SERVER_ROLLOUT_SUPERSEDED", "channel.version", channel.version);
      }
      // Back to what was killed is no way back: nobody would be priced. People decide.
      if (weight === 0 && channel.off.releases.includes(row.fromRelease)) {
        throw refuse("ENGINE_RELEASE_OFF", "channel.off.releases", row.fromRelease);
      }
      return { arms: armsOf(row, weight) };
    };
    await releases.changeChannel(tx, change, row.channel, ({ version }) => turn(version));
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
    await Promise.all([updateRollout(tx, next), tell(tx, next, { ...transition, at: now }, asker, row)]);
  }

  /**
   * In this order: the history, the hint, the event and, last because it holds the end of a chain, the audit record. `at`
   * is the time that the row has for it: the next step's soak is counted from there.
   */
  async function tell(
    tx: Queryable,
    row: RolloutRow,
    { cause, at }: Pick<Transition, "cause"> & { at: number },
    { actor, reason, requestId, judgement }: Asker & { judgement?: Judgement | undefined },
    before?: RolloutRow,
  ): Promise<void> {
    const { id, channel, state, step, revision, channelVersion, fromRelease, toRelease } = row;
    const weightBp = weightOf(row.steps, row);
    const why = (reason ?? reasonOf(judgement))?.slice(0, MAX_REASON_CHARACTERS);
    const data = { channel, from: fromRelease, to: toRelease, state, step, weightBp, cause, channelVersion };
    const type = state === "running" ? EVENTS[cause as keyof typeof EVENTS] : state;
    await Promise.all([
      insertTransition(tx, id, {
        number: revision,
        at,
        cause,
        state,
        step,
        weightBp,
        actor: { id: actor.id, name: actor.name },
        reason: why ?? null,
        judgement: judgement ?? null,
        channelVersion,
      }),
      notify(tx, TOPIC, database.tenant),
      outbox.emit(tx, {
        type: `rollout.${type}`,
        subject: id,
        data: { ...data, ...(why !== undefined && { reason: why }) },
      }),
      audit.record(tx, {
        actor,
        action: `rollout.${cause}`,
        object: `rollout:${id}`,
        ...(before && {
          before: { state: before.state, step: before.step, weightBp: weightOf(before.steps, before) },
        }),
        after: data,
        ...(why !== undefined && { note: why }),
        ...(requestId !== undefined && { requestId }),
      }),
    ]);
  }

  return { carryPrices, move, advanceRow, tell };
}

export function progressOf({ state, step, stepAt, soakFrom, approvedStep }: RolloutRow): Progress {
  return { state, step, stepAt, soakFrom, ...(approvedStep !== null && { approvedStep }) };
}

function toColumns({ approvedStep, ...progress }: Progress) {
  return { ...progress, approvedStep: approvedStep ?? null };
}

/** Of the gates that failed, for the audit log and whoever is woken by it. */
function reasonOf(judgement: Judgement | undefined): string | undefined {
  const failed = judgement?.gates.filter(({ verdict }) => verdict === "fail") ?? [];
  return failed.length === 0 ? undefined : failed.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
}
