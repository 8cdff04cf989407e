import { HaggleError, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import { createRateLimit } from "../../platform/rate-limit.ts";
import type { Arm, Observation } from "./observation.ts";
import type { ReportBody } from "./schema.ts";

/** What a signed assignment token says. `rollout` is undefined where that is over. */
export type Assigned = { unit: string; release: string; arm: Arm; rollout: string | undefined };

/** undefined: not a token of this server, or not any more. */
export type VerifyAssignment = (token: string) => Assigned | undefined;

export type Reports = ReturnType<typeof createReports>;

type Dependencies = {
  observe: (observation: Observation) => void;
  verifyAssignment: VerifyAssignment;
  clock: Clock;
};

/** An SDK reports every half minute at most. */
const PER_UNIT = { burst: 3, everyMs: 30_000, maxKeys: 100_000 };
/** Behind one address may be a whole office. */
const PER_ADDRESS = { burst: 60, everyMs: 1_000, maxKeys: 20_000 };

/**
 * Takes what SDKs tell of themselves. A report counts as one sample, whatever numbers it tells, of the release that its
 * token names: nobody weighs more than the number of his tokens, and those come from the server.
 */
export function createReports({ observe, verifyAssignment, clock }: Dependencies) {
  const units = createRateLimit(PER_UNIT, clock);
  const addresses = createRateLimit(PER_ADDRESS, clock);

  return {
    /**
     * @returns whether it was counted
     * @throws HaggleError SERVER_TOO_MANY_REQUESTS with the milliseconds to wait, SERVER_BAD_TOKEN, SERVER_BAD_REQUEST
     */
    accept({ assignment, evaluations, errors, faults, slowestMs }: ReportBody, address: string): boolean {
      // First of all: what is refused here costs no signature.
      checkWait(addresses.take(address));
      const assigned = verifyAssignment(assignment);
      if (assigned === undefined) throw refuse("SERVER_BAD_TOKEN", "assignment");
      checkWait(units.take(assigned.unit));
      if (errors + faults > evaluations) {
        const message = "More went wrong than was priced";
        throw new HaggleError("SERVER_BAD_REQUEST", message, { at: "body/errors", value: errors + faults });
      }
      const { rollout, release, arm } = assigned;
      observe({
        rollout,
        source: "report",
        release,
        arm,
        isOverridden: false,
        latencyMs: slowestMs,
        outcome: errors > 0 ? "error" : faults > 0 ? "fault" : "ok",
      });
      return rollout !== undefined;
    },
  };
}

function checkWait(waitMs: number): void {
  if (waitMs > 0) throw new HaggleError("SERVER_TOO_MANY_REQUESTS", "Too many reports", { value: waitMs });
}
