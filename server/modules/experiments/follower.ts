import { hash } from "node:crypto";
import {
  type Experiment,
  explainError,
  HaggleError,
  type Experiments as SignedExperiments,
} from "@haggle/abi";
import { type Assigner, createAssigner, verifyExperiments } from "@haggle/sdk/experiments";
import type { Logger } from "pino";
import type { Database } from "../../platform/database/database.ts";
import { type Document, toDocument } from "../../platform/document.ts";
import type { Releases } from "../releases/service.ts";
import { createDraws } from "./draws.ts";
import type { StickyUnits } from "./sticky.ts";
import type { ExperimentRow } from "./store.ts";
import * as store from "./store.ts";

/** Of what changed of the tenant's experiments, whatever it was. */
export const TOPIC = "experiments";

/** What runs on a channel, as this process has verified it. */
export type Running = {
  channel: string;
  document: Document;
  signed: SignedExperiments;
  experiments: readonly Experiment[];
  assigner: Assigner;
  /** By units alone: for what is told of somebody where no cart is. */
  draws: Assigner;
};

type Dependencies = {
  database: Database;
  releases: Pick<Releases, "findNewestRoot">;
  sticky: StickyUnits;
  log: Logger;
};

/**
 * Knows what there is of experiments, and which of them run by the newest signed document of each channel. Another
 * server's changes are known after a hint, or a poll.
 */
export function createFollower({ database, releases, sticky, log }: Dependencies) {
  let rows = new Map<string, ExperimentRow>();
  let rowsTag = "";
  /** Of the rows. What was changed after it was read, and is in them, is read once more. */
  let revisions: number | undefined;
  const running = new Map<string, Running>();
  const listeners = new Set<(running: Running) => void>();
  /** Documents that the present root does not vouch for, by what they were refused for. */
  const refused = new Map<string, HaggleError>();
  let following: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  /** Looks now, or, when a look is under way, once more after it. */
  function follow(): Promise<void> {
    if (following === undefined) {
      following = look().finally(() => {
        following = undefined;
      });
      return following;
    }
    next ??= following
      .catch(() => {})
      .then(() => {
        next = undefined;
        return follow();
      });
    return next;
  }

  async function look(): Promise<void> {
    const [sum, heads] = await Promise.all([store.readRevisions(database), store.listHeads(database)]);
    if (sum !== revisions) {
      const found = await store.listExperiments(database);
      rows = new Map(found.map((row) => [row.key, row]));
      rowsTag = hash("sha256", found.map(({ key, revision }) => `${key}:${revision}`).join(), "base64url");
      revisions = sum;
    }
    for (const { channel, sha256 } of heads) {
      if (running.get(channel)?.document.sha256 !== sha256) await take(channel);
    }
  }

  async function take(channel: string): Promise<void> {
    const head = await store.findHead(database, channel);
    if (head?.document == null) return;
    try {
      const { trusted } = await releases.findNewestRoot(database);
      const { experiments: signed } = await verifyExperiments(head.document, trusted, { channel });
      const { experiments } = signed;
      const assigner = createAssigner(experiments, { sticky: sticky.store });
      const draws = createDraws(experiments, sticky.store);
      const document = toDocument(head.document);
      const taken: Running = { channel, document, signed, experiments, assigner, draws };
      running.set(channel, taken);
      refused.delete(channel);
      log.info({ channel, version: signed.version, running: experiments.length }, "experiments are live");
      for (const listener of listeners) listener(taken);
    } catch (cause) {
      if (!(cause instanceof HaggleError) || cause.code === "SERVER_DATABASE") throw cause;
      const before = refused.get(channel);
      refused.set(channel, cause);
      if (before?.code === cause.code) return;
      log.warn({ channel, code: cause.code, reason: explainError(cause) }, "experiments refused");
    }
  }

  return {
    follow,
    tag: (): string => rowsTag,
    find: (key: string): ExperimentRow | undefined => rows.get(key),
    list: (): ExperimentRow[] => [...rows.values()],
    findRunning: (channel: string): Running | undefined => running.get(channel),
    listRunning: (): Running[] => [...running.values()],
    /** Channels whose newest document does not count here: mostly its key has left the root. */
    listRefused: (): string[] => [...refused.keys()],
    /** Calls `listener` with each document that has come to count, until the returned function is called. */
    subscribe(listener: (running: Running) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
