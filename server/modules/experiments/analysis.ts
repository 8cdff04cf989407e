import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Audit } from "../audit/service.ts";
import type { AnalysisBody } from "./results-schema.ts";
import { findAnalysis, putAnalysis } from "./results-store.ts";
import type { Asker, Experiments } from "./service.ts";

/** How an experiment is judged. */
export type Analysis = {
  alpha: number;
  tunedFor: number;
  guardrails: {
    marginPerUnit?: { maxDrop: number };
    discountPerOrder?: { maxRise: number };
  };
};

type Dependencies = {
  database: Database;
  experiments: Pick<Experiments, "getRow">;
  audit: Pick<Audit, "record">;
  clock: Clock;
};

/** As in gbstats. */
const DEFAULT: Analysis = { alpha: 0.05, tunedFor: 5_000, guardrails: {} };

export type Analyses = ReturnType<typeof createAnalyses>;

export function createAnalyses({ database, experiments, audit, clock }: Dependencies) {
  async function find(key: string, db: Queryable = database): Promise<Analysis> {
    return { ...DEFAULT, ...(await findAnalysis(db, key)) };
  }

  return {
    find,
    /**
     * Guardrails at any time; what the intervals are made with only before there are figures, for whoever may choose that
     * afterwards chooses the result.
     *
     * @throws HaggleError SERVER_UNKNOWN_EXPERIMENT, SERVER_EXPERIMENT_STATE
     */
    put: (key: string, { reason: _reason, ...wanted }: AnalysisBody, asker: Asker): Promise<Analysis> =>
      database.transaction(async (tx) => {
        const { state } = await experiments.getRow(key, tx);
        const before = await find(key, tx);
        const after: Analysis = { ...before, ...wanted };
        const isRetuned = after.alpha !== before.alpha || after.tunedFor !== before.tunedFor;
        if (isRetuned && state !== "draft") throw refuse("SERVER_EXPERIMENT_STATE", "state", state);
        await putAnalysis(tx, key, after, clock());
        await audit.record(tx, {
          actor: asker.actor,
          requestId: asker.requestId,
          action: "experiment.analysis",
          object: `experiment:${key}`,
          before,
          after,
          ...(asker.reason !== undefined && { note: asker.reason }),
        });
        return after;
      }),
  };
}
