// The same task for everyone: 1, 20 or 50 promotions on carts of 10 or 100 lines, as objects at hand or fresh from
// JSON.parse, whose time is not counted.

import type { Cart } from "@haggle/sdk";
import { generateCart } from "../support/carts.ts";
import { createHand } from "./hand.ts";
import { measure, median, ratioOf, type Timing } from "./measure.ts";
import { bundleHand } from "./rivals/bundle-hand.ts";
import { extism } from "./rivals/extism.ts";
import { jsonLogicJs } from "./rivals/json-logic.ts";
import { jsonRulesEngine } from "./rivals/json-rules-engine.ts";
import { quickjs } from "./rivals/quickjs.ts";
import { zen } from "./rivals/zen.ts";
import { type Goal, type Row, withGoal } from "./row.ts";
import { type BenchRule, makeRules } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { type BenchShop, createShop, haggle, haggleJson, haggleTotal } from "./shop.ts";
import { checkEqual, readShares, type Subject } from "./subject.ts";

/** Carts per case; what is compared first, and what is timed. */
const CARTS = 64;
const COMPARED = 32;

type Case = { promotions: number; lines: number; fresh: boolean };

/**
 * First Haggle against code by hand, then the rivals against Haggle, every share read from all: what they leave to
 * background threads and to the garbage collector would be counted against a subject that is ten times as fast. A
 * total alone, the rest decoded when asked for, is a row for information.
 */
export async function* evaluate({ quick }: BenchOptions): AsyncGenerator<Row> {
  const shops: BenchShop[] = [];
  for (const count of [1, 20, 50]) shops.push(await createShop(makeRules(count)));
  for (const shop of shops) {
    const peers = [handWritten(shop.rules), haggle(shop), haggleTotal(shop), haggleJson(shop)];
    yield* contest(peers, shop.rules.length, quick);
  }
  for (const shop of shops) {
    yield* contest(
      [haggle(shop), haggleTotal(shop), ...(await createRivals(shop))],
      shop.rules.length,
      quick,
    );
  }
}

async function* contest(
  subjects: readonly Subject[],
  promotions: number,
  quick: boolean,
): AsyncGenerator<Row> {
  for (const lines of quick ? [10] : [10, 100]) {
    const carts = Array.from({ length: CARTS }, (_, i) => generateCart(i + 1, lines));
    await checkEqual(subjects, carts.slice(0, COMPARED));
    for (const fresh of [false, true]) {
      const plan = {
        rounds: quick ? 9 : 21,
        roundMs: quick ? 4 : 6,
        makeCarts: fresh ? parserOf(carts) : (count: number) => repeat(carts, count),
      };
      yield* toRows({ promotions, lines, fresh }, await measure(subjects, plan));
    }
  }
}

async function createRivals(shop: BenchShop): Promise<Subject[]> {
  const { rules } = shop;
  const code = await bundleHand(rules);
  return [await extism(shop), jsonLogicJs(rules), jsonRulesEngine(rules), await quickjs(code), zen(rules)];
}

function handWritten(rules: readonly BenchRule[]): Subject {
  const price = createHand(rules);
  return { name: "hand-written", run: (cart) => readShares(price(cart)), decide: price };
}

function repeat(carts: readonly Cart[], count: number): Cart[] {
  return Array.from({ length: count }, (_, i) => carts[i % carts.length]!);
}

/** Strings of their own in every cart: a parser's strings carry no hash yet and are not interned. */
function parserOf(carts: readonly Cart[]): (count: number) => Cart[] {
  const texts = carts.map((cart) => JSON.stringify(cart));
  return (count) => Array.from({ length: count }, (_, i) => JSON.parse(texts[i % texts.length]!));
}

function toRows({ promotions, lines, fresh }: Case, timings: readonly Timing[]): Row[] {
  const against = timings[0]!;
  return timings.map((timing) => {
    const row: Row = {
      ...{
        bench: "evaluate",
        case: `${promotions} promotions, ${lines} lines, ${fresh ? "fresh" : "at hand"}`,
      },
      ...{ subject: timing.subject, value: median(timing.cpu), unit: "us", best: timing.wall },
      ratio: ratioOf(timing, against),
      against: against.subject,
    };
    const hasGoal = lines === 10 && timing !== against && !(isLazy(timing) && against.subject === "haggle");
    return withGoal(row, hasGoal ? goalOf(timing.subject, promotions, fresh) : undefined);
  });
}

function isLazy({ subject }: Timing): boolean {
  return subject === "haggle, total only";
}

/** Goals stand where there are enough promotions for an engine to be worth its price. */
function goalOf(subject: string, promotions: number, fresh: boolean): Goal | undefined {
  if (subject === "haggle") {
    if (promotions === 50) return { atMost: fresh ? 0.8 : 0.5 };
    return promotions === 20 && !fresh ? { atMost: 0.75 } : undefined;
  }
  // The trace is recorded, and decoded when it is read.
  if (subject === "haggle, total only") return promotions === 20 && !fresh ? { atMost: 1 } : undefined;
  if (promotions === 1 || fresh) return undefined;
  if (subject === "extism") return { atLeast: 10 };
  return ["quickjs", "json-rules-engine", "zen-engine"].includes(subject) ? { atLeast: 60 } : undefined;
}
