// The results of an experiment as a person reads them.

import { printable } from "../terminal.ts";
import { showMoment } from "../trust/life.ts";

/** As the server tells them; what is not used here is left out. */
export type Results = {
  experiment: string;
  channel: string;
  state: string;
  phase: number;
  since: number | null;
  until: number | null;
  control: string;
  analysis: { alpha: number; tunedFor: number };
  variants: {
    variant: string;
    units: number;
    conversions: number;
    conversionRate: number;
    metrics: Record<string, number>;
    money: {
      currency: string;
      orders: number;
      revenuePerUnitMinor: number;
      discountPerOrderMinor: number | null;
      marginPerUnitMinor: number | null;
      orderMinor: { p50: number; p90: number; p99: number } | null;
    }[];
  }[];
  sampleRatio: { p: number; deviation: number; verdict: string; expected: Record<string, number> };
  comparisons: {
    variant: string;
    conversions: Comparison | null;
    revenue: ({ currency: string } & Comparison)[];
    guardrails: Guardrail[];
  }[];
  excluded: Record<string, number>;
  /** Which they were that saw several variants, as far as the server tells. */
  conflicts: { unit: string; variants: string[] }[];
};

type Interval = { lower: number; upper: number };
type Comparison = {
  lift: number;
  sequential: Interval & { p: number };
  bayesian: Interval & { chance: number; expectedLoss: number };
};
type Guardrail = {
  name: string;
  currency: string;
  limit: number;
  interval: Interval | null;
  verdict: string;
};

/** Columns of a bar: what is left of 80 beside its ends. */
const BAR = 41;
const MIDDLE = (BAR - 1) / 2;
/** Below this a p-value says nothing that anybody could tell from another. */
const LEAST_P = 1e-15;

export function resultLines(results: Results): string[] {
  const { experiment, channel, state, phase, since, until, variants, control } = results;
  const times = [
    ...(since === null ? [] : [`since ${showMoment(since)}`]),
    ...(until === null ? [] : [`until ${showMoment(until)}`]),
  ];
  return [
    [`${experiment} ${channel}: ${state}`, `phase ${phase}`, ...times].join(", "),
    ...sampleRatioLines(results),
    ...table([
      ["", "units", "converted", "rate"],
      ...variants.map(({ variant, units, conversions, conversionRate }) => [
        printable(variant),
        String(units),
        String(conversions),
        percent(conversionRate),
      ]),
    ]),
    ...moneyLines(results),
    ...metricLines(results),
    ...comparisonLines(results, control),
    ...excludedLines(results),
  ];
}

function sampleRatioLines({ sampleRatio }: Results): string[] {
  const { verdict, p, deviation } = sampleRatio;
  if (verdict === "ok") return [];
  const figures = `p ${pValue(p)}, off by up to ${percent(deviation)}`;
  return verdict === "alarm"
    ? [
        `ALARM: units are not split as the weights say (${figures}). Believe no other figure before you know why.`,
      ]
    : [`warning: units may not be split as the weights say (${figures})`];
}

function moneyLines({ variants }: Results): string[] {
  const currencies = [...new Set(variants.flatMap(({ money }) => money.map(({ currency }) => currency)))];
  return currencies.flatMap((currency) => [
    `${currency}, minor units`,
    ...table([
      ["", "orders", "revenue/unit", "margin/unit", "discount/order", "p50", "p90", "p99"],
      ...variants.flatMap(({ variant, money }) => {
        const found = money.find((row) => row.currency === currency);
        if (found === undefined) return [[printable(variant), "0"]];
        const { orders, revenuePerUnitMinor, marginPerUnitMinor, discountPerOrderMinor, orderMinor } = found;
        const { p50, p90, p99 } = orderMinor ?? { p50: null, p90: null, p99: null };
        const amounts = [revenuePerUnitMinor, marginPerUnitMinor, discountPerOrderMinor, p50, p90, p99];
        return [[printable(variant), String(orders), ...amounts.map(minor)]];
      }),
    ]),
  ]);
}

function metricLines({ variants }: Results): string[] {
  const names = [...new Set(variants.flatMap(({ metrics }) => Object.keys(metrics)))];
  if (names.length === 0) return [];
  return table([
    ["units with", ...names.map(printable)],
    ...variants.map(({ variant, metrics }) => [
      printable(variant),
      ...names.map((name) => String(metrics[name] ?? 0)),
    ]),
  ]);
}

function comparisonLines({ comparisons, analysis }: Results, control: string): string[] {
  const compared = comparisons.flatMap(({ variant, conversions, revenue }) => [
    ...(conversions === null ? [] : [{ name: `${printable(variant)} conversions`, ...conversions }]),
    ...revenue.map((one) => ({ name: `${printable(variant)} revenue ${one.currency}`, ...one })),
  ]);
  const reach = Math.max(...compared.flatMap(({ sequential: { lower, upper } }) => [-lower, upper]), 0.001);
  const sure = percent(1 - analysis.alpha);
  const lines = compared.flatMap(({ name, lift, sequential, bayesian }) => [
    `  ${name}: ${signed(lift)}, ${sure} at every look ${signed(sequential.lower)} to ${signed(sequential.upper)}, p ${pValue(sequential.p)}`,
    `    ${signed(-reach).padStart(8)} ${bar(sequential, bayesian, lift, reach)} ${signed(reach)}`,
    `    better with ${percent(bayesian.chance)}, expected loss ${percent(bayesian.expectedLoss)}`,
  ]);
  const guardrails = comparisons.flatMap(({ variant, guardrails: list }) =>
    list.map(({ name, currency, limit, interval, verdict }) => {
      const found =
        interval === null ? "nothing to judge by" : `${signed(interval.lower)} to ${signed(interval.upper)}`;
      return `  ${verdict.padEnd(4)} ${printable(variant)} ${name} ${currency}: ${found}, limit ${signed(limit)}`;
    }),
  );
  return [
    ...(lines.length === 0 ? [] : [`lift over ${printable(control)}`, ...lines]),
    ...(guardrails.length === 0 ? [] : ["guardrails", ...guardrails]),
  ];
}

/** The interval that holds at every look as a thin line, the Bayesian one thick, the lift a dot, no lift a post. */
function bar(sequential: Interval, bayesian: Interval, lift: number, reach: number): string {
  const column = (value: number) =>
    Math.max(0, Math.min(BAR - 1, Math.round(MIDDLE + (value / reach) * MIDDLE)));
  const cells = new Array<string>(BAR).fill(" ");
  cells.fill("─", column(sequential.lower), column(sequential.upper) + 1);
  cells.fill("━", column(bayesian.lower), column(bayesian.upper) + 1);
  cells[MIDDLE] = "│";
  cells[column(lift)] = "●";
  return cells.join("");
}

const EXCLUDED: Readonly<Record<string, string>> = {
  multipleUnits: "units that saw several variants",
  carried: "units that were drawn before weights were changed",
  forced: "events of testers",
  earlier: "events of before the phase",
  afterEnd: "events of after the end",
  unattributed: "outcomes of units that had not seen the variant",
};

function excludedLines({ excluded, conflicts }: Results): string[] {
  const parts = Object.entries(EXCLUDED).flatMap(([name, words]) => {
    const count = excluded[name] ?? 0;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return [
    ...(parts.length === 0 ? [] : [`not counted: ${parts.join(", ")}`]),
    ...conflicts.map(
      ({ unit, variants }) => `  ${printable(unit)} saw ${variants.map(printable).join(", ")}`,
    ),
  ];
}

/** The first column to the left, figures to the right. */
function table(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

function pValue(p: number): string {
  return p < LEAST_P ? "< 1e-15" : String(Number(p.toPrecision(2)));
}

function minor(amount: number | null): string {
  return amount === null ? "-" : String(Math.round(amount * 10) / 10);
}

function signed(share: number): string {
  return `${share > 0 ? "+" : ""}${percent(share)}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
