// The rivals, side by side, as a picture that reads in light and in dark.

import type { Row } from "./row.ts";

const CASE = "20 promotions, 10 lines, at hand";
const WIDTH = 720;
const BAR = 22;
const STEP = 34;
const LEFT = 150;
const RIGHT = 90;
const TOP = 46;

/** By median CPU time: twice as long a bar is twice the time. */
export function drawRivals(rows: readonly Row[]): string {
  const bars = new Map<string, number>();
  for (const { bench, case: name, subject, value } of rows) {
    // Haggle is measured twice, beside code by hand and beside the rivals: the slower one stands here.
    if (bench === "evaluate" && name === CASE && !subject.startsWith("haggle, ")) {
      bars.set(subject, Math.max(value, bars.get(subject) ?? 0));
    }
  }
  if (!bars.has("haggle")) throw new Error(`no row of evaluate is called ${CASE}`);
  const sorted = [...bars].sort(([, a], [, b]) => a - b);
  const most = sorted.at(-1)![1];
  const lines: string[] = [];
  for (const [i, [subject, value]] of sorted.entries()) {
    const y = TOP + i * STEP;
    const own = subject === "haggle" ? ' class="own"' : "";
    const width = (value / most) * (WIDTH - LEFT - RIGHT);
    lines.push(`<text class="name" x="${LEFT - 10}" y="${y + 16}">${subject}</text>`);
    lines.push(`<rect${own} x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>`);
    const label = `${value.toFixed(value < 100 ? 1 : 0)} µs`;
    lines.push(`<text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 16}">${label}</text>`);
  }
  const bottom = TOP + sorted.length * STEP;
  const title = "One cart of 10 lines with 20 promotions: median CPU time";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom}" role="img" aria-label="${title}">
<style>
  text { font: 14px system-ui, sans-serif; fill: #24292f; }
  .name { text-anchor: end; }
  .title { font-weight: 600; }
  rect { fill: #8c959f; }
  .own { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    rect { fill: #6e7681; }
    .own { fill: #2f81f7; }
  }
</style>
<text class="title" x="12" y="22">${title}</text>
${lines.join("\n")}
</svg>
`;
}
