// The cart as a form.

import { make, makeButton, setText } from "../page/dom.ts";
import { spellMoney } from "../page/money.ts";
import { type Field, makeCheckbox, makeInput, makeList } from "./fields.ts";
import { type Path, readAt, spellPath, writeAt } from "./path.ts";
import * as kinds from "./readers.ts";
import type { Store } from "./store.ts";
import { texts } from "./texts/texts.ts";

export type Form = Field & {
  /** Marks the field that a refusal is about, or the nearest one above it; none when undefined. */
  showRefusal(at: string | undefined): void;
  /** Brings the field of that place into sight, and the hand to it. */
  focus(at: string): void;
};

export function makeForm(store: Store): Form {
  const { form } = texts();
  const currency = () => {
    const stated = readAt(store.state.cart, ["currency"]);
    return typeof stated === "string" ? stated : "";
  };
  const field = (
    path: Path,
    label: string,
    kind: kinds.Kind,
    more: { hint?: string; beside?: HTMLElement[] } = {},
  ) => makeInput(store, { path, label, ...kind, ...more });
  const money = kinds.moneyIn(currency);
  const { optional, text, list, pairs, wholeNumber } = kinds;
  const listHint = { hint: form.listHint };
  const pairsHint = { hint: form.pairsHint };

  const lines = makeList(store, {
    path: ["lines"],
    addLabel: form.addLine,
    itemLabel: form.line,
    nameOf: (item, i) => nameOf(item, ["sku", "id"], form.line(i + 1)),
    duplicateLabel: form.duplicate,
    removeLabel: form.remove,
    makeNew: (items) => newLine(items),
    copy: (item, items) => ({ ...(item as object), id: freeId(items) }),
    makeItem: (_, path) => {
      const at = (name: string): Path => [...path, name];
      const rest = [
        field(at("productId"), form.productId, text),
        field(at("categories"), form.categories, list, listHint),
        field(at("unitCost"), form.unitCost, optional(money)),
        field(at("minUnitPrice"), form.minUnitPrice, optional(money)),
        field(at("taxRate"), form.taxRate, optional(kinds.percent)),
        field(at("attributes"), form.attributes, optional(pairs), pairsHint),
        field(at("id"), form.lineId, text),
        makeCheckbox(store, { path: at("subscription"), label: form.subscription }),
      ];
      return [
        field(at("sku"), form.sku, text),
        makeStepper(store, at("quantity")),
        field(at("unitPrice"), form.unitPrice, money),
        makeMore(store, form.details, path, ["productId", "categories"], rest),
      ];
    },
  });

  const shipping = makeList(store, {
    path: ["shipping"],
    addLabel: form.addShipping,
    itemLabel: form.shippingOf,
    nameOf: (item, i) => nameOf(item, ["method", "id"], form.shippingOf(i + 1)),
    duplicateLabel: form.duplicate,
    removeLabel: form.remove,
    makeNew: (items) => ({ id: freeId(items), method: "standard", price: 0 }),
    copy: (item, items) => ({ ...(item as object), id: freeId(items) }),
    makeItem: (_, path) => [
      field([...path, "method"], form.method, text),
      field([...path, "price"], form.price, money),
      field([...path, "taxRate"], form.taxRate, optional(kinds.percent)),
      field([...path, "id"], form.shippingId, text),
    ],
  });

  const customerFields = [
    makeCheckbox(store, { path: ["customer", "loggedIn"], label: form.loggedIn }),
    field(["customer", "tier"], form.tier, optional(text)),
    field(["customer", "orders"], form.orders, wholeNumber),
    field(["customer", "segments"], form.segments, list, listHint),
    field(["customer", "attributes"], form.attributes, pairs, pairsHint),
    field(["customer", "id"], form.customerId, text),
  ];
  const customer = makePart({
    toggle: makeCheckbox(store, { path: ["customer"], label: form.hasCustomer, when: CUSTOMER }),
    isThere: () => readAt(store.state.cart, ["customer"]) !== undefined,
    fields: customerFields,
  });

  const setNow = makeButton(
    { class: "quiet" },
    () => {
      store.change({ cart: writeAt(store.state.cart, ["now"], Date.now()) });
    },
    form.setNow,
  );
  const circumstances = [
    field(["now"], form.now, kinds.moment, { beside: [setNow] }),
    field(["currency"], form.currency, kinds.currencyCode),
    field(["timeZone"], form.timeZone, optional(text)),
    field(["channel"], form.channel, optional(text)),
    field(["market"], form.market, optional(text)),
    field(["paymentMethod"], form.paymentMethod, optional(text)),
    field(["allowances"], form.allowances, optional(kinds.amounts), pairsHint),
  ];

  const coupons = field(["coupons"], form.coupons, list, listHint);
  const fields = [lines, shipping, coupons, customer, ...circumstances];
  const notACart = make("p", { class: "notice" }, form.notACart);
  const body = make(
    "div",
    { class: "form" },
    section(form.lines, lines.element),
    section(form.shipping, shipping.element),
    section(form.customer, customer.element, make("div", { class: "fields" }, coupons.element)),
    section(
      form.circumstances,
      make("div", { class: "fields" }, ...circumstances.map(({ element }) => element)),
    ),
  );
  const element = make("div", {}, notACart, body);

  function show(): void {
    const isFormable = Array.isArray(readAt(store.state.cart, ["lines"]));
    notACart.hidden = isFormable;
    body.hidden = !isFormable;
    if (isFormable) for (const each of fields) each.show();
  }
  const inputAt = (at: string): HTMLElement | undefined => {
    // A place inside of a list or of pairs is that of the field that shows all of it.
    for (let place = at; place !== ""; place = placeAbove(place)) {
      const input = element.querySelector<HTMLElement>(`[data-at="${CSS.escape(place)}"]`);
      if (input !== null) return input;
    }
    return undefined;
  };
  show();
  return {
    element,
    show,
    showRefusal(at) {
      for (const input of element.querySelectorAll(".refused")) input.classList.remove("refused");
      if (at !== undefined) inputAt(at)?.classList.add("refused");
    },
    focus(at) {
      const input = inputAt(at);
      const folded = input?.closest("details");
      if (folded) folded.open = true;
      input?.focus();
      input?.scrollIntoView({ block: "center" });
    },
  };
}

/** Always a shorter one: keys of attributes are anything, and may look like half a place. */
function placeAbove(place: string): string {
  return place.slice(0, Math.max(0, place.lastIndexOf("."), place.lastIndexOf("[")));
}

const CUSTOMER = { id: "customer", segments: [], loggedIn: true, orders: 0, attributes: {} };

function section(title: string, ...children: Node[]): HTMLElement {
  return make("section", {}, make("h2", {}, title), ...children);
}

/** Fields that are there only with what they are about. */
function makePart({
  toggle,
  isThere,
  fields,
}: {
  toggle: Field;
  isThere: () => boolean;
  fields: readonly Field[];
}): Field {
  const own = make("div", { class: "fields" }, ...fields.map(({ element }) => element));
  const show = () => {
    toggle.show();
    own.hidden = !isThere();
    if (isThere()) for (const field of fields) field.show();
  };
  show();
  return { element: make("div", {}, toggle.element, own), show };
}

/** What most lines need not be asked for, folded away behind what it says. */
function makeMore(
  store: Store,
  title: string,
  path: Path,
  told: readonly string[],
  fields: readonly Field[],
): Field {
  const summary = make("span", { class: "told" });
  const element = make(
    "details",
    { class: "more", "data-of": spellPath(path) },
    make("summary", {}, make("span", {}, title), summary),
    make("div", { class: "fields" }, ...fields.map((field) => field.element)),
  );
  const show = () => {
    for (const field of fields) field.show();
    const said = told.flatMap((name) => readAt(store.state.cart, [...path, name]) ?? []);
    const cost = readAt(store.state.cart, [...path, "unitCost"]);
    const currency = readAt(store.state.cart, ["currency"]);
    if (typeof cost === "number" && typeof currency === "string") said.push(spellMoney(cost, currency));
    setText(summary, said.map(kinds.spellAny).join(" · "));
  };
  show();
  return { element, show };
}

/** A quantity with one more and one less beside it. */
function makeStepper(store: Store, path: Path): Field {
  const { form } = texts();
  const step = (by: number) => () => {
    const stated = readAt(store.state.cart, path);
    const quantity = Math.max(1, (typeof stated === "number" ? stated : 0) + by);
    store.change({ cart: writeAt(store.state.cart, path, quantity) }, spellPath(path));
  };
  return makeInput(store, {
    path,
    label: form.quantity,
    ...kinds.wholeNumber,
    attributes: { ...kinds.wholeNumber.attributes, class: "quantity" },
    beside: [
      makeButton({ class: "step", "aria-label": form.less, "data-does": "less" }, step(-1), "−"),
      makeButton({ class: "step", "aria-label": form.more, "data-does": "more" }, step(1), "+"),
    ],
  });
}

function newLine(items: readonly unknown[]): object {
  const id = freeId(items);
  return { id, sku: `sku-${id}`, productId: `product-${id}`, categories: [], quantity: 1, unitPrice: 100_00 };
}

/** The first number that is no id of these. */
function freeId(items: readonly unknown[]): string {
  const taken = new Set(items.map((item) => readAt(item, ["id"])));
  let id = items.length + 1;
  while (taken.has(String(id))) id += 1;
  return String(id);
}

function nameOf(item: unknown, fields: readonly string[], otherwise: string): string {
  const named = fields
    .map((name) => readAt(item, [name]))
    .find((name) => typeof name === "string" && name !== "");
  return (named as string | undefined) ?? otherwise;
}
