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
 * or with a key that he made, through any number of keys between. Whoever makes or rotates a key has seen it. One of those who decide at once gets the
 * row, and holds it until its transaction ends.
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
     )
     update approvals set state = $2, decided_by = $3, decided_name = $4, decided_at = $5, reason = $6
     where id = $1 and state = 'pending' and expires_at > $5 and ($2 = 'declined' or (requested_by <> $3
       and not exists (select from made where (actor, maker) in ((requested_by, $3), ($3, requested_by)))))
     returning ${APPROVAL}`,
    [id, state, by, name, now, reason],
  );
  return row;
}
