import { createMatcher, createPricer, type Match } from "@haggle/sdk/pricing";
import type { Given } from "./given.ts";

export async function use({ bundle, release, root }: Given): Promise<unknown> {
  const strategies = [{ id: "boots", rule: "markdown", skus: ["boot-*"], parameters: {} }];
  const matcher = createMatcher(strategies, () => undefined);
  const match: Match | undefined = matcher.find({ sku: "boot-42", categories: [] }, undefined, 0);
  const pricer = await createPricer({ bundle, release, root, development: true });
  const skus = [{ sku: "boot-42", categories: ["shoes"], listPrice: 28_000 }];
  return [match, pricer.price({ strategies: [], skus, now: 0, currency: "EUR" })];
}

export const gives: unknown = [{ strategy: 0 }, []];
