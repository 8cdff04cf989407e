import { findUnknownFields, HaggleError } from "@haggle/abi";
import type { Cart, Decision, Engine } from "@haggle/sdk";
import { type Assignment, type AssignmentContext, findEntrant, withVariants } from "@haggle/sdk/experiments";
import type { Telemetry } from "../../platform/telemetry.ts";
import type { Experiments } from "../experiments/service.ts";
import type { Metrics, Observation } from "../metrics/service.ts";
import type { Assigned, Assignments, Shopper, Wish } from "../rollout/service.ts";
import { checkClaims } from "./claims.ts";
import { type Attribution, findOutcome, measureMoney } from "./observe.ts";

export type { Attribution } from "./observe.ts";
export { encodeVariants, VARY, type Wished, type Wishes } from "./wishes.ts";

export type Evaluations = ReturnType<typeof createEvaluations>;

/** What one cart came to, and by what. */
export type Decided = {
  decision: Decision;
  assigned: Assigned;
  variants: readonly Assignment[];
  /** As it was priced, with the segments of its variants. */
  cart: unknown;
  engine: Engine;
  /** By what an order of it is counted. Undefined outside of rollouts and experiments. */
  attribution: Attribution | undefined;
  /** Counts it for the rollout, once: when its caller is done with it. A cart that was refused is counted already. */
  tell: () => void;
};

/** By whom a cart is asked for, and who that is. */
type Asked = Wish & { shopper?: Shopper | undefined };

type Dependencies = {
  assignments: Assignments;
  experiments: Pick<Experiments, "assign" | "findRunning">;
  metrics: Pick<Metrics, "observe">;
  telemetry: Pick<Telemetry, "observeEvaluation">;
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
};

const NO_VARIANTS: readonly Assignment[] = [];

/** Prices carts with the release of whoever asks. A decision told here is a preview like any other: nothing stands by it. */
export function createEvaluations({ assignments, experiments, metrics, telemetry, stopwatch }: Dependencies) {
  function observe(
    source: Observation["source"],
    assigned: Assigned,
    seen: Pick<Observation, "unit" | "outcome" | "latencyMs" | "money">,
  ): void {
    const by = armOf(assigned);
    if (source === "evaluation")
      telemetry.observeEvaluation({ arm: by.arm, outcome: seen.outcome }, seen.latencyMs / 1_000);
    // Nothing is kept outside of a rollout.
    if (by.rollout !== undefined) metrics.observe({ ...by, source, ...seen });
  }

  /** Who was assigned each of these, of those that count. */
  function unitsOf(
    variants: readonly Assignment[],
    channel: string,
    { units }: AssignmentContext,
  ): Attribution["variants"] {
    const running = experiments.findRunning(channel);
    return variants.flatMap(({ experiment, variant, counts }) => {
      const kind = running.find(({ key }) => key === experiment)?.unit;
      const unit = kind && units[kind];
      return counts && unit !== undefined ? [{ experiment, variant, unit: String(unit) }] : [];
    });
  }

  /** A release that cannot be made ready is the server's failure towards this shopper; a database that is away is no release's. */
  async function getEngine(source: Observation["source"], assigned: Assigned, from: number): Promise<Engine> {
    try {
      return await assigned.engine();
    } catch (cause) {
      const isDatabase = cause instanceof HaggleError && cause.code === "SERVER_DATABASE";
      if (!isDatabase) observe(source, assigned, { outcome: "error", latencyMs: stopwatch() - from });
      throw cause;
    }
  }

  /**
   * Prices the cart that `getCart` makes for a release, with the variants of `shopper`; nobody is in one without him.
   *
   * @throws HaggleError SERVER_NO_RELEASE before the first release; what `assign`, `getCart` and the release's engine throw
   */
  async function decide(
    source: Observation["source"],
    { shopper, ...wish }: Asked,
    getCart: (engine: Engine, assigned: Assigned) => unknown,
  ): Promise<Decided> {
    const from = stopwatch();
    const assigned = await assignments.assign(wish);
    const engine = await getEngine(source, assigned, from);
    const made = getCart(engine, assigned);
    const given = made instanceof Promise ? await made : made;
    const entrant = shopper && findEntrant(given, { customer: shopper.customer, session: shopper.session });
    const found = entrant && experiments.assign(wish.channel, entrant, shopper.isNew);
    const variants = (found instanceof Promise ? await found : found) ?? NO_VARIANTS;
    const cart = variants.length === 0 ? given : withVariants(given as Cart, variants);
    const decision = engine.evaluate(cart);
    // What is wrong with a cart is no release's doing.
    const outcome = findOutcome(decision);
    const unit = shopper && isKnown(shopper) ? wish.unit : undefined;
    const isCounted = assigned.rollout !== undefined || variants.length > 0;
    const money =
      decision.ok && isCounted
        ? measureMoney(decision, cart as Cart, engine.policy.tax.prices === "gross")
        : undefined;
    const attribution = money && {
      ...armOf(assigned),
      unit,
      money,
      variants: entrant === undefined ? [] : unitsOf(variants, wish.channel, entrant),
    };
    const tell = (): void => {
      if (outcome === undefined) return;
      observe(source, assigned, { unit, outcome, latencyMs: stopwatch() - from, ...(money && { money }) });
    };
    if (!decision.ok) tell();
    return { decision, assigned, variants, cart, engine, attribution, tell: decision.ok ? tell : () => {} };
  }

  return {
    decide,
    /**
     * @throws HaggleError CART_UNKNOWN_FIELD for a field that the engine would leave unread, which a checkout must not find
     * out by its total; CART_RESERVED_SEGMENT for a claimed variant; what `decide` throws
     */
    async evaluate(given: unknown, asked: Asked): Promise<Decided> {
      const decided = await decide("evaluation", asked, () => {
        const [unknown] = findUnknownFields(given);
        if (unknown !== undefined)
          throw new HaggleError("CART_UNKNOWN_FIELD", "no such field", { at: unknown });
        checkClaims(given);
        return given;
      });
      decided.tell();
      return decided;
    },
  };
}

function armOf({ release, arm, isOverridden, rollout, stepAt }: Assigned) {
  const side: Observation["arm"] = arm === "canary" ? "canary" : "stable";
  return { rollout, stepAt, release, arm: side, isOverridden };
}

/** Not of this very answer. */
function isKnown({ customer, isNew }: Shopper): boolean {
  return customer !== undefined || !isNew;
}
