import type { StoredEvent } from "../../platform/outbox.ts";
import type { Attribution } from "../evaluations/service.ts";
import type { OrderOutcomes } from "../experiments/service.ts";
import type { Metrics } from "../metrics/service.ts";
import type { Quotes } from "../quotes/service.ts";

type Dependencies = {
  quotes: Pick<Quotes, "findAttribution" | "takeAttribution" | "takeFailure">;
  metrics: Pick<Metrics, "observe">;
  experiments: OrderOutcomes;
};

type Failed = { id: string; attribution: Attribution | null };

/** As events tell it: see place.ts, and refunds. */
type Placed = { isCounted: boolean };
type Returned = { number: number; refund: number; lines: readonly { discount: number }[] };

/** Of an order nobody waits for a release: it was priced by its quote. */
const NO_LATENCY_MS = 0;

/**
 * Counts orders for the rollout and the experiments that priced them: for gates when it is placed, since then it is known what was given
 * away; for experiments when it is paid, and against it what comes back.
 */
export function createOutcomes({ quotes, metrics, experiments }: Dependencies) {
  function observe({ variants: _, money, ...arm }: Attribution, outcome: "ok" | "error"): void {
    if (arm.rollout === undefined) return;
    const isMoney = outcome === "ok";
    metrics.observe({
      ...arm,
      source: "order",
      latencyMs: NO_LATENCY_MS,
      outcome,
      ...(isMoney && { money }),
    });
  }

  return {
    /**
     * That of a quote's order which could not be placed, through no fault of whoever wanted it: once, however often it is tried. It
     * never rejects: where the database cannot say whether it was counted, nothing is.
     */
    async observeFailure({ id, attribution }: Failed): Promise<void> {
      if (attribution?.rollout === undefined) return;
      const taken = await quotes.takeFailure(id).catch(() => undefined);
      if (taken !== undefined) observe(taken, "error");
    },
    /** Of the outbox. An order counts once for its rollout, and once for each experiment, however often it is told. */
    async count({ type, subject, data, createdAt: at }: StoredEvent): Promise<void> {
      const quote = quoteOf(subject);
      switch (type) {
        case "order.placed": {
          if (!(data as Placed).isCounted) return;
          const attribution = await quotes.takeAttribution(quote);
          if (attribution !== undefined) observe(attribution, "ok");
          return;
        }
        case "order.paid": {
          const attribution = await quotes.findAttribution(quote);
          if (attribution === undefined) return;
          const { currency, totalMinor: valueMinor, discountMinor, marginMinor } = attribution.money;
          const money = { currency, valueMinor, discountMinor, marginMinor };
          await experiments.bought({ order: subject, at, variants: attribution.variants, ...money });
          return;
        }
        case "order.returned": {
          const { number, refund: refundMinor, lines } = data as Returned;
          const discountMinor = lines.reduce((sum, { discount }) => sum + discount, 0);
          await experiments.returned({ order: subject, at, number, refundMinor, discountMinor });
          return;
        }
        case "order.cancelled":
          return experiments.undone(subject, at);
      }
    },
    /** Types that `count` looks at. */
    findWanted: async () => isCounted,
  };
}

const COUNTED: ReadonlySet<string> = new Set([
  "order.placed",
  "order.paid",
  "order.returned",
  "order.cancelled",
]);

function isCounted(type: string): boolean {
  return COUNTED.has(type);
}

function quoteOf(order: string): string {
  return order.replace(/^order_/, "quote_");
}
