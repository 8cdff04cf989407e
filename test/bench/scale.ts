// How cost grows: with lines, with promotions, and with promotions that a cart has nothing to do with. Totals are
// read, the trace is recorded and left undecoded.

import type { Promotion } from "@haggle/abi";
import type { Cart, Engine } from "@haggle/sdk";
import { CATEGORIES, generateCart } from "../support/carts.ts";
import { measure, median, ratioOf, type Timing } from "./measure.ts";
import { type Row, withGoal } from "./row.ts";
import { makeRules } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { createDataShop, createShop } from "./shop.ts";
import type { Subject } from "./subject.ts";

const CARTS = 16;
const MOST_PROMOTIONS = 100;
const LINES = [10, 20, 50, 100, 200, 500, 1000];
const PROMOTIONS = [10, 20, 50, MOST_PROMOTIONS];
const STORED = 20_000;

export async function* scale(options: BenchOptions): AsyncGenerator<Row> {
  const engines = new Map<number, Engine>();
  for (const count of PROMOTIONS) engines.set(count, (await createShop(makeRules(count))).engine);
  yield* growth("lines, 20 promotions", LINES, (lines) => on(engines.get(20)!, lines), options);
  yield* growth(
    "promotions, 50 lines",
    PROMOTIONS,
    (promotions) => on(engines.get(promotions)!, 50),
    options,
  );
  yield* perLineAndPromotion(engines, options);
  yield* largest(engines.get(MOST_PROMOTIONS)!, options);
  yield* stored(options);
}

/** An engine on carts of one size, which stay the same. */
function on(engine: Engine, lines: number): Subject {
  const carts = Array.from({ length: CARTS }, (_, i) => generateCart(i + 1, lines));
  let next = 0;
  return {
    name: "haggle, total only",
    run: () => totalOf(engine, carts[next++ % CARTS]!),
    decide: () => {
      throw new Error("growth is compared with itself");
    },
  };
}

function totalOf(engine: Engine, cart: Cart): number {
  const decision = engine.evaluate(cart);
  if (!decision.ok) throw decision.error;
  return decision.total;
}

function time(subjects: readonly Subject[], { quick }: BenchOptions): Promise<Timing[]> {
  const none = generateCart(1, 1);
  const makeCarts = (count: number) => new Array<Cart>(count).fill(none);
  return measure(subjects, { rounds: quick ? 9 : 21, roundMs: 6, makeCarts });
}

/** The exponent of a power law through the medians: least squares over the logarithms. */
async function* growth(
  name: string,
  sizes: readonly number[],
  subjectOf: (size: number) => Subject,
  options: BenchOptions,
): AsyncGenerator<Row> {
  const timings = await time(sizes.map(subjectOf), options);
  const values = timings.map(({ cpu }) => median(cpu));
  for (const [i, size] of sizes.entries()) {
    yield {
      bench: "scale",
      case: `${size} ${name}`,
      subject: "haggle, total only",
      value: values[i]!,
      unit: "us",
    };
  }
  const exponent = slope(sizes.map(Math.log), values.map(Math.log));
  yield withGoal(
    {
      bench: "scale",
      case: `exponent in ${name}`,
      subject: "haggle, total only",
      value: exponent,
      unit: "exponent",
    },
    { atMost: 1.1 },
  );
}

/** Of the straight line through the points, by least squares. */
export function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(xs);
  const y = mean(ys);
  const sum = (term: (i: number) => number) => xs.reduce((total, _, i) => total + term(i), 0);
  return sum((i) => (xs[i]! - x) * (ys[i]! - y)) / sum((i) => (xs[i]! - x) ** 2);
}

/** One line and one promotion must not cost more in a large cart than in a small one. */
async function* perLineAndPromotion(
  engines: Map<number, Engine>,
  options: BenchOptions,
): AsyncGenerator<Row> {
  const [small, large] = await time([on(engines.get(20)!, 10), on(engines.get(100)!, 200)], options);
  const share = (timing: Timing, pairs: number): Timing => ({
    ...timing,
    cpu: timing.cpu.map((cpu) => cpu / pairs),
  });
  const perPair = [share(small!, 10 * 20), share(large!, 200 * 100)] as const;
  for (const [i, name] of ["10 lines x 20 promotions", "200 lines x 100 promotions"].entries()) {
    const row: Row = {
      ...{
        bench: "scale",
        case: "per line and promotion",
        subject: name,
        value: median(perPair[i]!.cpu),
        unit: "us",
      },
      ...{ ratio: ratioOf(perPair[i]!, perPair[0]), against: "10 lines x 20 promotions" },
    };
    yield withGoal(row, i === 0 ? undefined : { atMost: 1 });
  }
}

/** Within the default limits: an evaluation that is refused throws. */
async function* largest(engine: Engine, options: BenchOptions): AsyncGenerator<Row> {
  const [timing] = await time([on(engine, 1000)], options);
  const decision = engine.evaluate(generateCart(1, 1000));
  const { base, perLine, perPromotion } = engine.policy.fuel;
  const limit = base + 1000 * perLine + MOST_PROMOTIONS * perPromotion;
  yield {
    ...{ bench: "scale", case: "1000 lines, 100 promotions", subject: "haggle, total only" },
    ...{ value: median(timing!.cpu), unit: "us" },
  };
  const used = decision.ok ? decision.fuelUsed : Number.POSITIVE_INFINITY;
  const row: Row = {
    ...{ bench: "scale", case: "1000 lines, 100 promotions", subject: "fuel", value: used, unit: "fuel" },
    ...{ ratio: used / limit, against: "the default limit" },
  };
  yield withGoal(row, { atMost: 1 });
}

/** Twenty thousand promotions of which a hundred have to do with the cart, against the hundred alone. */
async function* stored(options: BenchOptions): AsyncGenerator<Row> {
  const relevant = Array.from({ length: MOST_PROMOTIONS }, (_, i) =>
    promotionFor(i, CATEGORIES[i % CATEGORIES.length]!),
  );
  const others = Array.from({ length: STORED - MOST_PROMOTIONS }, (_, i) =>
    promotionFor(MOST_PROMOTIONS + i, `aisle-${i}`),
  );
  const few = await createDataShop(relevant);
  const many = await createDataShop([...relevant, ...others]);
  const carts = Array.from({ length: CARTS }, (_, i) => generateCart(i + 1, 10));
  for (const cart of carts) {
    if (totalOf(few, cart) !== totalOf(many, cart))
      throw new Error("promotions for other goods change a total");
  }
  const timings = await time([on(few, 10), on(many, 10)], options);
  for (const [i, name] of ["the 100 relevant", `${STORED} stored`].entries()) {
    const row: Row = {
      ...{
        bench: "scale",
        case: "20,000 promotions, 10 lines",
        subject: name,
        value: median(timings[i]!.cpu),
        unit: "us",
      },
      ...{ ratio: ratioOf(timings[i]!, timings[0]!), against: "the 100 relevant" },
    };
    yield withGoal(row, i === 0 ? undefined : { atMost: 2 });
  }
}

function promotionFor(i: number, category: string): Promotion {
  return {
    id: `promotion-${i}`,
    priority: i % 100,
    effects: [
      { target: "line", percent: String(1 + (i % 3)), filter: { categories: [category] }, reason: "AISLE" },
    ],
  };
}
