import { refuse } from "@haggle/abi";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Gates, Metrics, Question, Summary } from "../metrics/service.ts";
import { FULL_BP } from "./machine.ts";
import { findRollout, findStepBegin, type RolloutRow } from "./store.ts";

/** What the gates are asked about a rollout as it stands: what was seen since the step began. */
export async function questionOf(db: Queryable, row: RolloutRow): Promise<Question> {
  const question = {
    rollout: row.id,
    stable: row.fromRelease,
    canary: row.toRelease,
    since: row.stepAt,
    // What had it paused is not to pause it again when somebody has it go on.
    reportsSince: row.soakFrom,
    gates: row.gates as Gates,
  };
  if (row.steps[row.step]!.weightBp < FULL_BP) return question;
  // Nobody is left on the old release: money is compared over the step before, which had both at one weight.
  const since = (await findStepBegin(db, row.id, row.step - 1)) ?? row.stepAt;
  return { ...question, money: { since, before: row.stepAt } };
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
  return metrics.summarise(await questionOf(database, found.row));
}
