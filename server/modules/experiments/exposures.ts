import { type Code, HaggleError, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import { createRateLimit } from "../../platform/rate-limit.ts";
import type { EventBody } from "./event-schema.ts";
import type { ExperimentEvents } from "./events.ts";
import type { ExposuresAnswer, ExposuresBody } from "./exposure-schema.ts";
import type { Experiments } from "./service.ts";

/** What a signed assignment token says. `isSession`: its unit is a browser's, and not one that a server has named. */
type Proven = { unit: string; channel: string; isSession?: boolean };

export type Exposures = ReturnType<typeof createExposures>;

type Dependencies = {
  experiments: Pick<Experiments, "findRunning" | "draw">;
  events: Pick<ExperimentEvents, "accept">;
  /** undefined: not a token of this server, or not any more. */
  verifyAssignment: (token: string) => Proven | undefined;
  clock: Clock;
};

/** A page tells once when it opens, and now and then. */
const PER_UNIT = { burst: 20, everyMs: 3_000, maxKeys: 100_000 };
/** Behind one address may be a whole office. */
const PER_ADDRESS = { burst: 120, everyMs: 250, maxKeys: 20_000 };

/**
 * Takes what browsers tell of the variants that they showed. A token proves one unit, and nothing counts of it but the variant
 * that the server itself gives that unit, once. Nobody speaks for another unit, or for a variant that is not his own. But
 * units are free: whoever asks for many, and tells only of those in one variant, swells it with units that do nothing. The
 * limits by address and of what waits make that slow, and the alarm of the sample ratio makes it seen.
 */
export function createExposures({ experiments, events, verifyAssignment, clock }: Dependencies) {
  const units = createRateLimit(PER_UNIT, clock);
  const addresses = createRateLimit(PER_ADDRESS, clock);

  /**
   * Resolves when those that count are in the database.
   *
   * @throws HaggleError SERVER_TOO_MANY_REQUESTS with the milliseconds to wait, SERVER_BAD_TOKEN, SERVER_EVENTS_FULL,
   * SERVER_DATABASE
   */
  async function accept({ assignment, exposures }: ExposuresBody, address: string): Promise<ExposuresAnswer> {
    // First of all: what is refused here costs no signature.
    checkWait(addresses.take(address));
    const proven = verifyAssignment(assignment);
    if (proven === undefined) throw refuse("SERVER_BAD_TOKEN", "assignment");
    checkWait(units.take(proven.unit));
    const check = await checkFor(proven);
    const now = clock();
    const refused: ExposuresAnswer["refused"] = [];
    const told = new Map<string, EventBody[]>();
    for (const [index, { experiment, variant, agoMs = 0 }] of exposures.entries()) {
      const code = check(experiment, variant);
      if (code !== undefined) refused.push({ index, code });
      else {
        const event: EventBody = { type: "exposure", unit: proven.unit, variant, at: now - agoMs };
        told.set(experiment, [...(told.get(experiment) ?? []), event]);
      }
    }
    await Promise.all([...told].map(([key, list]) => events.accept(key, list)));
    return { accepted: exposures.length - refused.length, refused };
  }

  /** Why it does not count, undefined where it does. */
  async function checkFor({
    unit,
    channel,
    isSession,
  }: Proven): Promise<(experiment: string, variant: string) => Code | undefined> {
    const kind = isSession ? "session" : "customer";
    const draw = await experiments.draw(channel, { [kind]: unit });
    const running = new Map(experiments.findRunning(channel).map((each) => [each.key, each]));
    return (key, variant) => {
      const experiment = running.get(key);
      if (experiment === undefined) return "SERVER_UNKNOWN_EXPERIMENT";
      const drawn = draw(key);
      // Those who test are in no figure.
      const isGiven = experiment.unit === kind && drawn.variant === variant && drawn.counts;
      return isGiven ? undefined : "SERVER_NOT_ASSIGNED";
    };
  }

  return { accept };
}

function checkWait(waitMs: number): void {
  if (waitMs > 0) {
    throw new HaggleError("SERVER_TOO_MANY_REQUESTS", "Exposures come too fast; see retry-after", {
      value: waitMs,
    });
  }
}
