// How a variant reaches a price: segments, for shoppers with an account and for those without.

import type { Condition, Promotion } from "@haggle/abi";
import type { Cart, Engine } from "@haggle/sdk";
import {
  isVariantSegment,
  parseVariantSegment,
  variantSegment,
  verifyExperiments,
  withVariants,
} from "@haggle/sdk/experiments";
import { beforeAll, describe, expect, it } from "vitest";
import { generateCart } from "../support/carts.ts";
import { DAY, documents, NOW, sign, stranger, trusted } from "../support/documents.ts";
import { buildDemoRules, makeEngine, priceOf } from "../support/rules.ts";

const B = { experiment: "summer-threshold", variant: "b" };

describe("the segment of a variant", () => {
  it("says the experiment and the variant, and is told from others", () => {
    expect(variantSegment("summer-threshold", "b")).toBe("experiment:summer-threshold=b");
    expect(parseVariantSegment("experiment:summer-threshold=b")).toEqual(B);
    expect(isVariantSegment("experiment:")).toBe(true);
    for (const other of ["vip", "experiments:x=b", "my-experiment:x=b"]) {
      expect([isVariantSegment(other), parseVariantSegment(other)]).toEqual([false, undefined]);
    }
    for (const broken of ["experiment:x", "experiment:=b", "experiment:x="]) {
      expect(parseVariantSegment(broken)).toBeUndefined();
    }
  });

  it("takes the place of those that were there before", () => {
    const cart = generateCart(1);
    const customer = { ...cart.customer!, segments: ["vip", "experiment:summer-threshold=control"] };
    const varied = withVariants({ ...cart, customer }, [B, { experiment: "other", variant: "a" }]);
    expect(varied.customer).toEqual({
      ...customer,
      segments: ["vip", "experiment:summer-threshold=b", "experiment:other=a"],
    });
    expect(withVariants(varied, []).customer?.segments).toEqual(["vip"]);
    expect(customer.segments).toHaveLength(2);
  });

  it("leaves a cart alone that is in nothing", () => {
    const { customer: _, ...cart } = generateCart(1);
    expect(withVariants(cart, [])).toBe(cart);
  });
});

describe("a guest", () => {
  /** Everything that a promotion can ask about a customer, both ways. */
  const ASKED: Condition[] = [
    { kind: "segments", match: { any: ["vip"] } },
    { kind: "segments", match: { none: ["vip"] } },
    { kind: "tier", match: { any: ["gold"] } },
    { kind: "tier", match: { none: ["gold"] } },
    { kind: "loggedIn" },
    { kind: "orders", value: 0, operator: "atMost" },
    { kind: "orders", value: 1 },
    { kind: "counter", key: "points", value: 0, operator: "equal" },
    { kind: "customer", key: "city", match: { any: ["Lyon"] } },
    { kind: "customer", key: "city", match: { none: ["Lyon"] } },
  ];
  let engine: Engine;

  beforeAll(async () => {
    const built = await buildDemoRules();
    const asking = ASKED.flatMap((condition, i): Promotion[] =>
      [false, true].map((not) => ({
        ...{ id: `asks-${i}-${not}`, priority: 0, conditions: [{ ...condition, not }] },
        effects: [{ target: "order", amount: 2 ** i * (not ? 1 : 1_000) }],
      })),
    );
    const rules = built.metadata.rules.map(({ name, priority }) => ({ id: name, rule: name, priority }));
    engine = await makeEngine(built, { promotions: [...rules, ...asking] });
  });

  it("prices as no customer does, in all but the digest of the cart", () => {
    const totals = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const { customer: _, ...cart } = generateCart(seed);
      const [alone, guest] = [cart, withVariants(cart, [B])].map((each) => priced(engine, each));
      expect(guest).toEqual(alone);
      totals.add(alone!.discountTotal);
    }
    expect(totals.size).toBeGreaterThan(50);
    const vip = { ...withVariants(generateCart(1), [B]) };
    const known = { ...vip, customer: { ...vip.customer!, segments: ["vip"], orders: 3 } };
    const { customer: _, ...nobody } = vip;
    expect(priced(engine, known)).not.toEqual(priced(engine, nobody));
  });
});

/** What a decision says, but for the digest, which the cart itself is part of. */
function priced(engine: Engine, cart: Cart) {
  const { digest: _, ...decision } = JSON.parse(JSON.stringify(priceOf(engine, cart))) as {
    digest: string;
    discountTotal: number;
  };
  return decision;
}

describe("experiments that are signed", () => {
  const { experiments } = documents;

  it("are verified for their channel and their time", async () => {
    const bytes = await sign(experiments);
    const found = await verifyExperiments(bytes, trusted, { now: NOW, channel: "stable" });
    expect(found.experiments).toEqual(experiments);
    await expect(verifyExperiments(bytes, trusted, { channel: "preview" })).rejects.toMatchObject({
      ...{ code: "DOCUMENT_WRONG_CHANNEL", at: "experiments.channel", value: "stable" },
    });
    await expect(verifyExperiments(bytes, trusted, { now: NOW + DAY })).rejects.toMatchObject({
      code: "DOCUMENT_EXPIRED",
    });
    await expect(verifyExperiments(await sign(experiments, [stranger]), trusted)).rejects.toMatchObject({
      code: "DOCUMENT_THRESHOLD",
    });
  });

  it("are refused where they contradict themselves, though signed", async () => {
    const [first] = experiments.experiments;
    const alone = await sign({ ...experiments, experiments: [first!] });
    await expect(verifyExperiments(alone, trusted)).rejects.toMatchObject({
      ...{ code: "EXPERIMENT_UNKNOWN", at: "experiments.experiments[0].holdout", value: "never-asked" },
    });
  });
});
