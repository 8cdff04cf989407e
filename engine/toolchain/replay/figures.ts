// What a replay says, as JSON; the HTML report shows the same. Amounts are integers in minor units, differences are
// B less A.

import type { Engine } from "@haggle/sdk";
import type { Pair } from "./releases.ts";
import type { Sample } from "./sample.ts";
import { addSegment, isFull, type Segments, type SegmentTally } from "./segments.ts";
import { type Bucket, bucketsOf, quantile } from "./sketch.ts";
import type { CurrencyTally, Fault, Refusal, Sums, Tally } from "./tally.ts";

/** Two releases, and what recorded carts came to with them. */
export type Replay = { engines: Pair<Engine>; tally: Tally };

export type Figures = {
  format: "haggle-replay";
  version: 1;
  releases: Pair<ReleaseFigures>;
  carts: Tally["carts"];
  /** The currency of most carts first. */
  currencies: CurrencyFigures[];
  /** Why carts were refused, most first. */
  refusals: Refusal[];
  faults: Fault[];
  /** Promotions that applied to no cart. */
  idle: Pair<string[]>;
};

export type ReleaseFigures = {
  release: string;
  bundle: string;
  version: number;
  policy: string;
  promotions: number;
};

export type CurrencyFigures = {
  currency: string;
  carts: { all: number; cheaper: number; dearer: number; same: number };
  sums: Pair<Sums>;
  /** Of `sums`. */
  difference: Sums;
  /** Undefined when no line has a cost. Basis points are hundredths of a percent of the revenue. */
  margin?: Pair<{ amount: number; basisPoints: number }> & {
    difference: number;
    costedLines: number;
    lines: number;
  };
  /** How the total of a cart changes, unchanged ones included. */
  quantiles: Record<"p1" | "p5" | "p25" | "p50" | "p75" | "p95" | "p99", number>;
  /** Ascending, without gaps being listed. */
  differences: Bucket[];
  promotions: PromotionFigures[];
  segments: SegmentFigures[];
  /** There were too many to count; the ones shown are whole. */
  moreSegments: boolean;
  cheaper: Sample[];
  dearer: Sample[];
};

/** The one that changes most first. */
export type PromotionFigures = {
  id: string;
  applied: Pair<number>;
  granted: Pair<number>;
  difference: number;
  onlyA: number;
  onlyB: number;
};

/** `name` is null for carts without a segment; `merged` segments have too few carts to be told apart. */
export type SegmentFigures = { name: string | null; merged?: number; difference: number } & SegmentTally;

/** Fewer carts than this could be one person's. */
const LEAST_SEGMENT_CARTS = 5;

export function toFigures({ engines, tally }: Replay): Figures {
  const { carts, currencies, refusals, faults } = tally;
  return {
    format: "haggle-replay",
    version: 1,
    releases: { a: toRelease(engines.a), b: toRelease(engines.b) },
    carts,
    currencies: [...currencies]
      .map(([currency, part]) => toCurrency(currency, part))
      .sort((a, b) => b.carts.all - a.carts.all || compareTexts(a.currency, b.currency)),
    refusals: [...refusals.values()].sort((x, y) => y.a + y.b - x.a - x.b || x.line - y.line),
    faults: [...faults.values()].sort(
      (x, y) =>
        y.a + y.b - x.a - x.b || compareTexts(x.promotion, y.promotion) || compareTexts(x.code, y.code),
    ),
    idle: { a: findIdle(engines.a, tally, "a"), b: findIdle(engines.b, tally, "b") },
  };
}

function toRelease({ release, bundle, version, policy, promotions }: Engine): ReleaseFigures {
  return { release, bundle, version, policy: policy.name, promotions: promotions.length };
}

function findIdle({ promotions }: Engine, { currencies }: Tally, side: keyof Pair<unknown>): string[] {
  const parts = [...currencies.values()];
  return promotions
    .map(({ id }) => id)
    .filter((id) => !parts.some((part) => (part.promotions.get(id)?.[side].applied ?? 0) > 0));
}

function toCurrency(currency: string, tally: CurrencyTally): CurrencyFigures {
  const { carts, cheaper, dearer, sums, mostCheaper, mostDearer } = tally;
  const differences = bucketsOf(tally.differences);
  const at = (share: number) => quantile(differences, share);
  return {
    currency,
    carts: { all: carts, cheaper, dearer, same: carts - cheaper - dearer },
    sums,
    difference: subtract(sums.b, sums.a),
    ...(tally.costedLines > 0 && { margin: toMargin(tally) }),
    quantiles: {
      ...{ p1: at(0.01), p5: at(0.05), p25: at(0.25), p50: at(0.5) },
      ...{ p75: at(0.75), p95: at(0.95), p99: at(0.99) },
    },
    differences,
    promotions: toPromotions(tally),
    segments: toSegments(tally.segments),
    moreSegments: isFull(tally.segments),
    cheaper: mostCheaper,
    dearer: mostDearer,
  };
}

function toMargin({ sums, cost, costedLines, lines }: CurrencyTally): NonNullable<CurrencyFigures["margin"]> {
  const marginOf = ({ revenue }: Sums) => ({
    amount: revenue - cost,
    basisPoints: revenue === 0 ? 0 : Math.round(((revenue - cost) / revenue) * 10_000),
  });
  const [a, b] = [marginOf(sums.a), marginOf(sums.b)];
  return { a, b, difference: b.amount - a.amount, costedLines, lines };
}

function toPromotions({ promotions }: CurrencyTally): PromotionFigures[] {
  return [...promotions]
    .map(([id, { a, b, onlyA, onlyB }]) => ({
      id,
      applied: { a: a.applied, b: b.applied },
      granted: { a: a.granted, b: b.granted },
      difference: b.granted - a.granted,
      onlyA,
      onlyB,
    }))
    .sort(
      (x, y) =>
        Math.abs(y.difference) - Math.abs(x.difference) ||
        y.granted.b - x.granted.b ||
        compareTexts(x.id, y.id),
    );
}

function toSegments(segments: Segments): SegmentFigures[] {
  const shown: SegmentFigures[] = [];
  let merged: (SegmentTally & { merged: number }) | undefined;
  for (const [name, part] of segments) {
    if (name === "" || part.carts >= LEAST_SEGMENT_CARTS) {
      shown.push({ name: name === "" ? null : name, difference: part.total.b - part.total.a, ...part });
      continue;
    }
    if (merged === undefined) merged = { ...structuredClone(part), merged: 0 };
    else addSegment(merged, part);
    merged.merged++;
  }
  shown.sort((a, b) => b.carts - a.carts || compareTexts(a.name ?? "", b.name ?? ""));
  if (merged === undefined) return shown;
  return [...shown, { name: null, difference: merged.total.b - merged.total.a, ...merged }];
}

function subtract(from: Sums, amounts: Sums): Sums {
  const fields = Object.keys(from) as (keyof Sums)[];
  return Object.fromEntries(fields.map((field) => [field, from[field] - amounts[field]])) as Sums;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
