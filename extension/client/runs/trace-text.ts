// A trace as a document for people: what a cart came to, what became of each promotion and why, and who took what.

import type { Cart, DecidedLineJson, DecisionJson } from "@haggle/sdk";
import { l10n } from "vscode";
import type { CaseOutcome, TracedPromotion, TraceReport } from "../../shared/runs.ts";
import { formatDuration, formatMoney, fuelWords, statusWord } from "./outcome-words.ts";

/** `title` says of what it is. */
export function traceText({ outcome, cart, trace }: TraceReport & { ok: true }, title: string): string {
  const decision = outcome.decision as
    | (DecisionJson & { error?: { code: string; message: string } })
    | undefined;
  const parts = [
    [title, outcome.file],
    outcome.error === undefined ? [] : [`${outcome.error.code}: ${outcome.error.message}`],
    outcome.refusal === undefined ? [] : [`${outcome.refusal.code}: ${outcome.refusal.message}`],
    decision === undefined || decision.error !== undefined ? [] : totalsOf(decision, outcome),
    section(l10n.t("Not as expected"), outcome.problems),
    section(l10n.t("Stopped"), outcome.faults.map(faultLine)),
    section(
      l10n.t("Promotions, in the order in which they ran"),
      trace.filter(isCandidate).flatMap(promotionLines(outcome, decision)),
    ),
    section(
      l10n.t("Nothing in the cart concerned these"),
      trace.filter((each) => !isCandidate(each)).map(({ id }) => id),
    ),
    ...(decision === undefined || decision.error !== undefined
      ? []
      : goodsOf(decision, cart as Cart, outcome)),
    decision === undefined ? [] : [l10n.t("Decision"), JSON.stringify(decision, null, 2)],
  ];
  const written = parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${written.join("\n\n")}\n`;
}

function isCandidate({ status }: TracedPromotion): boolean {
  return status !== undefined;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function moneyIn({ currency }: Pick<DecisionJson, "currency">, { minorDigits }: CaseOutcome) {
  return (minor: number) => formatMoney(minor, currency, minorDigits);
}

function totalsOf(decision: DecisionJson, outcome: CaseOutcome): string[] {
  const money = moneyIn(decision, outcome);
  const { total, subtotal, discountTotal, shippingTotal } = decision;
  const fuel = fuelWords(outcome);
  return [
    l10n.t("Total {0}", money(total)),
    l10n.t(
      "goods {0}, discounts {1}, shipping {2}",
      money(subtotal),
      money(-discountTotal),
      money(shippingTotal),
    ),
    [fuel, formatDuration(outcome.durationMs)].filter((word) => word !== undefined).join(" · "),
  ];
}

function faultLine({ rule, place, code, message }: CaseOutcome["faults"][number]): string {
  const at = place === undefined ? "" : `${place.file}:${place.line}:${place.column} `;
  return `${at}${rule}: ${message} (${code})`;
}

function promotionLines(outcome: CaseOutcome, decision: DecisionJson | undefined) {
  return ({ id, rule, status, wanted, granted, text }: TracedPromotion): string[] => {
    const mark = status === "applied" || status === "capped" ? "✓" : "✗";
    const by = rule === undefined || rule === id ? "" : ` (${rule})`;
    const money = decision === undefined ? String : moneyIn(decision, outcome);
    const asked =
      wanted === granted ? "" : `  ${l10n.t("Wanted {0}, got {1}.", money(wanted), money(granted))}`;
    return [`${mark} ${id}${by} · ${statusWord(status!)}`, `    ${text}${asked}`];
  };
}

/** Each line with who took what off it, shipping, and what promotions put in or give. */
function goodsOf(decision: DecisionJson, cart: Cart, outcome: CaseOutcome): string[][] {
  const money = moneyIn(decision, outcome);
  const entry = (before: string) => (line: DecidedLineJson) => [
    `${line.id}  ${before}${money(line.total + line.discount)} → ${money(line.total)}`,
    ...line.discounts.map(
      ({ amount, promotion, reason }) => `    ${money(-amount)}  ${promotion}  ${reason}`,
    ),
  ];
  const goods = decision.lines.flatMap((line) => {
    const quantity = cart.lines.find(({ id }) => id === line.id)?.quantity ?? 1;
    const price = Math.round((line.total + line.discount) / quantity);
    const listed = line.listPrice === undefined ? "" : l10n.t("(list price {0}) ", money(line.listPrice));
    return entry(`${quantity} × ${money(line.unitPrice ?? price)} ${listed}= `)(line);
  });
  const added = decision.added.map(
    ({ quantity, sku, discount, promotion }) => `${quantity} × ${sku}  ${money(-discount)}  ${promotion}`,
  );
  const grants = decision.grants.map(
    ({ promotion, kind, amount, reason }) =>
      `${kind === "points" ? l10n.t("{0} points", amount) : money(amount)}  ${promotion}  ${reason}`,
  );
  return [
    section(l10n.t("Lines"), goods),
    section(l10n.t("Shipping"), decision.shipping.flatMap(entry(""))),
    section(l10n.t("Put into the order"), added),
    section(l10n.t("Given for later"), grants),
  ];
}
