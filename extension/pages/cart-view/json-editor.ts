// The cart as text. What is no JSON stays as it is typed; the cart stays the last one that was.

import { JsonError, parseJson } from "../../shared/json-places.ts";
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
  let fault = 0;
  const said = make("span");
  const go = makeButton({ class: "link" }, () => select(area, fault), json.go);
  const problem = make("p", { id: `${id}-problem`, class: "note problem", role: "status" }, said, " ", go);
  const element = make("div", { class: "json" }, make("label", { for: id }, json.label), area, problem);
  problem.hidden = true;

  area.addEventListener("input", () => {
    const offset = findFault(area.value);
    showFault(offset);
    if (offset === undefined) store.change({ cart: JSON.parse(area.value) }, "json");
  });

  function showFault(offset: number | undefined): void {
    problem.hidden = offset === undefined;
    if (offset === undefined) {
      area.removeAttribute("aria-invalid");
      return;
    }
    fault = offset;
    area.setAttribute("aria-invalid", "true");
    const before = area.value.slice(0, offset).split("\n");
    setText(said, json.fault(before.length, before.at(-1)!.length + 1));
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

function findFault(text: string): number | undefined {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return error.offset;
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
