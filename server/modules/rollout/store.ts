import type { Queryable } from "../../platform/database/database.ts";
import type { Judgement } from "../metrics/service.ts";
import type { Cause, RolloutState, Step } from "./machine.ts";

export type RolloutRow = {
  id: string;
  channel: string;
  fromRelease: string;
  toRelease: string;
  seed: string;
  steps: Step[];
  gates: object;
  state: RolloutState;
  step: number;
  stepAt: number;
  soakFrom: number;
  approvedStep: number | null;
  revision: number;
  channelVersion: number;
  startedAt: number;
  endedAt: number | null;
  judgement: Judgement | null;
  judgedAt: number | null;
  /** The code of why the last look could not do what was due. */
  blocked: string | null;
};

export type TransitionRow = {
  number: number;
  at: number;
  cause: Cause;
  state: RolloutState;
  step: number;
  weightBp: number;
  actor: { id: string; name: string };
  reason: string | null;
  judgement: Judgement | null;
  channelVersion: number;
};

const COLUMNS = `id, channel, from_release "fromRelease", to_release "toRelease", seed, steps, gates, state, step,
  step_at "stepAt", soak_from "soakFrom", approved_step "approvedStep", revision, channel_version "channelVersion",
  started_at "startedAt", ended_at "endedAt", judgement, judged_at "judgedAt", blocked`;
const IS_LIVE = "state in ('running', 'paused', 'awaiting_approval')";

/** @returns false when the channel has a live one already */
export async function insertRollout(db: Queryable, row: RolloutRow): Promise<boolean> {
  const inserted = await db.query(
    `insert into rollouts (id, channel, from_release, to_release, seed, steps, gates, state, step, step_at, soak_from,
       channel_version, started_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (tenant_id, channel) where ${IS_LIVE} do nothing returning id`,
    [
      row.id,
      row.channel,
      row.fromRelease,
      row.toRelease,
      row.seed,
      JSON.stringify(row.steps),
      JSON.stringify(row.gates),
      row.state,
      row.step,
      row.stepAt,
      row.soakFrom,
      row.channelVersion,
      row.startedAt,
    ],
  );
  return inserted.length > 0;
}

/** As it is, held by nobody. */
export async function findRow(db: Queryable, id: string): Promise<RolloutRow | undefined> {
  const rows = await db.query<RolloutRow>(`select ${COLUMNS} from rollouts where id = $1`, [id]);
  return rows[0];
}

/** The row, held until the transaction ends; whoever holds it changes the channel next, never the other way round. */
export async function lockRollout(db: Queryable, id: string): Promise<RolloutRow | undefined> {
  const rows = await db.query<RolloutRow>(`select ${COLUMNS} from rollouts where id = $1 for update`, [id]);
  return rows[0];
}

/** The live rollout of a channel, held likewise. */
export async function lockLive(db: Queryable, channel: string): Promise<RolloutRow | undefined> {
  const rows = await db.query<RolloutRow>(
    `select ${COLUMNS} from rollouts where channel = $1 and ${IS_LIVE} for update`,
    [channel],
  );
  return rows[0];
}

/** Undefined when it has gone on since, or somebody else is at it. */
export async function lockRevision(
  db: Queryable,
  id: string,
  revision: number,
): Promise<RolloutRow | undefined> {
  const rows = await db.query<RolloutRow>(
    `select ${COLUMNS} from rollouts where id = $1 and revision = $2 for update skip locked`,
    [id, revision],
  );
  return rows[0];
}

export function listLive(db: Queryable): Promise<RolloutRow[]> {
  return db.query<RolloutRow>(`select ${COLUMNS} from rollouts where ${IS_LIVE} order by channel`);
}

/** How many there are of each state, of those that have not ended. */
export async function countLive(db: Queryable): Promise<{ state: string; count: number }[]> {
  return db.query(`select state, count(*) as count from rollouts where ${IS_LIVE} group by state`);
}

export async function findLive(db: Queryable, channel: string): Promise<RolloutRow | undefined> {
  const rows = await db.query<RolloutRow>(
    `select ${COLUMNS} from rollouts where channel = $1 and ${IS_LIVE}`,
    [channel],
  );
  return rows[0];
}

/** With all that became of it, in order; read at one moment. */
export async function findRollout(
  db: Queryable,
  id: string,
): Promise<{ row: RolloutRow; history: TransitionRow[] } | undefined> {
  const rows = await db.query<RolloutRow & { history: TransitionRow[] }>(
    `select ${COLUMNS}, (
       select json_agg(json_build_object('number', number, 'at', at, 'cause', cause, 'state', t.state, 'step', t.step,
         'weightBp', weight_bp, 'actor', json_build_object('id', actor_id, 'name', actor_name), 'reason', reason,
         'judgement', t.judgement, 'channelVersion', t.channel_version) order by number)
       from rollout_transitions t where rollout_id = id
     ) history from rollouts where id = $1`,
    [id],
  );
  const [found] = rows;
  if (found === undefined) return undefined;
  const { history, ...row } = found;
  return { row, history };
}

/** When a step began, as its transition says; undefined for one that did not. */
export async function findStepBegin(db: Queryable, id: string, step: number): Promise<number | undefined> {
  const [row] = await db.query<{ at: number | null }>(
    "select min(at) at from rollout_transitions where rollout_id = $1 and step = $2",
    [id, step],
  );
  return row?.at ?? undefined;
}

/** Newest first. */
export function listRollouts(
  db: Queryable,
  { channel, before, limit }: { channel: string | null; before: number; limit: number },
): Promise<RolloutRow[]> {
  return db.query<RolloutRow>(
    `select ${COLUMNS} from rollouts where ($1::text is null or channel = $1) and started_at < $2
     order by started_at desc limit $3`,
    [channel, before, limit],
  );
}

/** To be called by whoever holds the row. What moves is not blocked. */
export async function updateRollout(db: Queryable, row: RolloutRow): Promise<void> {
  await db.query(
    `update rollouts set state = $2, step = $3, step_at = $4, soak_from = $5, approved_step = $6, revision = $7,
       channel_version = $8, ended_at = $9, blocked = null where id = $1`,
    [
      row.id,
      row.state,
      row.step,
      row.stepAt,
      row.soakFrom,
      row.approvedStep,
      row.revision,
      row.channelVersion,
      row.endedAt,
    ],
  );
}

/** What was seen last, for people; nothing is decided by it, so it waits for nobody who holds the row. */
export async function noteJudgement(
  db: Queryable,
  { id, revision }: Pick<RolloutRow, "id" | "revision">,
  judgement: Judgement,
  now: number,
): Promise<void> {
  await db.query(
    `update rollouts set judgement = $3, judged_at = $4
     where id = (select id from rollouts where id = $1 and revision = $2 for update skip locked)`,
    [id, revision, JSON.stringify(judgement), now],
  );
}

/** For people, as well. */
export async function noteBlocked(db: Queryable, id: string, code: string | null): Promise<void> {
  await db.query(
    "update rollouts set blocked = $2 where id = (select id from rollouts where id = $1 for update skip locked)",
    [id, code],
  );
}

export async function insertTransition(db: Queryable, rolloutId: string, row: TransitionRow): Promise<void> {
  await db.query(
    `insert into rollout_transitions (rollout_id, number, at, cause, state, step, weight_bp, actor_id, actor_name,
       reason, judgement, channel_version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      rolloutId,
      row.number,
      row.at,
      row.cause,
      row.state,
      row.step,
      row.weightBp,
      row.actor.id,
      row.actor.name,
      row.reason,
      row.judgement && JSON.stringify(row.judgement),
      row.channelVersion,
    ],
  );
}
