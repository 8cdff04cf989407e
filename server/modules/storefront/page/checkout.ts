import type { Catalogue } from "../schema.ts";
import type { CartBody } from "../till-schema.ts";
import type { Basket } from "./cart.ts";
import { get, setText } from "./dom.ts";
import { createOrderView } from "./order-view.ts";
import { alone, say, tried, unlessRefused } from "./said.ts";
import { placeOrder, quoteCart } from "./till.ts";

const NOTE = "checkout-note";

/** The button below the price, where the page has a till. `emptied`: what was in the basket is an order now. */
export function createCheckout(
  catalogue: Catalogue,
  money: (minor: number) => string,
  { basket, emptied }: { basket: Basket; emptied: () => void },
) {
  const button = get("buy");
  const order = createOrderView(catalogue, money);
  let shownTotal: number | undefined;
  /** What the shop asks for this cart; kept while nobody knows whether it was bought. */
  let asked: { cart: string; quote: string; total: number } | undefined;

  async function buy(): Promise<void> {
    const cart = toCartBody(basket);
    if (cart.lines.length === 0) {
      say(NOTE, "Nothing is in your cart.");
      return;
    }
    const text = JSON.stringify(cart);
    if (asked?.cart !== text) {
      say(NOTE, "Asking for the shop's own price …");
      const quote = await tried(NOTE, quoteCart(cart));
      if (quote === undefined) return;
      asked = { cart: text, ...quote };
      if (quote.total !== shownTotal) {
        setText(button, `Buy for ${money(quote.total)}`);
        say(NOTE, `The shop asks ${money(quote.total)} for it. Buy once more if that is right.`);
        return;
      }
    }
    say(NOTE, "Placing your order …");
    const answer = await placeOrder(asked.quote).catch(() => undefined);
    const placed = unlessRefused(NOTE, answer);
    if (answer !== undefined && (answer.ok || !answer.isUnsure)) asked = undefined;
    if (placed === undefined) return;
    say(NOTE, "");
    basket.quantities.clear();
    basket.coupon = "";
    emptied();
    order.open(placed);
  }

  get("checkout").hidden = false;
  button.addEventListener("click", alone(get("checkout"), buy));
  void order.reopen();

  return {
    /** What the page makes of the basket, undefined where that is no price. */
    offer(total: number | undefined): void {
      shownTotal = total;
      if (asked === undefined || asked.cart !== JSON.stringify(toCartBody(basket))) setText(button, "Buy");
    },
  };
}

function toCartBody({ quantities, shipping, segment, coupon }: Basket): CartBody {
  const lines = [...quantities].map(([sku, quantity]) => ({ sku, quantity: Number(quantity) }));
  return {
    lines: lines.filter(({ quantity }) => quantity !== 0),
    shippingMethod: shipping,
    ...(segment === "vip" && { segment }),
    ...(coupon.trim() !== "" && { coupon: coupon.trim() }),
  };
}
