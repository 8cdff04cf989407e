// The page of the conflict view: what a whole table does that nobody wants, each with the cart that shows it.

import type { FromConflictPage, ToConflictPage } from "../../shared/conflict-page.ts";
import type { Conflict, ConflictReport, OpenQuestion } from "../../shared/conflicts.ts";
import { make, makeButton, setText } from "../page/dom.ts";
import { openHost } from "../page/host.ts";
import { spellNumber } from "../page/locale.ts";
import { makeCartSummary } from "./cart-summary.ts";
import { texts } from "./texts.ts";

const SEVERITIES = ["error", "warning", "note"] as const;

const host = openHost<ToConflictPage, FromConflictPage>();
const said = texts();
const title = make("h1", {}, said.title);
const project = make("span", { class: "project" });
const state = make("p", { class: "state", role: "status", "data-testid": "state" });
const progress = make("progress", { max: "1", value: "0", "aria-label": said.label });
const run = makeButton(
  { class: "primary", "data-does": "check" },
  () => host.tell({ kind: "check" }),
  said.run,
);
const stop = makeButton({ "data-does": "stop" }, () => host.tell({ kind: "stop" }), said.stop);
const found = make("div", { class: "found" });

document.body.replaceChildren(
  make(
    "main",
    { class: "conflict-view", "aria-label": said.label },
    make(
      "header",
      { class: "toolbar" },
      make("div", { class: "row" }, title, project, run, stop),
      state,
      progress,
    ),
    found,
  ),
);
showBusy(false);

host.onMessage((message) => {
  switch (message.kind) {
    case "checking": {
      const { done, of } = message;
      setText(project, message.project);
      setText(state, said.checking(done, of));
      progress.value = of === 0 ? 0 : done / of;
      showBusy(true);
      break;
    }
    case "report":
      setText(project, message.project);
      showBusy(false);
      show(message.report);
      break;
    case "ended":
      showBusy(false);
      setText(state, message.message ?? said.ended);
      break;
  }
});
host.tell({ kind: "ready" });

function showBusy(isBusy: boolean): void {
  const held = document.activeElement === run || document.activeElement === stop;
  run.hidden = isBusy;
  stop.hidden = !isBusy;
  progress.hidden = !isBusy;
  found.classList.toggle("stale", isBusy);
  // The hand stays on the button that took the other's place.
  if (held) (isBusy ? stop : run).focus();
}

function show(report: ConflictReport): void {
  if (!report.ok) {
    setText(state, said.broken);
    const faults = report.faults.map((fault) => {
      const { file, line, code, message } = fault;
      const place =
        file === "" ? [] : [makeLink(`${file}:${line}`, () => host.tell({ kind: "goToFault", fault })), " "];
      return make("li", {}, ...place, `${code}: ${message}`);
    });
    found.replaceChildren(make("ul", { class: "notice" }, ...faults));
    return;
  }
  const { findings, undecided, pricedCarts, promotions } = report;
  const count = (severity: Conflict["severity"]) =>
    findings.filter((each) => each.severity === severity).length;
  const counts = [count("error"), count("warning"), count("note"), undecided.length] as const;
  setText(state, said.summary(...counts, spellNumber(pricedCarts)));
  found.replaceChildren(
    ...(findings.length === 0 ? [make("p", { class: "good" }, said.none(promotions))] : []),
    ...SEVERITIES.flatMap((severity) => {
      const own = findings.filter((each) => each.severity === severity);
      return own.length === 0 ? [] : [makeTable(severity, own)];
    }),
    ...(undecided.length === 0 ? [] : [makeUndecided(undecided)]),
  );
}

function makeTable(severity: Conflict["severity"], findings: readonly Conflict[]): HTMLElement {
  const { what, promotions, cart } = said.columns;
  const heads = [what, promotions, cart].map((name) => make("th", { scope: "col" }, name));
  return make(
    "table",
    { class: severity, "data-testid": severity },
    make("caption", {}, `${said.severity[severity]} (${findings.length})`),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...findings.map(makeRow)),
  );
}

function makeRow(finding: Conflict): HTMLElement {
  const { code, text, promotions, cart } = finding;
  const open = makeButton(
    { "data-does": "openCart", "aria-label": said.openCartOf(promotions.join(", ")) },
    () => host.tell({ kind: "openCart", finding }),
    said.openCart,
  );
  return make(
    "tr",
    { "data-testid": "finding", "data-code": code },
    make(
      "td",
      {},
      make("p", { class: "kind" }, said.meaning[code] ?? code),
      make("p", {}, text),
      make("code", {}, code),
    ),
    make("td", {}, makePromotions(promotions)),
    make("td", {}, makeCartSummary(cart), open),
  );
}

function makeUndecided(questions: readonly OpenQuestion[]): HTMLElement {
  const entries = questions.map(({ code, promotions, text }) =>
    make("li", {}, make("code", {}, code), makePromotions(promotions), make("p", {}, text)),
  );
  return make(
    "details",
    { class: "undecided", "data-testid": "undecided" },
    make("summary", {}, said.undecided(questions.length)),
    make("ul", {}, ...entries),
  );
}

function makePromotions(promotions: readonly string[]): HTMLElement {
  const links = promotions.map((promotion) =>
    make(
      "li",
      {},
      makeLink(promotion, () => host.tell({ kind: "goToPromotion", promotion }), said.goTo(promotion)),
    ),
  );
  return make("ul", { class: "promotions" }, ...links);
}

function makeLink(name: string, onClick: () => void, label = name): HTMLElement {
  return makeButton({ class: "link", "aria-label": label, title: label }, onClick, name);
}
