// What two releases make of recorded carts, as a page of Markdown: totals, which carts change, and which most.

import type { CurrencyFigures, Figures, ReleaseFigures, Sample } from "@haggle/toolchain/replay";
import type { Words } from "./explain-error.ts";

/** Rows of a table; the command line's report has all of them. */
const MOST_ROWS = 50;

export function comparisonReport(
  figures: Figures,
  {
    l10n,
    locale,
    minorDigits,
  }: { l10n: Words; locale: string; minorDigits: Readonly<Record<string, number>> },
): string {
  const { carts, currencies, refusals, faults, idle, releases } = figures;
  const count = (number: number) => number.toLocaleString(locale);
  return [
    `# ${l10n.t("What release {0} would have changed", nameOf(releases.b))}`,
    l10n.t("{0} recorded carts, priced with two releases. Differences are B less A.", count(carts.read)),
    table(
      ["", l10n.t("version"), l10n.t("promotions"), l10n.t("digest")],
      [releaseRow("A", releases.a), releaseRow("B", releases.b)],
    ),
    ...currencies.flatMap((part) =>
      currencySection(part, {
        l10n,
        count,
        money: moneyIn(part.currency, locale, minorDigits[part.currency] ?? 2),
      }),
    ),
    ...(carts.onlyA + carts.onlyB + carts.neither > 0
      ? [
          `## ${l10n.t("Refused carts")}`,
          l10n.t(
            "{0} only B refuses, {1} only A, {2} both. They are in no figure above.",
            count(carts.onlyA),
            count(carts.onlyB),
            count(carts.neither),
          ),
          table(
            [l10n.t("code"), l10n.t("place"), "A", "B", l10n.t("first in line")],
            refusals
              .slice(0, MOST_ROWS)
              .map(({ code, at, a, b, line }) => [code, at, count(a), count(b), count(line)]),
          ),
        ]
      : []),
    ...(faults.length > 0
      ? [
          `## ${l10n.t("Promotions that stopped")}`,
          table(
            [l10n.t("promotion"), l10n.t("code"), l10n.t("carts of A"), l10n.t("carts of B")],
            faults
              .slice(0, MOST_ROWS)
              .map(({ promotion, code, a, b }) => [promotion, code, count(a), count(b)]),
          ),
        ]
      : []),
    ...idleLines(idle, l10n),
    l10n.t("No id of a cart or customer is in this page; all that no release asks for is left out."),
  ].join("\n\n");
}

type Money = (amount: number) => string;

type Texts = { l10n: Words; count: (number: number) => string; money: Money };

function currencySection(figures: CurrencyFigures, { l10n, count, money }: Texts): string[] {
  const { currency, carts, sums, difference, margin, promotions, segments, cheaper, dearer } = figures;
  const change = (amount: number) => (amount > 0 ? `+${money(amount)}` : money(amount));
  return [
    `## ${currency}`,
    l10n.t(
      "{0} carts: **{1} cheaper**, **{2} dearer**, {3} the same.",
      count(carts.all),
      count(carts.cheaper),
      count(carts.dearer),
      count(carts.same),
    ),
    table(
      ["", "A", "B", l10n.t("difference")],
      [
        [l10n.t("shoppers pay"), money(sums.a.total), money(sums.b.total), change(difference.total)],
        [l10n.t("discounts"), money(sums.a.discount), money(sums.b.discount), change(difference.discount)],
        [l10n.t("shipping"), money(sums.a.shipping), money(sums.b.shipping), change(difference.shipping)],
        ...(margin === undefined
          ? []
          : [[l10n.t("margin"), money(margin.a.amount), money(margin.b.amount), change(margin.difference)]]),
      ],
    ),
    `### ${l10n.t("Promotions")}`,
    table(
      [
        l10n.t("promotion"),
        l10n.t("carts of A"),
        l10n.t("carts of B"),
        l10n.t("off in A"),
        l10n.t("off in B"),
        l10n.t("difference"),
      ],
      promotions
        .slice(0, MOST_ROWS)
        .map(({ id, applied, granted, difference: more }) => [
          id,
          count(applied.a),
          count(applied.b),
          money(granted.a),
          money(granted.b),
          change(more),
        ]),
    ),
    ...(segments.length > 1
      ? [
          `### ${l10n.t("Segments")}`,
          table(
            [
              l10n.t("segment"),
              l10n.t("carts"),
              l10n.t("pays in A"),
              l10n.t("pays in B"),
              l10n.t("difference"),
            ],
            segments
              .slice(0, MOST_ROWS)
              .map(({ name, merged, carts: all, total, difference: more }) => [
                name ?? (merged === undefined ? l10n.t("without") : l10n.t("{0} small ones", merged)),
                count(all),
                money(total.a),
                money(total.b),
                change(more),
              ]),
          ),
        ]
      : []),
    ...sampleSection(l10n.t("Carts that get cheapest"), cheaper, { l10n, money, change, count }),
    ...sampleSection(l10n.t("Carts that get dearest"), dearer, { l10n, money, change, count }),
  ];
}

function sampleSection(
  title: string,
  samples: readonly Sample[],
  {
    l10n,
    money,
    change,
    count,
  }: { l10n: Words; money: Money; change: Money; count: (number: number) => string },
): string[] {
  if (samples.length === 0) return [];
  return [
    `### ${title}`,
    table(
      [l10n.t("change"), "A", "B", l10n.t("lines"), l10n.t("why"), l10n.t("line of the recording")],
      samples.map(({ difference, a, b, cart, line }) => [
        change(difference),
        money(a.total),
        money(b.total),
        count(cart.lines.length),
        [
          ...b.sentences.slice(0, 2),
          ...a.sentences
            .filter((said) => !b.sentences.includes(said))
            .slice(0, 1)
            .map((said) => `A: ${said}`),
        ].join(" / "),
        count(line),
      ]),
    ),
  ];
}

function idleLines(idle: Figures["idle"], l10n: Words): string[] {
  if (idle.a.length + idle.b.length === 0) return [];
  const list = (name: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : [`- ${name}: ${ids.slice(0, MOST_ROWS).map(escaped).join(", ")}`];
  return [
    `## ${l10n.t("Promotions that applied to no cart")}`,
    [...list("A", idle.a), ...list("B", idle.b)].join("\n"),
  ];
}

function releaseRow(side: string, { version, promotions, release }: ReleaseFigures): string[] {
  return [side, `v${version}`, String(promotions), release];
}

function nameOf({ version }: ReleaseFigures): string {
  return `v${version}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  const rule = heads.map((_head, i) => (i === 0 ? "---" : "---:")).join(" | ");
  return [line(heads), `| ${rule} |`, ...rows.map(line)].join("\n");
}

/** Names come from releases and recordings; none of them becomes a link, a tag or another cell. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#+!|~&]/g, "\\$&").replace(/\s+/g, " ");
}

function moneyIn(currency: string, locale: string, digits: number): Money {
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = new Intl.NumberFormat(locale, { style: "currency", currency, ...fraction });
  return (amount) => format.format(amount / 10 ** digits);
}
