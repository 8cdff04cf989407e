import { type Haggle, priceOf } from "@haggle/sdk/client";
import type { Catalogue, Product } from "../schema.ts";
import { get, make, makePicture } from "./dom.ts";
import type { Money } from "./format.ts";
import { texts } from "./i18n/locale.ts";

/**
 * Draws the products; `add` is called with a sku at each press. Their prices are shown again by what is returned, as often as
 * strategies give others, and all of them in another language.
 */
export function drawCatalogue(
  catalogue: Catalogue,
  money: Money,
  add: (sku: string) => void,
): { showPrices: (prices: Haggle["prices"]) => void; redraw: () => void } {
  const amounts = new Map<string, HTMLElement>();

  function drawProduct(product: Product): HTMLElement {
    const { sku, picture, hue, unitPrice } = product;
    const { name, note } = texts().product(product);
    const frame = make("div", { class: "picture" }, makePicture(picture));
    // Styles in attributes are forbidden by the page's policy, styles set by its own script are not.
    frame.style.setProperty("--hue", String(hue));
    const button = make(
      "button",
      { class: "add", type: "button", "data-testid": "add", "data-sku": sku },
      texts().add,
    );
    button.setAttribute("aria-label", texts().addOf(name));
    button.addEventListener("click", () => add(sku));
    const amount = make("p", { class: "price", "data-testid": "price", "data-sku": sku }, money(unitPrice));
    amounts.set(sku, amount);
    return make(
      "li",
      { class: "product" },
      frame,
      make("h2", {}, name),
      amount,
      make("p", { class: "note" }, note),
      button,
    );
  }

  function redraw(): void {
    get("products").replaceChildren(...catalogue.products.map(drawProduct));
  }

  function showPrices(prices: Haggle["prices"]): void {
    for (const { sku, unitPrice: listPrice } of catalogue.products) {
      const amount = amounts.get(sku)!;
      const { unitPrice = listPrice, by } = priceOf(prices, sku) ?? {};
      const { id: strategy = "", variant } = (by === undefined ? undefined : prices?.strategies?.[by]) ?? {};
      const text = money(unitPrice);
      const title =
        strategy === "" ? "" : [prices?.strategy.id, strategy, variant].filter(Boolean).join(" · ");
      if (amount.dataset.unitPrice === text && amount.title === title) continue;
      amount.dataset.unitPrice = text;
      amount.title = title;
      const before = unitPrice < listPrice ? [make("s", {}, money(listPrice)), " "] : [];
      amount.replaceChildren(...before, text);
    }
  }

  redraw();
  return { showPrices, redraw };
}
