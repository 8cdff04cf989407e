// The report of a replay: one HTML file that loads nothing and says what the JSON says.

import { createHash } from "node:crypto";
import type { CurrencyFigures, Figures, ReleaseFigures, Sample, SampleSide } from "@haggle/toolchain/replay";
import { drawDifferences, drawPromotions, drawSegments, nameOf } from "./charts.ts";
import { html, Markup } from "./markup.ts";
import { SORTING } from "./sorting.ts";
import { createSpelling, formatBasisPoints, formatCount, formatShare, type Spelling } from "./spelling.ts";
import { STYLE } from "./style.ts";

/** Rows of a table: the JSON has all of them. */
const MOST_ROWS = 200;

export function createReport(figures: Figures): string {
  const { carts, currencies, releases } = figures;
  const script = createHash("sha256").update(SORTING).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${script}'`;
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Replay of ${formatCount(carts.read)} carts</title>
<style>${new Markup(STYLE)}</style>
<main>
<h1>What release B would have changed</h1>
<p class="muted">${formatCount(carts.read)} recorded carts, priced with two releases. Differences are B less A.</p>
<div class="grid">${describeRelease("A", releases.a)}${describeRelease("B", releases.b)}</div>
${currencies.map((part) => describeCurrency(part, currencies.length > 1))}
${describeRefusals(figures)}
${describeIdle(figures)}
<footer>No id of a cart or customer is in this file. Sample carts show what the shop sells and what its promotions ask
for; all else that was recorded is left out, and times are cut to the hour. Quantiles are exact to 1 in 64.</footer>
</main>
<script>${new Markup(SORTING)}</script>
</html>
`.toString();
}

function describeRelease(name: string, { release, version, promotions, policy }: ReleaseFigures): Markup {
  return html`<div class="card"><h3>Release ${name}</h3>
<p>Version ${version}, ${formatCount(promotions)} ${promotions === 1 ? "promotion" : "promotions"}, policy ${policy}</p>
<code class="muted">${release}</code></div>`;
}

function describeCurrency(figures: CurrencyFigures, isOneOfMany: boolean): Markup {
  const { currency, promotions, segments, moreSegments, cheaper, dearer } = figures;
  const spelling = createSpelling(currency);
  const differences = drawDifferences(figures, spelling);
  return html`
${isOneOfMany && html`<h2>${currency}</h2>`}
${describeTotals(figures, spelling)}
${
  differences &&
  html`<div class="card"><h3>How much carts change</h3><p class="muted">Carts by the change of what the shopper pays;
half of all carts change by ${spelling.change(figures.quantiles.p25)} to ${spelling.change(figures.quantiles.p75)}.</p>
${differences}</div>`
}
<h2>Promotions</h2>
<div class="card"><h3>What they take off</h3><p class="muted">The ones that change most.</p>
${drawPromotions(promotions, spelling)}</div>
<div class="card scroll">${describePromotions(figures, spelling)}</div>
<h2>Segments</h2>
<div class="card"><h3>Change of what they pay</h3>${drawSegments(segments)}</div>
<div class="card scroll">${describeSegments(figures, spelling)}
${moreSegments && html`<p class="muted">There are more segments than can be counted; these are some of them.</p>`}</div>
${describeSamples("Carts that get cheapest", cheaper, spelling)}
${describeSamples("Carts that get dearest", dearer, spelling)}`;
}

function describeTotals({ carts, sums, difference, margin }: CurrencyFigures, spelling: Spelling): Markup {
  const { money, change } = spelling;
  const width = (count: number) => `width:${((count / Math.max(1, carts.all)) * 100).toFixed(2)}%`;
  return html`<div class="grid">
<div class="card tile"><small>Shoppers pay</small><b>${change(difference.total)}</b>
${money(sums.a.total)} → ${money(sums.b.total)}<br>
<small>${difference.total > 0 && "+"}${formatShare(difference.total, sums.a.total)}</small></div>
<div class="card tile"><small>Discounts</small><b>${change(difference.discount)}</b>
${money(sums.a.discount)} → ${money(sums.b.discount)}<br>
<small>${formatShare(sums.a.discount, sums.a.subtotal)} → ${formatShare(sums.b.discount, sums.b.subtotal)} of the goods</small></div>
${
  margin
    ? html`<div class="card tile"><small>Margin</small><b>${change(margin.difference)}</b>
${formatBasisPoints(margin.a.basisPoints)} → ${formatBasisPoints(margin.b.basisPoints)}<br>
<small>costs known for ${formatShare(margin.costedLines, margin.lines)} of the lines${
        (sums.a.gifts > 0 || sums.b.gifts > 0) && ", gifts not counted"
      }</small></div>`
    : html`<div class="card tile"><small>Margin</small><b>–</b><small>no line has a cost</small></div>`
}
<div class="card tile"><small>Carts that change</small><b>${formatShare(carts.cheaper + carts.dearer, carts.all)}</b>
<div class="parts"><i class="less" style="${width(carts.cheaper)}"></i><i class="more" style="${width(carts.dearer)}"></i></div>
<small><span class="less">${formatCount(carts.cheaper)} cheaper</span>, <span class="more">${formatCount(carts.dearer)} dearer</span>,
${formatCount(carts.same)} the same</small></div>
</div>`;
}

function describePromotions({ promotions }: CurrencyFigures, { money, change }: Spelling): Markup {
  const rows = promotions
    .slice(0, MOST_ROWS)
    .map(({ id, applied, granted, difference, onlyA, onlyB }) => [
      textCell(id),
      numberCell(applied.a, formatCount(applied.a)),
      numberCell(applied.b, formatCount(applied.b)),
      numberCell(onlyA, formatCount(onlyA)),
      numberCell(onlyB, formatCount(onlyB)),
      numberCell(granted.a, money(granted.a)),
      numberCell(granted.b, money(granted.b)),
      numberCell(difference, change(difference)),
    ]);
  const heads = [
    "Promotion",
    "Carts A",
    "Carts B",
    "Lost it",
    "Got it",
    "Off in A",
    "Off in B",
    "Difference",
  ];
  return describeTable(heads, rows, promotions.length);
}

function describeSegments({ segments }: CurrencyFigures, { money, change }: Spelling): Markup {
  const rows = segments.slice(0, MOST_ROWS).map((segment) => {
    const { carts, cheaper, dearer, total, discount, difference } = segment;
    const more = discount.b - discount.a;
    return [
      textCell(nameOf(segment)),
      numberCell(carts, formatCount(carts)),
      numberCell(cheaper, formatCount(cheaper)),
      numberCell(dearer, formatCount(dearer)),
      numberCell(total.a, money(total.a)),
      numberCell(total.b, money(total.b)),
      numberCell(more, change(more)),
      numberCell(difference, change(difference)),
    ];
  });
  const heads = [
    "Segment",
    "Carts",
    "Cheaper",
    "Dearer",
    "Pays in A",
    "Pays in B",
    "Discounts",
    "Difference",
  ];
  return describeTable(heads, rows, segments.length);
}

function describeTable(heads: readonly string[], rows: readonly (readonly Markup[])[], all: number): Markup {
  return html`<table><thead><tr>${heads.map(
    (head, i) =>
      html`<th scope="col"${i > 0 && html` class="number"`}><button type="button">${head}</button></th>`,
  )}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells}</tr>\n`)}</tbody></table>
${all > rows.length && html`<p class="muted">${formatCount(all - rows.length)} more are in the JSON.</p>`}`;
}

function textCell(text: string): Markup {
  return html`<td class="name" data-by="${text}">${text}</td>`;
}

function numberCell(by: number, text: string): Markup {
  return html`<td class="number" data-by="${by}">${text}</td>`;
}

function describeSamples(title: string, samples: readonly Sample[], spelling: Spelling): Markup {
  if (samples.length === 0) return html``;
  return html`<h2>${title}</h2>${samples.map((sample) => describeSample(sample, spelling))}`;
}

function describeSample({ difference, line, exact, cart, a, b }: Sample, spelling: Spelling): Markup {
  const { change, money } = spelling;
  const { customer, coupons } = cart;
  const facts = [...(customer?.segments ?? []), ...coupons].join(", ");
  return html`<details class="card"><summary><b class="${difference < 0 ? "less" : "more"}">${change(difference)}</b>
<span>${money(a.total)} → ${money(b.total)}</span>
<span class="muted">${cart.lines.length} ${cart.lines.length === 1 ? "line" : "lines"}${facts && ` · ${facts}`} · line ${formatCount(line)} of the recording</span></summary>
<div><div class="halves">${describeSide("A", a, spelling)}${describeSide("B", b, spelling)}</div>
${!exact && html`<p class="bad">The recorded cart had something that this sample leaves out and that moves its price: what is said here may differ.</p>`}
<div class="scroll"><table><thead><tr><th>Goods</th><th>Categories</th><th class="number">Quantity</th><th class="number">Unit price</th></tr></thead>
<tbody>${cart.lines.map(
    ({ sku, categories, quantity, unitPrice }) =>
      html`<tr><td class="name">${sku}</td><td>${categories.join(", ")}</td><td class="number">${formatCount(quantity)}</td><td class="number">${money(unitPrice)}</td></tr>\n`,
  )}</tbody></table></div>
<details><summary class="muted">The cart, for haggle run</summary><pre><code>${JSON.stringify(cart, null, 2)}</code></pre></details>
</div></details>\n`;
}

function describeSide(
  name: string,
  { total, discount, sentences, more }: SampleSide,
  { money }: Spelling,
): Markup {
  return html`<div><h3>${name}: ${money(total)}</h3><p class="muted">${money(discount)} off</p>
<ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}${more > 0 && html`<li class="muted">and ${more} more</li>`}</ul></div>`;
}

function describeRefusals({ carts, refusals, faults }: Figures): Markup {
  if (refusals.length === 0 && faults.length === 0) return html``;
  const { onlyA, onlyB, neither } = carts;
  const refused = refusals
    .slice(0, MOST_ROWS)
    .map(({ code, at, a, b, line }) => [
      textCell(code),
      textCell(at),
      numberCell(a, formatCount(a)),
      numberCell(b, formatCount(b)),
      numberCell(line, formatCount(line)),
    ]);
  const failed = faults
    .slice(0, MOST_ROWS)
    .map(({ promotion, code, a, b }) => [
      textCell(promotion),
      textCell(code),
      numberCell(a, formatCount(a)),
      numberCell(b, formatCount(b)),
    ]);
  return html`<h2>What went wrong</h2>
<p><span class="${onlyA > 0 && "bad"}">${formatCount(onlyA)} carts only B refuses</span>, ${formatCount(onlyB)} only A,
${formatCount(neither)} both. They are in no figure above.</p>
${
  refused.length > 0 &&
  html`<div class="card scroll">${describeTable(["Refused carts", "Place", "A", "B", "First in line"], refused, refusals.length)}</div>`
}
${
  failed.length > 0 &&
  html`<div class="card scroll">${describeTable(["Stopped promotion", "Code", "Carts of A", "Carts of B"], failed, faults.length)}</div>`
}`;
}

function describeIdle({ idle }: Figures): Markup {
  if (idle.a.length === 0 && idle.b.length === 0) return html``;
  const list = (name: string, ids: readonly string[]) =>
    ids.length > 0 &&
    html`<p>${name}: ${ids.slice(0, MOST_ROWS).join(", ")}${ids.length > MOST_ROWS && `, and ${formatCount(ids.length - MOST_ROWS)} more`}</p>`;
  return html`<h2>Promotions that applied to no cart</h2><div class="card">${list("A", idle.a)}${list("B", idle.b)}</div>`;
}
