// The cart as text. What is no JSON, or has a number that would be another one, stays as it is typed; the cart stays the
// last one that was.

import { findLostNumber } from "../../shared/json-numbers.ts";
import { JsonError } from "../../shared/json-places.ts";
import { make, makeButton, nextId, setText } from "../page/dom.ts";
import type { Field } from "./fields.ts";
import type { Store } from "./store.ts";
import { texts } from "./texts/texts.ts";

export function makeJsonEditor(store: Store): Field {
  const { json } = texts();
  const id = nextId();
  const area = make("textarea", {
    id,
    spellcheck: "false",
    autocomplete: "off",
    wrap: "off",
    rows: "24",
    "aria-describedby": `${id}-problem`,
  });
  let problemAt = 0;
  const said = make("span");
  const go = makeButton({ class: "link" }, () => select(area, problemAt), json.go);
  const problem = make("p", { id: `${id}-problem`, class: "note problem", role: "status" }, said, " ", go);
  const element = make("div", { class: "json" }, make("label", { for: id }, json.label), area, problem);
  problem.hidden = true;

  area.addEventListener("input", () => {
    const fault = findFault(area.value);
    showFault(fault);
    if (fault === undefined) store.change({ cart: JSON.parse(area.value) }, "json");
  });

  function showFault(fault: Fault | undefined): void {
    problem.hidden = fault === undefined;
    if (fault === undefined) {
      area.removeAttribute("aria-invalid");
      return;
    }
    problemAt = fault.offset;
    area.setAttribute("aria-invalid", "true");
    const before = area.value.slice(0, fault.offset).split("\n");
    const say = fault.isLost ? json.lost : json.fault;
    setText(said, say(before.length, before.at(-1)!.length + 1));
  }

  function show(): void {
    const { cart } = store.state;
    const isTyping = document.activeElement === area || findFault(area.value) !== undefined;
    // A text that says the same, in other spaces, is as somebody wants it.
    if (isTyping && says(area.value, cart)) return;
    area.value = JSON.stringify(cart, null, 2);
    showFault(undefined);
  }
  show();
  return { element, show };
}

/** `isLost` of a number that has no value here. */
type Fault = { offset: number; isLost: boolean };

function findFault(text: string): Fault | undefined {
  try {
    const lost = findLostNumber(text);
    return lost && { offset: lost.start, isLost: true };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { offset: error.offset, isLost: false };
  }
}

function says(text: string, cart: unknown): boolean {
  return findFault(text) === undefined && JSON.stringify(JSON.parse(text)) === JSON.stringify(cart);
}

function select(area: HTMLTextAreaElement, offset: number): void {
  area.focus();
  area.setSelectionRange(offset, Math.min(offset + 1, area.value.length));
  const line = area.value.slice(0, offset).split("\n").length;
  const height = area.scrollHeight / Math.max(1, area.value.split("\n").length);
  area.scrollTop = Math.max(0, line * height - area.clientHeight / 2);
}
