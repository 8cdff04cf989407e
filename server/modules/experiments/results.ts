import type { Experiment } from "@haggle/abi";
import type { Database } from "../../platform/database/database.ts";
import type { Analyses, Analysis } from "./analysis.ts";
import { type Comparison, compareSamples } from "./comparison.ts";
import { type Guardrail, judgeGuardrails } from "./guardrails.ts";
import { type MoneySums, readSums, type Sums } from "./results-store.ts";
import type { ExperimentRow, Experiments } from "./service.ts";
import {
  believeConversions,
  checkSampleRatio,
  type SampleRatio,
  sampleOfCounts,
  sampleOfSums,
} from "./statistics/index.ts";

/** What `GET /v1/experiments/{key}/results` tells: plain JSON, amounts in minor units. */
export type Results = {
  experiment: string;
  channel: string;
  state: ExperimentRow["state"];
  phase: number;
  /** What happened before is of another phase. null of a draft. */
  since: number | null;
  until: number | null;
  control: string;
  analysis: Analysis;
  variants: VariantResult[];
  /** Whether as many units came into each variant as should; of an alarm no other figure is to be believed. */
  sampleRatio: SampleRatio & { expected: Record<string, number> };
  comparisons: VariantComparison[];
  excluded: Sums["excluded"];
  /** Which units were exposed to more than one variant: the first twenty. */
  conflicts: Sums["conflicts"];
};

type VariantResult = {
  variant: string;
  /** Units that were exposed to it, and to no other. */
  units: number;
  /** Units with a conversion or an order. */
  conversions: number;
  conversionRate: number;
  /** Units by what else was told of them. */
  metrics: Record<string, number>;
  money: MoneyResult[];
};

type MoneyResult = {
  currency: string;
  orders: number;
  revenueMinor: number;
  revenuePerUnitMinor: number;
  discountMinor: number;
  /** null, as `orderMinor`, where there are refunds and no orders. */
  discountPerOrderMinor: number | null;
  /** Of the orders whose costs are known; null where none is. */
  marginMinor: number | null;
  marginPerUnitMinor: number | null;
  orderMinor: { p50: number; p90: number; p99: number } | null;
};

/** Of a variant with the control. null where there is not enough to compare. */
type VariantComparison = {
  variant: string;
  conversions: Comparison | null;
  revenue: ({ currency: string } & Comparison)[];
  guardrails: Guardrail[];
};

type Dependencies = {
  database: Database;
  experiments: Pick<Experiments, "getRow">;
  analyses: Pick<Analyses, "find">;
};

export type ExperimentResults = ReturnType<typeof createResults>;

export function createResults({ database, experiments, analyses }: Dependencies) {
  return {
    /** @throws HaggleError SERVER_UNKNOWN_EXPERIMENT */
    async find(key: string): Promise<Results> {
      const row = await experiments.getRow(key);
      const { definition, phaseAt, drawnSince, endedAt } = row;
      const sums = await readSums(database, {
        experiment: key,
        since: phaseAt ?? Number.MAX_SAFE_INTEGER,
        drawnSince: definition.sticky ? drawnSince : null,
        until: endedAt ?? Number.MAX_SAFE_INTEGER,
        forced: Object.keys(definition.forced ?? {}),
      });
      return describe(row, sums, await analyses.find(key));
    },
  };
}

function describe(row: ExperimentRow, sums: Sums, analysis: Analysis): Results {
  const { key, channel, state, phase, phaseAt, endedAt, definition } = row;
  const keys = definition.variants.map((variant) => variant.key);
  const [control = "", ...others] = keys;
  const shares = sharesOf(definition);
  const variants = keys.map((variant) => describeVariant(variant, sums));
  return {
    experiment: key,
    channel,
    state,
    phase,
    since: phaseAt,
    until: endedAt,
    control,
    analysis,
    variants,
    sampleRatio: {
      ...checkSampleRatio(
        variants.map(({ units }) => units),
        shares,
      ),
      expected: Object.fromEntries(keys.map((variant, i) => [variant, shares[i]!])),
    },
    comparisons: others.map((variant) => compare(variant, control, sums, analysis)),
    excluded: sums.excluded,
    conflicts: sums.conflicts,
  };
}

/** Of the units that take part. Coverage is the same for all. */
function sharesOf({ variants, ranges }: Experiment): number[] {
  if (ranges === undefined) return variants.map(({ weight }) => weight);
  const lengths = ranges.map(([from, to]) => to - from);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.map((length) => (whole === 0 ? 0 : length / whole));
}

function describeVariant(variant: string, sums: Sums): VariantResult {
  const { units, converted } = countsOf(variant, sums);
  const metrics = sums.metrics.filter(
    (row) => row.variant === variant && !MONEY_OR_CONVERSION.has(row.metric),
  );
  return {
    variant,
    units,
    conversions: converted,
    conversionRate: units === 0 ? 0 : converted / units,
    metrics: Object.fromEntries(metrics.map((row) => [row.metric, row.units])),
    money: sums.money.filter((row) => row.variant === variant).map((row) => describeMoney(row, units)),
  };
}

const MONEY_OR_CONVERSION = new Set(["conversion", "revenue"]);

function describeMoney(row: MoneySums, units: number): MoneyResult {
  const { currency, orders, revenue, discount, margin, marginOrders, p50, p90, p99 } = row;
  return {
    currency,
    orders,
    revenueMinor: revenue,
    revenuePerUnitMinor: revenue / units,
    discountMinor: discount,
    discountPerOrderMinor: orders === 0 ? null : discount / orders,
    marginMinor: marginOrders === 0 ? null : margin,
    marginPerUnitMinor: marginOrders === 0 ? null : margin / units,
    orderMinor: p50 === null || p90 === null || p99 === null ? null : { p50, p90, p99 },
  };
}

function compare(variant: string, control: string, sums: Sums, analysis: Analysis): VariantComparison {
  const [mine, theirs] = [countsOf(variant, sums), countsOf(control, sums)];
  const conversions = compareSamples(
    sampleOfCounts(mine.converted, mine.units),
    sampleOfCounts(theirs.converted, theirs.units),
    analysis,
  );
  const currencies = [...new Set(sums.money.map(({ currency }) => currency))];
  const money = currencies.map((currency) => ({
    currency,
    variant: { units: mine.units, sums: moneyOf(variant, currency, sums) },
    control: { units: theirs.units, sums: moneyOf(control, currency, sums) },
  }));
  return {
    variant,
    conversions: conversions && {
      ...conversions,
      // Exact, where the other is an approximation.
      bayesian: believeConversions(
        { conversions: mine.converted, units: mine.units },
        { conversions: theirs.converted, units: theirs.units },
        analysis.alpha,
      ),
    },
    revenue: money.flatMap(({ currency, ...arms }) => {
      const compared = compareSamples(revenueOf(arms.variant), revenueOf(arms.control), analysis);
      return compared === null ? [] : [{ currency, ...compared }];
    }),
    guardrails: money.flatMap((arms) => judgeGuardrails(arms, analysis)),
  };
}

function revenueOf({ units, sums }: { units: number; sums: MoneySums | undefined }) {
  return sampleOfSums({ units, sum: sums?.revenue ?? 0, squares: sums?.revenueSquares ?? 0 });
}

function countsOf(variant: string, { units }: Sums): { units: number; converted: number } {
  return units.find((row) => row.variant === variant) ?? { units: 0, converted: 0 };
}

function moneyOf(variant: string, currency: string, { money }: Sums): MoneySums | undefined {
  return money.find((row) => row.variant === variant && row.currency === currency);
}
