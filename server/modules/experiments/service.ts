import type { Experiment } from "@haggle/abi";
import { refuse } from "@haggle/abi";
import type { Assigner, Assignment, AssignmentContext, NotAssigned } from "@haggle/sdk/experiments";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Document, SideDocument } from "../../platform/document.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Audit } from "../audit/service.ts";
import type { Releases } from "../releases/service.ts";
import { type Asker, type Change, createChanges, planChange, type Verb } from "./changes.ts";
import { createDocuments } from "./documents.ts";
import { createFollower, type Running, TOPIC } from "./follower.ts";
import { previewChange } from "./moves.ts";
import { createRenewal } from "./renewal.ts";
import type { ExperimentFields, NewExperiment } from "./schema.ts";
import { createStickyUnits } from "./sticky.ts";
import type { ExperimentRow } from "./store.ts";
import * as store from "./store.ts";
import { findWarnings, type Warning } from "./warnings.ts";

export type { Asker, Change, Verb } from "./changes.ts";
export type { Running } from "./follower.ts";
export type { OrderOutcomes } from "./order-outcomes.ts";
export type { ExperimentRow, ExperimentState } from "./store.ts";

export type Experiments = ReturnType<typeof createExperiments>;

type Dependencies = {
  database: Database;
  releases: Releases;
  audit: Audit;
  outbox: Pick<Outbox, "emit">;
  /** Variants of an experiment over skus that strategies of the channel name. */
  namedByStrategies?: (experiment: string, channel: string) => readonly string[];
  clock: Clock;
  /** From 0 to 1, for the jitter of renewals. */
  random: () => number;
  log: Logger;
};

/** What another server changed is known here after a hint, and after this at the latest. */
const POLL_MS = 2_000;

/**
 * Says which variant a unit is in, and lets people change it. The rows are what people said; what counts, here and in SDKs,
 * is the signed document of the channel that is made of them.
 */
export function createExperiments(dependencies: Dependencies) {
  const { database, releases, audit, outbox, clock, random, log } = dependencies;
  const { namedByStrategies = () => [] } = dependencies;
  const sticky = createStickyUnits({ database, clock, log });
  const follower = createFollower({ database, releases, sticky, log });
  const documents = createDocuments({ tenant: database.tenant, releases, clock });
  const changes = createChanges({ tenant: database.tenant, documents, audit, outbox, clock });
  const renewal = createRenewal({ database, documents, follower, settle, clock, random, log });

  /** After a commit: this process serves what it says. What fails now has happened all the same, and polling finds it. */
  async function settle(): Promise<void> {
    await follower
      .follow()
      .catch((cause: unknown) => log.warn({ err: cause }, "what was committed is served later"));
  }

  function checkChannel(channel: string): void {
    if (!releases.hasChannel(channel)) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", channel);
  }

  async function getRow(key: string, db: Queryable = database): Promise<ExperimentRow> {
    const row = await store.findExperiment(db, key);
    if (row === undefined) throw refuse("SERVER_UNKNOWN_EXPERIMENT", "key", key);
    return row;
  }

  async function commit(work: (tx: Queryable) => Promise<ExperimentRow>) {
    const row = await database.transaction(work);
    await settle();
    return present(row);
  }

  /** What people should know before they start it. */
  async function warn({ channel, definition }: ExperimentRow, units: readonly string[]): Promise<Warning[]> {
    return findWarnings(definition, {
      live: releases.find(channel),
      namedByStrategies: (key) => namedByStrategies(key, channel),
      others: await store.listExperiments(database, channel),
      units,
    });
  }

  return {
    createIn: changes.createIn,
    changeIn: changes.changeIn,
    actIn: changes.actIn,
    settle,
    checkChannel,
    warn,
    async create(wanted: NewExperiment, asker: Asker) {
      checkChannel(wanted.channel);
      return commit((tx) => changes.createIn(tx, wanted, asker));
    },
    change: (change: Change, asker: Asker) => commit((tx) => changes.changeIn(tx, change, asker)),
    act: (key: string, verb: Verb, asker: Asker) => commit((tx) => changes.actIn(tx, { key, verb }, asker)),
    /** @throws HaggleError SERVER_UNKNOWN_EXPERIMENT */
    get: async (key: string) => present(await getRow(key)),
    getRow,
    async list(channel?: string) {
      return { experiments: (await store.listExperiments(database, channel ?? null)).map(present) };
    },
    /** Changes nothing. @throws HaggleError SERVER_UNKNOWN_EXPERIMENT, SERVER_EXPERIMENT_STATE, SERVER_EXPERIMENT_PHASE */
    async preview(
      key: string,
      {
        fields,
        newPhase,
        units = [],
      }: { fields: ExperimentFields; newPhase?: boolean | undefined; units?: readonly string[] | undefined },
    ) {
      const row = await getRow(key);
      return previewChange(row, planChange(row, fields, newPhase), units);
    },
    /** An experiment as this process last saw it, whatever its state. */
    definition: (key: string): ExperimentRow | undefined => follower.find(key),
    /** All of them. */
    listDefinitions: (): ExperimentRow[] => follower.list(),
    /** Those that the channel's signed document names. */
    findRunning: (channel: string): readonly Experiment[] => follower.findRunning(channel)?.experiments ?? [],
    /** One for each document; undefined while the channel has none, or nothing runs on it. */
    assigner: (channel: string): Assigner | undefined => follower.findRunning(channel)?.assigner,
    findDocument: (channel: string): Document | undefined => follower.findRunning(channel)?.document,
    findSigned: (channel: string): Running | undefined => follower.findRunning(channel),
    /** For those who pass the document on. */
    side: {
      find: (channel: string): SideDocument | undefined => {
        const running = follower.findRunning(channel);
        return running && sideOf(running);
      },
      subscribe: (listener: (news: SideDocument) => void) =>
        follower.subscribe((running) => listener(sideOf(running))),
    },
    /**
     * In what of all that runs on a channel these units are. `isNew`: the session was drawn for this very request.
     * Not a promise where nothing has to be looked up.
     */
    assign(
      channel: string,
      context: AssignmentContext,
      isNew: boolean,
    ): Assignment[] | Promise<Assignment[]> {
      const running = follower.findRunning(channel);
      if (running === undefined || running.experiments.length === 0) return [];
      const { assigner } = running;
      const assign = () => assigner.assignAll(context);
      // Whoever drops his cookie would leave a row each time.
      const loading = sticky.load(running.experiments, context.units);
      const run = isNew ? () => sticky.withoutSaving(["session"], assign) : assign;
      return loading === undefined ? run() : loading.then(run);
    },
    /**
     * In which variant a unit is, as far as its id says so and not what conditions look at. It remembers nothing: nobody was
     * priced.
     */
    async draw(
      channel: string,
      units: AssignmentContext["units"],
    ): Promise<(experiment: string) => Assignment | NotAssigned> {
      const running = follower.findRunning(channel);
      await sticky.load(running?.experiments ?? [], units);
      return (experiment) =>
        sticky.withoutSaving(["customer", "session"], () => running?.draws.assign(experiment, { units })) ?? {
          experiment,
          variant: undefined,
          reason: "unknown",
        };
    },
    /** Of all experiments in all their states: another text where anything is another. */
    tag: follower.tag,
    /** Loads what sticky experiments gave these units, before anything is assigned. Undefined where nothing is waited for. */
    remember: (channel: string, units: AssignmentContext["units"]): Promise<void> | undefined =>
      sticky.load(follower.findRunning(channel)?.experiments ?? [], units),
    withoutSaving: sticky.withoutSaving,
    /** Follows what others do, and with `works` signs again what is due. Returns what ends it. */
    async watch({ works }: { works: boolean }): Promise<() => Promise<void>> {
      const follow = (): void => {
        follower.follow().catch((cause: unknown) => log.warn({ err: cause }, "experiments cannot be read"));
      };
      const unlisten = database.listen(TOPIC, follow);
      const polling = setInterval(follow, POLL_MS);
      await follower.follow();
      const stopSticky = sticky.watch({ sweeps: works });
      const stopRenewal = works ? renewal.watch() : undefined;
      return async () => {
        unlisten();
        clearInterval(polling);
        await stopRenewal?.();
        await stopSticky();
      };
    },
  };
}

function sideOf({ channel, signed: { version }, document }: Running): SideDocument {
  return { channel, version, document };
}

/** An experiment as people and programs see it. */
export function present({ definition, startedAt, phaseAt, drawnSince: _, endedAt, ...row }: ExperimentRow) {
  return {
    ...row,
    ...(startedAt !== null && { startedAt }),
    ...(phaseAt !== null && { phaseAt }),
    ...(endedAt !== null && { endedAt }),
    definition,
  };
}
