import { findUnknownFields, HaggleError } from "@haggle/abi";
import type { Cart, Decision, Engine } from "@haggle/sdk";
import { type Assignment, withVariants } from "@haggle/sdk/experiments";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Experiments } from "../experiments/service.ts";
import type { Metrics, Observation } from "../metrics/service.ts";
import type { Assigned, Assignments, Shopper, Wish } from "../rollout/service.ts";
import { checkClaims, findEntrant } from "./entrant.ts";
import { findOutcome, measureMoney } from "./observe.ts";

export type Evaluations = ReturnType<typeof createEvaluations>;

type Dependencies = {
  assignments: Assignments;
  experiments: Pick<Experiments, "assign">;
  metrics: Pick<Metrics, "observe">;
  telemetry: Pick<Telemetry, "observeEvaluation">;
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
};

const NO_VARIANTS: readonly Assignment[] = [];

/** Prices carts with the release of whoever asks. A decision told here is a preview like any other: nothing stands by it. */
export function createEvaluations({ assignments, experiments, metrics, telemetry, stopwatch }: Dependencies) {
  function observe(
    { release, arm, isOverridden, rollout, stepAt }: Assigned,
    seen: Pick<Observation, "unit" | "outcome" | "latencyMs" | "money">,
  ): void {
    const side = arm === "canary" ? "canary" : "stable";
    telemetry.observeEvaluation({ arm: side, outcome: seen.outcome }, seen.latencyMs / 1_000);
    // Nothing is kept outside of a rollout.
    if (rollout !== undefined)
      metrics.observe({ rollout, stepAt, source: "evaluation", release, arm: side, isOverridden, ...seen });
  }

  /** A release that cannot be made ready is the server's failure towards this shopper; a database that is away is no release's. */
  async function getEngine(assigned: Assigned, from: number): Promise<Engine> {
    try {
      return await assigned.engine();
    } catch (cause) {
      const isDatabase = cause instanceof HaggleError && cause.code === "SERVER_DATABASE";
      if (!isDatabase) observe(assigned, { outcome: "error", latencyMs: stopwatch() - from });
      throw cause;
    }
  }

  return {
    /**
     * `shopper`: who is in which variant; nobody is without one.
     *
     * @throws HaggleError SERVER_NO_RELEASE before the first release; CART_UNKNOWN_FIELD for a field that the engine would
     * leave unread, which a checkout must not find out by its total; CART_RESERVED_SEGMENT for a claimed variant; what
     * `assign` and the release's engine throw
     */
    async evaluate(
      given: unknown,
      { shopper, ...wish }: Wish & { shopper?: Shopper | undefined },
    ): Promise<{ decision: Decision; assigned: Assigned; variants: readonly Assignment[] }> {
      const from = stopwatch();
      const assigned = await assignments.assign(wish);
      const [unknown] = findUnknownFields(given);
      if (unknown !== undefined)
        throw new HaggleError("CART_UNKNOWN_FIELD", "no such field", { at: unknown });
      checkClaims(given);
      const entrant = shopper && findEntrant(given, shopper);
      const found = entrant && experiments.assign(wish.channel, entrant, shopper.isNew);
      const variants = (found instanceof Promise ? await found : found) ?? NO_VARIANTS;
      const cart = variants.length === 0 ? given : withVariants(given as Cart, variants);
      const engine = await getEngine(assigned, from);
      const decision = engine.evaluate(cart);
      const latencyMs = stopwatch() - from;
      // What is wrong with a cart is no release's doing.
      const outcome = findOutcome(decision);
      if (outcome !== undefined) {
        const money =
          decision.ok && assigned.rollout !== undefined
            ? { money: measureMoney(decision, cart as Cart, engine.policy.tax.prices === "gross") }
            : {};
        observe(assigned, {
          unit: shopper && isKnown(shopper) ? wish.unit : undefined,
          outcome,
          latencyMs,
          ...money,
        });
      }
      return { decision, assigned, variants };
    },
  };
}

/** Not of this very answer. */
function isKnown({ customer, isNew }: Shopper): boolean {
  return customer !== undefined || !isNew;
}
