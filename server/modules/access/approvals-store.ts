import type { Queryable } from "../../platform/database/database.ts";

export type ApprovalRow = {
  id: string;
  action: string;
  channel: string;
  payload: string;
  state: "pending" | "approved" | "declined";
  requestedBy: string;
  requestedName: string;
  requestedAt: number;
  expiresAt: number;
  decidedBy: string | null;
  decidedName: string | null;
  decidedAt: number | null;
  reason: string | null;
};

export type Decision = {
  id: string;
  state: "approved" | "declined";
  by: string;
  name: string;
  now: number;
  reason: string | null;
};

const APPROVAL = `id, action, channel, payload, state, requested_by as "requestedBy", requested_name as "requestedName",
  requested_at as "requestedAt", expires_at as "expiresAt", decided_by as "decidedBy", decided_name as "decidedName",
  decided_at as "decidedAt", reason`;

type Request = Pick<
  ApprovalRow,
  "id" | "action" | "channel" | "payload" | "requestedBy" | "requestedName" | "requestedAt" | "expiresAt"
>;

export async function insertApproval(db: Queryable, request: Request): Promise<void> {
  await db.query(
    `insert into approvals (id, action, channel, payload, requested_by, requested_name, requested_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      request.id,
      request.action,
      request.channel,
      request.payload,
      request.requestedBy,
      request.requestedName,
      request.requestedAt,
      request.expiresAt,
    ],
  );
}

export async function listApprovals(db: Queryable, limit: number): Promise<ApprovalRow[]> {
  return db.query<ApprovalRow>(`select ${APPROVAL} from approvals order by requested_at desc, id limit $1`, [
    limit,
  ]);
}

export async function findApproval(db: Queryable, id: string): Promise<ApprovalRow | undefined> {
  const [row] = await db.query<ApprovalRow>(`select ${APPROVAL} from approvals where id = $1`, [id]);
  return row;
}

/**
 * Undefined when it is not there, decided, expired, or the decider's own to approve: requested by him, by who made his key,
 * or with a key that he made, through any number of keys between, or by another key of the same person: the one that its
 * owner names, or who made it. Whoever makes or rotates a key has seen it. One of those who decide at once gets the row,
 * and holds it until its transaction ends.
 */
export async function decideApproval(
  db: Queryable,
  { id, state, by, name, now, reason }: Decision,
): Promise<ApprovalRow | undefined> {
  const [row] = await db.query<ApprovalRow>(
    `with recursive made (actor, maker) as (
       select actor_id, created_by from access_keys
       where actor_id = $3 or actor_id = (select requested_by from approvals where id = $1)
       union
       select made.actor, access_keys.created_by from made join access_keys on access_keys.actor_id = made.maker
     ), origins (actor, maker, owner) as (
       select distinct on (actor_id) actor_id, created_by, owner from access_keys order by actor_id, created_at, id
     ), lines (start, actor) as (
       select requested_by, requested_by from approvals where id = $1
       union select $3::text, $3::text
       union
       select lines.start, origins.maker from lines join origins on origins.actor = lines.actor and origins.owner is null
     ), people (start, owner, maker) as (
       select lines.start, origins.owner, case when origins.owner is null then lines.actor end
       from lines left join origins on origins.actor = lines.actor
       where origins.actor is null or origins.owner is not null
     )
     update approvals set state = $2, decided_by = $3, decided_name = $4, decided_at = $5, reason = $6
     where id = $1 and state = 'pending' and expires_at > $5 and ($2 = 'declined' or (requested_by <> $3
       and not exists (select from made where (actor, maker) in ((requested_by, $3), ($3, requested_by)))
       and not exists (select from people one, people other where one.start = requested_by and other.start = $3
         and (one.owner = other.owner or one.maker = other.maker))))
     returning ${APPROVAL}`,
    [id, state, by, name, now, reason],
  );
  return row;
}
