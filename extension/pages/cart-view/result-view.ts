// What a cart costs, and who gave what: the half of the view that nobody types into.

import type { DecisionJson } from "@haggle/sdk";
import type { Fault, PriceAnswer } from "../../shared/price.ts";
import { make, makeButton, setText } from "../page/dom.ts";
import { spellDuration, spellNumber } from "../page/locale.ts";
import { spellMoney } from "../page/money.ts";
import { makeLinesView } from "./lines-view.ts";
import { texts } from "./texts/texts.ts";
import { makeTraceView } from "./trace-view.ts";
import { makeUnlocksView } from "./unlocks-view.ts";

export type ResultActions = {
  goToPromotion(promotion: string): void;
  goToFault(fault: Fault): void;
  focusField(at: string): void;
  addToLine(line: number, quantity: number): void;
};

export type ResultView = {
  element: HTMLElement;
  /** `cart` is the one of the answer. */
  show(answer: PriceAnswer, cart: unknown): void;
  showUnanswered(message: string): void;
  /** The cart is another one than the price is of. */
  showStale(isStale: boolean): void;
};

/** Enough to begin with. */
const SHOWN_FAULTS = 5;

export function makeResultView(actions: ResultActions): ResultView {
  const { result, cost } = texts();
  const total = make("output", { class: "total", "data-testid": "total" });
  const said = make("p", { class: "unseen", role: "status" });
  const rows = make("dl", { class: "totals" });
  const notice = make("div", { class: "notice", role: "alert", "data-testid": "notice" });
  const unlocks = makeUnlocksView(actions);
  const lines = makeLinesView();
  const trace = makeTraceView(actions);
  const fuel = make("span", { "data-testid": "fuel" });
  const bar = make("span", { class: "fuel-bar", "aria-hidden": "true" }, make("i"));
  const remarks = make("p", { class: "note" });
  const footer = make("footer", { class: "cost" }, bar, fuel, remarks);
  const head = make("div", { class: "head" }, make("h2", {}, result.total), total);
  const body = make("div", {}, rows, unlocks.element, lines.element, trace.element, footer);
  const element = make("section", { class: "result", "aria-label": result.label }, head, said, notice, body);
  notice.hidden = true;
  body.hidden = true;
  total.textContent = "–";

  function showNotice(...children: (Node | string)[]): void {
    notice.replaceChildren(...children);
    notice.hidden = children.length === 0;
  }

  /** What was priced before stays to be read, but it is no price of this cart. */
  function showNoPrice(...children: (Node | string)[]): void {
    showNotice(...children);
    setText(total, "–");
    setText(said, result.noPrice);
    body.hidden = true;
  }

  function showDecision(answer: PriceAnswer & { ok: true }, cart: unknown): void {
    const { decision, fuelLimit, durationMs } = answer;
    const money = (minor: number) => spellMoney(minor, decision.currency);
    showNotice();
    body.hidden = false;
    setText(total, money(decision.total));
    setText(said, result.totalIs(money(decision.total)));
    rows.replaceChildren(...totalsOf(decision, money));
    const colours = coloursOf(decision);
    unlocks.show(answer, cart);
    lines.show(decision, cart, colours);
    trace.show(answer, colours);
    const share = Math.min(1, decision.fuelUsed / fuelLimit);
    (bar.firstElementChild as HTMLElement).style.width = `${Math.max(1, share * 100)}%`;
    const used = cost.fuel(spellNumber(decision.fuelUsed), spellNumber(fuelLimit));
    setText(fuel, `${used} · ${spellDuration(durationMs)}`);
    const remarked = [
      ...(decision.greedy ? [cost.greedy] : []),
      ...(decision.marginHeld ? [cost.marginHeld] : []),
    ];
    setText(remarks, remarked.join(" "));
    remarks.hidden = remarked.length === 0;
  }

  return {
    element,
    show(answer, cart) {
      element.classList.remove("stale");
      if (answer.ok) showDecision(answer, cart);
      else if (answer.kind === "project") {
        const faults = answer.faults
          .slice(0, SHOWN_FAULTS)
          .map((fault) => make("li", {}, makeFault(fault, actions)));
        showNoPrice(make("strong", {}, result.broken), make("ul", { class: "faults" }, ...faults));
      } else {
        const { code, message, at } = answer;
        const show =
          at === undefined
            ? []
            : [" ", makeButton({ class: "link" }, () => actions.focusField(at), result.show)];
        showNoPrice(make("strong", {}, result.refused), make("p", {}, `${code}: ${message}`, ...show));
      }
    },
    showUnanswered(message) {
      element.classList.remove("stale");
      showNoPrice(make("strong", {}, result.unanswered), make("p", {}, message));
    },
    showStale: (isStale) => element.classList.toggle("stale", isStale),
  };
}

/** A place of a source that one can go to. */
function makeFault(fault: Fault, { goToFault }: Pick<ResultActions, "goToFault">): HTMLElement {
  const { file, line, code, message } = fault;
  if (file === "") return make("span", {}, `${code}: ${message}`);
  const place = makeButton({ class: "link" }, () => goToFault(fault), `${file}:${line}`);
  return make("span", {}, place, ` ${code}: ${message}`);
}

function totalsOf(decision: DecisionJson, money: (minor: number) => string): HTMLElement[] {
  const { result } = texts();
  const { subtotal, discountTotal, shippingTotal, taxTotal, cashRounding } = decision;
  const row = (name: string, value: string, kind = "") => [
    make("dt", {}, name),
    make("dd", { class: kind }, value),
  ];
  return [
    ...row(result.subtotal, money(subtotal)),
    ...row(
      result.discount,
      discountTotal === 0 ? money(0) : `−${money(discountTotal)}`,
      discountTotal > 0 ? "off" : "",
    ),
    ...row(result.shipping, money(shippingTotal)),
    ...(taxTotal === undefined ? [] : row(result.tax, money(taxTotal))),
    ...(cashRounding === undefined || cashRounding === 0 ? [] : row(result.rounding, money(cashRounding))),
  ];
}

/** The theme has so many colours for charts. */
const COLOURS = 6;

/** A colour for each promotion that gave something, by the order in which they ran: the same in bars and trace. */
export type Colours = ReadonlyMap<string, string>;

function coloursOf({ promotions, lines, shipping }: DecisionJson): Colours {
  const given = new Set(
    [...lines, ...shipping].flatMap(({ discounts }) => discounts.map((each) => each.promotion)),
  );
  const ids = promotions.map(({ id }) => id).filter((id) => given.has(id));
  return new Map(ids.map((id, i) => [id, `colour-${i % COLOURS}`]));
}
