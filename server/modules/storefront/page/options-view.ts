import type { Catalogue } from "../schema.ts";
import type { Basket } from "./cart.ts";
import { get, make } from "./dom.ts";
import { texts } from "./i18n/locale.ts";

/** What is set for the cart as a whole. `changed` is called after each choice; `redraw` draws in the language of now. */
export function drawOptions(catalogue: Catalogue, basket: Basket, changed: () => void) {
  const coupon = get<HTMLInputElement>("coupon");

  function redraw(): void {
    const { delivery, segment: spell, tryCoupon } = texts();
    get("shipping").replaceChildren(
      ...catalogue.shipping.map(({ id, method, name }) =>
        drawChoice("shipping", id, delivery(method, name), id === basket.shipping, () => {
          basket.shipping = id;
          changed();
        }),
      ),
    );
    get("segment").replaceChildren(
      ...[undefined, ...catalogue.segments].map((segment) =>
        drawChoice("segment", segment ?? "guest", spell(segment), segment === basket.segment, () => {
          basket.segment = segment;
          changed();
        }),
      ),
    );
    coupon.placeholder = catalogue.coupons.length > 0 ? tryCoupon(catalogue.coupons) : "";
  }

  coupon.addEventListener("input", () => {
    basket.coupon = coupon.value;
    changed();
  });
  get("options").addEventListener("submit", (event) => event.preventDefault());
  redraw();
  return { redraw };
}

/** One of several that exclude each other. */
export function drawChoice(
  name: string,
  value: string,
  label: string,
  isChosen: boolean,
  choose: () => void,
): HTMLLabelElement {
  const input = make("input", { type: "radio", name, value, "data-testid": `${name}-${value}` });
  input.checked = isChosen;
  input.addEventListener("change", choose);
  return make("label", {}, input, label);
}
