import type { PricedDecision } from "@haggle/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import type { Converted, Policies } from "../../engine/cli/vocabulary/convert.ts";
import { figuresOf } from "../../engine/cli/vocabulary/figures.ts";
import { differencesOf } from "../../engine/cli/vocabulary/judge.ts";
import type { Pricer } from "../../engine/cli/vocabulary/price.ts";
import { type Case, convert, prepareConformance, readPromotionCases } from "../support/conformance.ts";
import { price } from "./oracle/price.ts";

// What other products' public suites say a cart comes to, each under the policy of its product: the engine, and the
// oracle of engine/cli/PRICING.md, must say the same.

/** Cases that are not equal, by id, each with its reason. */
const MISSES: Readonly<Record<string, string>> = {};
const AT_LEAST_EQUAL = 147;

const shared = readPromotionCases("cases");
const neighbours = readPromotionCases("neighbours");
let policies: Policies;
let pricer: Pricer;

beforeAll(async () => {
  ({ policies, pricer } = await prepareConformance());
});

it("the shared cases are those of eight policies, and nearly all must be equal", () => {
  expect(shared).toHaveLength(151);
  expect(new Set(shared.map(({ policy }) => policy)).size).toBe(8);
  expect(shared.length - Object.keys(MISSES).length).toBeGreaterThanOrEqual(AT_LEAST_EQUAL);
});

describe.each([...new Set([...shared, ...neighbours].map(({ policy }) => policy))])("%s", (policy) => {
  it.each(cases(policy))("$id $title", async (each) => {
    const { converted, decision } = await priceCase(each);
    const figures = figuresOf(converted, decision);
    const differences = differencesOf(each, figures);
    if (MISSES[each.id] !== undefined) expect(differences).not.toEqual([]);
    else expect(differences).toEqual([]);
    // Not judged elsewhere, but stated, and the engine's claim is that they add up.
    for (const [line, units] of Object.entries(
      (each.expected.unitDiscounts ?? {}) as Record<string, number[]>,
    )) {
      expect(figures.unitDiscounts?.[line], line).toEqual(units);
    }
    const { couponRejected, budgetExceeded, addedLines } = each.expected;
    expect(figures).toMatchObject({
      ...(couponRejected === undefined ? {} : { couponRejected }),
      ...(budgetExceeded === undefined ? {} : { budgetExceeded }),
      ...(addedLines === undefined ? {} : { addedLines }),
    });
  });

  it("the oracle agrees with the engine on all of them", async () => {
    for (const each of cases(policy)) {
      const { converted, decision } = await priceCase(each);
      const { cart, promotions, policy: own } = converted;
      const wanted = price(cart, promotions, own, { server: false });
      expect([decision.total, decision.discountTotal, decision.shippingTotal], each.id).toEqual(
        [wanted.total, wanted.discountTotal, wanted.shippingTotal].map(Number),
      );
      expect(
        decision.lines.map(({ discount }) => discount),
        each.id,
      ).toEqual(wanted.lines.map(({ discount }) => Number(discount)));
      expect(
        decision.promotions.map(({ id, status }) => [id, status]),
        each.id,
      ).toEqual(wanted.promotions.map(({ id, status }) => [id, status]));
    }
  });
});

type Priced = { converted: Converted; decision: PricedDecision };
const priced = new Map<Case, Promise<Priced>>();

/** Once for both questions: each case has a release and an engine of its own. */
function priceCase(each: Case): Promise<Priced> {
  const found = priced.get(each) ?? priceAnew(each);
  priced.set(each, found);
  return found;
}

async function priceAnew(each: Case): Promise<Priced> {
  const converted = convert(each, policies);
  return { converted, decision: await pricer.price(converted) };
}

function cases(policy: string): Case[] {
  return [...shared, ...neighbours].filter((each) => each.policy === policy);
}
