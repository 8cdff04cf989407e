// A decision for people: lines, what came off them and why, totals, what became of promotions and coupons, fuel.

import { type Cart, errorText, findMinorDigits } from "@haggle/abi";
import type { AddedLine, DecidedLineJson, DecisionJson, Engine } from "@haggle/sdk";
import { explain, type Locale } from "@haggle/sdk/explain";
import { tellCoupons } from "./coupon-sentences.ts";
import { counted, shortDigest, type Terminal } from "./terminal.ts";

/** Prints the decision of a cart as a table, amounts in major units of its currency. `locale` is the language of sentences. */
export function showDecision(
  terminal: Terminal,
  decision: DecisionJson,
  { promotions, policy }: Engine,
  { cart, locale }: { cart: Cart; locale: Locale },
): void {
  const money = (amount: number) => formatMoney(amount, findMinorDigits(decision.currency) ?? 2);
  const rows = [
    ...decision.lines.flatMap((line) => rowsOf(line, money)),
    ...decision.added.flatMap((line) => rowsOfAdded(line, money)),
    ...decision.shipping.flatMap((line) => rowsOf(line, money)),
  ];
  const totals = totalsOf(decision).map(([name, amount]) => [name, money(amount)] as const);
  const label = Math.max(9, ...rows.map(([name]) => name.length));
  const width = Math.max(
    ...rows.map(([, amount]) => amount.length),
    ...totals.map(([, amount]) => amount.length),
  );
  for (const [name, amount, note] of rows) {
    const text = `${name.padEnd(label)}  ${amount.padStart(width)}`;
    terminal.out(note === "" ? text : `${text}  ${terminal.paint("dim", note)}`);
  }
  terminal.out("-".repeat(label + width + 2));
  for (const [name, amount] of totals) {
    const text = `${name.padEnd(label)}  ${amount.padStart(width)}`;
    terminal.out(name === "total" ? `${terminal.paint("bold", text)} ${decision.currency}` : text);
  }
  const explanations = explain(decision, { promotions, policy, cart, locale });
  decision.promotions.forEach(({ id, error }, i) => {
    if (error === undefined) terminal.out(explanations[i]!.text);
    else terminal.out(terminal.paint("red", `'${id}' failed: ${error} ${errorText(error)}`));
  });
  const others = promotions.length - decision.promotions.length;
  if (others > 0) {
    const concern = others === 1 ? "concerns" : "concern";
    terminal.out(
      terminal.paint(
        "dim",
        `${counted(others, "other promotion")} ${concern} nothing in this cart; see --all`,
      ),
    );
  }
  for (const sentence of tellCoupons(decision.coupons, promotions, locale)) terminal.out(sentence);
  terminal.out(terminal.paint("dim", `fuel ${decision.fuelUsed}, release ${shortDigest(decision.release)}`));
}

/** Tax and the rounding to coins have a row where the policy has them. */
function totalsOf(decision: DecisionJson): [string, number][] {
  const { taxTotal, cashRounding } = decision;
  return [
    ["subtotal", decision.subtotal],
    ["discounts", -decision.discountTotal],
    ["shipping", decision.shippingTotal],
    ...(taxTotal === undefined ? [] : [["tax", taxTotal] satisfies [string, number]]),
    ...(cashRounding ? [["rounding", cashRounding] satisfies [string, number]] : []),
    ["total", decision.total],
  ];
}

type Row = [name: string, amount: string, note: string];

function rowsOfAdded(line: AddedLine, money: (amount: number) => string): Row[] {
  return [
    [`+ ${line.sku}`, money(line.quantity * line.unitPrice), `${line.quantity} added`],
    [`  ${line.promotion}`, money(-line.discount), ""],
  ];
}

function rowsOf(line: DecidedLineJson, money: (amount: number) => string): Row[] {
  return [
    [line.id, money(line.total + line.discount), noteOf(line, money)],
    ...line.discounts.map(({ promotion, amount, reason }): Row => [`  ${promotion}`, money(-amount), reason]),
  ];
}

/** Where a pricing rule made another price of the cart's. */
function noteOf({ listPrice, unitPrice }: DecidedLineJson, money: (amount: number) => string): string {
  if (listPrice === undefined || unitPrice === undefined) return "";
  return `${money(unitPrice)} each, list price ${money(listPrice)}`;
}

/** 123456 with two digits is "1234.56". */
function formatMoney(amount: number, digits: number): string {
  const sign = amount < 0 ? "-" : "";
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
