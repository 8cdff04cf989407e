import type { DecisionJson, Promotion } from "@haggle/sdk";
import { nearestUnlocks, type Unlock } from "@haggle/sdk/explain";
import type { Catalogue, Product } from "../schema.ts";
import { type Basket, isQuantity } from "./cart.ts";
import { get, make, setText } from "./dom.ts";
import type { Money } from "./format.ts";
import { texts } from "./i18n/locale.ts";

/** What is shown of a decision, whoever made it. */
export type Priced = Pick<
  DecisionJson,
  "lines" | "shipping" | "messages" | "promotions" | "subtotal" | "total"
>;

/** The reason of what the engine says by itself of a threshold. Money or pieces: `nearestUnlocks` knows. */
const UNLOCK = "unlock";
/** More would push the total out of sight. */
const SHOWN_UNLOCKS = 2;

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

  /** `promotions`: of the release that decided, where it is here. */
  function showPrices(
    basket: Basket,
    decision: Priced | undefined,
    promotions: readonly Promotion[] = [],
  ): void {
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
    showMessages(basket, decision, promotions);
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

  function showMessages(
    basket: Basket,
    decision: Priced | undefined,
    promotions: readonly Promotion[],
  ): void {
    if (decision === undefined || basket.quantities.size === 0) {
      get("messages").replaceChildren();
      return;
    }
    const own = decision.messages.filter(({ reason }) => reason !== UNLOCK);
    const unlocks = nearestUnlocks(decision, { promotions }).slice(0, SHOWN_UNLOCKS);
    get("messages").replaceChildren(
      ...own.map(({ promotion, reason, amount }) =>
        drawMessage(promotion, money(amount), texts().missing(reason)),
      ),
      ...unlocks.map(drawUnlock),
    );
  }

  function drawUnlock({ promotion, missing, unit, reached }: Unlock): HTMLElement {
    const { unlock, pieces } = texts();
    const amount = unit === "minor" ? money(missing) : pieces(missing);
    // The sentence says it already.
    const bar = make("progress", { value: String(reached), max: "1", "aria-hidden": "true" });
    return drawMessage(promotion, amount, unlock(promotion, unit), bar);
  }

  function drawMessage(promotion: string, amount: string, rest: string, ...more: Node[]): HTMLElement {
    const attributes = { "data-testid": "unlock", "data-promotion": promotion };
    return make("li", attributes, texts().buyMore, make("strong", {}, amount), rest, ...more);
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
