// Fields of a form over a cart: each shows what stands at its place, and writes it when what was typed can be read.

import { make, makeButton, makeIcon, nextId } from "../page/dom.ts";
import { type Path, readAt, spellPath, writeAt } from "./path.ts";
import type { Store } from "./store.ts";

export type Field = {
  element: HTMLElement;
  /** Shows the cart as it is now. */
  show(): void;
};

/** What was typed: a value (undefined leaves the field out), or why it is none. */
export type Read = { value: unknown } | { problem: string };

export type InputOptions = {
  path: Path;
  label: string;
  /** What is at the place, as text. */
  spell: (value: unknown) => string;
  read: (text: string) => Read;
  hint?: string;
  attributes?: Readonly<Record<string, string>>;
  /** Stands beside the input. */
  beside?: HTMLElement[];
};

export function makeInput(store: Store, options: InputOptions): Field {
  const { path, label, spell, read, hint, attributes = {}, beside = [] } = options;
  const id = nextId();
  const at = spellPath(path);
  const note = make("p", { class: "note", id: `${id}-note` }, hint ?? "");
  const described = { "aria-describedby": note.id, "data-at": at };
  const input = make("input", { id, autocomplete: "off", spellcheck: "false", ...described, ...attributes });
  const box = beside.length === 0 ? input : make("div", { class: "with" }, input, ...beside);
  const element = make("div", { class: "field" }, make("label", { for: id }, label), box, note);
  note.hidden = hint === undefined;

  function showProblem(problem: string | undefined): void {
    if (problem === undefined) input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
    note.textContent = problem ?? hint ?? "";
    note.hidden = note.textContent === "";
    note.classList.toggle("problem", problem !== undefined);
  }

  input.addEventListener("input", () => {
    const typed = read(input.value);
    if ("problem" in typed) {
      showProblem(typed.problem);
      return;
    }
    showProblem(undefined);
    store.change({ cart: writeAt(store.state.cart, path, typed.value) }, at);
  });
  // Half a number is of no use to anybody once the hand has gone on.
  input.addEventListener("blur", () => show());

  function show(): void {
    const value = readAt(store.state.cart, path);
    if (document.activeElement === input) {
      const typed = read(input.value);
      // "12.5" and "12.50" are one amount: what is being typed stays as it is.
      if ("value" in typed && isSame(typed.value, value)) return;
      if ("problem" in typed && input.matches("[aria-invalid]") && isSame(shown, value)) return;
    }
    shown = value;
    input.value = spell(value);
    showProblem(undefined);
  }
  let shown: unknown;
  show();
  return { element, show };
}

export function makeCheckbox(
  store: Store,
  { path, label, when = true }: { path: Path; label: string; when?: unknown },
): Field {
  const id = nextId();
  const at = spellPath(path);
  const input = make("input", { id, type: "checkbox", "data-at": at });
  const element = make("div", { class: "check" }, input, make("label", { for: id }, label));
  input.addEventListener("change", () => {
    store.change({ cart: writeAt(store.state.cart, path, input.checked ? when : whenOff(when)) });
  });
  const show = () => {
    const value = readAt(store.state.cart, path);
    input.checked = value !== undefined && value !== false;
  };
  show();
  return { element, show };
}

/** A field that is true or false says so; one that is there or not is left out. */
function whenOff(when: unknown): unknown {
  return when === true ? false : undefined;
}

export type ListOptions = {
  path: Path;
  /** What stands in the list at a position. */
  makeItem: (position: number, item: Path) => Field[];
  /** What comes in when one is added. */
  makeNew: (items: readonly unknown[]) => unknown;
  addLabel: string;
  itemLabel: (position: number) => string;
  /** How an item is called where it is duplicated or removed. */
  nameOf: (item: unknown, position: number) => string;
  duplicateLabel: (name: string) => string;
  removeLabel: (name: string) => string;
  /** Another id for the copy. */
  copy: (item: unknown, items: readonly unknown[]) => unknown;
};

/** A list of items that can be added, duplicated and removed. */
export function makeList(store: Store, options: ListOptions): Field {
  const { path, makeItem, makeNew, addLabel, itemLabel, nameOf, duplicateLabel, removeLabel, copy } = options;
  const list = make("ol", { class: "items" });
  let fields: Field[] = [];
  let shownCount = -1;
  const itemsOf = (): readonly unknown[] => {
    const items = readAt(store.state.cart, path);
    return Array.isArray(items) ? items : [];
  };
  const write = (items: readonly unknown[], focus: number) => {
    store.change({ cart: writeAt(store.state.cart, path, items) });
    const at = list.children[focus]?.querySelector<HTMLElement>("input");
    (at ?? add).focus();
  };
  const add = makeButton(
    { class: "add" },
    () => {
      const items = itemsOf();
      write([...items, makeNew(items)], items.length);
    },
    makeIcon(PLUS),
    addLabel,
  );

  function build(count: number): void {
    fields = [];
    list.replaceChildren(
      ...Array.from({ length: count }, (_, position) => {
        const own = makeItem(position, [...path, position]);
        const duplicate = makeButton(
          { class: "icon-button", "data-does": "duplicate" },
          () => {
            const items = itemsOf();
            write(items.toSpliced(position + 1, 0, copy(items[position], items)), position + 1);
          },
          makeIcon(COPY),
        );
        const remove = makeButton(
          { class: "icon-button", "data-does": "remove" },
          () => {
            const items = itemsOf();
            write(items.toSpliced(position, 1), Math.min(position, items.length - 2));
          },
          makeIcon(CROSS),
        );
        const showNames = () => {
          const name = nameOf(itemsOf()[position], position);
          for (const [button, label] of [
            [duplicate, duplicateLabel(name)],
            [remove, removeLabel(name)],
          ] as const) {
            button.setAttribute("aria-label", label);
            button.title = label;
          }
        };
        showNames();
        const buttons = make("div", { class: "item-buttons" }, duplicate, remove);
        const group = { role: "group", "aria-label": itemLabel(position + 1), class: "item-fields" };
        fields.push(...own, { element: buttons, show: showNames });
        return make(
          "li",
          { class: "item" },
          make("div", group, ...own.map(({ element }) => element)),
          buttons,
        );
      }),
    );
  }

  function show(): void {
    const { length } = itemsOf();
    if (length !== shownCount) {
      shownCount = length;
      build(length);
    } else for (const field of fields) field.show();
  }
  show();
  return { element: make("div", { class: "list" }, list, add), show };
}

const PLUS = "M8 3v10M3 8h10";
const CROSS = "M4 4l8 8M12 4l-8 8";
const COPY = "M5.5 5.5v-2h7v7h-2M3.5 5.5h7v7h-7z";

/** Whether two values of a cart say the same. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
