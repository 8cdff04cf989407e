// What a variant must not cost, however well it sells.

import type { Analysis } from "./analysis.ts";
import type { MoneySums } from "./results-store.ts";
import {
  boundSequentially,
  type Interval,
  liftOf,
  type Sample,
  sampleOfRatio,
  sampleOfSums,
} from "./statistics/index.ts";

/**
 * `fail`: the limit is certainly passed, at every look at once. `pass`: it certainly is not. Else it is open, as it is where
 * nothing can be said; no data is never a pass.
 */
export type Guardrail = {
  name: "marginPerUnit" | "discountPerOrder";
  currency: string;
  /** As a lift over the control. */
  limit: number;
  lift: number | null;
  interval: Interval | null;
  verdict: "pass" | "fail" | "open";
};

/** One arm in one currency; without sums it had no order. */
type Arm = { units: number; sums: MoneySums | undefined };

type Arms = { currency: string; variant: Arm; control: Arm };

export function judgeGuardrails({ currency, variant, control }: Arms, analysis: Analysis): Guardrail[] {
  const { marginPerUnit, discountPerOrder } = analysis.guardrails;
  const judged: Guardrail[] = [];
  if (marginPerUnit !== undefined) {
    const question = {
      name: "marginPerUnit",
      currency,
      limit: -marginPerUnit.maxDrop,
      isFloor: true,
    } as const;
    judged.push(judge(question, marginOf(variant), marginOf(control), analysis));
  }
  if (discountPerOrder !== undefined) {
    const question = {
      name: "discountPerOrder",
      currency,
      limit: discountPerOrder.maxRise,
      isFloor: false,
    } as const;
    judged.push(judge(question, discountOf(variant), discountOf(control), analysis));
  }
  return judged;
}

type Question = Pick<Guardrail, "name" | "currency" | "limit"> & {
  /** The lift is to stay above the limit, else below it. */
  isFloor: boolean;
};

function judge(
  { isFloor, ...question }: Question,
  variant: Sample,
  control: Sample,
  analysis: Analysis,
): Guardrail {
  const lift = liftOf(variant, control);
  if (lift === undefined) return { ...question, lift: null, interval: null, verdict: "open" };
  const { lower, upper } = boundSequentially(lift, analysis);
  const { limit } = question;
  const isPassed = isFloor ? lower >= limit : upper <= limit;
  const isFailed = isFloor ? upper < limit : lower > limit;
  return {
    ...question,
    lift: lift.estimate,
    interval: { lower, upper },
    verdict: isPassed ? "pass" : isFailed ? "fail" : "open",
  };
}

/** Per exposed unit, so that it is the same units which chance has put into the arms. */
function marginOf({ units, sums }: Arm): Sample {
  if (sums === undefined || sums.marginOrders === 0) return sampleOfSums({ units: 0, sum: 0, squares: 0 });
  return sampleOfSums({ units, sum: sums.margin, squares: sums.marginSquares });
}

function discountOf({ units, sums }: Arm): Sample {
  return sampleOfRatio({
    units,
    sum: sums?.discount ?? 0,
    squares: sums?.discountSquares ?? 0,
    base: sums?.orders ?? 0,
    baseSquares: sums?.ordersSquares ?? 0,
    products: sums?.discountOrders ?? 0,
  });
}
