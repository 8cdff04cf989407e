// What fuel costs: the whole pipeline (encode, run, decode) with the metered module, and with the same rules un-metered.

import { generateCart } from "../support/carts.ts";
import { measure, median, ratioOf } from "./measure.ts";
import { type Row, withGoal } from "./row.ts";
import { makeRules } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { createShop, sandboxed } from "./shop.ts";
import { checkEqual } from "./subject.ts";

const PROMOTIONS = [20, 50];
const GOAL_PROMOTIONS = 50;
const LINES = 10;

export async function* metering({ quick }: BenchOptions): AsyncGenerator<Row> {
  for (const promotions of PROMOTIONS) {
    const shop = await createShop(makeRules(promotions));
    // Both go through one sandbox's code, so that nothing but the module differs.
    const subjects = [sandboxed("un-metered", shop, shop.unmetered), sandboxed("metered", shop, shop.bundle)];
    const carts = Array.from({ length: 64 }, (_, i) => generateCart(i + 1, LINES));
    await checkEqual(subjects, carts);
    const [plain, metered] = await measure(subjects, {
      rounds: quick ? 21 : 101,
      roundMs: 6,
      makeCarts: (count) => Array.from({ length: count }, (_, i) => carts[i % carts.length]!),
    });
    for (const timing of [plain!, metered!]) {
      const row: Row = {
        ...{ bench: "metering", case: `${promotions} promotions, ${LINES} lines, at hand` },
        ...{ subject: timing.subject, value: median(timing.cpu), unit: "us", best: timing.wall },
        ratio: ratioOf(timing, plain!),
        against: plain!.subject,
      };
      const hasGoal = timing === metered && promotions === GOAL_PROMOTIONS;
      yield withGoal(row, hasGoal ? { atMost: 1.15 } : undefined);
    }
  }
}
