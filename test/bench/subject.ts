// What every contestant is to the bench.

import type { Cart } from "@haggle/sdk";
import type { HandDecision } from "./hand.ts";

export type Subject<Input = Cart> = {
  name: string;
  /** What is timed. Returns something of the answer, so that no engine may skip the work. */
  run(input: Input): number | Promise<number>;
  /** The whole answer, to be compared before anything is timed. */
  decide(input: Input): HandDecision | Promise<HandDecision>;
};

/**
 * Throws unless all subjects agree on every cart: subtotal, discount total, total, and for each line its id, discount,
 * total and the amount by promotion (several effects of one promotion on one line are added up).
 */
export async function checkEqual<Input>(
  subjects: readonly Pick<Subject<Input>, "name" | "decide">[],
  inputs: readonly Input[],
): Promise<void> {
  for (const [i, input] of inputs.entries()) {
    let first: string | undefined;
    for (const subject of subjects) {
      const text = comparable(await subject.decide(input));
      first ??= text;
      if (text !== first) {
        throw new Error(
          `${subject.name} and ${subjects[0]!.name} price cart ${i} differently:\n${text}\n${first}`,
        );
      }
    }
  }
}

function comparable({ subtotal, discountTotal, total, lines }: HandDecision): string {
  const rows = lines.map((line) => {
    const byPromotion: Record<string, number> = {};
    for (const { promotion, amount } of line.discounts) {
      byPromotion[promotion] = (byPromotion[promotion] ?? 0) + amount;
    }
    return [line.id, line.discount, line.total, Object.entries(byPromotion).sort()];
  });
  return JSON.stringify([subtotal, discountTotal, total, rows]);
}

/** Reads the total and every share of every promotion on every line. */
export function readShares({ total, lines }: Pick<HandDecision, "total" | "lines">): number {
  let sum = total;
  for (const line of lines) {
    sum += line.discount;
    for (const { amount } of line.discounts) sum += amount;
  }
  return sum;
}
