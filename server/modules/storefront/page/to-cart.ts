import { get } from "./dom.ts";

/** On a phone a bar leads to the cart; beside the cart, or an order, it would only be in the way. */
export function hideLinkAtCart(): void {
  const link = document.querySelector<HTMLElement>(".to-cart")!;
  const seen = new Set<Element>();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
    }
    link.classList.toggle("away", seen.size > 0);
  });
  observer.observe(get("cart"));
  observer.observe(get("order"));
}
