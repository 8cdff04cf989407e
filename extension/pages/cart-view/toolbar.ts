// What is done with the cart as a whole, and what it is priced by.

import type { PricedBy } from "../../shared/price.ts";
import { make, makeButton, makeIcon, nextId, setText } from "../page/dom.ts";
import type { Store } from "./store.ts";
import { texts } from "./texts/texts.ts";

export type Mode = "form" | "json";

export type ToolbarActions = {
  copy(): void;
  saveCase(): void;
  updateCase(): void;
  show(mode: Mode): void;
};

/** How long a button says that it has done what it says. */
const SAID_MS = 1_500;

export function makeToolbar(store: Store, actions: ToolbarActions, mode: Mode) {
  const { toolbar: said } = texts();
  const title = make("h1");
  const icon = (label: string, path: string, does: string, run: () => void) =>
    makeButton(
      { class: "icon-button", "aria-label": label, title: label, "data-does": does },
      run,
      makeIcon(path),
    );
  const undo = icon(said.undo, "M6 4L3 7l3 3M3 7h6.5a3 3 0 0 1 0 6H7", "undo", () => store.undo());
  const redo = icon(said.redo, "M10 4l3 3-3 3M13 7H6.5a3 3 0 0 0 0 6H9", "redo", () => store.redo());
  const copied = make("span", { class: "unseen", role: "status" });
  const copy = makeButton(
    { "data-does": "copy" },
    () => {
      actions.copy();
      setText(copied, said.copied);
      setText(copy, said.copied);
      setTimeout(() => {
        setText(copied, "");
        setText(copy, said.copy);
      }, SAID_MS);
    },
    said.copy,
  );
  const update = makeButton(
    { class: "primary", "data-does": "updateCase" },
    actions.updateCase,
    said.updateCase,
  );
  const save = makeButton({ "data-does": "saveCase" }, actions.saveCase, said.saveCase);

  const select = make("select", { id: nextId(), "data-does": "pricedBy" });
  const server = make("input", { type: "checkbox", id: nextId(), "data-does": "server" });
  /** What a case said beside its cart, to go back to after a look at something else. */
  let ofCase: (PricedBy & { kind: "case" }) | undefined;
  let rules: readonly string[] = [];
  select.addEventListener("change", () => store.change({ by: choiceOf(select.value) }));
  server.addEventListener("change", () => store.change({ server: server.checked }));

  function choiceOf(value: string): PricedBy {
    if (value === "case" && ofCase !== undefined) return ofCase;
    return value === "table" ? { kind: "table" } : { kind: "rule", rule: value.slice("rule:".length) };
  }

  function showChoices(): void {
    const { by, caseOf } = store.state;
    if (by.kind === "case") ofCase = by;
    const names = by.kind === "rule" && !rules.includes(by.rule) ? [...rules, by.rule] : rules;
    select.replaceChildren(
      ...(ofCase === undefined
        ? []
        : [make("option", { value: "case" }, said.ownCase(caseOf?.name ?? ofCase.file))]),
      make("option", { value: "table" }, said.table),
      ...names.map((name) => make("option", { value: `rule:${name}` }, said.rule(name))),
    );
    select.value = by.kind === "rule" ? `rule:${by.rule}` : by.kind;
    server.checked = store.state.server;
  }

  const modes = make("div", { class: "modes", role: "radiogroup", "aria-label": said.shownAs });
  for (const [value, label] of [
    ["form", said.form],
    ["json", said.json],
  ] as const) {
    const input = make("input", { type: "radio", name: "mode", id: nextId(), value });
    input.checked = value === mode;
    input.addEventListener("change", () => actions.show(value));
    modes.append(input, make("label", { for: input.id }, label));
  }

  const element = make(
    "header",
    { class: "toolbar" },
    make(
      "div",
      { class: "row" },
      title,
      make("div", { class: "buttons" }, undo, redo, copy, update, save, copied),
    ),
    make(
      "div",
      { class: "row" },
      make("div", { class: "by" }, make("label", { for: select.id }, said.pricedBy), select),
      make(
        "div",
        { class: "check", title: said.asServerTitle },
        server,
        make("label", { for: server.id }, said.asServer),
      ),
      modes,
    ),
  );

  return {
    element,
    show(): void {
      setText(title, store.state.title);
      undo.disabled = !store.canUndo;
      redo.disabled = !store.canRedo;
      update.hidden = store.state.caseOf === undefined;
      showChoices();
    },
    setRules(names: readonly string[]): void {
      rules = names;
      showChoices();
    },
    /** Only what was priced can be expected. */
    setCanSave(can: boolean): void {
      save.disabled = !can;
      update.disabled = !can;
    },
    /** For another cart, whose case was another one. */
    forgetCase(): void {
      ofCase = undefined;
    },
  };
}
