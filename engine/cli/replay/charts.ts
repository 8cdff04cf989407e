// The charts of a report, drawn here and not by whoever opens it: SVG whose colours are variables of the page, so that
// one drawing is right on light and on dark paper.

import {
  type Bucket,
  type CurrencyFigures,
  type PromotionFigures,
  quantile,
  type SegmentFigures,
} from "@haggle/toolchain/replay";
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { Markup } from "./markup.ts";
import type { Spelling } from "./spelling.ts";

use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

const WIDTH = 720;
const BAR_HEIGHT = 34;
const MOST_BARS = 12;
const MOST_NAME = 28;

/** What each promotion takes off, in both releases; undefined when none takes anything. */
export function drawPromotions(
  promotions: readonly PromotionFigures[],
  { round }: Spelling,
): Markup | undefined {
  const shown = promotions.filter(({ granted }) => granted.a > 0 || granted.b > 0).slice(0, MOST_BARS);
  if (shown.length === 0) return undefined;
  const names = shown.map(({ id }) => shorten(id));
  const bar = (name: string, side: "a" | "b") => ({
    ...{
      name,
      type: "bar",
      barMaxWidth: 12,
      barGap: "15%",
      itemStyle: { color: `var(--${side})`, borderRadius: 2 },
    },
    data: shown.map(({ granted }) => granted[side]),
  });
  return draw(shown.length * BAR_HEIGHT + 70, {
    legend: { right: 0, top: 0, itemWidth: 12, itemHeight: 12, textStyle: INK, data: ["A", "B"] },
    grid: { left: widthOf(names), right: 32, top: 32, bottom: 28, outerBoundsMode: "none" },
    xAxis: valueAxis(round),
    yAxis: nameAxis(names),
    series: [bar("A", "a"), bar("B", "b")],
  });
}

/** By how much the total of a segment's carts changes, in percent. */
export function drawSegments(segments: readonly SegmentFigures[]): Markup | undefined {
  const shown = segments.filter(({ total }) => total.a > 0).slice(0, MOST_BARS);
  if (shown.length === 0) return undefined;
  const names = shown.map((segment) => shorten(nameOf(segment)));
  const percent = ({ difference, total }: SegmentFigures) =>
    Number(((difference / total.a) * 100).toFixed(2));
  return draw(shown.length * BAR_HEIGHT + 40, {
    grid: { left: widthOf(names), right: 56, top: 8, bottom: 28, outerBoundsMode: "none" },
    xAxis: valueAxis((value) => `${value} %`),
    yAxis: nameAxis(names),
    series: [
      {
        ...{ type: "bar", barMaxWidth: 16 },
        data: shown.map((segment) => signed(percent(segment))),
        // Behind zero on both sides of it, where no bar and no name is.
        label: { show: true, position: "right", color: "var(--muted)", formatter: "{c} %" },
      },
    ],
  });
}

export function nameOf({ name, merged }: SegmentFigures): string {
  if (merged !== undefined) return `${merged} small segments`;
  return name ?? "no segment";
}

/** How many carts change by how much; those that do not are left out. */
export function drawDifferences({ differences }: CurrencyFigures, { change }: Spelling): Markup | undefined {
  const bins = binsOf(differences.filter(({ from, to }) => from !== 0 || to !== 0));
  if (bins.length === 0) return undefined;
  return draw(300, {
    grid: { left: 8, right: 24, top: 16, bottom: 8, outerBoundsMode: "same" },
    xAxis: {
      ...{ type: "category", data: bins.map(({ from }) => change(from)) },
      ...{ axisLabel: { ...INK, hideOverlap: true }, axisTick: { show: false }, axisLine: LINE },
    },
    yAxis: valueAxis((value) => value.toLocaleString("en")),
    series: [
      {
        ...{ type: "bar", barCategoryGap: "8%" },
        data: bins.map(({ from, count }) => ({ ...signed(from < 0 ? -1 : 1), value: count })),
      },
    ],
  });
}

const MOST_BINS = 32;

/** Of equal, round width, 0 between two of them; the few that are far out are in the first and the last. */
function binsOf(buckets: readonly Bucket[]): { from: number; count: number }[] {
  if (buckets.length === 0) return [];
  const [low, high] = [quantile(buckets, 0.005), quantile(buckets, 0.995)];
  const step = roundStep((Math.max(high, 0) - Math.min(low, 0)) / MOST_BINS);
  const first = Math.floor(low / step);
  const bins = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => ({
    ...{ from: (first + i) * step, count: 0 },
  }));
  for (const { from, to, count } of buckets) {
    const at = Math.floor((from + to) / 2 / step) - first;
    bins[Math.max(0, Math.min(bins.length - 1, at))]!.count += count;
  }
  return bins;
}

/** The next of 1, 2, 5, 10, 20, ... that is no smaller. */
function roundStep(least: number): number {
  let step = 1;
  for (let i = 0; step < least; i++) step *= i % 3 === 1 ? 2.5 : 2;
  return step;
}

const INK = { color: "var(--ink)", fontSize: 12 };
const LINE = { show: true, lineStyle: { color: "var(--line)" } };

function valueAxis(spell: (value: number) => string) {
  return {
    ...{ type: "value", splitNumber: 4, axisLabel: { color: "var(--muted)", formatter: spell } },
    splitLine: { lineStyle: { color: "var(--line)" } },
  };
}

function nameAxis(names: readonly string[]) {
  return {
    ...{ type: "category", inverse: true, data: names },
    ...{ axisLabel: INK, axisTick: { show: false }, axisLine: LINE },
  };
}

function shorten(name: string): string {
  return name.length > MOST_NAME ? `${name.slice(0, MOST_NAME - 1)}…` : name;
}

/** Room for the longest name. Which font a reader has is not known here, so it is the width of a wide one. */
function widthOf(names: readonly string[]): number {
  const widths = names.map((name) => [...name].reduce((sum, sign) => sum + (sign > "\u2e80" ? 13 : 7.6), 0));
  return Math.ceil(Math.max(0, ...widths)) + 14;
}

/** Below zero shoppers pay less. */
function signed(value: number) {
  return { value, itemStyle: { color: value < 0 ? "var(--less)" : "var(--more)", borderRadius: 2 } };
}

/** Not as wide as it says but as the page is. */
function draw(height: number, option: object): Markup {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: "inherit" }, ...option });
    const svg = chart.renderToSVGString();
    // Rules for pointing at things: nothing here can be pointed at, and the sheets of several charts would meet.
    const still = svg.replace(/<style[\s\S]*?<\/style>/g, "").replace(/ class="zr[\w-]*"/g, "");
    return new Markup(still.replace(/^<svg width="\d+" height="\d+"/, '<svg role="img" class="chart"'));
  } finally {
    chart.dispose();
  }
}
