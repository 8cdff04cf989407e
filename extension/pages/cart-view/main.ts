// The page of the cart view: a cart that is edited, and what it costs, priced anew after each change.

import type { CartViewState, FromCartPage, ToCartPage } from "../../shared/cart-page.ts";
import { make } from "../page/dom.ts";
import { openHost } from "../page/host.ts";
import { locale } from "../page/locale.ts";
import { type Form, makeForm } from "./form.ts";
import { makeJsonEditor } from "./json-editor.ts";
import { readAt, writeAt } from "./path.ts";
import { makeResultView } from "./result-view.ts";
import { createStore } from "./store.ts";
import { texts } from "./texts/texts.ts";
import { type Mode, makeToolbar } from "./toolbar.ts";

/** Of the last keystroke before a price is asked for. */
const DEBOUNCE_MS = 30;
/** A price that comes sooner replaces the one before without a blink. */
const STALE_AFTER_MS = 150;

type Kept = { state: CartViewState; mode: Mode; isDocument: boolean };

const host = openHost<ToCartPage, FromCartPage, Kept>();

function startView(first: CartViewState, firstMode: Mode, isDocument: boolean) {
  let mode = firstMode;
  let revision = 0;
  let debounce: ReturnType<typeof setTimeout> | undefined;
  let stale: ReturnType<typeof setTimeout> | undefined;
  /** The cart that a price was asked for last. */
  let asked: unknown;
  let toldCart = first.cart;

  const store = createStore(first, changed);
  const form: Form = makeForm(store);
  const json = makeJsonEditor(store);
  const editor = make(
    "section",
    { class: "editor", "aria-label": texts().form.label },
    form.element,
    json.element,
  );
  const toolbar = makeToolbar(
    store,
    {
      copy: () => host.tell({ kind: "copy", text: JSON.stringify(store.state.cart, null, 2) }),
      saveCase: () => host.tell({ kind: "saveCase", state: store.state }),
      updateCase: () => host.tell({ kind: "updateCase", state: store.state }),
      show(next) {
        mode = next;
        show();
        host.keep({ state: store.state, mode, isDocument });
      },
    },
    mode,
  );
  const result = makeResultView({
    goToPromotion: (promotion) => host.tell({ kind: "goToPromotion", root: store.state.root, promotion }),
    goToFault: (fault) => host.tell({ kind: "goToFault", root: store.state.root, fault }),
    focusField(at) {
      if (mode === "form") form.focus(at);
      else json.element.querySelector("textarea")?.focus();
    },
    addToLine(line, quantity) {
      const path = ["lines", line, "quantity"];
      const next = Number(readAt(store.state.cart, path)) + quantity;
      store.change({ cart: writeAt(store.state.cart, path, next) });
    },
  });
  document.body.replaceChildren(
    make(
      "main",
      { class: "cart-view" },
      toolbar.element,
      make("div", { class: "columns" }, editor, result.element),
    ),
  );

  function show(): void {
    form.element.hidden = mode !== "form";
    json.element.hidden = mode !== "json";
    (mode === "form" ? form : json).show();
    toolbar.show();
  }

  function changed(): void {
    const { state } = store;
    show();
    host.keep({ state, mode, isDocument });
    if (isDocument && state.cart !== toldCart) host.tell({ kind: "changed", state });
    toldCart = state.cart;
    askSoon();
  }

  function askSoon(): void {
    toolbar.setCanSave(false);
    clearTimeout(debounce);
    debounce = setTimeout(ask, DEBOUNCE_MS);
    stale ??= setTimeout(() => result.showStale(true), STALE_AFTER_MS);
  }

  function ask(): void {
    const { root, cart, by, server } = store.state;
    revision += 1;
    asked = cart;
    host.tell({ kind: "price", revision, root, cart, by, server, locale: locale() });
  }

  /** An answer to what is not asked any more says nothing. */
  function isNewest(answered: number): boolean {
    if (answered !== revision) return false;
    clearTimeout(stale);
    stale = undefined;
    return true;
  }

  // Of a document VS Code knows what was before.
  if (!isDocument) onUndoKeys(store.undo, store.redo);
  show();
  host.keep({ state: store.state, mode, isDocument });
  askSoon();
  return (message: ToCartPage): void => {
    switch (message.kind) {
      case "open":
        toolbar.forgetCase();
        toldCart = message.state.cart;
        store.open(message.state);
        break;
      case "rules":
        toolbar.setRules(message.rules);
        askSoon();
        break;
      case "priced": {
        if (!isNewest(message.revision)) return;
        const { answer } = message;
        // Typed meanwhile: the price comes with the next answer, and this one is still good to look at.
        toolbar.setCanSave(answer.ok && asked === store.state.cart);
        form.showRefusal(!answer.ok && answer.kind === "refused" ? answer.at : undefined);
        result.show(answer, asked);
        break;
      }
      case "unanswered":
        if (isNewest(message.revision)) result.showUnanswered(message.message);
        break;
      case "saved":
        store.replace({ caseOf: message.caseOf, title: message.caseOf.name });
        break;
    }
  };
}

/** Takes undo and redo from the fields, each of which has one of its own that knows nothing of the others. */
function onUndoKeys(undo: () => void, redo: () => void): void {
  const listen = (event: KeyboardEvent): void => {
    const { ctrlKey, metaKey, altKey, shiftKey } = event;
    const key = event.key.toLowerCase();
    if (!(ctrlKey || metaKey) || altKey || !(key === "z" || key === "y")) return;
    event.preventDefault();
    // VS Code would hand it to the field after all.
    event.stopImmediatePropagation();
    if (key === "y" || shiftKey) redo();
    else undo();
  };
  window.addEventListener("keydown", listen, { capture: true });
}

let take: ((message: ToCartPage) => void) | undefined;
let waiting: ToCartPage[] = [];

host.onMessage((message) => {
  if (take !== undefined) take(message);
  else if (message.kind === "open") {
    take = startView(message.state, "form", message.isDocument === true);
    for (const each of waiting) take(each);
    waiting = [];
  } else waiting.push(message);
});

const { kept } = host;
if (kept !== undefined) take = startView(kept.state, kept.mode, kept.isDocument);
host.tell({ kind: "ready", ...(kept !== undefined && { state: kept.state }) });
