// What the shopper could reach next, how near it is, and what would be enough.

import type { Hint, PriceAnswer } from "../../shared/price.ts";
import { make, makeButton } from "../page/dom.ts";
import { locale, spellNumber } from "../page/locale.ts";
import { spellMoney } from "../page/money.ts";
import { readAt } from "./path.ts";
import type { ResultActions } from "./result-view.ts";
import { texts } from "./texts/texts.ts";

const UNLOCK = "unlock";

export function makeUnlocksView({ addToLine }: Pick<ResultActions, "addToLine">) {
  const { unlocks: said } = texts();
  const list = make("ul", { class: "unlocks", "data-testid": "unlocks" });
  const element = make("section", {}, make("h3", {}, said.label), list);

  const makeUnlock = (
    { promotion, reason, missing, unit, reached, add }: Hint,
    currency: string,
    cart: unknown,
  ) => {
    const amount = unit === "minor" ? spellMoney(missing, currency) : said.pieces(spellNumber(missing));
    const why = reason === UNLOCK ? [] : [make("span", { class: "share-why" }, reason)];
    const children: Node[] = [make("p", {}, said.missing(amount, promotion), " ", ...why)];
    if (reached !== undefined) {
      const share = new Intl.NumberFormat(locale(), { style: "percent" }).format(reached);
      const fill = make("i");
      fill.style.width = `${reached * 100}%`;
      children.push(make("div", { class: "reach", role: "img", "aria-label": said.reached(share) }, fill));
    }
    if (add !== undefined) {
      const name = String(readAt(cart, ["lines", add.line, "sku"]));
      const label = said.add(spellNumber(add.quantity), name);
      children.push(
        makeButton({ class: "quiet", "data-does": "unlock" }, () => addToLine(add.line, add.quantity), label),
      );
    }
    return make("li", { "data-promotion": promotion }, ...children);
  };

  return {
    element,
    show({ hints, decision }: PriceAnswer & { ok: true }, cart: unknown): void {
      // A button that is pressed again and again keeps the hand.
      const focused = element.contains(document.activeElement);
      list.replaceChildren(...hints.map((hint) => makeUnlock(hint, decision.currency, cart)));
      element.hidden = hints.length === 0;
      if (focused) (list.querySelector<HTMLElement>("button") ?? undefined)?.focus();
    },
  };
}
