import { HaggleError } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import {
  type ApprovalRow,
  decideApproval,
  findApproval,
  insertApproval,
  listApprovals,
} from "./approvals-store.ts";
import { createId } from "./key-format.ts";
import type { By } from "./service.ts";

export type Approvals = ReturnType<typeof createApprovals>;

/** What somebody wants to do to a channel. The payload is JSON, and all that the executor gets. */
export type GatedChange = By & { action: string; payload: object; channel: string };

/** Who approved what whom. */
export type Approved = {
  requester: Pick<Actor, "id" | "name">;
  approver: Actor;
  requestId?: string | undefined;
};

/** Does what was approved in the transaction that says so. What it gives back is told to the approver. */
export type Executor = (
  tx: Queryable,
  payload: never,
  approved: Approved,
) => Promise<{ result?: object; afterCommit?: () => Promise<void> } | undefined>;

/** What takes too long for a transaction, and refuses what the executor would. */
export type Preparation = (payload: never) => Promise<void>;

export type ApprovalView = {
  id: string;
  action: string;
  channel: string;
  payload: unknown;
  state: "pending" | "approved" | "declined" | "expired";
  requestedBy: { id: string; name: string };
  requestedAt: number;
  expiresAt: number;
  decidedBy?: { id: string; name: string };
  decidedAt?: number;
  reason?: string;
};

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  /** Those on which nothing changes without a second person. Kills do not pass here. */
  channels: readonly string[];
  clock: Clock;
};

/** Whoever has not found a second person by then asks again, with the world as it is then. */
const LIFE_MS = 24 * 60 * 60 * 1000;
const MAX_LISTED = 200;
const MAX_PAYLOAD_CHARACTERS = 64 * 1024;

export function createApprovals({ database, audit, outbox, channels, clock }: Dependencies) {
  const executors = new Map<string, Executor>();
  const preparations = new Map<string, Preparation>();

  async function request({ actor, requestId, action, payload, channel }: GatedChange): Promise<string> {
    const text = JSON.stringify(payload);
    if (text.length > MAX_PAYLOAD_CHARACTERS) {
      throw new HaggleError("SERVER_BODY_TOO_LARGE", "Too large to wait for an approval", {
        value: text.length,
      });
    }
    if (!executors.has(action)) throw new TypeError(`nobody can execute ${action}`);
    const id = createId();
    const now = clock();
    await database.transaction(async (tx) => {
      const requester = {
        requestedBy: actor.id,
        requestedName: actor.name,
        requestedAt: now,
        expiresAt: now + LIFE_MS,
      };
      await insertApproval(tx, { id, action, channel, payload: text, ...requester });
      await outbox.emit(tx, { type: "approval.requested", subject: id, data: { action, channel } });
      const after = { action, channel, payload };
      await audit.record(tx, {
        actor,
        requestId,
        action: "approval.request",
        object: `approval:${id}`,
        after,
      });
    });
    return id;
  }

  /** Says why a request could not be decided. */
  function refusal(row: ApprovalRow | undefined, id: string, now: number): HaggleError {
    if (row === undefined)
      return new HaggleError("SERVER_UNKNOWN_APPROVAL", "No such request", { at: "id", value: id });
    if (row.state !== "pending")
      return new HaggleError("SERVER_APPROVAL_DECIDED", "Decided before", { value: row.state });
    if (row.expiresAt <= now)
      return new HaggleError("SERVER_APPROVAL_EXPIRED", "Expired", { value: row.expiresAt });
    const message =
      "Nobody approves what they requested, nor with another key of theirs, one that the requester has made, or that made his";
    return new HaggleError("SERVER_OWN_APPROVAL", message, { at: "id", value: id });
  }

  async function decide(
    { actor, requestId }: By,
    id: string,
    { state, reason }: { state: "approved" | "declined"; reason: string | undefined },
    execute: (tx: Queryable, row: ApprovalRow) => ReturnType<Executor>,
  ): Promise<{ approval: ApprovalView; result?: object }> {
    const now = clock();
    const { row, done } = await database.transaction(async (tx) => {
      const decision = { id, state, by: actor.id, name: actor.name, now, reason: reason ?? null };
      const row = await decideApproval(tx, decision);
      if (row === undefined) throw refusal(await findApproval(tx, id), id, now);
      const done = await execute(tx, row);
      const { action, channel } = row;
      await outbox.emit(tx, { type: `approval.${state}`, subject: id, data: { action, channel } });
      await audit.record(tx, {
        actor,
        requestId,
        action: state === "approved" ? "approval.approve" : "approval.decline",
        object: `approval:${id}`,
        after: { action, channel },
        ...(reason && { note: reason }),
      });
      return { row, done };
    });
    await done?.afterCommit?.();
    return { approval: viewOf(row, now), ...(done?.result && { result: done.result }) };
  }

  return {
    /** Says how an approved action is done, in this process as in every other. */
    register(action: string, executor: Executor, prepare?: Preparation): void {
      if (executors.has(action)) throw new TypeError(`${action} has its executor`);
      executors.set(action, executor);
      if (prepare !== undefined) preparations.set(action, prepare);
    },
    /** Whether changes of this channel wait for a second person. */
    guards: (channel: string): boolean => channels.includes(channel),
    /** Runs the change, or on a channel that asks for two people stores it and says under which id it waits. */
    async gate<T>(change: GatedChange, run: () => Promise<T>): Promise<T | { approval: string }> {
      return channels.includes(change.channel) ? { approval: await request(change) } : run();
    },
    async list(): Promise<ApprovalView[]> {
      const now = clock();
      return (await listApprovals(database, MAX_LISTED)).map((row) => viewOf(row, now));
    },
    /** Executes it, once, in the transaction that says so; what the executor throws leaves the request as it was. */
    async approve(by: By, id: string, reason?: string) {
      const asked = await findApproval(database, id);
      const isOpen = asked?.state === "pending" && asked.expiresAt > clock();
      if (isOpen) await preparations.get(asked.action)?.(JSON.parse(asked.payload) as never);
      return decide(by, id, { state: "approved", reason }, async (tx, row) => {
        const executor = executors.get(row.action);
        if (executor === undefined) throw new TypeError(`nobody can execute ${row.action}`);
        const requester = { id: row.requestedBy, name: row.requestedName };
        const approved = { requester, approver: by.actor, requestId: by.requestId };
        return executor(tx, JSON.parse(row.payload) as never, approved);
      });
    },
    /** The requester may, too: that takes it back. */
    async decline(by: By, id: string, reason?: string): Promise<ApprovalView> {
      return (await decide(by, id, { state: "declined", reason }, async () => undefined)).approval;
    },
  };
}

function viewOf(row: ApprovalRow, now: number): ApprovalView {
  const { id, action, channel, state, requestedAt, expiresAt, decidedAt, reason } = row;
  return {
    id,
    action,
    channel,
    payload: JSON.parse(row.payload) as unknown,
    state: state === "pending" && expiresAt <= now ? "expired" : state,
    requestedBy: { id: row.requestedBy, name: row.requestedName },
    requestedAt,
    expiresAt,
    ...(row.decidedBy !== null && { decidedBy: { id: row.decidedBy, name: row.decidedName! } }),
    ...(decidedAt !== null && { decidedAt }),
    ...(reason !== null && { reason }),
  };
}
