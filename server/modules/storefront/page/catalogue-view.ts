import { type Client, priceOf } from "@haggle/sdk/client";
import type { Catalogue } from "../schema.ts";
import { get, make, makePicture } from "./dom.ts";

/**
 * Draws the products once; `add` is called with a sku at each press. Their prices are shown again by what is returned, as
 * often as strategies give others.
 */
export function drawCatalogue(
  catalogue: Catalogue,
  money: (minor: number) => string,
  add: (sku: string) => void,
): { showPrices: (prices: Client["prices"]) => void } {
  const amounts = new Map<string, HTMLElement>();
  const products = catalogue.products.map(({ sku, name, note, picture, hue, unitPrice }) => {
    const frame = make("div", { class: "picture" }, makePicture(picture));
    // Styles in attributes are forbidden by the page's policy, styles set by its own script are not.
    frame.style.setProperty("--hue", String(hue));
    const button = make(
      "button",
      { class: "add", type: "button", "data-testid": "add", "data-sku": sku },
      "Add to cart",
    );
    button.setAttribute("aria-label", `Add ${name} to the cart`);
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
  });
  get("products").replaceChildren(...products);

  function showPrices(prices: Client["prices"]): void {
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

  return { showPrices };
}
