// The looks of a report: one sheet for light and dark.

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f7f7f5; --card: #ffffff; --ink: #1d2530; --muted: #667080; --line: #e1e3e6;
  --a: #9aa5b4; --b: #3564d4; --less: #12877a; --more: #d1661a; --bad: #bb2d3b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1c2027; --ink: #e7eaee; --muted: #98a2b0; --line: #323843;
    --a: #76808f; --b: #7ea2ff; --less: #45c2b1; --more: #f0955a; --bad: #ff7d87;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1080px; margin: 0 auto; padding: 40px 20px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 48px 0 12px; }
h3 { font-size: 16px; margin: 0 0 2px; }
p { margin: 0 0 8px; }
.muted, small { color: var(--muted); }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; margin: 0 0 16px; }
.grid { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); margin: 0 0 16px; }
.grid > .card { margin: 0; }
.halves { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
.tile b { display: block; font-size: 26px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.less { color: var(--less); } .more { color: var(--more); } .bad { color: var(--bad); }
.parts { display: flex; height: 8px; border-radius: 4px; overflow: hidden; background: var(--line); margin: 8px 0; }
.parts i { display: block; }
.parts .less { background: var(--less); } .parts .more { background: var(--more); }
.chart { display: block; width: 100%; height: auto; margin-top: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th { font-size: 13px; font-weight: 550; color: var(--muted); white-space: nowrap; }
th button { all: unset; cursor: pointer; }
th button:hover { color: var(--ink); }
th button:focus-visible { outline: 2px solid var(--b); outline-offset: 2px; }
th[aria-sort] button { color: var(--ink); }
th[aria-sort="ascending"] button::after { content: " ↑"; }
th[aria-sort="descending"] button::after { content: " ↓"; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.name { overflow-wrap: anywhere; min-width: 140px; }
details.card { padding: 0; margin: 0 0 8px; }
details.card > summary { cursor: pointer; padding: 12px 20px; display: flex; gap: 16px; flex-wrap: wrap; align-items: baseline; }
details.card > summary b { min-width: 110px; font-variant-numeric: tabular-nums; }
details.card > div { padding: 4px 20px 18px; border-top: 1px solid var(--line); }
ul { margin: 6px 0 12px; padding-left: 18px; }
pre { overflow: auto; max-height: 320px; background: var(--paper); border-radius: 8px; padding: 12px; }
footer { margin-top: 48px; color: var(--muted); font-size: 13px; }
@media print { body { background: #fff; } .card { break-inside: avoid; } }
`;
