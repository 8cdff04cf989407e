import { type ExperimentUnit, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Audit } from "../audit/service.ts";
import type { Releases } from "../releases/service.ts";
import type { Strategies, StrategiesDraft } from "../strategies/service.ts";
import { draftWinner, type ReleaseDraft } from "./draft.ts";
import type { Asker, ExperimentRow, Experiments } from "./service.ts";
import { findWinner, putWinner } from "./winner-store.ts";

export type Winners = ReturnType<typeof createWinners>;

type Dependencies = {
  database: Database;
  experiments: Pick<Experiments, "getRow" | "actIn" | "settle">;
  releases: Pick<Releases, "find">;
  strategies: Pick<Strategies, "draft">;
  /** The version of the newest release of all; 0 without one. */
  findNewestVersion: () => Promise<number>;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

/** What `unit` says is drafted: of experiments over skus a file of strategies, of all others a release. */
type Draft = ReleaseDraft | StrategiesDraft;

type Decided = { experiment: string; unit: ExperimentUnit; winner: string; state: ExperimentRow["state"] };

/** Says which variant stays. The server only drafts what follows from it: what shoppers get is what authors sign. */
export function createWinners(dependencies: Dependencies) {
  const { database, experiments, releases, strategies, findNewestVersion, audit, outbox, clock } =
    dependencies;

  async function draft(
    { key, channel, definition }: ExperimentRow,
    winner: string,
  ): Promise<Draft | undefined> {
    if (definition.unit === "sku") return strategies.draft({ experiment: key, variant: winner, channel });
    const live = releases.find(channel);
    if (live === undefined) throw refuse("SERVER_NO_RELEASE", "channel", channel);
    const { release, bundle } = live.documents;
    const source = { release, bundle, off: live.channel.off.promotions };
    const newest = await findNewestVersion();
    return draftWinner(source, { experiment: key, winner, newest, now: clock() });
  }

  async function decideIn(tx: Queryable, key: string, winner: string, asker: Asker): Promise<ExperimentRow> {
    const row = await experiments.getRow(key, tx);
    if (row.state === "draft") throw refuse("SERVER_EXPERIMENT_STATE", "state", row.state);
    const ended = row.state === "ended" ? row : await experiments.actIn(tx, { key, verb: "end" }, asker);
    const before = await findWinner(tx, key);
    const { actor, requestId, reason } = asker;
    await putWinner(tx, key, {
      variant: winner,
      decidedAt: clock(),
      actorId: actor.id,
      actorName: actor.name,
    });
    await outbox.emit(tx, {
      type: "experiment.winner",
      subject: key,
      data: { experiment: key, channel: row.channel, winner, ...(reason !== undefined && { reason }) },
    });
    await audit.record(tx, {
      actor,
      requestId,
      action: "experiment.winner",
      object: `experiment:${key}`,
      ...(before && { before: { winner: before.variant } }),
      after: { winner },
      ...(reason !== undefined && { note: reason }),
    });
    return ended;
  }

  return {
    /**
     * Ends the experiment, if it has not ended. `draft` is null where nothing names it: no promotion of the live release, of one
     * over skus no strategy in force.
     *
     * @throws HaggleError SERVER_UNKNOWN_EXPERIMENT, SERVER_UNKNOWN_VARIANT, SERVER_EXPERIMENT_STATE of a draft,
     * SERVER_NO_RELEASE, what ending an experiment throws, and where strategies in force are none of today what a check of them says
     */
    async decide(key: string, winner: string, asker: Asker): Promise<Decided & { draft: Draft | null }> {
      const row = await experiments.getRow(key);
      if (!row.definition.variants.some((variant) => variant.key === winner)) {
        throw refuse("SERVER_UNKNOWN_VARIANT", "body/variant", winner);
      }
      // First: of a winner that nothing can be made of nobody should be told.
      const drafted = await draft(row, winner);
      const { state } = await database.transaction((tx) => decideIn(tx, key, winner, asker));
      await experiments.settle();
      return { experiment: key, unit: row.definition.unit, winner, state, draft: drafted ?? null };
    },
    /** The draft of what is live now, or in force. @throws HaggleError SERVER_NO_WINNER, SERVER_EXPERIMENT_UNNAMED */
    async draft(key: string): Promise<Decided & { draft: Draft }> {
      const row = await experiments.getRow(key);
      const decided = await findWinner(database, key);
      if (decided === undefined) throw refuse("SERVER_NO_WINNER", "key", key);
      const drafted = await draft(row, decided.variant);
      if (drafted === undefined) throw refuse("SERVER_EXPERIMENT_UNNAMED", "key", key);
      return {
        experiment: key,
        unit: row.definition.unit,
        winner: decided.variant,
        state: row.state,
        draft: drafted,
      };
    },
  };
}
