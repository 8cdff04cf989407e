import { refuse } from "@haggle/abi";
import type { Database } from "../../platform/database/database.ts";
import type { Gates, Metrics, Question, Summary } from "../metrics/service.ts";
import { FULL_BP, weightOf } from "./machine.ts";
import { findRollout, type RolloutRow } from "./store.ts";

/** What the gates are asked about a rollout as it stands. */
export function questionOf(row: RolloutRow): Question {
  return {
    rollout: row.id,
    stable: row.fromRelease,
    canary: row.toRelease,
    // Nobody is left on the old release in the last step, which is therefore compared over the whole rollout.
    since: weightOf(row.steps, row) === FULL_BP ? row.startedAt : row.stepAt,
    gates: row.gates as Gates,
  };
}

/**
 * What was observed of both releases since the step began, and what the gates say to it now.
 *
 * @throws HaggleError SERVER_UNKNOWN_ROLLOUT
 */
export async function measureRollout(
  { database, metrics }: { database: Database; metrics: Pick<Metrics, "summarise"> },
  id: string,
): Promise<Summary> {
  const found = await findRollout(database, id);
  if (found === undefined) throw refuse("SERVER_UNKNOWN_ROLLOUT", "id", id);
  return metrics.summarise(questionOf(found.row));
}
