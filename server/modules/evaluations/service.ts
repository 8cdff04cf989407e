import { findUnknownFields, HaggleError } from "@haggle/abi";
import type { Cart, Decision, Engine } from "@haggle/sdk";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Metrics, Observation } from "../metrics/service.ts";
import type { Assigned, Assignments, Wish } from "../rollout/service.ts";
import { findOutcome, measureMoney } from "./observe.ts";

export type Evaluations = ReturnType<typeof createEvaluations>;

type Dependencies = {
  assignments: Assignments;
  metrics: Pick<Metrics, "observe">;
  telemetry: Pick<Telemetry, "observeEvaluation">;
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
};

/** Prices carts with the release of whoever asks. A decision told here is a preview like any other: nothing stands by it. */
export function createEvaluations({ assignments, metrics, telemetry, stopwatch }: Dependencies) {
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
     * `isKnown`: the unit is not of this very answer.
     *
     * @throws HaggleError SERVER_NO_RELEASE before the first release; CART_UNKNOWN_FIELD for a field that the engine would
     * leave unread, which a checkout must not find out by its total; what `assign` and the release's engine throw
     */
    async evaluate(
      cart: unknown,
      { isKnown, ...wish }: Wish & { isKnown?: boolean | undefined },
    ): Promise<{ decision: Decision; assigned: Assigned }> {
      const from = stopwatch();
      const assigned = await assignments.assign(wish);
      const [unknown] = findUnknownFields(cart);
      if (unknown !== undefined)
        throw new HaggleError("CART_UNKNOWN_FIELD", "no such field", { at: unknown });
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
        observe(assigned, { unit: isKnown ? wish.unit : undefined, outcome, latencyMs, ...money });
      }
      return { decision, assigned };
    },
  };
}
