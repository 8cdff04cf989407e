import type { DecisionJson } from "@haggle/sdk";
import type { Catalogue, Product } from "../schema.ts";
import { type Basket, isQuantity } from "./cart.ts";
import { get, make, setText } from "./dom.ts";
import type { Money } from "./format.ts";
import { texts } from "./i18n/locale.ts";

/** What is shown of a decision, whoever made it. */
export type Priced = Pick<DecisionJson, "lines" | "shipping" | "messages" | "subtotal" | "total">;

type Row = { element: HTMLLIElement; input: HTMLInputElement; amount: HTMLElement; shares: HTMLElement };

/** The list of cart lines. Rows live as long as their product is in the cart, so typing keeps its focus. */
export function createCartView(catalogue: Catalogue, money: Money, changed: (basket: Basket) => void) {
  const rows = new Map<string, Row>();
  const list = get("lines");

  function makeRow(product: Product, basket: Basket): Row {
    const { sku } = product;
    const { product: spell, less, more, quantityOf } = texts();
    const { name } = spell(product);
    const step = (by: number): void => {
      const quantity = Math.max(0, (Number.parseInt(basket.quantities.get(sku) ?? "0", 10) || 0) + by);
      if (quantity === 0) basket.quantities.delete(sku);
      else basket.quantities.set(sku, String(quantity));
      changed(basket);
    };
    const button = (sign: string, label: string, by: number): HTMLButtonElement => {
      const element = make("button", { type: "button", "aria-label": label }, sign);
      element.addEventListener("click", () => step(by));
      return element;
    };
    const input = make("input", {
      inputmode: "numeric",
      autocomplete: "off",
      maxlength: "9",
      "aria-label": quantityOf(name),
      "data-testid": "quantity",
      "data-sku": sku,
    });
    input.addEventListener("input", () => {
      if (!isQuantity(input.value)) return;
      basket.quantities.set(sku, input.value);
      changed(basket);
    });
    input.addEventListener("blur", () => {
      if (Number(basket.quantities.get(sku)) === 0) basket.quantities.delete(sku);
      changed(basket);
    });
    const amount = make("p", { class: "amount" });
    const shares = make("ul", { class: "shares" });
    const element = make(
      "li",
      { class: "cart-line", "data-testid": "line", "data-sku": sku },
      make("p", { class: "name" }, name),
      make("div", { class: "stepper" }, button("−", less(name), -1), input, button("+", more(name), 1)),
      amount,
      shares,
    );
    return { element, input, amount, shares };
  }

  function showRows(basket: Basket): void {
    for (const product of catalogue.products) {
      const { sku } = product;
      const quantity = basket.quantities.get(sku);
      let row = rows.get(sku);
      if (quantity === undefined) {
        row?.element.remove();
        rows.delete(sku);
        continue;
      }
      if (row === undefined) {
        row = makeRow(product, basket);
        rows.set(sku, row);
        list.append(row.element);
      }
      // What is half typed stays while the hand is on it; after that the row shows the quantity that is priced.
      const typing = document.activeElement === row.input && !isQuantity(row.input.value);
      if (!typing && row.input.value !== quantity) row.input.value = quantity;
    }
    get("empty").hidden = rows.size > 0;
  }

  function showPrices(basket: Basket, decision: Priced | undefined): void {
    const lines = new Map(decision?.lines.map((line) => [line.id, line]));
    for (const product of catalogue.products) {
      const row = rows.get(product.sku);
      if (row === undefined) continue;
      const line = lines.get(product.sku);
      if (line === undefined) {
        row.amount.replaceChildren("–");
        row.shares.replaceChildren();
        continue;
      }
      const before = line.discount > 0 ? [make("s", {}, money(line.total + line.discount))] : [];
      row.amount.replaceChildren(...before, money(line.total));
      row.shares.replaceChildren(
        ...line.discounts.map(({ promotion, reason, amount }) =>
          make(
            "li",
            { class: "share", "data-testid": "share", "data-promotion": promotion },
            make("span", {}, texts().reason(reason), ...nameUnlessSaid(promotion, reason)),
            make("span", {}, `−${money(amount)}`),
          ),
        ),
      );
    }
    showTotals(decision);
    showMessages(basket, decision);
  }

  function showTotals(decision: Priced | undefined): void {
    const show = (id: string, minor: number | undefined): void =>
      setText(get(id), minor === undefined ? "–" : money(minor));
    show("subtotal", decision?.subtotal);
    show("total", decision?.total);
    show("to-cart-total", decision?.total);
    const deliveryOff = decision?.shipping.reduce((sum, { discount }) => sum + discount, 0) ?? 0;
    const goodsOff = decision?.lines.reduce((sum, { discount }) => sum + discount, 0);
    setText(
      get("discount"),
      goodsOff === undefined ? "–" : goodsOff === 0 ? money(0) : `−${money(goodsOff)}`,
    );
    get("discount-row").classList.toggle("off", (goodsOff ?? 0) > 0);
    const delivery = decision?.shipping.reduce((sum, { total }) => sum + total, 0);
    if (delivery === undefined) setText(get("delivery"), "–");
    else if (deliveryOff === 0) setText(get("delivery"), money(delivery));
    else {
      const was = make("s", { class: "delivery-was" }, money(delivery + deliveryOff));
      get("delivery").replaceChildren(was, " ", delivery === 0 ? texts().free : money(delivery));
    }
  }

  function showMessages(basket: Basket, decision: Priced | undefined): void {
    const messages = basket.quantities.size === 0 ? [] : (decision?.messages ?? []);
    get("messages").replaceChildren(
      ...messages.map(({ promotion, reason, amount }) =>
        make(
          "li",
          { "data-testid": "unlock", "data-promotion": promotion },
          make("strong", {}, money(amount)),
          texts().missing(reason),
        ),
      ),
    );
  }

  /** In the language of now. */
  function redraw(): void {
    for (const { element } of rows.values()) element.remove();
    rows.clear();
  }

  return { showRows, showPrices, redraw };
}

/** The promotion's id beside its reason, unless the reason says the same: "spend-and-save", "SPEND_AND_SAVE". */
function nameUnlessSaid(promotion: string, reason: string): (Node | string)[] {
  const isSaid = plain(promotion) === plain(reason);
  return isSaid ? [] : [" ", make("small", { translate: "no" }, promotion)];
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]+/g, " ");
}
