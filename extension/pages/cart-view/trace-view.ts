// What became of each promotion that the cart concerns: those that gave something, then the others, each with a reason.

import type { DecisionJson, PromotionStatus } from "@haggle/sdk";
import type { PriceAnswer, TraceEntry } from "../../shared/price.ts";
import { make, makeButton, setText } from "../page/dom.ts";
import { spellMoney } from "../page/money.ts";
import type { Colours, ResultActions } from "./result-view.ts";
import { texts } from "./texts/texts.ts";

const GAVE: readonly PromotionStatus[] = ["applied", "capped"];

export function makeTraceView({ goToPromotion }: Pick<ResultActions, "goToPromotion">) {
  const { trace: said } = texts();
  const winners = makeGroup("winners");
  const losers = makeGroup("losers");
  const none = make("p", { class: "note" }, said.none);
  const element = make("section", {}, make("h3", {}, said.label), none, winners.element, losers.element);

  const makeEntry = ({ promotion, status, text }: TraceEntry, decision: DecisionJson, colours: Colours) => {
    const granted = decision.promotions.find(({ id }) => id === promotion)?.granted ?? 0;
    const amount =
      granted > 0
        ? [make("span", { class: "share-amount" }, `−${spellMoney(granted, decision.currency)}`)]
        : [];
    const name = { class: "link", "aria-label": said.goTo(promotion), title: said.goTo(promotion) };
    return make(
      "li",
      {
        class: `entry ${status}`,
        "data-testid": "entry",
        "data-promotion": promotion,
        "data-status": status,
      },
      make(
        "div",
        { class: "entry-head" },
        make("i", { class: `dot ${colours.get(promotion) ?? "none"}`, "aria-hidden": "true" }),
        makeButton(name, () => goToPromotion(promotion), promotion),
        make("span", { class: "status" }, said.status[status]),
        ...amount,
      ),
      make("p", {}, text),
    );
  };

  return {
    element,
    show({ trace, decision }: PriceAnswer & { ok: true }, colours: Colours): void {
      const gave = trace.filter(({ status }) => GAVE.includes(status));
      const gaveNot = trace.filter(({ status }) => !GAVE.includes(status));
      none.hidden = trace.length > 0;
      winners.show(
        said.gave(gave.length),
        gave.map((entry) => makeEntry(entry, decision, colours)),
      );
      losers.show(
        said.gaveNot(gaveNot.length),
        gaveNot.map((entry) => makeEntry(entry, decision, colours)),
      );
    },
  };
}

/** Stays open or closed as the reader left it. */
function makeGroup(name: string) {
  const title = make("summary");
  const list = make("ol", { class: "entries" });
  const element = make("details", { class: name, "data-testid": name }, title, list);
  element.open = true;
  return {
    element,
    show(heading: string, entries: readonly HTMLElement[]): void {
      setText(title, heading);
      list.replaceChildren(...entries);
      element.hidden = entries.length === 0;
    },
  };
}
