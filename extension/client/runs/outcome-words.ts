// What a run came to, in a few words: beside a rule, and in the output of a test run.

import type { DecisionJson } from "@haggle/sdk";
import { env, l10n } from "vscode";
import type { CaseOutcome, RuleGift } from "../../shared/runs.ts";

/** `minor` units of a currency that has so many digits behind its point. */
export function formatMoney(minor: number, currency: string, digits: number): string {
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const text = new Intl.NumberFormat(env.language, {
    ...{ style: "currency", currency, currencyDisplay: "narrowSymbol", ...fraction },
  } as Intl.NumberFormatOptions).format(Math.abs(minor) / 10 ** digits);
  return minor < 0 ? `−${text}` : text;
}

function formatNumber(value: number): string {
  return new Intl.NumberFormat(env.language).format(value);
}

/** Engines tell times to a few microseconds, or to a tenth of a millisecond where pages must not know better. */
export function formatDuration(ms: number): string {
  const digits = ms < 0.1 ? 2 : ms < 10 ? 1 : 0;
  return l10n.t("{0} ms", new Intl.NumberFormat(env.language, { maximumFractionDigits: digits }).format(ms));
}

/** `1,234 of 2,000,000 fuel`; undefined where nothing was priced. */
export function fuelWords({ fuel, fuelLimit }: CaseOutcome): string | undefined {
  if (fuel === undefined || fuelLimit === undefined) return undefined;
  return l10n.t("{0} of {1} fuel", formatNumber(fuel), formatNumber(fuelLimit));
}

/** What a rule did in one case: `−¥19.99 · CATEGORY_PERCENT · 1,234 of 2,000,000 fuel · 0.2 ms`. */
export function caseWords(outcome: CaseOutcome, rule: string): string {
  const gift = outcome.gave.find((each) => each.rule === rule);
  const words = [...giftWords(outcome, gift), fuelWords(outcome), formatDuration(outcome.durationMs)];
  const text = words.filter((word) => word !== undefined).join(" · ");
  return outcome.passed ? text : `✗ ${text}`;
}

function giftWords(outcome: CaseOutcome, gift: RuleGift | undefined): string[] {
  if (outcome.error !== undefined) return [outcome.error.message];
  const fault = outcome.faults.find(({ rule }) => rule === gift?.rule) ?? outcome.faults[0];
  if (fault !== undefined) return [l10n.t("stopped: {0}", fault.message)];
  const { currency, error } = outcome.decision as Partial<DecisionJson> & { error?: { code: string } };
  if (currency === undefined) return [l10n.t("refused: {0}", error?.code ?? "")];
  if (gift === undefined) return [l10n.t("nothing in the cart concerns it")];
  const status = gift.statuses.map(statusWord).filter((word, index, all) => all.indexOf(word) === index);
  if (gift.amount === 0) return gift.reasons.length > 0 ? gift.reasons : status;
  return [formatMoney(-gift.amount, currency, outcome.minorDigits), ...gift.reasons];
}

/** What all cases of a rule came to. */
export function casesWords(outcomes: readonly CaseOutcome[]): string {
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  const summary = l10n.t("{0} of {1} cases as expected", formatNumber(passed), formatNumber(outcomes.length));
  const dearest = outcomes.reduce((most, each) => ((each.fuel ?? 0) > (most.fuel ?? 0) ? each : most));
  const slowest = Math.max(...outcomes.map(({ durationMs }) => durationMs));
  const fuel = fuelWords(dearest);
  const words = [
    summary,
    ...(fuel === undefined ? [] : [l10n.t("at most {0}", fuel)]),
    formatDuration(slowest),
  ];
  const text = words.join(" · ");
  return passed === outcomes.length ? text : `✗ ${text}`;
}

/** What became of a promotion, in one word. */
export function statusWord(status: string): string {
  return STATUS_WORDS[status]?.() ?? status;
}

const STATUS_WORDS: Readonly<Record<string, () => string>> = {
  applied: () => l10n.t("applied"),
  capped: () => l10n.t("held back"),
  notEligible: () => l10n.t("not eligible"),
  lost: () => l10n.t("lost to another"),
  stopped: () => l10n.t("stopped by another"),
  exhausted: () => l10n.t("used up"),
  failed: () => l10n.t("failed"),
  inactive: () => l10n.t("not active"),
};
