// What a case comes to, in words.

import { type Cart, errorText } from "@haggle/abi";
import type { DecidedLineJson, DecisionJson } from "@haggle/sdk";
import { counted } from "../terminal.ts";
import { code, plain } from "./markdown.ts";
import { createMoney, type Money } from "./money.ts";

/** As Markdown: what is to be paid, then each thing that a promotion gives or says. */
export function describeDecision(decision: DecisionJson, cart: Cart): string {
  const money = createMoney(decision.currency);
  const off = [...decision.lines, ...decision.shipping].reduce((sum, { discount }) => sum + discount, 0);
  const lowered = decision.lines.reduce((sum, line, i) => sum + pricedOff(line) * cart.lines[i]!.quantity, 0);
  const before = decision.total + off + lowered;
  const total = `**${money(decision.total)}**`;
  const parts = [
    ...decision.lines.flatMap((line, i) => pricedAt(line, cart.lines[i]!.sku, money)),
    ...decision.lines.flatMap((line, i) => takenOff(line, cart.lines[i]!.sku, money)),
    ...decision.shipping.flatMap((entry, i) =>
      takenOff(entry, `${cart.shipping[i]!.method} shipping`, money),
    ),
    ...decision.added.map(({ sku, quantity, unitPrice, discount }) => {
      const left = quantity * unitPrice - discount;
      return `${quantity} × ${plain(sku)} added ${left === 0 ? "for free" : `for ${money(left)}`}`;
    }),
    ...decision.grants.map(({ kind, amount }) =>
      kind === "points" ? counted(amount, "point") : `${money(amount)} back later`,
    ),
    ...decision.messages.map(({ amount, reason }) => `${money(amount)} missing (${code(reason)})`),
    ...decision.promotions
      .filter(({ status }) => status === "failed")
      .map(({ id, error }) => `${plain(id)} stops: ${plain(error === undefined ? "" : errorText(error))}`),
  ];
  const headline = before === decision.total ? total : `${total} instead of ${money(before)}`;
  return [headline, ...(parts.length === 0 ? ["nothing off"] : parts)].join("<br>");
}

/** The codes for which a shop has texts, in the order in which the cases meet them. */
export function reasonsOf({ lines, shipping, grants, messages }: DecisionJson): string[] {
  const discounts = [...lines, ...shipping].flatMap(({ discounts: each }) => each);
  return [...discounts, ...grants, ...messages].map(({ reason }) => reason);
}

/** What pricing rules made of a line's unit price. */
function pricedAt({ listPrice, unitPrice }: DecidedLineJson, name: string, money: Money): string[] {
  if (listPrice === undefined || unitPrice === undefined) return [];
  return [`${plain(name)} at ${money(unitPrice)} instead of ${money(listPrice)}`];
}

function pricedOff({ listPrice = 0, unitPrice = 0 }: DecidedLineJson): number {
  return listPrice - unitPrice;
}

function takenOff({ discount }: DecidedLineJson, name: string, money: Money): string[] {
  return discount === 0 ? [] : [`${money(discount)} off ${plain(name)}`];
}
