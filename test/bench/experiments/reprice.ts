// Prices of a whole catalogue after a change of strategies, against one pass of the bare rule over the same skus: an engine
// whose one promotion is that rule, a thousand skus in a cart that is there already. Beyond the rule there are finding the
// strategy of each sku, the carts, bounds, and what differs from the prices in force. Signing the document is a row of its
// own. By CPU time: what else the machine does is not counted.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cart, MAX_LINES, type Prices, type Strategy } from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import { createPricer, type PricedSku, type Pricer } from "@haggle/sdk/pricing";
import { signDocument, signerFromSeed } from "@haggle/sdk/sign";
import { indexBounds } from "@haggle/sdk/trust";
import { nextPrices } from "../../../server/modules/pricing/next-prices.ts";
import { buildRules, makeEngine, signTestRelease } from "../../support/rules.ts";
import { median } from "../measure.ts";
import { type Row, withGoal } from "../row.ts";
import type { BenchOptions } from "../run.ts";

const RULE = join(import.meta.dirname, "../../../rules/pricing/price-by-stock/price-by-stock.rule.ts");
const NOW = 1_790_000_000_000;
const LIFE_MS = 86_400_000;
const SKUS = 100_000;
const MAX_TIMES = 2;
const RAISES = ["12.5", "7.5"] as const;

export async function* reprice({ quick }: BenchOptions): AsyncGenerator<Row> {
  const skus = makeSkus(quick ? SKUS / 5 : SKUS);
  const built = await buildRules({ "price-by-stock": await readFile(RULE, "utf8") });
  const engines = await Promise.all(
    RAISES.map((raise) => {
      const parameters = { few: 50, raise };
      const promotion = {
        id: "p",
        rule: "price-by-stock",
        phase: "pricing",
        priority: 0,
        parameters,
      } as const;
      return makeEngine(built, { promotions: [promotion], server: true });
    }),
  );
  const release = await signTestRelease(built, []);
  const pricer = await createPricer({ bundle: built.bundle, release: release.bytes, root: built.root.bytes });
  const carts = makeCarts(skus);
  const reprice = createReprice(pricer, skus);
  const signer = await signerFromSeed(new Uint8Array(32).fill(7));

  const [bare, ours, signed]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < (quick ? 4 : 10); round++) {
    const which = round % RAISES.length;
    const raise = RAISES[which]!;
    let startedAt = cpuMs();
    const expected = passOver(engines[which]!, carts);
    bare.push(cpuMs() - startedAt);
    startedAt = cpuMs();
    const document = reprice(raise);
    ours.push(cpuMs() - startedAt);
    startedAt = cpuMs();
    await signDocument(document, [signer]);
    signed.push(cpuMs() - startedAt);
    const { prices } = document;
    if (prices.length !== expected.length || prices.some(({ unitPrice }, i) => unitPrice !== expected[i])) {
      throw new Error("The prices of strategies are not those of their rule");
    }
  }
  const common = { bench: "experiments", case: `prices of ${skus.length} skus`, unit: "ms" } as const;
  yield { ...common, subject: "the bare rule", value: median(bare), best: Math.min(...bare) };
  yield { ...common, subject: "signing the document", value: median(signed), best: Math.min(...signed) };
  const ratio = median(ours.map((ms, round) => ms / bare[round]!));
  const row = { ...common, subject: "Haggle", value: median(ours), best: Math.min(...ours) };
  yield withGoal({ ...row, ratio, against: "the bare rule" }, { atMost: MAX_TIMES });
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function makeSkus(count: number): PricedSku[] {
  return Array.from({ length: count }, (_, i) => ({
    sku: `sku-${String(i).padStart(6, "0")}`,
    categories: [`category-${i % 40}`],
    listPrice: 1_000 + ((i * 7_919) % 50_000),
    stock: i % 200,
  }));
}

function makeCarts(skus: readonly PricedSku[]): Cart[] {
  const carts: Cart[] = [];
  for (let start = 0; start < skus.length; start += MAX_LINES) {
    const lines = skus.slice(start, start + MAX_LINES).map(({ sku, categories, listPrice, stock }) => ({
      ...{ id: sku, sku, productId: sku, categories, quantity: 1, unitPrice: listPrice },
      attributes: { stock: stock! },
    }));
    carts.push({ id: "bare", currency: "EUR", now: NOW, lines, shipping: [], coupons: [] });
  }
  return carts;
}

function passOver(engine: Engine, carts: readonly Cart[]): number[] {
  return carts.flatMap((cart) => {
    const decision = engine.evaluate(cart);
    if (!decision.ok) throw decision.error;
    return decision.lines.map(({ total }) => total);
  });
}

function drain<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** What a server does when other strategies are in force, but for the database. */
function createReprice(pricer: Pricer, skus: readonly PricedSku[]) {
  const findBound = indexBounds([{ sku: "sku-*", minUnitPrice: 1, maxUnitPrice: 1_000_000 }]);
  let before: Prices | undefined;
  return (raise: string): Prices => {
    const strategies: Strategy[] = [
      { id: "none", rule: "price-by-stock", skus: ["sku-x*"], parameters: {} },
      { id: "all", rule: "price-by-stock", skus: ["sku-*"], parameters: { few: 50, raise } },
    ];
    const found = drain(pricer.steps({ strategies, skus, now: NOW, currency: "EUR" }));
    const next = nextPrices({ skus, found, strategies, findBound, before, replaced: [], now: NOW });
    if (!next.isChanged) throw new Error("Nothing has changed");
    before = {
      ...{ type: "prices", channel: "stable", version: (before?.version ?? 0) + 1, issued: NOW },
      ...{ expires: NOW + LIFE_MS, release: "ab".repeat(32), strategy: { version: 1, id: "v2026.11.22-a" } },
      strategies: next.strategies,
      prices: next.prices,
    };
    return before;
  };
}
