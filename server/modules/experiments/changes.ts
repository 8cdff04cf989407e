import { createHash } from "node:crypto";
import { type Experiment, HaggleError, parseExperiment, refuse } from "@haggle/abi";
import { checkExperiments } from "@haggle/sdk/experiments";
import type { Clock } from "../../platform/clock.ts";
import { notify, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import { completeExperiment } from "./complete.ts";
import type { Documents } from "./documents.ts";
import { TOPIC } from "./follower.ts";
import { isReweighed, type Need, needOf } from "./moves.ts";
import type { ExperimentFields, NewExperiment } from "./schema.ts";
import type { ExperimentRow, ExperimentState } from "./store.ts";
import * as store from "./store.ts";

/** Who wants something, why, and in which request. */
export type Asker = { actor: Actor; reason?: string | undefined; requestId?: string | undefined };

export type Verb = "start" | "pause" | "resume" | "end";

export type Change = {
  key: string;
  fields: ExperimentFields;
  /** What was seen. */
  revision?: number | undefined;
  confirm?: boolean | undefined;
  newPhase?: boolean | undefined;
};

type Dependencies = {
  tenant: string;
  documents: Documents;
  audit: Audit;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

/** From which states a verb leads to which. */
const VERBS: Readonly<
  Record<Verb, { from: readonly ExperimentState[]; to: ExperimentState; event: string }>
> = {
  start: { from: ["draft"], to: "running", event: "started" },
  pause: { from: ["running"], to: "paused", event: "paused" },
  resume: { from: ["paused"], to: "running", event: "resumed" },
  end: { from: ["draft", "running", "paused"], to: "ended", event: "ended" },
};

/** Every process keeps all of them, and every answer to a list has them. */
const MAX_KEPT = 2_000;
/** What sticky units of a phase were given is told by its number in the document, which has this much room. */
const MAX_PHASE = 100;
/** Enough to tell one list from another. */
const DIGEST_CHARACTERS = 16;

/**
 * Changes experiments, each change with its document, its audit record and its event in the caller's transaction. Holds the
 * channel's head first: of two who change experiments of one channel the second goes on from what the first has made.
 */
export function createChanges({ tenant, documents, audit, outbox, clock }: Dependencies) {
  /** @throws HaggleError SERVER_EXPERIMENT_EXISTS, SERVER_TOO_MANY_EXPERIMENTS, EXPERIMENT_*, DOCUMENT_BAD_FIELD */
  async function createIn(
    tx: Queryable,
    { channel, key, ...fields }: NewExperiment,
    asker: Asker,
  ): Promise<ExperimentRow> {
    await store.lockHead(tx, channel);
    const now = clock();
    const definition = completeExperiment(key, fields, 1);
    await check(tx, channel, definition);
    const count = await store.countExperiments(tx);
    if (count >= MAX_KEPT) throw refuse("SERVER_TOO_MANY_EXPERIMENTS", "experiments", count);
    const row: ExperimentRow = {
      key,
      channel,
      state: "draft",
      phase: 1,
      revision: 1,
      definition,
      createdAt: now,
      updatedAt: now,
      startedAt: null,
      phaseAt: null,
      drawnSince: null,
      endedAt: null,
    };
    if (!(await store.insertExperiment(tx, row))) throw refuse("SERVER_EXPERIMENT_EXISTS", "key", key);
    await tell(tx, undefined, row, "created", asker);
    return row;
  }

  /**
   * Of a draft anything; of what has begun only what moves nobody, unless somebody says that it is meant.
   *
   * @throws HaggleError SERVER_UNKNOWN_EXPERIMENT, SERVER_EXPERIMENT_STATE, SERVER_EXPERIMENT_MOVES,
   * SERVER_EXPERIMENT_PHASE, EXPERIMENT_*, and what signing throws
   */
  async function changeIn(
    tx: Queryable,
    { key, fields, revision, confirm, newPhase }: Change,
    asker: Asker,
  ): Promise<ExperimentRow> {
    const { head, row } = await lock(tx, key);
    if (revision !== undefined && revision !== row.revision) {
      throw refuse("SERVER_EXPERIMENT_STATE", "revision", row.revision);
    }
    const next = planChange(row, fields, newPhase);
    checkMeant(row, next, { confirm, newPhase });
    await check(tx, row.channel, next.definition);
    const now = clock();
    const changed: ExperimentRow = {
      ...row,
      ...next,
      revision: row.revision + 1,
      updatedAt: now,
      // Units that were weighed otherwise cannot be counted together.
      phaseAt:
        row.state !== "draft" && (newPhase || isReweighed(row.definition, next.definition))
          ? now
          : row.phaseAt,
      // Weights change, and what units were given stays.
      drawnSince:
        row.state !== "draft" && row.definition.bucketVersion !== next.definition.bucketVersion
          ? now
          : row.drawnSince,
    };
    await store.updateExperiment(tx, changed);
    if (row.state === "running") await documents.publish(tx, head);
    await tell(tx, row, changed, "changed", asker);
    return changed;
  }

  /** @throws HaggleError SERVER_UNKNOWN_EXPERIMENT, SERVER_EXPERIMENT_STATE, SERVER_EXPERIMENT_NEEDED, and what signing throws */
  async function actIn(
    tx: Queryable,
    { key, verb, revision }: { key: string; verb: Verb; revision?: number | undefined },
    asker: Asker,
  ): Promise<ExperimentRow> {
    const { head, row } = await lock(tx, key);
    // What somebody wanted of another definition is not wanted of this one.
    if (revision !== undefined && revision !== row.revision) {
      throw refuse("SERVER_EXPERIMENT_STATE", "revision", row.revision);
    }
    const { from, to, event } = VERBS[verb];
    if (!from.includes(row.state)) throw refuse("SERVER_EXPERIMENT_STATE", "state", row.state);
    if (row.state === "running") await checkUnneeded(tx, row);
    const now = clock();
    const begins = verb === "start" ? { startedAt: now, phaseAt: now, drawnSince: now } : {};
    const changed: ExperimentRow = {
      ...row,
      ...begins,
      state: to,
      revision: row.revision + 1,
      updatedAt: now,
      endedAt: to === "ended" ? now : null,
    };
    await store.updateExperiment(tx, changed);
    if (row.state === "running" || to === "running") await documents.publish(tx, head);
    await tell(tx, row, changed, event, asker);
    return changed;
  }

  /** The channel's head before the row, as everywhere. An experiment never changes its channel. */
  async function lock(tx: Queryable, key: string): Promise<{ head: store.Head; row: ExperimentRow }> {
    const found = await store.findExperiment(tx, key);
    if (found === undefined) throw refuse("SERVER_UNKNOWN_EXPERIMENT", "key", key);
    const head = await store.lockHead(tx, found.channel);
    return { head, row: (await store.findExperiment(tx, key))! };
  }

  /** Together with what it depends on. What is ended counts for nothing. */
  async function check(tx: Queryable, channel: string, definition: Experiment): Promise<void> {
    checkFields(definition);
    const rows = await store.listExperiments(tx, channel);
    const others = rows.filter(({ key, state }) => key !== definition.key && state !== "ended");
    checkExperiments(findNeeded(definition, new Map(others.map((row) => [row.key, row.definition]))));
  }

  /** What runs keeps what it depends on running. */
  async function checkUnneeded(tx: Queryable, { key, channel }: ExperimentRow): Promise<void> {
    const rows = await store.listExperiments(tx, channel);
    const dependent = rows.find(({ state, definition }) => state === "running" && needs(definition, key));
    if (dependent !== undefined) throw refuse("SERVER_EXPERIMENT_NEEDED", "key", dependent.key);
  }

  async function tell(
    tx: Queryable,
    before: ExperimentRow | undefined,
    row: ExperimentRow,
    event: string,
    { actor, requestId, reason }: Asker,
  ): Promise<void> {
    const { key, channel, phase, state, revision } = row;
    await outbox.emit(tx, {
      type: `experiment.${event}`,
      subject: key,
      data: { experiment: key, channel, phase, state, revision, ...(reason && { reason }) },
    });
    await notify(tx, TOPIC, tenant);
    await audit.record(tx, {
      actor,
      requestId,
      action: `experiment.${event}`,
      object: `experiment:${key}`,
      ...(before && { before: auditView(before) }),
      after: auditView(row),
      ...(reason && { note: reason }),
    });
  }

  return { createIn, changeIn, actIn };
}

/** What a change makes of an experiment, before it is asked whether that is meant. */
export function planChange(
  { key, state, phase, definition: before }: ExperimentRow,
  fields: ExperimentFields,
  newPhase: boolean | undefined,
): Pick<ExperimentRow, "phase" | "definition"> {
  if (state === "ended" || (newPhase && state === "draft"))
    throw refuse("SERVER_EXPERIMENT_STATE", "state", state);
  if (!newPhase) return { phase, definition: completeExperiment(key, fields, phase) };
  if (phase >= MAX_PHASE) throw refuse("SERVER_EXPERIMENT_PHASE", "phase", phase);
  const definition = completeExperiment(key, fields, phase + 1);
  // Under the same seed nobody would be assigned anew.
  if (definition.seed === before.seed) throw refuse("SERVER_EXPERIMENT_PHASE", "seed", before.seed);
  return { phase: phase + 1, definition };
}

function checkMeant(
  { state, definition: before }: ExperimentRow,
  { definition }: Pick<ExperimentRow, "definition">,
  { confirm, newPhase }: Pick<Change, "confirm" | "newPhase">,
): void {
  if (state === "draft" || newPhase) return;
  const need: Need | undefined = needOf(before, definition);
  if (need === undefined) return;
  if (need.kind === "newPhase") throw refuse("SERVER_EXPERIMENT_PHASE", need.at);
  if (!confirm) throw refuse("SERVER_EXPERIMENT_MOVES", need.at, need.share);
}

/** As whoever reads the document will. */
function checkFields(definition: Experiment): void {
  try {
    parseExperiment(definition, definition.key);
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    throw refuse("SERVER_BAD_REQUEST", String(cause.at), cause.value, cause);
  }
}

/** An experiment, and all that it depends on, as far as that is there. */
function findNeeded(experiment: Experiment, others: ReadonlyMap<string, Experiment>): Experiment[] {
  const found = new Map([[experiment.key, experiment]]);
  // A map that grows is walked to its end.
  for (const { prerequisites = [], holdout } of found.values()) {
    const keys = [
      ...prerequisites.map(({ experiment: key }) => key),
      ...(holdout === undefined ? [] : [holdout]),
    ];
    for (const key of keys) {
      const needed = others.get(key);
      if (needed !== undefined && !found.has(key)) found.set(key, needed);
    }
  }
  return [...found.values()];
}

function needs({ prerequisites = [], holdout }: Experiment, key: string): boolean {
  return holdout === key || prerequisites.some(({ experiment }) => experiment === key);
}

/** Without the units that somebody forced, and who is in lists: they are opaque, but the log is for ever. */
function auditView({ channel, state, phase, revision, definition }: ExperimentRow): object {
  const { forced, savedGroups, ...rest } = definition;
  return {
    channel,
    state,
    phase,
    revision,
    definition: rest,
    ...(forced && { forced: Object.keys(forced).length }),
    ...(savedGroups && { savedGroups: groupsView(savedGroups) }),
  };
}

/** Conditions as they are. Of a list how many are in it, and a digest, so that others who are as many are seen as a change. */
function groupsView(groups: NonNullable<Experiment["savedGroups"]>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(groups).map(([id, group]) => {
      if (group.type === "condition") return [id, group];
      const digest = createHash("sha256").update(JSON.stringify(group.values)).digest("hex");
      return [id, { ...group, values: group.values.length, digest: digest.slice(0, DIGEST_CHARACTERS) }];
    }),
  );
}
