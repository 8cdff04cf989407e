import type { Queryable } from "../../platform/database/database.ts";

export type WinnerRow = { variant: string; decidedAt: number; actorId: string; actorName: string };

export async function findWinner(db: Queryable, experiment: string): Promise<WinnerRow | undefined> {
  const rows = await db.query<WinnerRow>(
    `select variant, decided_at "decidedAt", actor_id "actorId", actor_name "actorName"
     from experiment_winners where experiment = $1`,
    [experiment],
  );
  return rows[0];
}

export async function putWinner(
  db: Queryable,
  experiment: string,
  { variant, decidedAt, actorId, actorName }: WinnerRow,
): Promise<void> {
  await db.query(
    `insert into experiment_winners (experiment, variant, decided_at, actor_id, actor_name)
     values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, experiment) do update set variant = excluded.variant, decided_at = excluded.decided_at,
       actor_id = excluded.actor_id, actor_name = excluded.actor_name`,
    [experiment, variant, decidedAt, actorId, actorName],
  );
}
