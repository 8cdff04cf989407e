import type { Catalogue } from "../schema.ts";
import { get, make, makePicture } from "./dom.ts";

/** Draws the products once; `add` is called with a sku at each press. */
export function drawCatalogue(
  catalogue: Catalogue,
  money: (minor: number) => string,
  add: (sku: string) => void,
): void {
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
    return make(
      "li",
      { class: "product" },
      frame,
      make("h2", {}, name),
      make("p", { class: "price" }, money(unitPrice)),
      make("p", { class: "note" }, note),
      button,
    );
  });
  get("products").replaceChildren(...products);
}
