// Each line of a cart with what it costs, as a bar of what is to pay and of who took what off it.

import type { DecidedLineJson, DecisionJson } from "@haggle/sdk";
import { make } from "../page/dom.ts";
import { spellNumber } from "../page/locale.ts";
import { spellMoney } from "../page/money.ts";
import { readAt } from "./path.ts";
import type { Colours } from "./result-view.ts";
import { texts } from "./texts/texts.ts";

export function makeLinesView() {
  const { lines: said } = texts();
  const list = make("ol", { class: "lines", "data-testid": "lines" });
  const element = make("section", {}, make("h3", {}, said.label), list);

  return {
    element,
    show(decision: DecisionJson, cart: unknown, colours: Colours): void {
      const money = (minor: number) => spellMoney(minor, decision.currency);
      const rows = [
        ...decision.lines.map((line, i) => {
          const quantity = Number(readAt(cart, ["lines", i, "quantity"]));
          const listed = Number(readAt(cart, ["lines", i, "unitPrice"]));
          const was = line.listPrice === undefined ? "" : ` ${said.was(money(line.listPrice))}`;
          const each = said.each(spellNumber(quantity), money(line.unitPrice ?? listed)) + was;
          return makeRow(String(readAt(cart, ["lines", i, "sku"])), each, line, money, colours);
        }),
        ...decision.shipping.map((entry, i) => {
          const name = said.shipping(String(readAt(cart, ["shipping", i, "method"])));
          return makeRow(name, "", entry, money, colours);
        }),
        ...decision.added.map(({ sku, quantity, unitPrice, discount, promotion }) =>
          makePlain(
            said.added(spellNumber(quantity), sku),
            money(unitPrice * quantity - discount),
            promotion,
          ),
        ),
        ...decision.grants.map(({ promotion, kind, amount }) =>
          makePlain(
            kind === "points" ? said.points(spellNumber(amount)) : said.cashback(money(amount)),
            "",
            promotion,
          ),
        ),
      ];
      list.replaceChildren(...rows);
      element.hidden = rows.length === 0;
    },
  };
}

function makeRow(
  name: string,
  each: string,
  { total, discount, discounts }: DecidedLineJson,
  money: (minor: number) => string,
  colours: Colours,
): HTMLElement {
  const { lines: said } = texts();
  const before = discount > 0 ? [make("s", {}, money(total + discount)), " "] : [];
  const head = make(
    "div",
    { class: "line-head" },
    make("span", { class: "line-name" }, name),
    make("span", { class: "line-each" }, each),
    make("span", { class: "line-total" }, ...before, total === 0 && discount > 0 ? said.free : money(total)),
  );
  const parts = discounts.map(({ promotion, amount }) => `${promotion} −${money(amount)}`).join(", ");
  const bar = make("div", { class: "bar", role: "img", "aria-label": said.bar(name, money(total), parts) });
  const addPart = (amount: number, colour: string) => {
    const part = make("i", { class: colour });
    part.style.flexGrow = String(amount);
    if (amount > 0) bar.append(part);
  };
  addPart(total, "paid");
  for (const { promotion, amount } of discounts) addPart(amount, colours.get(promotion) ?? "");
  const shares = discounts.map(({ promotion, amount, reason, units }) =>
    make(
      "li",
      { "data-testid": "share", "data-promotion": promotion },
      make("i", { class: `dot ${colours.get(promotion) ?? ""}`, "aria-hidden": "true" }),
      make("span", { class: "share-name" }, promotion),
      make(
        "span",
        { class: "share-why" },
        reason,
        ...(units === undefined ? [] : [` · ${said.units(spellNumber(units))}`]),
      ),
      make("span", { class: "share-amount" }, `−${money(amount)}`),
    ),
  );
  const own = discounts.length === 0 ? [] : [make("ul", { class: "shares" }, ...shares)];
  return make("li", { class: "line" }, head, bar, ...own);
}

/** What is no line of the cart: a gift, points. */
function makePlain(name: string, amount: string, promotion: string): HTMLElement {
  return make(
    "li",
    { class: "line" },
    make(
      "div",
      { class: "line-head" },
      make("span", { class: "line-name" }, name),
      make("span", { class: "line-each" }, promotion),
      make("span", { class: "line-total" }, amount),
    ),
  );
}
